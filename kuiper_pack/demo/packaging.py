"""The first half of the story: projects, their packages, the rules, and the servers' answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from kuiper_pack.build import scaffold
from kuiper_pack.build.ccompiler import c_compiler
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.make import Built, build, overlay
from kuiper_pack.build.project import read_project
from kuiper_pack.demo.step import Result, Step
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from kuiper_pack.planner import predict
from kuiper_pack.profiles import NEWEST, Release, default_releases, profile, ranges
from kuiper_pack.rules import Target
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.validation import Judgement, Order, validate
from kuiper_pack.testing.stub import shared_object


def of_template(
    folder: Path, name: str, kind: Kind, environment: Mapping[str, str], built: list[Built]
) -> Iterator[Step]:
    """A project as ``init`` makes it; the packages that are put in place are added to ``built``."""
    project = folder / name
    files = scaffold.render(scaffold.Scaffold(kind, name, scaffold.default_language(kind)))
    scaffold.write(files, project)
    option = "" if kind is Kind.PORTABLE else f" --kind {kind.value}"
    yield Step(f"kuiper-pack init {name}{option}", (_some(sorted(files)),))
    for one in _packages(project, environment):
        yield _built(f"kuiper-pack build {name}", one)
        if one.written:
            built.append(one)
            yield _validated(folder, one)
            yield _inspected(folder, one)
    if kind is Kind.PORTABLE:
        yield _broken(project)


def of_shared_object(
    folder: Path, name: str, environment: Mapping[str, str], built: list[Built]
) -> Iterator[Step]:
    """A sink whose shared object is there already: here one that no server could load."""
    project = folder / name
    project.mkdir()
    (project / f"{name}@1.0.0.so").write_bytes(shared_object(name))
    for one in _packages(project, environment, Kind.SINK):
        yield _built(f"kuiper-pack build {name} --kind sink", one)
        if one.written:
            built.append(one)


def why_not_go(environment: Mapping[str, str]) -> str | None:
    """Why no plugin for the newest server can be compiled here; None where one can."""
    try:
        with TemporaryDirectory(prefix="kuiper-pack-demo-") as scratch:
            Go.exactly(profile(NEWEST).go, Path(scratch), environment, Path(scratch), {})
        c_compiler(environment)
    except KuiperPackError as error:
        return str(error)
    return None


def _packages(
    project: Path, environment: Mapping[str, str], kind: Kind | None = None
) -> Iterator[Built]:
    settings = overlay(read_project(project), kind=kind)
    yield from build(project, settings, environment=environment)


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _built(command: str, one: Built) -> Step:
    if not one.written:
        found = tuple(f"{f.rule}: {f.message}" for f in one.judgement.findings)
        return Step(command, found, Result.FAILED)
    lines = (f"{one.path.name}, {one.size:,} bytes, sha256 {one.sha256[:16]}...", one.tool)
    return Step(command, lines)


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
