"""The whole story on this machine: a project, its package, the rules, and the servers' answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from kuiper_pack.build import scaffold
from kuiper_pack.build.ccompiler import c_compiler
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.make import Built, build
from kuiper_pack.build.project import read_project
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from kuiper_pack.planner import predict
from kuiper_pack.profiles import NEWEST, Release, default_releases, profile, ranges
from kuiper_pack.rules import Target
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.validation import Judgement, Order, validate


class Result(Enum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: the command a user would type, what came of it, and how it ended."""

    command: str
    lines: tuple[str, ...]
    result: Result = Result.DONE


Act = Callable[[Path], Iterator[Step]]


def story(folder: Path, environment: Mapping[str, str]) -> Iterator[Step]:
    """Tell the story in ``folder``, which must be empty, and yield each step as it is done.

    A step that fails ends the story of that plugin; whatever the reason, it is a step, never an
    exception. Compiling is skipped, with the reason, where the Go of the newest server or a C
    compiler is not to be had.
    """
    yield from _told(_of_plugin("greeter", Kind.PORTABLE, environment), folder)
    reason = why_not_go(environment)
    if reason is None:
        yield from _told(_of_plugin("pulse", Kind.SOURCE, environment), folder)
    else:
        yield Step("kuiper-pack init pulse --kind source", (reason,), Result.SKIPPED)


def why_not_go(environment: Mapping[str, str]) -> str | None:
    """Why no plugin for the newest server can be compiled here; None where one can."""
    try:
        with TemporaryDirectory(prefix="kuiper-pack-demo-") as scratch:
            Go.exactly(profile(NEWEST).go, Path(scratch), environment, Path(scratch), {})
        c_compiler(environment)
    except KuiperPackError as error:
        return str(error)
    return None


def _told(act: Act, folder: Path) -> Iterator[Step]:
    try:
        yield from act(folder)
    except KuiperPackError as error:
        yield Step("", (str(error),), Result.FAILED)


def _of_plugin(name: str, kind: Kind, environment: Mapping[str, str]) -> Act:
    def act(folder: Path) -> Iterator[Step]:
        project = folder / name
        files = scaffold.render(scaffold.Scaffold(kind, name, scaffold.default_language(kind)))
        scaffold.write(files, project)
        option = "" if kind is Kind.PORTABLE else f" --kind {kind.value}"
        yield Step(f"kuiper-pack init {name}{option}", (_some(sorted(files)),))
        built = list(build(project, read_project(project), environment=environment))
        for one in built:
            yield _built(name, one)
            if one.written:
                yield _validated(folder, one)
                yield _inspected(folder, one)
        if kind is Kind.PORTABLE:
            yield _broken(project)

    return act


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _built(name: str, one: Built) -> Step:
    if not one.written:
        found = tuple(f"{f.rule}: {f.message}" for f in one.judgement.findings)
        return Step(f"kuiper-pack build {name}", found, Result.FAILED)
    lines = (f"{one.path.name}, {one.size:,} bytes, sha256 {one.sha256[:16]}...", one.tool)
    return Step(f"kuiper-pack build {name}", lines)


def _validated(folder: Path, one: Built) -> Step:
    """The verdict on the package as it lies on the disk, told neither its kind nor its name."""
    judgement = _judge(one.path, one.judgement.releases)
    found = [f"{f.severity.value} {f.rule}: {f.message}" for f in judgement.findings]
    servers = ranges(judgement.releases)
    return Step(
        f"kuiper-pack validate {one.path.relative_to(folder).as_posix()}",
        tuple(found) or (f"nothing found by any rule, for eKuiper {servers}",),
        Result.DONE if judgement.passed else Result.FAILED,
    )


def _broken(project: Path) -> Step:
    """A mistake, and whether it is found: the program is renamed and the manifest is not."""
    (project / "main.py").rename(project / "start.py")
    judgement = _judge(project, default_releases())
    lines = [f"{f.severity.value} {f.rule}: {f.message}" for f in judgement.findings]
    (project / "start.py").rename(project / "main.py")
    return Step(
        f"mv {project.name}/main.py {project.name}/start.py; kuiper-pack validate {project.name}",
        tuple(lines) or ("the mistake was not found",),
        Result.FAILED if judgement.passed else Result.DONE,
    )


def _judge(path: Path, releases: tuple[Release, ...]) -> Judgement:
    order = Order(judge=Judge(Target(releases), catalogue()))
    (judgement,) = validate([path], lambda _: order)
    return judgement


def _inspected(folder: Path, one: Built) -> Step:
    """What the newest server would do, asked of the package as it lies on the disk."""
    prediction = predict(open_package(one.path), NEWEST)
    lines = [f"eKuiper {NEWEST}: {prediction.outcome}, {prediction.status} {prediction.text}"]
    lines += [f"writes {path}" for path in prediction.writes]
    lines += [f"assumes that {what}" for what in prediction.assumes]
    path = one.path.relative_to(folder).as_posix()
    return Step(
        f"kuiper-pack inspect {path} --server {NEWEST}",
        tuple(lines),
        Result.DONE if prediction.outcome == "installed" else Result.FAILED,
    )
