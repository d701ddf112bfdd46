"""POST /plugins/portables."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SCRIPTS, SHOULD, clause
from kuiper_pack.suite.packages import Portable
from kuiper_pack.suite.portables import (
    MEMBERS,
    PACKAGE,
    UNKNOWN,
    calls,
    is_gone,
    wants_python,
)
from kuiper_pack.suite.questions import has_version
from kuiper_pack.suite.rules import calls_nothing
from kuiper_pack.suite.subject import CREATES_PORTABLE, LISTS_PORTABLES, Server

CREATE = "plugins.md, create a plugin"
PARAMETERS = "plugins.md, parameters of create"


@clause(CREATES_PORTABLE, MUST, documented=CREATE, since="1.4.0", needs=[LISTS_PORTABLES])
def test_a_portable_plugin_is_created(server: Server) -> None:
    """A sound package in Python is installed, with the files that its program is made of."""
    wants_python(server.install_portable()).accepted()


@clause("portable.create.status", SHOULD, seen="api P-01", since="1.4.0", needs=[CREATES_PORTABLE])
def test_a_created_plugin_is_reported(server: Server) -> None:
    """A create is answered with 201 and a text that names the plugin."""
    portable = server.portable()
    server.create_portable(portable).status(201).says(portable.name, "created")


@clause("portable.create.malformed-json", MUST, documented=CREATE, since="1.4.0", needs=[UNKNOWN])
def test_a_body_that_is_no_json_is_refused(server: Server) -> None:
    """A create whose body is not JSON, or is empty, is refused."""
    for body in ("{", "", "name=x", "[1, 2]"):
        server.send("POST", "/plugins/portables", body).refused()


@clause("portable.create.no-name", MUST, documented=CREATE, since="1.4.0", needs=[UNKNOWN])
def test_a_plugin_needs_a_name(server: Server) -> None:
    """A create without a name, or with an empty one, is refused."""
    portable = server.portable()
    url = server.deliver(portable.package(), f"{portable.name}.zip")
    server.own(Kind.PORTABLE, portable.name)
    server.send("POST", "/plugins/portables", {"file": url}).refused()
    server.send("POST", "/plugins/portables", {"name": "", "file": url}).refused()


@clause("portable.create.no-file", MUST, documented=PARAMETERS, since="1.4.0", needs=[UNKNOWN])
def test_a_plugin_needs_a_package(server: Server) -> None:
    """A create whose file is empty is refused, and nothing is installed."""
    refuses(server, server.fresh(), "")


@clause(
    "portable.create.unknown-scheme", MUST, documented=PARAMETERS, since="1.4.0", needs=[UNKNOWN]
)
def test_other_schemes_are_refused(server: Server) -> None:
    """A URL that is neither http nor https nor file is refused."""
    name = server.fresh()
    refuses(server, name, f"gopher://127.0.0.1:9/{name}.zip")


@clause(
    "portable.create.missing-package", MUST, documented=PARAMETERS, since="1.4.0", needs=[UNKNOWN]
)
def test_a_package_that_is_not_there_is_refused(server: Server) -> None:
    """A create whose package cannot be had is refused, and nothing is installed."""
    name = server.fresh()
    refuses(server, name, server.url_of(f"{name}.zip"))


@clause("portable.create.not-a-zip", MUST, documented=PARAMETERS, since="1.4.0", needs=[UNKNOWN])
def test_a_package_is_a_zip(server: Server) -> None:
    """A package whose content is no zip is refused, and nothing is installed."""
    name = server.fresh()
    refuses(server, name, server.deliver(b"plain text", f"{name}.zip"))


@clause("portable.create.zip-suffix", SHOULD, seen="api P-04", since="1.4.0", needs=[UNKNOWN])
def test_a_url_ends_with_zip(server: Server) -> None:
    """A URL that does not end with .zip is refused, whatever is there."""
    portable = server.portable()
    refuses(server, portable.name, server.deliver(portable.package(), f"{portable.name}.tar"))


@clause("portable.create.no-manifest", MUST, documented=PACKAGE, since="1.4.0", needs=[UNKNOWN])
def test_a_package_has_a_manifest(server: Server) -> None:
    """A package without a json file of the plugin's name is refused, and nothing is installed."""
    portable, other = server.portable(), server.portable()
    refuses(server, portable.name, server.deliver(other.package()))


@clause("portable.create.broken-manifest", MUST, documented=PACKAGE, since="1.4.0", needs=[UNKNOWN])
def test_a_manifest_is_json(server: Server) -> None:
    """A package whose manifest is no JSON is refused, and nothing is installed."""
    portable = server.portable()
    broken = {f"{portable.name}.json": b'{"version": "1.0.0", '}
    refuses(server, portable.name, server.deliver(portable.package(changed=broken)))


@clause("portable.create.no-language", MUST, documented=PACKAGE, since="1.4.0", needs=[UNKNOWN])
def test_a_manifest_says_the_language(server: Server) -> None:
    """A package whose manifest has no language, or an empty one, is refused."""
    for language in (None, ""):
        refuses_manifest(server, language=language)


@clause("portable.create.unknown-language", SHOULD, seen="api P-08", since="1.4.0", needs=[UNKNOWN])
def test_languages_are_known(server: Server) -> None:
    """A package in a language other than go and python is refused; so are these in capitals."""
    for language in ("java", "Python"):
        refuses_manifest(server, language=language)


@clause("portable.create.no-executable", MUST, documented=PACKAGE, since="1.4.0", needs=[UNKNOWN])
def test_a_manifest_says_the_executable(server: Server) -> None:
    """A package whose manifest has no executable, or an empty one, is refused."""
    for executable in (None, ""):
        refuses_manifest(server, executable=executable)


@clause(
    "portable.create.missing-executable", MUST, documented=PACKAGE, since="1.4.0", needs=[UNKNOWN]
)
def test_a_package_holds_the_executable(server: Server) -> None:
    """A package without the file that its manifest calls the executable is refused."""
    portable = server.portable()
    refuses(server, portable.name, server.deliver(portable.package(changed={"main.py": None})))


@clause("portable.create.no-symbols", SHOULD, seen="api P-10", since="1.4.0", needs=[UNKNOWN])
def test_a_plugin_has_symbols(server: Server) -> None:
    """A package whose manifest has neither source nor sink nor function is refused."""
    refuses_manifest(server, sources=None, sinks=None, functions=None)
    refuses_manifest(server, sources=[], sinks=[], functions=[])


@clause("portable.create.other-name", SHOULD, seen="api P-07", since="1.4.0", needs=[UNKNOWN])
def test_the_manifest_names_the_same_plugin(server: Server) -> None:
    """A package whose manifest has another name than the request is refused."""
    refuses_manifest(server, name=server.fresh())


@clause("portable.create.no-configuration", SHOULD, seen="api P-12", since="1.4.0", needs=[UNKNOWN])
def test_a_source_has_a_configuration(server: Server) -> None:
    """A package without any configuration of its source is refused."""
    portable = server.portable()
    without = {f"sources/{portable.source}.yaml": None}
    refuses(server, portable.name, server.deliver(portable.package(changed=without)))


@clause(
    "portable.create.json-configuration",
    MUST,
    documented=PACKAGE,
    since="1.4.0",
    needs=[CREATES_PORTABLE],
    readings=["documented", "reference"],
)
def test_whether_a_configuration_may_be_json(server: Server) -> str:
    """The folder of the sources has a json or yaml file for each; eKuiper wants the yaml file."""
    portable = server.portable()
    configuration = f"sources/{portable.source}"
    changed = {f"{configuration}.yaml": None, f"{configuration}.json": b"{}"}
    return "documented" if server.create_portable(portable, changed=changed).ok else "reference"


@clause(
    "portable.create.functions-only",
    MUST,
    documented=PACKAGE,
    since="1.4.0",
    needs=[CREATES_PORTABLE],
)
def test_a_plugin_may_have_functions_only(server: Server) -> None:
    """A plugin may have several symbols of one type and none of the others."""
    portable = server.portable()
    only = {"sources": None, "sinks": None, "functions": [portable.function, portable.sink]}
    url = server.deliver(portable.package(manifest=only))
    server.post(Kind.PORTABLE, portable.name, url).accepted()


@clause(
    "portable.create.usable",
    MUST,
    documented="extension/portable/overview.md, introduction",
    since="1.4.0",
    needs=[CREATES_PORTABLE, "rules", "streams"],
)
def test_a_rule_may_call_a_function(server: Server) -> None:
    """Rules may call a function of a portable plugin once it is installed, and not before."""
    calls_nothing(server, server.portable().function)
    calls(server, server.installed_portable().function).accepted()


@clause(
    "portable.create.duplicate-name",
    MUST,
    documented=CREATE,
    since="1.4.0",
    needs=[CREATES_PORTABLE, MEMBERS],
)
def test_a_name_belongs_to_one_plugin(server: Server) -> None:
    """A second create of the same name is refused, and the first plugin stays."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0").accepted()
    server.create_portable(portable, "2.0.0").refused()
    has_version(server, portable, "1.0.0")


@clause(
    "portable.create.after-refusal",
    MUST,
    documented=CREATE,
    since="1.4.0",
    needs=[MEMBERS, "portable.create.missing-executable"],
)
def test_what_was_refused_can_be_created(server: Server) -> None:
    """A name is free after its create was refused: the sound package is installed then."""
    portable = server.portable()
    server.create_portable(portable, "1.0.0", {"main.py": None}).refused()
    server.create_portable(portable, "2.0.0").accepted()
    has_version(server, portable, "2.0.0")


@clause(
    "portable.create.not-startable",
    SHOULD,
    seen="api P-13",
    since="2.0.0-beta.1",
    needs=[UNKNOWN],
    defect_in=("2.0.0-beta.1", "2.0.0-beta.2"),
)
def test_a_program_has_to_start(server: Server) -> None:
    """A package whose program cannot be started is refused, and nothing is installed."""
    refuses_manifest(server, language="go")


@clause(
    "portable.create.install-script",
    MUST,
    documented=PACKAGE,
    since="1.4.0",
    needs=[CREATES_PORTABLE],
    allow=[SCRIPTS],
)
def test_a_package_may_have_an_install_script(server: Server) -> None:
    """A package with an install.sh that succeeds is installed."""
    portable = server.portable()
    script = {"install.sh": b"#!/bin/sh\nexit 0\n"}
    server.create_portable(portable, changed=script).accepted()


@clause(
    "portable.create.install-script-fails",
    SHOULD,
    seen="api P-15",
    since="1.4.0",
    needs=[UNKNOWN, "portable.create.install-script"],
    allow=[SCRIPTS],
)
def test_an_install_script_has_to_succeed(server: Server) -> None:
    """A package whose install.sh fails is refused, and nothing is installed."""
    portable = server.portable()
    package = portable.package(changed={"install.sh": b"#!/bin/sh\nexit 4\n"})
    refuses(server, portable.name, server.deliver(package))


@clause(
    "portable.create.shared-symbol",
    MUST,
    documented="plugins.md, function plugins with multiple functions",
    since="1.4.0",
    needs=[CREATES_PORTABLE, UNKNOWN],
    readings=["documented", "reference"],
)
def test_whether_functions_are_unique(server: Server) -> str:
    """The names of functions are unique across all plugins; eKuiper takes a second one."""
    first, portable = server.installed_portable(), server.portable()
    url = server.deliver(portable.package(manifest={"functions": [first.function]}))
    reply = server.post(Kind.PORTABLE, portable.name, url)
    if reply.ok:
        return "reference"
    is_gone(server, portable.name)
    return "documented"


@clause(
    "portable.create.shell-parameters",
    MAY,
    seen="api P-16",
    since="1.4.0",
    needs=[CREATES_PORTABLE],
)
def test_whether_parameters_need_a_script(server: Server) -> str:
    """Whether shellParas are accepted for a package without install.sh."""
    portable = server.portable()
    url = server.deliver(portable.package())
    reply = server.post(Kind.PORTABLE, portable.name, url, shellParas=["one"])
    return "accepted" if reply.ok else "refused"


@clause(
    "portable.create.nested-folders", MAY, seen="api P-20", since="1.4.0", needs=[CREATES_PORTABLE]
)
def test_whether_folders_need_entries(server: Server) -> str:
    """Whether files may lie in nested folders for which the zip has no entries."""
    portable = server.portable()
    reply = server.create_portable(portable, changed={"a/b/c.txt": b"deep"})
    return "accepted" if reply.ok else "refused"


@clause(
    "portable.create.dotted-name", MAY, seen="api P-21", since="1.4.0", needs=[CREATES_PORTABLE]
)
def test_whether_a_name_may_have_a_dot(server: Server) -> str:
    """Whether a name with a dot is accepted."""
    portable = Portable(f"{server.fresh()}.c")
    return "accepted" if server.create_portable(portable).ok else "refused"


@clause(
    "portable.create.name-of-native",
    MAY,
    seen="api C-34",
    since="1.4.0",
    installs=1,
    needs=[CREATES_PORTABLE, "native.create.accepted"],
)
def test_whether_native_and_portable_plugins_share_names(server: Server) -> str:
    """Whether a portable plugin may have the name of a native one."""
    plugin = server.take(Kind.SINK)
    server.create(plugin).accepted()
    portable = Portable(plugin.name)
    return "accepted" if server.create_portable(portable).ok else "refused"


def refuses(server: Server, name: str, url: str) -> None:
    """Ask that a create is refused and that nothing of that name is there afterwards."""
    __tracebackhide__ = True
    server.post(Kind.PORTABLE, name, url).refused()
    is_gone(server, name)


def refuses_manifest(server: Server, **changed: object) -> None:
    """Ask that a package with that in its manifest is refused; None leaves a member out."""
    __tracebackhide__ = True
    portable = server.portable()
    refuses(server, portable.name, server.deliver(portable.package(manifest=changed)))
