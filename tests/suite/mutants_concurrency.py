"""Servers that lose their heads when several clients speak at the same time.

Requests of several clients come from threads of their own; what one thread does to another is made
certain by a barrier.
"""

import threading
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

from kuiper_pack.conformance.concurrency import AT_ONCE
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def alone() -> bool:
    """Whether no other client is there."""
    return threading.current_thread() is threading.main_thread()


def gather(call: Call) -> None:
    """Wait for others that come at the same time."""
    others: Barrier = vars(call.service).setdefault("others", Barrier(AT_ONCE, timeout=5))
    with suppress(BrokenBarrierError):
        others.wait()


@mutant("create", "native.concurrent.one-name", strict=True, stranger=True)
def names_are_looked_up_before_others_have_them(call: Call) -> Reply:
    if alone():
        return call.sound()
    taken = call.body["name"] in call.versions
    gather(call)
    reply = call.sound()
    return Reply(201) if b"duplicate" in reply.body and not taken else reply


@mutant("create", "native.concurrent.one-name", strict=True, stranger=True)
def the_last_of_those_who_are_refused_wins(call: Call) -> Reply:
    reply = call.sound()
    if b"duplicate" in reply.body and not alone():
        call.versions[call.body["name"]] = "9.9.9"
    return reply


@mutant("create", "native.concurrent.names")
def what_others_create_meanwhile_is_lost(call: Call) -> Reply:
    if alone():
        return call.sound()
    known = {*call.versions, call.body["name"]}
    gather(call)
    reply = call.sound()
    for name in set(call.versions) - known:
        call.versions.pop(name, None)
    return reply


@mutant("create", "native.concurrent.names")
def versions_of_others_are_mixed_up(call: Call) -> Reply:
    if alone():
        return call.sound()
    gather(call)
    reply = call.sound()
    gather(call)
    name = call.body["name"]
    if call.versions.get(name) == "1.0.0" and reply.status == 201:
        call.versions.update(dict.fromkeys(call.versions.keys() - {name}, "1.0.0"))
    return reply


@mutant("create", "native.concurrent.names")
def whoever_comes_second_is_sent_away(call: Call) -> Reply:
    if alone():
        return call.sound()
    busy = not vars(call.service).setdefault("turn", threading.RLock()).acquire(blocking=False)
    gather(call)
    if busy:
        return Reply(409)
    vars(call.service).pop("turn")
    return call.sound()


@mutant("list", "native.concurrent.list")
def a_list_has_to_wait_for_others(call: Call) -> Reply:
    return call.sound() if alone() else Reply(503)


@mutant("list", "native.concurrent.list")
def a_list_is_null_meanwhile(call: Call) -> Reply:
    return call.sound() if alone() else call.json(None)


@mutant("create", "native.concurrent.functions")
def functions_are_looked_up_before_others_have_them(call: Call) -> Reply:
    reply = call.sound()
    return Reply(201) if b"function name" in reply.body and not alone() else reply


@mutant("delete", "native.concurrent.drop")
def what_is_gone_meanwhile_crashes_a_drop(call: Call) -> Reply:
    first = vars(call.service).setdefault(f"drop of {call.name}", call) is call
    return call.sound() if first or alone() else Reply(500)


@mutant("describe", "native.concurrent.drop")
def a_description_is_cut_off_meanwhile(call: Call) -> Reply:
    return call.sound() if alone() else Reply(None)


@mutant("update", "native.concurrent.update", strict=True, stranger=True)
def updates_at_once_end_in_no_version_at_all(call: Call) -> Reply:
    reply = call.sound()
    if reply.status == 200 and not alone():
        call.versions[call.name] = "9.9.9"
    return reply


@mutant("update", "native.concurrent.update", strict=True, stranger=True)
def updates_at_once_drop_what_they_update(call: Call) -> Reply:
    reply = call.sound()
    if not alone():
        call.versions.pop(call.name, None)
    return reply


@mutant("update", "native.concurrent.update", strict=True, stranger=True)
def an_update_gives_way_to_others(call: Call) -> Reply:
    return call.sound() if alone() else Reply(409)


@mutant("update_portable", "portable.concurrent.update", strict=True, stranger=True)
def the_version_of_a_portable_is_mixed_up(call: Call) -> Reply:
    reply = call.sound()
    if not alone() and call.name in call.portables:
        call.portables[call.name] = call.portables[call.name]._replace(version="9.9.9")
    return reply


@mutant("update_portable", "portable.concurrent.update", strict=True, stranger=True)
def a_portable_is_lost_between_two_updates(call: Call) -> Reply:
    reply = call.sound()
    if not alone():
        call.service.machine.state.unlist_portable(call.name)
    return reply


@mutant("answer", "native.concurrent.silent-host", delivery="http")
def one_request_after_the_other(call: Call) -> Reply:
    with vars(call.service).setdefault("turn", threading.RLock()):
        return call.sound()


@mutant("create", "native.concurrent.silent-host", delivery="http")
def what_does_not_come_is_awaited_later(call: Call) -> Reply:
    return Reply(202) if "-held" in call.body.get("file", "") else call.sound()
