"""Servers that update plugins wrongly."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("update", "native.update.accepted")
def nothing_can_be_updated(call: Call) -> Reply:
    return Reply(405)


@mutant("update", "native.update.version", "native.restart.updated")
def an_update_keeps_the_version(call: Call) -> Reply:
    before = call.versions.get(call.name)
    reply = call.sound()
    new = call.shared_object(call.name, call.versions.get(call.name, ""))
    if before is not None and new.exists():
        new.rename(call.shared_object(call.name, before))
        call.versions[call.name] = before
    return reply


@mutant("update", "native.update.version")
def an_update_is_answered_with_202(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=202) if reply.status == 200 else reply


@mutant("update", "native.update.unknown")
def an_update_creates_the_unknown(call: Call) -> Reply:
    known = call.name in call.versions
    return call.sound() if known else call.service.create(call.asked, call.kind.plural)


@mutant("update", "native.update.unknown")
def a_refused_update_creates_the_unknown(call: Call) -> Reply:
    if call.name not in call.versions:
        call.service.create(call.asked, call.kind.plural)
        return Reply(404)
    return call.sound()


@mutant("update", "native.update.unknown-404")
def to_update_the_unknown_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant("update", "native.update.malformed-json")
def a_broken_body_updates(call: Call) -> Reply:
    return Reply(200) if call.asked.body == b"{" else call.sound()


@mutant("update", "native.update.malformed-json")
def a_broken_body_drops(call: Call) -> Reply:
    if call.asked.body == b"{":
        call.service.delete(call.asked, *call.names)
    return call.sound()


@mutant(
    "root",
    "native.update.refused-changes-nothing",
    "native.update.no-name",
    "native.udfs.refused",
    "native.register.refused-changes-nothing",
    "portable.update.refused-changes-nothing",
    "scripts.restart",
    "http.root",
)
def another_product_drops_while_it_updates(call: Call) -> Reply:
    """Has a defect of eKuiper, and is not excused for it."""
    return Reply(200, {"Content-Type": "text/plain"}, b"hello")


@mutant("answer", "native.update.portable-only", release="1.10.2")
def native_plugins_can_be_updated_too_soon(call: Call) -> Reply:
    path = call.asked.path
    native = path.startswith("/plugins/") and not path.startswith("/plugins/portables")
    return Reply(200) if call.asked.method == "PUT" and native else call.sound()


@mutant("update", "native.update.no-name", strict=True, stranger=True)
def an_update_without_a_name_drops(call: Call) -> Reply:
    if call.body.get("file") and "name" not in call.body:
        call.service.delete(call.asked, *call.names)
        return Reply(400)
    return call.sound()


@mutant("update", "native.update.bad-name")
def a_bad_name_cannot_be_updated(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=404) if b"characters" in reply.body else reply
