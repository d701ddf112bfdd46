"""What rules say of compiled Go plugins is what real servers do with them."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Release
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from tests.goplugin.workshop import go, needs_go
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds, flows
from tests.rules.mistakes import OTHER_GO, compile_mistakes, packed
from tests.rules.rule_cases import findings

BUILDS = [build for build in builds() if build.facts.contract is not None]
pytestmark = [
    pytest.mark.proof,
    go,
    needs_go,
    pytest.mark.skipif(not BUILDS, reason=f"{VARIABLE} names no description of real servers"),
]
every_build = pytest.mark.parametrize("build", BUILDS, ids=[one.release.text for one in BUILDS])
SOURCES = (
    "constructor", "instance", "embedded", "pointer", "withError", "given", "address",
    "asInterface", "asFunction", "maker", "number", "value", "shouted", "onlyLookup",
)  # fmt: skip
FUNCTIONS = ("function", "value", "oldFunction", "constructor", "shouted")
_WORKS_WITHIN, _FAILS_WITHIN = 15.0, 4.0
_PAUSE = 0.05


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The plugin for a server, compiled once for each way."""
    made: dict[tuple[object, ...], bytes] = {}

    def compile_(release: Release, *options: object) -> bytes:
        key = release, *options
        if key not in made:
            folder = tmp_path_factory.mktemp("plugin")
            made[key] = compile_mistakes(folder, release, *options)  # type: ignore[arg-type]
        return made[key]

    return compile_


@every_build
@pytest.mark.parametrize("name", SOURCES)
def test_a_source_works_where_no_rule_objects(
    build: Build, name: str, compiled: Callable[..., bytes]
) -> None:
    package = packed(compiled(build.release), name)
    objected = _objected(package, build)
    with RealServer(build) as server:
        status, text = _installed(server, package)
        assert status == 201, text
        assert _streams(server, name, "*", objected=objected) is not objected


@every_build
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_works_where_no_rule_objects(
    build: Build, name: str, compiled: Callable[..., bytes]
) -> None:
    package = packed(compiled(build.release), name, Kind.FUNCTION)
    source = build.shared_objects["sources"][0]
    objected = _objected(package, build)
    with RealServer(build) as server:
        status, text = _installed(server, package)
        assert status == 201, text
        status, text = _installed(server, packed(source.read_bytes(), source.stem))
        assert status == 201, text
        assert _streams(server, source.stem, f"{name}(1) AS x", objected=objected) is not objected


@every_build
@pytest.mark.parametrize("how", ["contract", "go", "flags"])
def test_a_build_that_a_rule_objects_to_is_refused(
    build: Build, how: str, compiled: Callable[..., bytes]
) -> None:
    other = next(one.release for one in BUILDS if one.facts.contract != build.facts.contract)
    options: dict[str, tuple[object, ...]] = {
        "contract": (other, build.go),
        "go": (build.release, OTHER_GO),
        "flags": (build.release, None, ()),
    }
    if how == "contract" and other > build.release:
        pytest.skip(f"the contract of eKuiper {other} cannot be compiled with Go {build.go}")
    package = packed(compiled(*options[how]), "constructor")
    assert _objected(package, build)
    with RealServer(build) as server:
        status, text = _installed(server, package)
        assert status is None or status == 400, text


@pytest.mark.parametrize("build", builds(), ids=[one.release.text for one in builds()])
def test_no_rule_objects_to_plugins_that_servers_load(build: Build) -> None:
    folders = {Kind.SOURCE: "sources", Kind.SINK: "sinks", Kind.FUNCTION: "functions"}
    for kind, folder in folders.items():
        ready = sorted((build.ready / folder).glob("*.so")) if build.ready else []
        for path in (*build.shared_objects[folder], *ready):
            assert not _objected(packed(path.read_bytes(), path.stem, kind), build), path


def _objected(package: Package, build: Build) -> bool:
    found = findings(package, Target([build.release]))
    return any(one.severity in (Severity.ERROR, Severity.WARNING) for one in found)


def _installed(server: RealServer, package: Package) -> tuple[int | None, str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for entry in package.entries:
            archive.writestr(entry.name, package.read(entry))
    file = server.file_url(f"{package.name}.zip", stream.getvalue())
    route = f"/plugins/{package.kind.plural}" if package.kind else ""
    return server.request("POST", route, {"name": package.name, "file": file})


def _streams(server: RealServer, source: str, fields: str, *, objected: bool) -> bool:
    """Whether rows of a source come to the end of a rule."""
    sql = f'CREATE STREAM demo () WITH (DATASOURCE="x", FORMAT="JSON", TYPE="{source}")'
    status, _ = server.request("POST", "/streams", {"sql": sql})
    rule = {"id": "r1", "sql": f"SELECT {fields} FROM demo", "actions": [{"log": {}}]}
    if status == 201:
        status, _ = server.request("POST", "/rules", rule)
    if status != 201:
        return False
    end = time.monotonic() + (_FAILS_WITHIN if objected else _WORKS_WITHIN)
    while time.monotonic() < end:
        if flows(server.request("GET", "/rules/r1/status")[1]):
            return True
        time.sleep(_PAUSE)
    return False
