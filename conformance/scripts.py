"""install.sh and shellParas of native packages: scripts run only where ``scripts`` is allowed."""

from kuiper_pack.conformance.native_create import FORMAT, UNKNOWN
from kuiper_pack.conformance.native_restart import STAYS, Restart
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, SCRIPTS, SHOULD, clause
from kuiper_pack.suite.packages import make_zip, stub
from kuiper_pack.suite.questions import refuses
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, OTHERS, Server

ACCEPTED = "scripts.accepted"
FAILING = "scripts.failing"
BESIDE = {"sdk.conf": b"[sdk]\n"}
"""What a script finds beside itself."""


def create(server: Server, *lines: str, parameters: tuple[str, ...] = ()) -> Reply:
    """Install a sink whose install.sh has these lines, with parameters."""
    plugin = server.take(Kind.SINK)
    extra = {"install.sh": shell(*lines), **BESIDE}
    url = server.deliver(plugin.package(server.file(plugin.name), extra))
    return server.post(plugin.kind, plugin.name, url, shellParas=[*parameters])


def shell(*lines: str) -> bytes:
    """A script of these lines."""
    return "\n".join(["#!/bin/sh", *lines, ""]).encode()


@clause(
    ACCEPTED,
    MUST,
    documented=FORMAT,
    since="0.4.0",
    installs=1,
    needs=[CREATES, OTHERS],
    allow=[SCRIPTS],
)
def test_a_package_may_have_a_script(server: Server) -> None:
    """A package with an install.sh that succeeds is installed."""
    create(server, "exit 0").accepted()


@clause(
    FAILING,
    SHOULD,
    seen="api C-29",
    since="0.4.0",
    needs=[CREATES, UNKNOWN, ACCEPTED],
    allow=[SCRIPTS],
)
def test_a_script_has_to_succeed(server: Server) -> None:
    """A package whose install.sh ends with another status than 0 is refused, and not installed."""
    name = server.fresh()
    package = make_zip({server.file(name): stub(name), "install.sh": shell("exit 3")})
    refuses(server, Kind.SINK, name, server.deliver(package))


@clause(
    "scripts.beside",
    MUST,
    documented=FORMAT,
    since="0.4.0",
    installs=1,
    needs=[CREATES, ACCEPTED],
    allow=[SCRIPTS],
)
def test_the_other_files_lie_beside_the_script(server: Server) -> None:
    """install.sh finds the other files of its package in the folder of its own path, $0."""
    create(server, 'cur=$(dirname "$0")', '[ -f "$cur/sdk.conf" ] || exit 3').accepted()


@clause(
    "scripts.folder",
    SHOULD,
    seen="api 0-1",
    since="1.11.0",
    installs=1,
    needs=[CREATES, "scripts.beside"],
    allow=[SCRIPTS],
)
def test_a_script_runs_where_it_is(server: Server) -> None:
    """install.sh runs in the folder of its package."""
    create(server, "[ -f sdk.conf ] || exit 3").accepted()


@clause(
    "scripts.parameters",
    SHOULD,
    seen="api 4-1",
    since="1.0.0",
    installs=1,
    needs=[CREATES, ACCEPTED],
    allow=[SCRIPTS],
)
def test_a_script_gets_parameters(server: Server) -> None:
    """install.sh gets the texts in shellParas as its parameters, which no page names."""
    wanted = '[ "$#" = 2 ] && [ "$1" = alpha ] && [ "$2" = "b c" ] || exit 3'
    create(server, wanted, parameters=("alpha", "b c")).accepted()


@clause(
    "scripts.restart",
    SHOULD,
    seen="api C-30",
    since="1.0.0",
    installs=1,
    needs=[CREATES, STAYS, FAILING],
    defect_in=("1.6.0", None),
    allow=[SCRIPTS],
)
def test_what_a_script_refused_does_not_appear_after_a_restart(server: Server) -> Restart:
    """A plugin that was refused for its install.sh is not there after a restart either."""
    plugin = server.take(Kind.SINK)
    package = plugin.package(server.file(plugin.name), {"install.sh": shell("exit 3")})
    server.post(plugin.kind, plugin.name, server.deliver(package)).refused()
    yield
    server.describe(plugin.kind, plugin.name).refused()
