"""The public strategies: what they call good installs, what they call bad is refused."""

import itertools
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import predict
from kuiper_pack.profiles import NEWEST, STABLE, Release, profile
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from kuiper_pack.schemas import load
from kuiper_pack.server import Service
from kuiper_pack.testing import strategies as kuiper
from kuiper_pack.testing.strategies import GeneratedPackage

RELEASES = st.sampled_from([one for one in STABLE if profile(one).native])
KINDS = ["source", "sink", "function", "portable"]


def drawn(strategy: st.SearchStrategy[GeneratedPackage]) -> GeneratedPackage:
    """One package, as it comes: the simplest is of no interest."""
    once = settings(phases=[Phase.generate], database=None)
    return find(strategy, lambda one: True, settings=once)


def installs(one: GeneratedPackage, release: Release) -> bool:
    try:
        return predict(one.package(), release).outcome == "installed"
    except KuiperPackError:
        return False


@given(st.data(), RELEASES)
def test_good_packages_install_on_the_release_and_bad_ones_do_not(
    data: st.DataObject, release: Release
) -> None:
    one = data.draw(kuiper.packages(release=release))
    assert installs(one, release) == one.is_good


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("good", [True, False])
def test_a_kind_and_a_quality_can_be_asked_for(kind: str, good: bool) -> None:
    @given(kuiper.packages(kind, "2.4.0", good=good))
    @settings(max_examples=20)
    def check(one: GeneratedPackage) -> None:
        assert (one.kind.value, one.is_good) == (kind, good)

    check()


@given(kuiper.packages(good=True))
def test_no_rule_has_an_error_for_a_good_package(one: GeneratedPackage) -> None:
    judge = Judge(Target((NEWEST,)), catalogue())
    errors = [f for f in judge.findings(one.package()) if f.severity is Severity.ERROR]
    assert errors == []


@pytest.mark.parametrize(("kind", "least"), [("source", 5), ("portable", 9)])
def test_packages_are_bad_in_many_ways(kind: str, least: int) -> None:
    faults: set[str] = set()

    @given(kuiper.packages(kind, good=False))
    @settings(max_examples=100, phases=[Phase.generate], database=None)
    def collect(one: GeneratedPackage) -> None:
        faults.update(one.faults)

    collect()
    assert len(faults) >= least


@pytest.mark.parametrize("release", ["0.9.1", "1.14.7", "2.4.0"])
def test_the_reference_server_installs_good_packages_and_refuses_bad_ones(
    release: str, tmp_path: Path
) -> None:
    native = st.sampled_from(KINDS[:3]).flatmap(lambda kind: kuiper.packages(kind, release))
    numbers = itertools.count()

    @given(native)
    @settings(max_examples=20)
    def check(one: GeneratedPackage) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        service = Service(Release.parse(release), folder / "server")
        try:
            body = json.dumps({"name": one.name, "file": one.write(folder).as_uri()})
            reply = service.handle("POST", f"/plugins/{one.kind.plural}", body=body.encode())
        finally:
            service.close()
        runs_script = "install.sh" in dict(one.files)  # which this server does only where allowed
        assert (reply.status == 201) == (one.is_good and not runs_script)

    check()


def test_a_release_without_plugins_of_a_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match='"native" is no kind of plugin: it is one of source,'):
        kuiper.packages("native")
    with pytest.raises(ValueError, match=r"eKuiper 1\.3\.1 takes no packages of that kind"):
        kuiper.packages("portable", "1.3.1")
    with pytest.raises(ValueError, match="a source, a sink or a function"):
        kuiper.metadata("portable")


@given(kuiper.packages())
def test_a_package_is_the_same_in_every_form(one: GeneratedPackage) -> None:
    assert one.zip() == one.zip()
    if one.keep == 1:
        package = one.package()
        assert [entry.name for entry in package.entries] == [name for name, _ in one.files]
        assert (package.kind, package.name) == (one.kind, one.name)


def test_a_package_is_written_under_the_name_of_its_plugin(tmp_path: Path) -> None:
    one = drawn(kuiper.packages("source", good=True))
    path = one.write(tmp_path)
    assert path == tmp_path / f"{one.name}.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_the_shared_object_can_be_given() -> None:
    one = drawn(kuiper.packages("sink", good=True, shared_object=b"mine"))
    assert [data for name, data in one.files if name.endswith(".so")] == [b"mine"]


@given(kuiper.zips("portable", good=True))
@settings(max_examples=10)
def test_zips_are_the_bytes_of_packages(data: bytes) -> None:
    assert data.startswith(b"PK\3\4")


def fits(name: str, document: object) -> bool:
    return bool(jsonschema.Draft202012Validator(load(name)).is_valid(document))


@pytest.mark.parametrize("good", [True, False])
def test_good_documents_fit_their_schema_and_bad_ones_do_not(good: bool) -> None:
    def described(kind: str) -> st.SearchStrategy[tuple[str, object]]:
        return st.tuples(st.just(kind), kuiper.metadata(kind, good=good))

    @given(kuiper.manifests(good=good))
    def manifests(document: object) -> None:
        assert fits("manifest", document) == good

    @given(st.sampled_from(KINDS[:3]).flatmap(described))
    def metadata(drawn: tuple[str, object]) -> None:
        assert fits(f"{drawn[0]}-metadata", drawn[1]) == good

    @given(kuiper.configurations(good=good))
    def configurations(text: bytes) -> None:
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError:
            assert not good
        else:
            assert fits("configuration", document) == good

    manifests()
    metadata()
    configurations()


@given(kuiper.names(), RELEASES)
def test_names_are_taken_by_every_release(name: str, release: Release) -> None:
    library = f"{name[:1].upper()}{name[1:]}.so"
    assert installs(GeneratedPackage(Kind.SINK, name, ((library, b"so"),)), release)


def test_the_example_of_the_page_is_a_test_that_passes(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "test_example.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_document_is_what_a_package_holds() -> None:
    one = drawn(kuiper.packages("portable", good=True))
    manifest = json.loads(dict(one.files)[f"{one.name}.json"])
    assert fits("manifest", manifest)
