"""GET /plugins/udfs, /plugins/udfs/{name}; POST /plugins/functions/{name}/register."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.packages import Plugin
from kuiper_pack.suite.subject import CREATES, CREATES_PORTABLE, Server
from kuiper_pack.suite.verdict import Unmet

SHOW = "plugins.md, show udfs"
DESCRIBE = "plugins.md, describe an udf"
UNIQUE = "plugins.md, function plugins with multiple functions"
REGISTER = "plugins.md, register functions"
LISTS = "native.udfs.listed"
REGISTERS = "native.register.accepted"


def with_functions(server: Server, count: int) -> tuple[Plugin, list[str]]:
    """Install a function plugin with so many functions."""
    plugin = server.take(Kind.FUNCTION)
    names = plugin.functions[:count]
    server.create(plugin, functions=names).accepted()
    return plugin, names


def belongs_to(server: Server, function: str, plugin: Plugin) -> None:
    """Ask that a function is said to come from a plugin."""
    __tracebackhide__ = True
    reply = server.describe_udf(function)
    found = reply.members()
    if (found.get("name"), found.get("plugin")) != (function, plugin.name):
        raise Unmet(f'name "{function}" and plugin "{plugin.name}"', reply.got)


@clause("native.udfs.array", MUST, documented=SHOW, since="1.1.2")
def test_the_functions_are_an_array(server: Server) -> None:
    """The list of user defined functions is a JSON array of strings."""
    server.knows(Kind.FUNCTION)
    server.udfs().names()


@clause(
    LISTS, MUST, documented=SHOW, since="1.1.2", installs=1, needs=[CREATES, "native.udfs.array"]
)
def test_functions_are_listed(server: Server) -> None:
    """All functions that a plugin is created with are in the list."""
    _, names = with_functions(server, 2)
    reply = server.udfs()
    if not set(names) <= set(reply.names()):
        raise Unmet(f"a list with {names}", reply.got)


@clause("native.udfs.plugin", MUST, documented=DESCRIBE, since="1.1.2", installs=1, needs=[CREATES])
def test_a_function_names_its_plugin(server: Server) -> None:
    """A function is described by its name and the plugin that defines it."""
    plugin, names = with_functions(server, 2)
    for name in names:
        belongs_to(server, name, plugin)


@clause(
    "native.udfs.implicit",
    SHOULD,
    seen="api C-41",
    since="1.4.0",
    installs=1,
    needs=[CREATES, "native.udfs.plugin"],
)
def test_a_plugin_without_a_list_has_one_function(server: Server) -> None:
    """A function plugin without a list of functions has one, named like the plugin."""
    plugin = server.take(Kind.FUNCTION)
    server.create(plugin).accepted()
    belongs_to(server, plugin.name, plugin)


@clause(
    "native.udfs.unknown", MUST, documented=DESCRIBE, since="1.1.2", needs=["native.udfs.plugin"]
)
def test_an_unknown_function_is_not_described(server: Server) -> None:
    """To describe a function that is not there is refused."""
    server.describe_udf(server.fresh()).refused()


@clause(
    "native.udfs.unknown-404", SHOULD, seen="api F-03", since="1.1.2", needs=["native.udfs.unknown"]
)
def test_an_unknown_function_is_not_found(server: Server) -> None:
    """To describe a function that is not there is answered with 404."""
    server.describe_udf(server.fresh()).status(404)


@clause(
    "native.udfs.unique",
    MUST,
    documented=UNIQUE,
    since="1.1.2",
    installs=2,
    needs=[CREATES, "native.udfs.plugin"],
)
def test_a_function_belongs_to_one_plugin(server: Server) -> None:
    """A plugin with a function that another plugin has is refused, and the other keeps it."""
    first, names = with_functions(server, 1)
    second = server.take(Kind.FUNCTION)
    server.create(second, functions=names).refused()
    belongs_to(server, names[0], first)


@clause(
    "native.udfs.dropped",
    SHOULD,
    seen="api 5-1",
    since="1.1.2",
    installs=1,
    needs=[CREATES, LISTS, "native.drop.accepted"],
)
def test_functions_go_with_their_plugin(server: Server) -> None:
    """The functions of a dropped plugin are no longer listed."""
    plugin, names = with_functions(server, 2)
    server.drop(plugin.kind, plugin.name).accepted()
    reply = server.udfs()
    if set(names) & set(reply.names()):
        raise Unmet(f"a list without {names}", reply.got)


@clause(
    REGISTERS,
    MUST,
    documented=REGISTER,
    since="1.1.2",
    installs=1,
    needs=[CREATES, "native.udfs.plugin"],
)
def test_functions_are_registered(server: Server) -> None:
    """The functions of an installed plugin can be registered, and are its functions then."""
    plugin = server.take(Kind.FUNCTION)
    server.create(plugin).accepted()
    names = plugin.functions
    server.register(plugin.name, {"functions": names}).accepted()
    for name in names:
        belongs_to(server, name, plugin)


@clause(
    "native.register.replaces",
    SHOULD,
    seen="api F-05",
    since="1.1.2",
    installs=1,
    needs=[CREATES, REGISTERS, "native.udfs.unknown"],
)
def test_a_registered_list_replaces_the_old_one(server: Server) -> None:
    """A function that is not in the registered list is no longer there."""
    plugin, names = with_functions(server, 2)
    server.register(plugin.name, {"functions": names[1:]}).accepted()
    belongs_to(server, names[1], plugin)
    server.describe_udf(names[0]).refused()


@clause(
    "native.register.unknown",
    SHOULD,
    seen="api F-07",
    since="1.1.2",
    needs=[REGISTERS, "native.udfs.unknown"],
)
def test_an_unknown_plugin_registers_nothing(server: Server) -> None:
    """To register functions for a plugin that is not there is refused."""
    function = server.fresh()
    server.register(server.fresh(), {"functions": [function]}).refused()
    server.describe_udf(function).refused()


@clause(
    "native.register.malformed-json",
    MUST,
    documented=REGISTER,
    since="1.1.2",
    installs=1,
    needs=[CREATES, REGISTERS, "native.udfs.plugin"],
)
def test_a_body_that_is_no_json_registers_nothing(server: Server) -> None:
    """A registration whose body is not JSON is refused, and the functions stay."""
    plugin, names = with_functions(server, 1)
    server.register(plugin.name, "{").refused()
    belongs_to(server, names[0], plugin)


@clause(
    "native.register.empty-list",
    SHOULD,
    seen="api F-06",
    since="1.1.2",
    installs=1,
    needs=[CREATES, REGISTERS, "native.udfs.plugin"],
)
def test_an_empty_list_is_refused(server: Server) -> None:
    """A registration without functions is refused, and the functions stay."""
    plugin, names = with_functions(server, 1)
    server.register(plugin.name, {"functions": []}).refused()
    belongs_to(server, names[0], plugin)


@clause(
    "native.register.unique",
    MUST,
    documented=UNIQUE,
    since="1.1.2",
    installs=2,
    needs=[CREATES, REGISTERS, "native.udfs.plugin"],
)
def test_a_registered_function_belongs_to_one_plugin(server: Server) -> None:
    """To register a function that another plugin has is refused, and the other keeps it."""
    first, names = with_functions(server, 1)
    second, _ = with_functions(server, 1)
    server.register(second.name, {"functions": names}).refused()
    belongs_to(server, names[0], first)


@clause(
    "native.udfs.refused",
    MUST,
    documented=SHOW,
    since="1.1.2",
    installs=2,
    needs=[CREATES, "native.udfs.unique", "native.udfs.unknown"],
    defect_in=("1.1.2", None),
)
def test_a_refused_plugin_leaves_no_function(server: Server) -> None:
    """The other functions of a plugin that was refused for one of them are not there."""
    first, taken = with_functions(server, 1)
    second = server.take(Kind.FUNCTION)
    other = second.functions[0]
    server.create(second, functions=[other, *taken]).refused()
    reply = server.describe_udf(other)
    # what is there all the same goes with the first plugin, for no request but this drops it
    server.register(first.name, {"functions": [*taken, other]})
    reply.refused()


@clause(
    "native.udfs.bad-name", SHOULD, seen="api F-04", since="2.4.0", needs=["native.udfs.unknown"]
)
def test_a_name_with_other_characters_is_a_bad_request(server: Server) -> None:
    """A function name with other than letters, digits, hyphens and underscores is a 400."""
    server.describe_udf(f"{server.fresh()}.b").status(400)


@clause(
    "native.udfs.portable",
    MUST,
    documented=SHOW,
    since="1.4.0",
    needs=[CREATES_PORTABLE, "native.udfs.array"],
    readings=["documented", "reference"],
)
def test_whether_functions_of_portables_are_listed(server: Server) -> str:
    """The functions of all plugins are listed, as documented; in eKuiper those of native ones."""
    portable = server.installed_portable()
    return "documented" if portable.function in server.udfs().names() else "reference"


@clause(
    "native.register.refused-changes-nothing",
    MUST,
    documented=REGISTER,
    since="1.1.2",
    installs=2,
    needs=[CREATES, "native.register.unique", "native.udfs.unknown"],
    defect_in=("1.1.2", None),
)
def test_a_refused_registration_changes_nothing(server: Server) -> None:
    """A registration that is refused for a function of another plugin changes no function."""
    _, taken = with_functions(server, 1)
    second, names = with_functions(server, 1)
    other = second.functions[1]
    server.register(second.name, {"functions": [other, *taken]}).refused()
    belongs_to(server, names[0], second)
    server.describe_udf(other).refused()


@clause(
    "native.register.dropped",
    MAY,
    seen="api F-11",
    since="1.1.2",
    installs=1,
    needs=[CREATES, REGISTERS, "native.drop.accepted"],
)
def test_whether_functions_of_a_dropped_plugin_are_registered(server: Server) -> str:
    """Whether functions can be registered for a plugin that was dropped, before a restart."""
    plugin, names = with_functions(server, 1)
    server.drop(plugin.kind, plugin.name).accepted()
    return "accepted" if server.register(plugin.name, {"functions": names}).ok else "refused"
