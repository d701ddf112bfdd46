"""Servers that are taken in by hosts of packages that misbehave."""

from functools import partial
from pathlib import PurePosixPath

from kuiper_pack.server import Reply
from tests.suite.mutants import Call
from tests.suite.mutants import mutant as any_mutant

mutant = partial(any_mutant, "create", delivery="http")


def manner(call: Call) -> str:
    """The word in the name of the package that says how its host answers."""
    return PurePosixPath(call.body.get("file", "")).stem.partition("-")[2]


@mutant("native.download.status")
def what_comes_with_an_error_is_a_package(call: Call) -> Reply:
    return Reply(201) if manner(call) == "status-500" else call.sound()


@mutant("native.download.status")
def what_nobody_may_have_is_awaited(call: Call) -> Reply:
    return Reply(202) if manner(call) == "status-403" else call.sound()


@mutant("native.download.broken-off")
def the_first_part_of_a_package_will_do(call: Call) -> Reply:
    return Reply(201) if manner(call) == "truncated" else call.sound()


@mutant("native.download.broken-off")
def what_was_announced_does_not_count(call: Call) -> Reply:
    return Reply(201) if manner(call) == "too-short" else call.sound()


@mutant("native.download.broken-off")
def a_reset_ends_a_package_well(call: Call) -> Reply:
    return Reply(201) if manner(call) == "broken-off" else call.sound()


@mutant("native.download.broken-off")
def the_last_chunk_is_not_awaited(call: Call) -> Reply:
    return Reply(201) if manner(call) == "unfinished" else call.sound()


@mutant("native.download.broken-off")
def a_host_that_says_nothing_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if manner(call) == "silent" else call.sound()


@mutant("native.download.page")
def a_page_is_a_package(call: Call) -> Reply:
    return Reply(201) if manner(call) == "page" else call.sound()


@mutant("native.download.redirect-loop")
def a_redirect_without_end_is_followed_later(call: Call) -> Reply:
    return Reply(202) if manner(call) == "loop" else call.sound()


@mutant("native.download.redirect")
def no_redirect_is_followed(call: Call) -> Reply:
    return Reply(400) if manner(call) == "moved" else call.sound()


@mutant("native.download.slow")
def nothing_slow_is_awaited(call: Call) -> Reply:
    return Reply(400) if manner(call) == "slow" else call.sound()


@mutant("native.download.bad-request")
def what_the_host_answered_is_passed_on(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=404) if manner(call) == "status-404" else reply


@mutant("native.download.failed-then-good")
def a_failed_download_keeps_the_name(call: Call) -> Reply:
    kept: set[str] = vars(call.service).setdefault("kept", set())
    name = call.body.get("name", "")
    if name in kept and not manner(call):
        return Reply(409)
    if manner(call) == "truncated":
        kept.add(name)
    return call.sound()


@mutant("native.download.failed-functions")
def a_failed_download_keeps_the_functions(call: Call) -> Reply:
    reply = call.sound()
    if manner(call):
        call.functions.update(dict.fromkeys(call.body.get("functions", []), call.body["name"]))
    return reply
