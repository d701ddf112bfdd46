"""Findings and predictions never contradict each other, whatever the package."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import RELEASES, behaviour, profile, select
from kuiper_pack.profiles.shipped import every_shipped_source
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.rule import EngineRule
from kuiper_pack.rules.shape import shape
from kuiper_pack.rules.target import Target
from kuiper_pack.testing import strategies as kuiper
from kuiper_pack.testing.strategies import GeneratedPackage
from tests.rules.rule_cases import findings

AT_RUN_TIME = {
    rule.code for rule in ours() if not rule.causes and not isinstance(rule, EngineRule)
} | {"KPP12"}
"""Rules about packages that install, and then do not work.

Those about scripts, shared objects and programs are among them although servers may refuse such
packages: predictions assume, and say, that the script succeeds and the rest loads and starts.
"""

EVERY_RELEASE = sorted(
    {behaviour(release): release for release in RELEASES if profile(release).native}.values()
)
"""One release of each behaviour."""

SOME = select(["0.9.1", "1.10.2", "2.0.8", "2.3.1", "2.4.0"])
NAMES = ["random", "Random", "my-source", "a.b", "f(", "größe", "con", "CONvert", "", "prebuild"]
MANIFESTS = [
    b'{"language": "python", "executable": "NAME.py", "functions": ["f"]}',
    b'{"language": "go", "executable": "bin/NAME", "sources": ["NAME"]}',
    b'{"name": "NAME", "language": "python", "executable": "NAME.py", "sinks": ["s"]}',
    b'{"name": "other", "language": "java"}',
    b'{"language": "python", "executable": 3}',
    b"{",
]
FILES = [
    "NAME.so", "Name.so", "Name@v1.so", "NAME@2.so", "NAME@.so", "x/NAME.so", "NAME.yaml",
    "Name.yaml", "NAME.json", "NAME.py", "bin/", "bin/NAME", "install.sh", "etc/", "etc/a", "a/",
    "a/b/", "a/b/c.txt", "a", "../evil", "/abs", "CONFIG.md", "CON.so", "sources/",
    "sources/NAME.yaml", "sources/NAME.json", "functions/f.json", ".", "..", "a//b", "./NAME.py",
]  # fmt: skip
SCRIPTS = [b"", b"exit 0\n", b"[[ a ]]\r\n"]


def content(file: str, manifest: bytes, name: str) -> bytes:
    if file == "NAME.json":
        return manifest.replace(b"NAME", name.encode())
    return b""


@st.composite
def packages(draw: st.DrawFn) -> Package:
    return build(draw(st.sampled_from(NAMES)), draw(plans()))


Plan = tuple[Kind, list[str], bytes, dict[str, int]]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    files = draw(st.lists(st.sampled_from(FILES), unique=True, max_size=7))
    modes = {file: draw(st.sampled_from([0o644, 0o755, 0o120777, 0o4755])) for file in files[:2]}
    kind = draw(st.sampled_from(list(Kind)))
    if draw(st.booleans()):
        files = ["NAME.json", "NAME.py", *files] if kind is Kind.PORTABLE else ["NAME.so", *files]
        if kind is Kind.SOURCE:
            files.append("NAME.yaml")
    return kind, files, draw(st.sampled_from(MANIFESTS)), modes


def build(name: str, plan: Plan) -> Package:
    kind, files, manifest, modes = plan
    upper = name[:1].upper() + name[1:]

    def real(file: str) -> str:
        return file.replace("NAME", name).replace("Name", upper)

    return Package.of(
        {real(file): content(file, manifest, name) for file in files},
        kind=kind,
        name=name,
        modes={real(file): mode for file, mode in modes.items() if not file.endswith("/")},
    )


usual = kuiper.packages(good=True).map(GeneratedPackage.package)


@given(packages() | usual)
def test_a_release_has_an_error_where_it_refuses_and_only_there(package: Package) -> None:
    target = Target(EVERY_RELEASE)
    errors = [one for one in findings(package, target) if one.severity is Severity.ERROR]
    predictions = target.predictions(package)
    for release in EVERY_RELEASE:
        rules = {error.rule for error in errors if release in error.servers}
        if predictions[release].cause is None:
            assert rules <= AT_RUN_TIME
        else:
            assert rules - AT_RUN_TIME


@given(packages() | usual)
def test_judging_releases_together_or_one_by_one_finds_the_same(package: Package) -> None:
    together = findings(package, Target(SOME))
    for release in SOME:
        alone = findings(package, Target([release]))
        expected = {
            (one.rule, one.severity, one.file, one.line)
            for one in together
            if release in one.servers
        }
        assert {(one.rule, one.severity, one.file, one.line) for one in alone} == expected


own_names = st.sampled_from(
    [*sorted(every_shipped_source()), "sources", "data", "temp", "portable", "yaml", "so", "con"]
) | st.from_regex(r"[a-z][a-z0-9]{1,12}", fullmatch=True)
USUAL = ["NAME.so", "Name.so", "Name@v1.0.so", "NAME@2.so", "NAME.yaml", "Name.yaml", "NAME.json"]
ODD = ["NAME.so\nx", "x\nNAME.so", "x", "NAME", "\1.so", "\2.so", "xNAME.so", "NAME.sox"]


@st.composite
def usual_plans(draw: st.DrawFn) -> Plan:
    names = st.sampled_from(USUAL) | st.sampled_from(USUAL + ODD)
    files = draw(st.lists(names, unique=True, min_size=1, max_size=3))
    mode = draw(st.sampled_from([0o644, 0o120777]))
    return draw(st.sampled_from(list(Kind))), files, MANIFESTS[0], {files[0]: mode}


@example("harbour", "harbour", (Kind.SINK, ["Name.so", "x\ny"], MANIFESTS[0], {}), None, 0)
@example("harbour", "redis", (Kind.SOURCE, ["Name.so", "NAME.yaml"], MANIFESTS[0], {}), None, 0)
@given(own_names, own_names, plans() | usual_plans(), usual_plans() | st.none(), st.integers(0, 3))
def test_packages_of_one_shape_fare_alike(
    name: str, other: str, plan: Plan, second: Plan | None, turn: int
) -> None:
    one, two = build(name, plan), build(other, second or _split_elsewhere(plan, turn))
    if shape(one) is not None and shape(one) == shape(two):
        assert _outcomes(one) == _outcomes(two)


def _split_elsewhere(plan: Plan, turn: int) -> Plan:
    """A plan whose files, one below the other, read the same."""
    kind, files, manifest, _ = plan
    lines = "\n".join(files).split("\n")
    if len(lines) <= max(len(files), 1) or len(set(lines)) < len(lines):
        return plan
    at = turn % (len(lines) - 1)
    split = [*lines[:at], "\n".join(lines[at : at + 2]), *lines[at + 2 :]]
    return (kind, split, manifest, {}) if len(split) == len(files) else plan


@pytest.mark.parametrize("kind", [Kind.SOURCE, Kind.SINK, Kind.FUNCTION])
def test_usual_packages_have_one_shape_whatever_they_are_called(kind: Kind) -> None:
    plan: Plan = kind, ["Name@v1.0.0.so", "NAME.yaml", "NAME.json"], MANIFESTS[0], {}
    assert shape(build("harbour", plan)) == shape(build("tide", plan)) is not None


@pytest.mark.parametrize("name", ["random", "redis", "file", "memory", "edgex"])
def test_what_is_said_of_a_package_does_not_depend_on_the_one_before(name: str) -> None:
    plan: Plan = Kind.SOURCE, ["Name@v1.0.0.so", "NAME.yaml"], MANIFESTS[0], {}
    target = Target(EVERY_RELEASE)
    target.refusals(build("harbour", plan))
    package = build(name, plan)
    assert target.refusals(package) == Target(EVERY_RELEASE).refusals(package)


def _outcomes(package: Package) -> list[tuple[object, object]]:
    predictions = Target(EVERY_RELEASE).predictions(package)
    return [(one.cause, one.outcome) for one in predictions.values()]
