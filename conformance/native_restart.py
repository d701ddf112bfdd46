"""What is there after a restart, and drops that let the server end."""

from collections.abc import Generator

from kuiper_pack.conformance.native_create import MEMBERS, UNKNOWN
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, STOP, clause
from kuiper_pack.suite.packages import Plugin, make_zip, so_file
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Unmet

INTRODUCTION = "plugins.md, introduction"
SHOW = "plugins.md, show plugins"
DROP = "plugins.md, drop a plugin"
UPDATE = "plugins.md, update a plugin"
REGISTER = "plugins.md, register functions"
AUTOLOAD = "develop/function.md, register multiple functions"
DROPS = "native.drop.accepted"
STAYS = "native.restart.created"

Restart = Generator[None, None, None]
"""A clause over a restart: the server is restarted where it yields."""


def lists(server: Server, functions: list[str]) -> None:
    """Ask that the functions are in the list of all functions."""
    __tracebackhide__ = True
    reply = server.udfs()
    if not set(functions) <= set(reply.names()):
        raise Unmet(f"a list with {functions}", reply.got)


def lists_none(server: Server, functions: list[str]) -> None:
    """Ask that none of the functions is in the list of all functions."""
    __tracebackhide__ = True
    reply = server.udfs()
    if set(functions) & set(reply.names()):
        raise Unmet(f"a list without {functions}", reply.got)


@clause(
    STAYS,
    MUST,
    documented=SHOW,
    since="0.3.0",
    installs=3,
    needs=[CREATES, MEMBERS, "native.list.installed", "native.drop.others-stay"],
)
def test_created_plugins_are_there_after_a_restart(server: Server) -> Restart:
    """A plugin of each type is listed after a restart, and described with its version."""
    plugins = [server.take(kind) for kind in server.kinds]
    for plugin in plugins:
        server.create(plugin, version="1.2.3").accepted()
    yield
    for plugin in plugins:
        reply = server.plugins(plugin.kind)
        if plugin.name not in reply.names():
            raise Unmet(f"a list with {plugin.name}", reply.got)
        has_version(server, plugin, "1.2.3")


@clause(
    "native.restart.capital-file",
    MUST,
    documented="develop/overview.md, naming",
    since="0.9.1",
    installs=1,
    needs=[CREATES, STAYS, "native.create.capital-file"],
)
def test_a_capital_file_keeps_its_name_over_a_restart(server: Server) -> Restart:
    """A plugin whose file starts with an upper-case letter keeps its name over a restart."""
    plugin = server.take(Kind.SINK)
    url = server.deliver(plugin.package(so_file(plugin.name, "1.0.0", upper=True)))
    server.post(plugin.kind, plugin.name, url).accepted()
    yield
    has_version(server, plugin, "1.0.0")


@clause(
    "native.restart.dropped",
    MUST,
    documented=DROP,
    since="0.3.0",
    installs=3,
    needs=[CREATES, DROPS, STAYS, UNKNOWN],
)
def test_dropped_plugins_are_gone_after_a_restart(server: Server) -> Restart:
    """A dropped plugin is neither listed nor described after a restart."""
    plugins = [server.take(kind) for kind in server.kinds]
    for plugin in plugins:
        server.create(plugin).accepted()
        server.drop(plugin.kind, plugin.name).accepted()
    yield
    for plugin in plugins:
        reply = server.plugins(plugin.kind)
        if plugin.name in reply.names():
            raise Unmet(f"a list without {plugin.name}", reply.got)
        server.describe(plugin.kind, plugin.name).refused()


@clause(
    "native.restart.create-again",
    MUST,
    documented=INTRODUCTION,
    since="0.3.0",
    installs=3,
    needs=[CREATES, DROPS, "native.restart.dropped"],
)
def test_dropped_plugins_can_be_created_after_a_restart(server: Server) -> Restart:
    """Drop, restart, create: a plugin of each type can be replaced by another version so."""
    plugins = [server.take(kind) for kind in server.kinds]
    for plugin in plugins:
        server.create(plugin, version="1.0.0").accepted()
        server.drop(plugin.kind, plugin.name).accepted()
    yield
    for plugin in plugins:
        server.create(plugin, version="2.0.0").accepted()
        has_version(server, plugin, "2.0.0")


@clause(
    "native.restart.refused",
    MUST,
    documented=SHOW,
    since="0.3.0",
    installs=2,
    needs=[
        CREATES,
        STAYS,
        "native.create.source-without-configuration",
        "native.create.duplicate-name",
    ],
)
def test_refused_plugins_do_not_appear_after_a_restart(server: Server) -> Restart:
    """What the server refused to create is not there after a restart, and what was there stays."""
    refused, there = server.take(Kind.SOURCE), server.take(Kind.SINK)
    package = make_zip({server.file(refused.name): refused.shared_object})
    server.post(refused.kind, refused.name, server.deliver(package)).refused()
    server.create(there, version="1.0.0").accepted()
    server.create(there, version="2.0.0").refused()
    yield
    server.describe(refused.kind, refused.name).refused()
    has_version(server, there, "1.0.0")


@clause(
    "native.restart.same-object",
    MUST,
    documented=SHOW,
    since="0.3.0",
    installs=1,
    needs=[CREATES, STAYS, UNKNOWN],
)
def test_the_answer_to_a_second_create_holds_after_a_restart(server: Server) -> Restart:
    """Of two plugins with one shared object, those that were created are there after a restart."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    twin = Plugin(plugin.kind, f"a{server.fresh()}", plugin.shared_object)
    reply = server.create(twin)
    yield
    server.describe(plugin.kind, plugin.name).accepted()
    if reply.ok:
        server.describe(twin.kind, twin.name).accepted()
    else:
        server.describe(twin.kind, twin.name).refused()


@clause(
    "native.restart.create-before",
    MUST,
    documented=INTRODUCTION,
    since="0.3.0",
    installs=1,
    needs=[CREATES, DROPS, STAYS, UNKNOWN, "native.drop.create-again"],
)
def test_the_answer_to_a_create_without_restart_holds_after_it(server: Server) -> Restart:
    """What a create between drop and restart was answered holds after the restart."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    reply = server.create(plugin, version="3.0.0")
    yield
    if reply.ok:
        has_version(server, plugin, "3.0.0")
    else:
        server.describe(plugin.kind, plugin.name).refused()


@clause(
    "native.restart.updated",
    MUST,
    documented=UPDATE,
    since="1.11.0",
    installs=1,
    needs=[CREATES, STAYS, "native.update.accepted"],
)
def test_updates_take_effect_with_a_restart(server: Server) -> Restart:
    """An updated plugin has its new version after a restart."""
    plugin = server.take(Kind.SINK)
    server.create(plugin, version="1.0.0").accepted()
    server.update(plugin, version="2.0.0").accepted()
    yield
    has_version(server, plugin, "2.0.0")


@clause(
    "native.restart.functions",
    MUST,
    documented=REGISTER,
    since="1.1.2",
    installs=1,
    needs=[CREATES, STAYS, "native.udfs.listed"],
)
def test_functions_are_there_after_a_restart(server: Server) -> Restart:
    """The functions that a plugin was created with need no registration after a restart."""
    plugin = server.take(Kind.FUNCTION)
    names = plugin.functions
    server.create(plugin, functions=names).accepted()
    yield
    lists(server, names)


@clause(
    "native.restart.registered",
    MUST,
    documented=REGISTER,
    since="1.1.2",
    installs=1,
    needs=[CREATES, STAYS, "native.register.accepted", "native.udfs.listed"],
)
def test_registered_functions_are_there_after_a_restart(server: Server) -> Restart:
    """The list of functions that was registered for a plugin is kept over a restart."""
    plugin = server.take(Kind.FUNCTION)
    names = plugin.functions
    server.create(plugin).accepted()
    server.register(plugin.name, {"functions": names}).accepted()
    yield
    lists(server, names)


@clause(
    "native.restart.replaced-functions",
    SHOULD,
    seen="api F-05",
    since="1.1.2",
    installs=1,
    needs=[CREATES, "native.restart.functions", "native.register.replaces"],
)
def test_replaced_functions_stay_away_after_a_restart(server: Server) -> Restart:
    """Functions that a registration replaced are not listed after a restart either."""
    plugin = server.take(Kind.FUNCTION)
    old, new = plugin.functions
    server.create(plugin, functions=[old]).accepted()
    server.register(plugin.name, {"functions": [new]}).accepted()
    yield
    lists_none(server, [old])


@clause(
    "native.restart.dropped-functions",
    MUST,
    documented=f"{DROP}; show udfs",
    since="1.1.2",
    installs=1,
    needs=[CREATES, DROPS, "native.restart.functions"],
)
def test_functions_of_a_dropped_plugin_are_gone_after_a_restart(server: Server) -> Restart:
    """The functions of a dropped plugin are not listed after a restart."""
    plugin = server.take(Kind.FUNCTION)
    names = plugin.functions
    server.create(plugin, functions=names).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    yield
    lists_none(server, names)


@clause(
    "native.restart.implicit-function",
    MUST,
    documented=AUTOLOAD,
    since="1.1.2",
    installs=1,
    needs=[CREATES, STAYS, "native.udfs.plugin"],
)
def test_a_plugin_without_a_list_has_its_function_after_a_restart(server: Server) -> Restart:
    """A function plugin that the server finds at its start has a function of its own name."""
    plugin = server.take(Kind.FUNCTION)
    server.create(plugin).accepted()
    yield
    reply = server.describe_udf(plugin.name)
    if reply.members().get("plugin") != plugin.name:
        raise Unmet(f'plugin "{plugin.name}"', reply.got)


@clause(
    "native.stop.ends",
    MUST,
    documented=DROP,
    since="1.4.0",
    installs=1,
    needs=[CREATES, DROPS],
    allow=[STOP],
)
def test_a_drop_lets_the_server_end(server: Server) -> None:
    """A drop with ``stop=1`` is accepted, and the server ends after it."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name, "stop=1").accepted()
    if not server.ends():
        raise Unmet("the server ends", "it goes on")


@clause(
    "native.stop.word",
    MUST,
    documented=DROP,
    since="0.3.0",
    until="1.4.0",
    installs=2,
    needs=[CREATES, DROPS],
    allow=[STOP],
    readings=["documented", "reference"],
)
def test_which_word_lets_the_server_end(server: Server) -> str:
    """A drop with ``restart=1`` lets the server end, as documented; in eKuiper it is ``stop=1``."""
    plugins = [server.take(Kind.SINK) for _ in range(2)]
    for plugin in plugins:
        server.create(plugin).accepted()
    server.drop(plugins[0].kind, plugins[0].name, "restart=1").accepted()
    if not server.stays():
        return "documented"
    server.drop(plugins[1].kind, plugins[1].name, "stop=1").accepted()
    if not server.ends():
        raise Unmet("the server ends after one of the two", "it goes on")
    return "reference"


@clause(
    "native.stop.other-values",
    MUST,
    documented=DROP,
    since="0.3.0",
    installs=2,
    needs=[CREATES, DROPS],
    allow=[STOP],
)
def test_other_values_do_not_let_the_server_end(server: Server) -> None:
    """The server ends only when the value is 1: not for 0, and not for true."""
    for query in ("stop=0", "stop=true"):
        plugin = server.take(Kind.SINK)
        server.create(plugin).accepted()
        server.drop(plugin.kind, plugin.name, query).accepted()
    if not server.stays():
        raise Unmet("the server goes on", "it ended")


@clause(
    "native.stop.restart",
    SHOULD,
    seen="api X-03",
    since="1.4.0",
    installs=1,
    needs=[CREATES, DROPS],
    allow=[STOP],
)
def test_another_word_does_not_let_the_server_end(server: Server) -> None:
    """The server goes on after a drop with ``restart=1``."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name, "restart=1").accepted()
    if not server.stays():
        raise Unmet("the server goes on", "it ended")


@clause(
    "native.stop.twice",
    MAY,
    seen="api X-06",
    since="0.3.0",
    installs=1,
    needs=[CREATES, DROPS],
    allow=[STOP],
)
def test_whether_a_second_drop_lets_the_server_end(server: Server) -> str:
    """Whether a drop with ``stop=1`` of a plugin that is dropped already ends the server."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    server.drop(plugin.kind, plugin.name).accepted()
    if not server.drop(plugin.kind, plugin.name, "stop=1").ok:
        return "refused"
    return "goes on" if server.stays() else "ends"
