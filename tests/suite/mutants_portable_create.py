"""Servers that create portable plugins wrongly."""

import json
import zipfile
from typing import Any
from urllib.parse import urlsplit

from kuiper_pack.planner.state import Portable
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant

CREATE = "create_portable"


def takes(call: Call, wrong: object) -> Reply:
    """What a server answers that says it has created what is wrong."""
    return Reply(201) if wrong else call.sound()


def manifest(call: Call) -> dict[str, Any]:
    """The manifest in the package that the body names; none where there is no JSON."""
    name = f"{call.body.get('name')}.json"
    try:
        found = json.loads(zipfile.ZipFile(call.package).read(name)) if call.entries else {}
    except (ValueError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def lacks(call: Call, *members: str) -> bool:
    """Whether there is a manifest with none of these members, or with empty ones."""
    found = manifest(call)
    return bool(found) and not any(found.get(member) for member in members)


@mutant(CREATE, "portable.create.accepted")
def portables_cannot_be_created(call: Call) -> Reply:
    return Reply(503) if manifest(call) else call.sound()


@mutant(CREATE, "portable.create.status")
def the_create_of_a_portable_is_answered_with_200(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=200) if reply.status == 201 else reply


@mutant(CREATE, "portable.create.malformed-json")
def an_empty_body_creates_a_portable(call: Call) -> Reply:
    return takes(call, not call.asked.body)


@mutant(CREATE, "portable.create.no-name")
def the_name_of_a_portable_may_be_missing(call: Call) -> Reply:
    return takes(call, "file" in call.body and "name" not in call.body)


@mutant(CREATE, "portable.create.no-file")
def a_portable_needs_no_package(call: Call) -> Reply:
    return takes(call, call.body.get("file") == "")


@mutant(CREATE, "portable.create.unknown-scheme")
def a_portable_comes_by_any_scheme(call: Call) -> Reply:
    return takes(call, urlsplit(call.body.get("file", "")).scheme == "gopher")


@mutant(CREATE, "portable.create.missing-package")
def the_missing_package_of_a_portable_is_awaited(call: Call) -> Reply:
    named = call.body.get("file", "").startswith("file:")
    return takes(call, named and not call.package.exists())


@mutant(CREATE, "portable.create.not-a-zip")
def any_content_is_a_portable(call: Call) -> Reply:
    return takes(call, call.package.is_file() and not zipfile.is_zipfile(call.package))


@mutant(CREATE, "portable.create.zip-suffix")
def the_package_of_a_portable_may_have_any_suffix(call: Call) -> Reply:
    return takes(call, call.package.suffix == ".tar")


@mutant(CREATE, "portable.create.no-manifest")
def a_portable_needs_no_manifest(call: Call) -> Reply:
    name = call.body.get("name")
    return takes(call, name and call.entries and f"{name}.json" not in call.entries)


@mutant(CREATE, "portable.create.broken-manifest")
def a_manifest_may_be_broken(call: Call) -> Reply:
    named = f"{call.body.get('name')}.json" in call.entries
    return takes(call, named and not manifest(call))


@mutant(CREATE, "portable.create.no-language")
def a_manifest_needs_no_language(call: Call) -> Reply:
    return takes(call, lacks(call, "language"))


@mutant(CREATE, "portable.create.unknown-language")
def any_language_will_do(call: Call) -> Reply:
    return takes(call, manifest(call).get("language") == "Python")


@mutant(CREATE, "portable.create.no-executable")
def a_manifest_needs_no_executable(call: Call) -> Reply:
    return takes(call, lacks(call, "executable"))


@mutant(CREATE, "portable.create.missing-executable")
def a_portable_needs_no_program(call: Call) -> Reply:
    return takes(call, manifest(call) and "main.py" not in call.entries)


@mutant(CREATE, "portable.create.missing-executable")
def a_portable_that_was_refused_stays_listed(call: Call) -> Reply:
    reply = call.sound()
    if b"missing main.py" in reply.body:
        name = call.body["name"]
        call.portables[name] = Portable(name, "python", "main.py")
    return reply


@mutant(CREATE, "portable.create.no-symbols")
def a_portable_needs_no_symbols(call: Call) -> Reply:
    return takes(call, lacks(call, "sources", "sinks", "functions"))


@mutant(CREATE, "portable.create.other-name")
def a_manifest_may_name_another_plugin(call: Call) -> Reply:
    return takes(call, manifest(call).get("name", call.body.get("name")) != call.body.get("name"))


@mutant(CREATE, "portable.create.no-configuration")
def a_portable_source_needs_no_configuration(call: Call) -> Reply:
    folder = any(name.startswith("sources/") for name in call.entries)
    return takes(call, manifest(call).get("sources") and not folder)


@mutant(CREATE, "portable.create.json-configuration", reading="reference")
def a_portable_source_may_be_configured_in_json(call: Call) -> Reply:
    folder = any(name.startswith("sources/") and name.endswith(".json") for name in call.entries)
    return takes(call, folder)


@mutant(CREATE, "portable.create.functions-only")
def a_portable_needs_a_source(call: Call) -> Reply:
    return Reply(400) if lacks(call, "sources") else call.sound()


@mutant(CREATE, "portable.create.usable")
def functions_of_portables_stay_unknown(call: Call) -> Reply:
    reply = call.sound()
    symbols = call.service.machine.state.portable_symbols
    for key in [one for one in symbols if one[0] == "functions"]:
        del symbols[key]
    return reply


@mutant(CREATE, "portable.create.duplicate-name")
def a_second_portable_replaces_the_first(call: Call) -> Reply:
    reply = call.sound()
    if b"duplicate" not in reply.body:
        return reply
    call.service.delete_portable(call.asked, call.body["name"])
    return call.sound()


@mutant(CREATE, "portable.create.duplicate-name")
def a_refused_second_portable_changes_the_first(call: Call) -> Reply:
    reply = call.sound()
    if b"duplicate" in reply.body:
        name = call.body["name"]
        call.portables[name] = call.portables[name]._replace(version="2.0.0")
    return reply


@mutant(CREATE, "portable.create.after-refusal")
def a_name_is_spent_once_it_was_refused(call: Call) -> Reply:
    """As in eKuiper before 2.0.0-beta.2, where the refused plugin stayed registered."""
    name = call.body.get("name", "")
    if name in call.memory:
        return Reply(400)
    reply = call.sound()
    if b"missing main.py" in reply.body:
        call.memory.add(name)
    return reply


@mutant(CREATE, "portable.create.not-startable")
def a_portable_that_does_not_start_is_created(call: Call) -> Reply:
    return takes(call, manifest(call).get("language") == "go")


@mutant(CREATE, "portable.create.install-script")
def a_portable_with_a_script_is_refused(call: Call) -> Reply:
    return Reply(400) if "install.sh" in call.entries else call.sound()


@mutant(CREATE, "portable.create.install-script-fails")
def a_failed_script_fails_no_portable(call: Call) -> Reply:
    reply = call.sound()
    return Reply(201) if "install.sh" in call.entries else reply


@mutant(CREATE, "portable.create.shared-symbol", reading="reference")
def functions_of_portables_are_unique(call: Call) -> Reply:
    known = {one for plugin in call.portables.values() for one in plugin.functions or ()}
    return Reply(400) if known & set(manifest(call).get("functions") or ()) else call.sound()


@mutant(CREATE, "portable.create.shared-symbol")
def a_portable_whose_function_is_known_is_refused_and_listed(call: Call) -> Reply:
    known = {one for plugin in call.portables.values() for one in plugin.functions or ()}
    shared = known & set(manifest(call).get("functions") or ())
    reply = call.sound()
    return Reply(400) if shared else reply
