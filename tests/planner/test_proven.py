"""What the proof against real servers found out: each was once predicted differently."""

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes
from kuiper_pack.planner import Assumptions, Cause, Prediction, Request, native, predict
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.goregexp import translate
from kuiper_pack.planner.predict import URL, fresh_disk
from kuiper_pack.planner.simulation import Simulation, run
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import Failure
from kuiper_pack.profiles import Release, behaviour
from kuiper_pack.profiles.shipped import shipped_sources
from tests.proof.rawzip import Item, write_zip

MANIFEST = b'{"language": "python", "executable": "main.py", "functions": ["f"]}'


def sink(files: dict[str, bytes], release: str, **modes: int) -> Prediction:
    package = Package.of(files, kind=Kind.SINK, name="a", modes=modes)
    return predict(package, Release.parse(release))


def raw(items: list[Item], release: str, shape: str = "", **assume: str) -> Prediction:
    package = package_of_bytes(write_zip(tuple(items), shape), kind=Kind.PORTABLE, name="a")
    return predict(package, Release.parse(release), assume=Assumptions(**assume))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "file_name", "found"),
    [
        ("a{,2}", "a{,2}.so", True),
        ("(?P<n>a)", "a.so", True),
        ("(?P<n>a)", "(?P<n>a).so", False),
        ("(?i)ab", "AB.so", True),
        ("[[:alpha:]]", "q.so", True),
        ("\\pL", "x.so", True),
        ("a)(b", "ab.so", True),
        ("a$", "a$.so", False),
    ],
)
def test_a_name_is_read_as_a_regular_expression_of_go(
    name: str, file_name: str, found: bool
) -> None:
    package = Package.of({file_name: b"so"}, kind=Kind.SINK, name=name)
    prediction = predict(package, Release.parse("1.14.7"))
    assert (prediction.status == 201) is found
    assert found or prediction.cause is Cause.FILE_COUNT


@pytest.mark.parametrize("name", ["(?=a)", "a\\", "a\\1", "a++", "a{1001}", "[z-a]", "(a", "*a"])
def test_a_name_that_go_cannot_compile_gets_no_answer(name: str) -> None:
    package = Package.of({"a.so": b"so"}, kind=Kind.SINK, name=name)
    assert predict(package, Release.parse("1.14.7")).cause is Cause.NAME_PANICS


def test_quotes_and_numbers_of_go_are_those_of_python_afterwards() -> None:
    assert translate("\\Qa.b\\E\\x41\\x{42}\\z") == "a\\.bAB\\Z"


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("1.14.7", "open : no such file or directory"),
        ("2.0.8", "open : no such file or directory"),
        ("2.4.0", "openat : empty path"),
    ],
)
def test_an_entry_without_a_name_is_taken_for_a_configuration(release: str, words: str) -> None:
    prediction = sink({"a.so": b"so", "": b"text"}, release)
    assert f"fail to install plugin: {words}" in prediction.text
    assert "{PLUGINS}/sinks/a.so" in prediction.left


def test_a_name_is_only_too_long_where_its_folder_is() -> None:
    disk = Disk()
    assert disk.check("/missing/" + "x" * 256) == "missing"
    assert disk.check("/" + "x" * 256) == Failure("file name too long")
    assert disk.remove_tree("/missing/a\0b") is None
    assert disk.remove_tree("/a\0b") == Failure("invalid argument")


def test_nothing_is_removed_for_an_entry_that_is_its_folder() -> None:
    prediction = sink({"a.so": b"so", ".": b"text"}, "2.4.0")
    assert "plugin: openat .: is a directory" in prediction.text


def test_a_manifest_that_does_not_open_is_told_from_one_that_does_not_read() -> None:
    def fault(kind: str) -> str:
        return raw([Item(b"a.json", MANIFEST, fault=kind), Item(b"main.py")], "2.4.0").text

    assert "plugin: invalid json file a.json: zip: unsupported compression" in fault("method")
    assert "plugin: invalid json file a.json: zip: not a valid zip file" in fault("local-signature")
    assert "plugin: zip: checksum error" in fault("crc")


def test_a_negative_offset_names_the_archive() -> None:
    text = raw([Item(b"a.json", MANIFEST)], "2.4.0", "offset-beyond").text
    assert "readat {PLUGINS}/portable/a.zip: negative offset" in text


def test_the_go_version_of_a_build_can_be_told() -> None:
    items = [Item(b"a.json", MANIFEST), Item(b"main.py", b"pass")]
    assert raw(items, "1.10.2", "prefix").status == 201
    assert raw(items, "1.10.2", "prefix", go="1.17.13").cause is Cause.NOT_A_ZIP


def test_a_shared_object_that_is_a_folder_does_not_load() -> None:
    prediction = sink({"a.so": b""}, "1.14.7", **{"a.so": 0o040755})
    assert prediction.cause is Cause.OPEN_FAILED
    assert "cannot read file data: Is a directory" in prediction.text


def test_a_source_that_fails_takes_the_function_of_its_name_along() -> None:
    facts = behaviour(Release.parse("2.4.0"))
    state = ServerState(facts)
    state.symbols |= {"a": "a", "b": "b"}
    simulation = Simulation(fresh_disk(facts, state.folders))
    assert not run(
        native.install(state, Kind.SOURCE, Request("a", URL)), simulation.perform
    ).accepted
    assert state.symbols == {"b": "b"}


def test_a_source_of_a_shipped_name_is_refused_since_its_configuration_is_kept() -> None:
    files = {"simulator.so": b"so", "simulator.yaml": b"default: {}\n"}
    package = Package.of(files, kind=Kind.SOURCE, name="simulator")
    assert predict(package, Release.parse("1.14.7")).status == 201
    assert predict(package, Release.parse("2.2.0")).status == 201
    assert predict(package, Release.parse("2.2.1")).cause is Cause.FILE_COUNT
    assert shipped_sources(Release.parse("0.2.0")) == ()
    assert "random" in shipped_sources(Release.parse("1.6.2"))
    assert "random" not in shipped_sources(Release.parse("1.7.0"))


def test_an_absolute_name_is_refused_at_its_folder() -> None:
    package = Package.of({"p.json": MANIFEST, "/main.py": b""}, kind=Kind.PORTABLE, name="p")
    prediction = predict(package, Release.parse("2.4.0"))
    assert "mkdirat /: path escapes from parent" in prediction.text


def test_a_portable_whose_name_is_a_path_has_no_place_for_its_socket() -> None:
    files = {"a/../b.json": MANIFEST, "main.py": b""}
    package = Package.of(files, kind=Kind.PORTABLE, name="a/../b")
    prediction = predict(package, Release.parse("2.0.8"))
    assert "listen unix /tmp/plugin_a/../b.ipc: bind: no such file or directory" in prediction.text
