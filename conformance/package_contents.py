"""What a package has to hold, and may hold, to be installed by POST /plugins/{type}."""

from collections.abc import Mapping

from kuiper_pack.conformance.native_create import FORMAT, NAMING, UNKNOWN
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.packages import make_zip, so_file, stub
from kuiper_pack.suite.questions import refuses
from kuiper_pack.suite.subject import CREATES, OTHERS, Server

FILES = "plugins.md, plugin file format"
PACKAGING = "develop/overview.md, plugin packaging"


def sink(server: Server, more: Mapping[str, bytes], file: str = "{}.so") -> tuple[str, str]:
    """A sink that cannot be loaded, under a new name: the name, and where its package is.

    ``file`` is what its shared object is called, with ``{}`` for the name.
    """
    name = server.fresh()
    entries = {file.format(server.file(name).removesuffix(".so")): stub(name)}
    return name, server.deliver(make_zip({**entries, **more}))


def refuses_source(server: Server, configuration: str) -> None:
    """Ask that a source is refused whose yaml file is called so, with ``{}`` for its name."""
    __tracebackhide__ = True
    name = server.fresh()
    entries = {server.file(name): stub(name), configuration.format(name): b"default: {}\n"}
    refuses(server, Kind.SOURCE, name, server.deliver(make_zip(entries)))


@clause("native.package.in-a-folder", MUST, documented=PACKAGING, since="2.0.0", needs=[UNKNOWN])
def test_a_shared_object_in_a_folder_is_refused(server: Server) -> None:
    """A package whose shared object is in a folder and not at its root is refused."""
    name, url = sink(server, {"readme.txt": b"see the folder"}, "plugin/{}.so")
    refuses(server, Kind.SINK, name, url)


@clause(
    "native.package.configuration-in-a-folder",
    MUST,
    documented=PACKAGING,
    since="2.0.0",
    needs=[UNKNOWN, "native.create.source-without-configuration"],
)
def test_a_configuration_in_a_folder_is_refused(server: Server) -> None:
    """A source package whose yaml file is in a folder and not at its root is refused."""
    refuses_source(server, "conf/{}.yaml")


@clause(
    "native.package.other-configuration-name",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, "native.create.source-without-configuration"],
)
def test_the_configuration_is_named_like_the_plugin(server: Server) -> None:
    """A source package whose yaml file is named otherwise than the plugin is refused."""
    refuses_source(server, "other{}.yaml")


@clause(
    "native.package.other-case",
    MUST,
    documented=NAMING,
    since="0.3.0",
    needs=[UNKNOWN, "native.create.other-file-name"],
)
def test_only_the_first_letter_may_be_of_other_case(server: Server) -> None:
    """A shared object named like the plugin, but all in capitals, is refused."""
    name = server.fresh()
    url = server.deliver(make_zip({so_file(name.upper()): stub(name)}))
    refuses(server, Kind.SINK, name, url)


@clause(
    "native.package.two-shared-objects", SHOULD, seen="api C-25", since="0.3.0", needs=[UNKNOWN]
)
def test_two_shared_objects_are_refused(server: Server) -> None:
    """A package with two shared objects that are both named like the plugin is refused."""
    name = server.fresh()
    entries = {server.file(name, version): stub(name) for version in ("1.0.0", "2.0.0")}
    refuses(server, Kind.SINK, name, server.deliver(make_zip(entries)))


@clause(
    "native.package.empty-zip",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, "native.create.no-shared-object"],
)
def test_an_empty_zip_is_refused(server: Server) -> None:
    """A zip without any file is refused, and nothing is installed."""
    for kind in server.kinds:
        refuses(server, kind, server.fresh(), server.deliver(make_zip({})))


@clause(
    "native.package.cut-off",
    MUST,
    documented=FORMAT,
    since="0.3.0",
    needs=[UNKNOWN, "native.create.not-a-zip"],
)
def test_half_a_zip_is_refused(server: Server) -> None:
    """A package that ends half-way, or is empty, is refused, and nothing is installed."""
    for share in (0.5, 0.0):
        name = server.fresh()
        whole = make_zip({server.file(name): stub(name) * 20})
        refuses(server, Kind.SINK, name, server.deliver(whole[: int(len(whole) * share)]))


@clause(
    "native.package.etc", MUST, documented=FILES, since="1.1.2", installs=1, needs=[CREATES, OTHERS]
)
def test_a_package_may_have_an_etc_directory(server: Server) -> None:
    """A package may have a directory etc, with files that the plugin needs when it runs."""
    more = {"etc/": b"", "etc/limits.conf": b"[limits]\n"}
    server.create(server.take(Kind.SINK), extra=more).accepted()


@clause(
    "native.package.folders",
    MAY,
    documented=f"{FILES}; {PACKAGING}",
    since="1.1.2",
    installs=1,
    needs=[CREATES, OTHERS],
)
def test_whether_a_package_may_have_folders(server: Server) -> str:
    """Whether a package may have folders: one page has them for install.sh, another wants none."""
    more = {"sdk/": b"", "sdk/lib/": b"", "sdk/lib/readme.txt": b"of the sdk"}
    reply = server.create(server.take(Kind.SINK), extra=more)
    return "accepted" if reply.ok else "refused"


@clause(
    "native.package.folders-without-entries",
    MAY,
    seen="api C-37",
    since="0.4.0",
    installs=1,
    needs=[CREATES, OTHERS],
)
def test_whether_folders_need_entries(server: Server) -> str:
    """Whether folders in a package need entries of their own before the files in them."""
    reply = server.create(server.take(Kind.SINK), extra={"sdk/lib/readme.txt": b"of the sdk"})
    return "not needed" if reply.ok else "needed"


@clause(
    "native.package.parameters-without-script",
    SHOULD,
    seen="api C-31",
    since="1.4.0",
    needs=[UNKNOWN],
)
def test_parameters_need_a_script(server: Server) -> None:
    """Parameters for an install.sh that is not in the package are refused."""
    name, url = sink(server, {})
    server.post(Kind.SINK, name, url, shellParas=["a"]).refused()
    server.describe(Kind.SINK, name).refused()


@clause(
    "native.package.refused-then-good",
    SHOULD,
    seen="api C-24, C-25",
    since="0.3.0",
    installs=1,
    needs=[CREATES, "native.create.not-a-zip", "native.create.no-shared-object"],
)
def test_a_name_is_free_after_a_refusal(server: Server) -> None:
    """A name whose packages were refused can be created afterwards with a good one."""
    plugin = server.take(Kind.SOURCE)
    for content in (b"no zip", make_zip({f"{plugin.name}.yaml": b"default: {}\n"})):
        server.post(plugin.kind, plugin.name, server.deliver(content)).refused()
    server.create(plugin).accepted()
