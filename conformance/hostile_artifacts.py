"""POST /plugins/{type} where the host of the package misbehaves."""

from kuiper_pack.conformance.native_create import FORMAT, UNKNOWN
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite import manners
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.packages import make_zip, stub
from kuiper_pack.suite.questions import refuses
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Inapplicable

MISSING = "native.create.missing-package"
STATUS = "native.download.status"
BROKEN = {
    "truncated": manners.TRUNCATED,
    "broken-off": manners.BROKEN_OFF,
    "too-short": manners.TOO_SHORT,
    "unfinished": manners.UNFINISHED,
    "silent": manners.SILENT,
}
"""Hosts that do not send all of a package, by the word in the name of the package."""


def offer(server: Server, content: bytes, manner: manners.Manner, word: str) -> str:
    """The URL of a package that is sent in that manner, which the report is told."""
    if server.delivery is None or server.delivery.word != "http":
        way = server.delivery.word if server.delivery else "no way"
        raise Inapplicable(f"packages reach the server by {way}, not by http")
    name = f"{server.fresh()}-{word}.zip"
    server.artifacts.put(name, content, manner)
    server.transport.note("artifact", f"{name} is answered {manner.says}", "")
    return server.artifacts.http(name)


def sound(server: Server, name: str) -> bytes:
    """The package of a sink that could be installed, were it not for its host."""
    return make_zip({server.file(name): stub(name) * 50})


def refuses_from(server: Server, manner: manners.Manner, word: str) -> None:
    """Ask that a create is refused, and installs nothing, whose package comes in that manner."""
    __tracebackhide__ = True
    name = server.fresh()
    refuses(server, Kind.SINK, name, offer(server, sound(server, name), manner, word))


def installs_from(server: Server, manner: manners.Manner, word: str) -> None:
    """Ask that a plugin is installed whose package comes in that manner."""
    __tracebackhide__ = True
    plugin = server.take(Kind.SINK)
    url = offer(server, plugin.package(server.file(plugin.name)), manner, word)
    server.post(plugin.kind, plugin.name, url).accepted()


@clause(STATUS, MUST, documented=FORMAT, since="0.3.0", needs=[UNKNOWN, MISSING])
def test_a_package_that_the_host_refuses_is_refused(server: Server) -> None:
    """A create whose package the host refuses, whatever it sends, is refused: 403, 404 or 500."""
    for status in ("403 Forbidden", "404 Not Found", "500 Internal Server Error"):
        with server.transport.case():
            refuses_from(server, manners.refused(status), f"status-{status[:3]}")


@clause(
    "native.download.broken-off",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, MISSING, "native.package.cut-off"],
)
def test_half_a_package_is_refused(server: Server) -> None:
    """A create whose package does not come as a whole is refused, and nothing is installed."""
    for word, manner in BROKEN.items():
        with server.transport.case():
            refuses_from(server, manner, word)


@clause(
    "native.download.page",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, "native.create.not-a-zip"],
)
def test_a_page_is_no_package(server: Server) -> None:
    """A create that is sent a page instead of the package is refused, and nothing is installed."""
    refuses_from(server, manners.PAGE, "page")


@clause(
    "native.download.redirect-loop",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, MISSING],
)
def test_a_redirect_without_end_is_refused(server: Server) -> None:
    """A create whose package is redirected to itself is refused, and nothing is installed."""
    refuses_from(server, manners.MOVED_FOR_EVER, "loop")


@clause(
    "native.download.redirect",
    SHOULD,
    seen="api C-43",
    since="0.3.0",
    installs=1,
    needs=[CREATES],
)
def test_a_redirect_is_followed(server: Server) -> None:
    """A package is installed from where a redirect leads."""
    installs_from(server, manners.MOVED, "moved")


@clause(
    "native.download.slow",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    installs=1,
    needs=[CREATES],
)
def test_a_slow_package_is_installed(server: Server) -> None:
    """A package that comes in pieces, within a second, is installed."""
    installs_from(server, manners.SLOW, "slow")


@clause(
    "native.download.bad-request",
    SHOULD,
    seen="api C-20, C-21",
    since="0.3.0",
    needs=[STATUS, "native.download.broken-off"],
)
def test_a_failed_download_is_a_bad_request(server: Server) -> None:
    """A create whose package cannot be had is answered with 400, whatever the host answered."""
    for word, manner in {"status-404": manners.refused("404 Not Found"), **BROKEN}.items():
        with server.transport.case():
            name = server.fresh()
            url = offer(server, sound(server, name), manner, word)
            server.post(Kind.SINK, name, url).status(400)


@clause(
    "native.download.failed-then-good",
    SHOULD,
    seen="api C-20, C-40",
    since="0.3.0",
    installs=1,
    needs=[CREATES, STATUS, "native.download.broken-off"],
)
def test_a_name_is_free_after_a_failed_download(server: Server) -> None:
    """A name whose package could not be had is created afterwards with a good one."""
    plugin = server.take(Kind.SINK)
    package = plugin.package(server.file(plugin.name))
    url = offer(server, package, manners.TRUNCATED, "truncated")
    server.post(plugin.kind, plugin.name, url).refused()
    server.create(plugin).accepted()


@clause(
    "native.download.failed-functions",
    SHOULD,
    seen="api C-40",
    since="1.1.2",
    installs=1,
    needs=[CREATES, STATUS, "native.udfs.unknown", "native.udfs.plugin"],
    defect_in=("1.1.2", "1.4.1"),
)
def test_functions_of_a_failed_download_are_free(server: Server) -> None:
    """The functions of a plugin whose package could not be had are not there, and stay free."""
    plugin = server.take(Kind.FUNCTION)
    package = plugin.package(server.file(plugin.name))
    url = offer(server, package, manners.refused("404 Not Found"), "status-404")
    functions = plugin.functions[:1]
    server.post(plugin.kind, plugin.name, url, functions=functions).refused()
    server.describe_udf(functions[0]).refused()
    server.create(plugin, functions=functions).accepted()
