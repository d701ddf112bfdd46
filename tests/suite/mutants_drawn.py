"""Servers that only packages of odd layouts take in."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("create", "native.package.drawn-bad")
def a_notice_makes_up_for_what_is_missing(call: Call) -> Reply:
    reply = call.sound()
    return Reply(201) if reply.status == 400 and "NOTICE.txt" in call.entries else reply


@mutant("create", "native.package.drawn-bad")
def what_is_refused_with_a_description_is_there_all_the_same(call: Call) -> Reply:
    reply = call.sound()
    other = any(name.startswith("other") and name.endswith(".so") for name in call.entries)
    if reply.status == 400 and other and len(call.entries) > 1:
        call.versions[call.body["name"]] = ""
    return reply


@mutant("create", "native.package.drawn-good")
def the_shared_object_has_to_come_first(call: Call) -> Reply:
    found = call.entries
    last = len(found) > 1 and found[-1].endswith(".so")
    return Reply(400) if last and "NOTICE.txt" in found else call.sound()


@mutant("create", "native.package.drawn-good")
def no_version_is_a_candidate(call: Call) -> Reply:
    return Reply(400) if any("-beta" in name for name in call.entries) else call.sound()


@mutant("create", "native.package.predicted")
def a_folder_of_libraries_is_looked_through(call: Call) -> Reply:
    reply = call.sound()
    inside = any(name.startswith("lib/") and name.endswith(".so") for name in call.entries)
    return Reply(201) if inside and reply.status == 400 else reply


@mutant("create", "native.package.predicted")
def there_is_one_configuration_only(call: Call) -> Reply:
    other = any(name.endswith("other.yaml") or name.startswith("conf/") for name in call.entries)
    return Reply(400) if other else call.sound()
