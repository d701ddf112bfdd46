"""The examples and what ``init`` writes are sound, so no rule has anything to complain of."""

from pathlib import Path

import pytest

from kuiper_pack.build.project import read_project
from kuiper_pack.build.scaffold import Scaffold, default_language, render, write
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, open_package
from kuiper_pack.profiles import select
from kuiper_pack.profiles.images import NAMES
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import findings
from tests.shared_objects import ELF

EXAMPLES = sorted(path for path in (Path(__file__).parents[2] / "examples").iterdir())
FACTS = {"KPE04", "KPY05"}
"""Notes about servers and requests, which hold of any such package."""
WITHOUT_PYTHON = {"alpine", "slim"}


def built(folder: Path) -> tuple[Package, tuple[str, ...]]:
    """The package of a project, with a stub for what would be compiled, and its servers."""
    project = read_project(folder)
    package = open_package(folder, kind=project.kind, name=project.name)
    names = [entry.name for entry in package.entries]
    files = {name: b"" if name.endswith("/") else package.read(name) for name in names}
    modes = {entry.name: entry.mode for entry in package.entries}
    if package.kind is not Kind.PORTABLE:
        files[f"{package.name}.so"] = ELF
    made = Package.of(files, kind=package.kind, name=package.name, modes=modes)
    return made, project.servers


def alarms(package: Package, servers: tuple[str, ...], image: str | None) -> list[str]:
    found = findings(package, Target(select(servers) or None, image=image, arch="amd64"))
    return [
        f"{one.rule} {one.message}"
        for one in found
        if one.severity is not Severity.NOTE or one.rule not in FACTS
    ]


@pytest.mark.parametrize("image", [None, *NAMES])
@pytest.mark.parametrize("example", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_no_rule_alarms_about_an_example(example: Path, image: str | None) -> None:
    package, servers = built(example)
    if package.kind is Kind.PORTABLE and image in WITHOUT_PYTHON:
        pytest.skip("a plugin in Python does not run there")
    assert alarms(package, servers, image) == []


@pytest.mark.parametrize("image", [None, *NAMES])
@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_no_rule_alarms_about_a_new_project(kind: Kind, image: str | None, tmp_path: Path) -> None:
    write(render(Scaffold(kind, "probe", default_language(kind), ())), tmp_path / "probe")
    package, servers = built(tmp_path / "probe")
    if kind is Kind.PORTABLE and image in {*WITHOUT_PYTHON, "alpine-python"}:
        pytest.skip("a plugin in Python does not run there")
    assert alarms(package, servers, image) == []
