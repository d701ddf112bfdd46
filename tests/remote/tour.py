"""A tour through every verb of ``kuiper-pack remote``, with what a release has to make of each.

The same tour goes to the reference server and to real ones. A step is a command line, its exit code
and words that have to be on the screen; what holds for every step is in ``complaint``.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.package.kind import Kind
from kuiper_pack.portable.miniplugin import NAME as MINI
from kuiper_pack.portable.miniplugin import files as miniplugin
from kuiper_pack.profiles import Profile, Release, profile
from tests.cli.packages import pack
from tests.shared_objects import ELF

VERBS = frozenset(
    {"list", "create", "update", "describe", "drop", "status", "udfs", "register", "prebuild",
     "upload"}
)  # fmt: skip
_AT_A_LOSS = ("look into the log of the server", "is that the plugin API?")
"""What is said where nothing better is known: never of a server that is one."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command line without ``remote``; its exit code, and words on one of its two outputs."""

    words: tuple[str, ...]
    code: int
    said: str

    @property
    def only_reads(self) -> bool:
        """Whether it can be asked again, as JSON, for the same answer."""
        return self.words[0] in {"list", "describe", "status", "udfs", "prebuild"}


@dataclass(frozen=True, slots=True)
class Plugins:
    """The names of the plugins of a tour, by their part in it, and all zips by that of each."""

    source: str
    sink: str
    function: str
    second: str
    other: str
    portable: str
    zips: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """What a tour is made in: a release, the plugins, and where packages may come from.

    ``hosted`` is the URL of the package of ``other``. ``private`` and ``anywhere`` say whether
    packages may come from private addresses and from files outside the folder of uploads.
    """

    release: Release
    plugins: Plugins
    hosted: str
    private: bool = True
    anywhere: bool = True

    @property
    def facts(self) -> Profile:
        """What is known of the release."""
        return profile(self.release)


Load = Callable[[Kind, int], tuple[str, bytes]]
"""Gives name and content of a shared object that loads, of a kind and a number."""


def anything(kind: Kind, number: int) -> tuple[str, bytes]:
    """What the reference server takes for a shared object; each is another one."""
    return f"{'first' if number == 0 else 'second'}{kind.value}", ELF + bytes([number])


def packed(folder: Path, load: Load, portable: str = MINI) -> Plugins:
    """The plugins, with their zips in ``folder``."""
    zips = {}

    def native(part: str, kind: Kind, number: int) -> str:
        name, content = load(kind, number)
        files = {f"{name[0].upper()}{name[1:]}@v1.2.0.so": content}
        if kind is Kind.SOURCE:
            files[f"{name}.yaml"] = b"default:\n  interval: 10\n"
        zips[part] = pack(f"{folder}/{name}.zip", files)
        return name

    zips["portable"] = pack(f"{folder}/{portable}.zip", miniplugin(portable))
    zips["broken"] = pack(f"{folder}/broken.zip", {"readme": b"no plugin"})
    return Plugins(
        source=native("source", Kind.SOURCE, 0),
        sink=native("sink", Kind.SINK, 0),
        function=native("function", Kind.FUNCTION, 0),
        second=native("second", Kind.SINK, 1),
        other=native("other", Kind.SOURCE, 1),
        portable=portable,
        zips=zips,
    )


def tour(world: World) -> Iterator[Step]:
    """Every verb, in ways that work and in ways that do not, to the end of the server."""
    facts, plugins, zips = world.facts, world.plugins, world.plugins.zips
    source, sink, function = plugins.source, plugins.sink, plugins.function

    def since(has: bool, words: str, otherwise: str, *asked: str) -> Step:
        return Step(asked, 0 if has else 1, words if has else otherwise)

    yield Step(("list",), 0, "there are no plugins")
    no_uploads = "no uploads, which came with eKuiper 1.6.0"
    uploads = bool(facts.uploads)
    yield since(uploads, "/uploads/a b.zip", no_uploads,
                "upload", zips["sink"], "--name", "a b.zip")  # fmt: skip
    yield since(uploads, "/uploads/a b.zip", no_uploads, "upload", "--list")
    yield since(uploads, "ok", no_uploads, "upload", "--delete", "a b.zip")
    yield Step(("upload", "--delete", "a b.zip"), 1, "upload --list" if uploads else no_uploads)
    yield Step(("create", zips["source"]), 0, f"sources plugin {source} is created")
    replaced = "kuiper-pack remote update " if facts.native_update else "restart the server, and"
    yield Step(("create", zips["source"]), 1, replaced)
    yield Step(("create", zips["sink"]), 2, "say --kind sink or function")
    yield Step(("create", zips["sink"], "--kind", "sink"), 0, f"sinks plugin {sink} is created")
    yield Step(("create", zips["function"], "--kind", "function", "--function", function), 0,
               f"functions plugin {function} is created")  # fmt: skip
    yield from _portable(world, since)
    yield Step(("describe", source), 0, "1.2.0")
    yield Step(("describe", sink, "--kind", "sink"), 0, "1.2.0")
    yield Step(("describe", "nobody"), 1, 'there is no plugin "nobody"')
    yield Step(("describe", "nobody", "--kind", "sink"), 1, "`kuiper-pack remote list` shows")
    no_lists = "lists of functions, which came with eKuiper 1.1.2"
    no_list = "list of functions, which came with eKuiper 1.1.2"
    lists = facts.function_lists
    yield since(lists, function, no_list, "udfs")
    yield since(lists, function, no_list, "udfs", function)
    yield Step(("udfs", "nobody"), 1, "`kuiper-pack remote udfs` shows" if lists else no_list)
    yield since(lists, "is registered", no_lists, "register", function, function)
    yield Step(("register", "nobody", "f"), 1, "remote list` shows" if lists else no_lists)
    lists_anywhere = bool(facts.prebuild_systems) and facts.prebuild_systems != ("debian",)
    without = (
        "only in the official image" if facts.prebuild != "none" else "came with eKuiper 0.9.1"
    )
    yield since(lists_anywhere, "_amd64.zip", without, "prebuild", "--kind", "sink")
    yield from _other_ways(world, since)
    yield Step(("list",), 0, sink)
    yield from _changes(world, since)


Since = Callable[..., Step]


def _portable(world: World, since: Since) -> Iterator[Step]:
    facts, name, package = world.facts, world.plugins.portable, world.plugins.zips["portable"]
    none, no_status = "which came with eKuiper 1.4.0", "which came with eKuiper 2.0.0"
    yield since(facts.portable, f"portable plugin {name} is created", none, "create", package)
    yield since(facts.portable, f"{name}Count", "there is no plugin", "describe", name)
    missing = no_status if facts.portable else none
    yield since(facts.portable_status, "running", missing, "status")
    yield since(facts.portable_status, "running", no_status, "status", name)
    yield Step(("status", "nobody"), 1, "list` shows" if facts.portable_status else no_status)
    later = "came with eKuiper 1.8.0: drop and create it" if facts.portable else none
    yield since(
        facts.portable_update, f"portable plugin {name} is updated", later, "update", package
    )
    yield since(facts.portable, f"{name} is deleted", "there is no plugin", "drop", name)


def _other_ways(world: World, since: Since) -> Iterator[Step]:
    """Packages that are not uploaded, and ones that are none."""
    facts, zips = world.facts, world.plugins.zips
    second = ("--kind", "sink", "--name", world.plugins.second)
    other = ("--kind", "source", "--name", world.plugins.other)
    path = f"file://{zips['second']}"
    where = facts.file_urls and world.anywhere
    refused = "reads nothing but its uploads" if facts.file_urls else "the URL begins with"
    yield since(where, "is created", refused, "create", path, *second)
    yield since(world.private, "is created", "fetches from no private address",
                "create", world.hosted, *other)  # fmt: skip
    yield Step(("create", path), 2, "say --kind and --name")
    gone = ("create", "/no/such/folder/tide.zip", "--kind", "sink", "--name", "tide")
    told = "give the zip itself" if facts.file_urls else "the URL begins with"
    yield Step(gone, 1, told)
    yield Step(("create", zips["broken"], "--kind", "sink"), 1, "KPL05 error")
    yield Step(("create", zips["broken"], "--kind", "sink"), 1, "tells where and why")
    yield Step(("create", f"{zips['broken']}.none"), 2, "there is no such file")
    yield Step(("create", str(Path(zips["broken"]).parent)), 2, "kuiper-pack build")


def _changes(world: World, since: Since) -> Iterator[Step]:
    facts, zips = world.facts, world.plugins.zips
    sink = ("--kind", "sink")
    yield since(facts.native_update, "is updated", "came with eKuiper 1.11.0",
                "update", zips["sink"], *sink)  # fmt: skip
    nobody = (zips["broken"], *sink, "--name", "nobody")
    yield Step(("update", *nobody), 1, "remote create`" if facts.native_update else "1.11.0")
    yield Step(("drop", "nobody"), 1, 'nothing to drop: there is no plugin "nobody"')
    yield Step(("drop", world.plugins.source), 0, "is deleted")
    again = "is created" if facts.deleted_may_return else "then create it again"
    if facts.marks_deleted:
        yield Step(("list",), 0, "deleted, goes with a restart")
        code = 0 if facts.deleted_may_return else 1
        yield Step(("create", zips["source"]), code, again)
    yield Step(("drop", world.plugins.sink, "--stop"), 2, "add --yes")
    yield Step(("drop", world.plugins.sink, "--stop", "--yes"), 0, "will be stopped")


def ask(url: str, step: Step, *more: str) -> Result:
    """Take the step."""
    return CliRunner().invoke(main, ["remote", *step.words, "--url", url, *more])


def complaint(step: Step, told: Result, as_json: Result | None) -> str:
    """What is wrong with the answer to a step; nothing where it is as it should be."""
    if told.exit_code != step.code:
        return f"{step.code} was expected, not {told.exit_code}: {told.output}"
    if step.said not in told.output:
        return f"{step.said!r} was expected in {told.output!r}"
    if "unexpected" in told.stderr or "Traceback" in told.stderr:
        return told.stderr
    if step.code == 0 and not (told.stdout or told.stderr):
        return "it is silent"
    if step.code == 1:
        last = told.stderr.splitlines()[-1]
        if not re.match(r"kuiper-pack: (refused \(4\d\d\)|nothing to \w+): .+; .+", last):
            return f"no advice: {last}"
        if any(words in last for words in _AT_A_LOSS):
            return f"at a loss: {last}"
    if as_json is not None:
        return _of_json(step, as_json)
    return ""


def _of_json(step: Step, told: Result) -> str:
    if told.exit_code != step.code:
        return f"as JSON it is {told.exit_code}: {told.output}"
    if not told.stdout:
        return "" if "nothing to" in told.stderr or step.code else "no JSON"
    try:
        json.loads(told.stdout)
    except ValueError:
        return f"no JSON: {told.stdout}"
    return ""


def taken(url: str, step: Step, *more: str) -> tuple[str, str]:
    """Take a step; what is on the screen, and the complaint about it."""
    told = ask(url, step, *more)
    as_json = ask(url, step, "--format", "json", *more) if step.only_reads else None
    return told.output, complaint(step, told, as_json)
