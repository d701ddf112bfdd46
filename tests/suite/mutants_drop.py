"""Servers that drop plugins wrongly."""

from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("delete", "native.drop.accepted")
def nothing_can_be_dropped(call: Call) -> Reply:
    return Reply(405)


@mutant("delete", "native.drop.others-stay")
def a_drop_takes_all_of_that_version_along(call: Call) -> Reply:
    version = call.versions.get(call.name)
    reply = call.sound()
    for name in [one for one, its in call.versions.items() if version and its == version]:
        call.versions[name] = DELETED
    return reply


@mutant("delete", "native.drop.says-restart")
def a_drop_is_answered_without_words(call: Call) -> Reply:
    reply = call.sound()
    return Reply(204) if reply.status == 200 else reply


@mutant("delete", "native.drop.unknown")
def the_unknown_can_be_dropped(call: Call) -> Reply:
    reply = call.sound()
    return Reply(200) if reply.status == 404 else reply


@mutant("delete", "native.drop.unknown-404")
def to_drop_the_unknown_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant("create", "native.drop.create-again")
def what_was_dropped_is_created_in_words_only(call: Call) -> Reply:
    gone = call.versions.get(call.body.get("name", "")) == DELETED
    return Reply(201) if gone else call.sound()


@mutant("create", "native.drop.create-again", reading="reference")
def what_was_dropped_cannot_be_created(call: Call) -> Reply:
    gone = call.versions.get(call.body.get("name", "")) == DELETED
    return Reply(400) if gone else call.sound()


@mutant("delete", "native.drop.bad-name")
def a_bad_name_cannot_be_dropped(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=404) if b"characters" in reply.body else reply
