"""Asking the rules: crashes, choice, groups of releases, and packages of no certain kind."""

from collections.abc import Iterator

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Release, select
from kuiper_pack.rules import Finding, Rule, Severity
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge, RuleCrash
from kuiper_pack.rules.selection import chosen
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import PYTHON, codes, findings, portable, sink, source, zipped
from tests.shared_objects import ELF


class Crashing(Rule):
    """A rule that fails."""

    code, severity = "TST01", Severity.WARNING

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        raise ZeroDivisionError("by zero")


class CrashingExplanation(Crashing):
    """A rule about a refusal that fails."""

    code, causes = "TST02", (Cause.FILE_COUNT,)


def judge(*rules: Rule, select_: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> Judge:
    every = [*catalogue(), *rules]
    return Judge(Target(), every, chosen(every, select_, ignore))


NO_CONFIGURATION = Package.of({"random.so": ELF}, kind=Kind.SOURCE, name="random")


def test_a_rule_that_crashes_is_named_and_never_looks_like_a_pass() -> None:
    with pytest.raises(RuleCrash, match=r"package.zip: the rule TST01 failed with Zero.*by zero"):
        judge(Crashing()).findings(source())


def test_a_crash_while_explaining_a_refusal_is_no_explanation() -> None:
    with pytest.raises(RuleCrash, match="TST02"):
        judge(CrashingExplanation()).findings(NO_CONFIGURATION)


class OfAnotherCode(Crashing):
    """A rule whose findings carry the code of another one."""

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        yield Finding("KPC01", Severity.NOTE, "somebody else's", ())


def test_a_finding_under_a_foreign_code_is_a_crash_of_its_rule() -> None:
    with pytest.raises(RuleCrash, match=r"the rule TST01 failed with .* a finding of KPC01"):
        judge(OfAnotherCode()).findings(source())


def test_releases_without_plugins_of_the_kind_have_no_other_trouble_with_it() -> None:
    manifest = PYTHON.replace(b"functions", b"sources")
    package = portable(manifest, {"sources/echo.yaml": b"fast: {}\n"})
    found = findings(package, Target(select(["1.3.1", "1.4.0"])))
    servers = {one.rule: [release.text for release in one.servers] for one in found}
    assert servers == {"KPX05": ["1.3.1"], "KPC02": ["1.4.0"]}


def test_a_crashing_rule_can_be_left_out() -> None:
    left_out = judge(Crashing(), CrashingExplanation(), ignore=("TST",))
    assert [one.rule for one in left_out.findings(NO_CONFIGURATION)] == ["KPC01"]


def test_a_refusal_that_an_ignored_rule_explains_is_not_told_in_other_words() -> None:
    assert judge(ignore=("KPC01",)).findings(NO_CONFIGURATION) == ()


def test_only_selected_rules_speak() -> None:
    package = source({"random.yaml": b"fast: {bufferSize: 1}\n", "random.json": b"{"})
    assert {one.rule for one in judge(select_=("KPC05",)).findings(package)} == {"KPC05"}


def test_an_ignored_rule_that_warns_where_nothing_is_refused_is_silent() -> None:
    package = sink({"CONFIG.md": b""})
    assert {one.rule for one in judge().findings(package)} == {"KPL11"}
    assert judge(ignore=("KPL11",)).findings(package) == ()


def test_the_worst_comes_first() -> None:
    found = findings(source({"random.yaml": b"fast: {bufferSize: 1}\n", "random.json": b"{"}))
    ranks = [one.severity.rank for one in found]
    assert len(set(ranks)) == 2
    assert ranks == sorted(ranks)


def test_by_default_all_stable_releases_of_the_current_major_version_are_judged_for() -> None:
    target = Target()
    assert {release.major for release in target.releases} == {2}
    assert all(release.is_stable for release in target.releases)
    assert Release.parse("2.4.0") in target.releases


def test_a_release_newer_than_all_known_ones_is_judged_for() -> None:
    target = Target(select(["9.9.9"]))
    assert findings(NO_CONFIGURATION, target)[0].servers == (Release.parse("9.9.9"),)


def test_a_lone_shared_object_is_judged_by_what_holds_for_sinks_and_functions() -> None:
    package = Package.of({"random.so": ELF})
    assert package.kind is None
    assert codes(package) == {"KPX04"}
    assert "KPE02" in codes(Package.of({"random.so": ELF, "etc/a": b""}), Target(select(["1.14"])))


def test_an_empty_package_is_refused_everywhere() -> None:
    found = findings(Package.of({}))
    assert [(one.rule, one.servers) for one in found] == [("KPL03", Target().releases)]


def test_a_good_package_has_no_findings() -> None:
    for package in (source(), sink(), portable()):
        assert findings(package) == ()


def test_findings_say_where_in_a_document_the_defect_stands() -> None:
    manifest = b'{\n  "language": "python",\n  "executable": "x.py", "functions": ["f"]\n}'
    (found,) = findings(portable(manifest))
    assert (found.rule, found.file, found.line, found.column) == ("KPP05", "mirror.json", 3, 17)


def test_only_the_releases_that_refuse_are_named() -> None:
    (found,) = findings(sink({"a/b/c.txt": b"", "install.sh": b""}))
    assert (found.rule, [one.text for one in found.servers]) == ("KPL12", ["2.4.0"])


def test_one_program_is_found_by_its_name_in_the_package() -> None:
    (found,) = findings(portable(b'{"language":"python","executable":"Mirror.py","sinks":["s"]}'))
    assert found.fix == 'write "mirror.py", as it is in the package'


CONFIGURATION = {rule.code for rule in catalogue() if rule.code.startswith("KPC")}


@pytest.mark.parametrize(
    ("select_", "ignore", "expected"),
    [
        (("KPC",), (), CONFIGURATION),
        (("kpc01",), (), {"KPC01"}),
        (("KPC01,KPN08",), (), {"KPC01", "KPN08"}),
        (("KPC",), ("KPC0",), {code for code in CONFIGURATION if not code.startswith("KPC0")}),
        (("KPC", "KPC01"), ("KPC0",), {"KPC01"}),
        (("KPC01",), ("KPC01",), set()),
    ],
)
def test_the_longest_beginning_decides(
    select_: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]
) -> None:
    assert {rule.code for rule in chosen(catalogue(), select_, ignore)} == expected


def test_ignoring_alone_leaves_the_rest_on() -> None:
    rest = {rule.code for rule in chosen(catalogue(), (), ("KPC",))}
    assert rest == {rule.code for rule in catalogue() if not rule.code.startswith("KPC")}


@pytest.mark.parametrize("word", ["KPC99", "XYZ", "", "KPC01,"])
def test_a_beginning_that_fits_no_rule_is_an_error(word: str) -> None:
    with pytest.raises(KuiperPackError, match="no rule begins with"):
        chosen(catalogue(), (word,))


def test_the_nearest_right_spelling_is_offered() -> None:
    with pytest.raises(KuiperPackError, match=r'ignore: .*"KPCC01"; did you mean "KPC01"\?'):
        chosen(catalogue(), (), ("KPCC01",))


WASM = b'{"version": "v1", "language": "go", "functions": ["f"], "wasmEngine": "wasmedge"}'


@pytest.mark.parametrize("files", [{"f.wasm": b""}, {"f.json": WASM, "f.wasm": b""}])
def test_a_webassembly_plugin_is_called_one_and_nothing_else(files: dict[str, bytes]) -> None:
    assert codes(Package.of(files)) == {"KPW01"}


def test_a_portable_plugin_may_hold_a_webassembly_module() -> None:
    assert findings(portable(extra={"filter.wasm": b""})) == ()


def test_configurations_of_portable_sources_are_judged_too() -> None:
    manifest = b'{"language": "python", "executable": "mirror.py", "sources": ["s"]}'
    found = findings(
        portable(manifest, {"sources/s.yaml": b"x: {aB: 1}\n", "sources/s.json": b"{}"})
    )
    assert [(one.rule, one.file) for one in found] == [
        ("KPC06", "sources/s.json"),
        ("KPC02", "sources/s.yaml"),
        ("KPC05", "sources/s.yaml"),
        ("KPM03", "sources/s.json"),
    ]


def test_go_source_that_is_not_compiled_is_told_to_be_built() -> None:
    package = Package.of({"main.go": b"", "random.json": b""}, kind=Kind.SINK, name="random")
    (found,) = [one for one in findings(package) if one.rule == "KPL05"]
    assert found.fix == "kuiper-pack build compiles and packs it"


class Unreadable(Crashing):
    """A rule that cannot read what it wants."""

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        raise KuiperPackError("package.zip: cannot read a.so: it is gone")


def test_a_package_that_goes_away_is_not_the_fault_of_the_rule() -> None:
    with pytest.raises(KuiperPackError, match=r"^package.zip: cannot read a.so: it is gone$"):
        judge(Unreadable()).findings(source())


def test_bytes_before_the_zip_are_refused_by_old_servers_alone() -> None:
    package = zipped({"random.so": ELF}, lambda data: b"#!/bin/sh\n" + data)
    assert "KPL02" not in codes(package, Target(select(["2.4.0", "1.10.2"])))
    assert "KPL02" in codes(package, Target(select(["1.4.4"])))


def test_damaged_content_is_found_at_its_entry() -> None:
    content = b"readable text of an entry"
    package = zipped(
        {"random.so": ELF, "notes.txt": content},
        lambda data: data.replace(content, content.upper(), 1),
    )
    (found,) = [one for one in findings(package) if one.rule == "KPL02"]
    assert (found.file, found.servers) == ("notes.txt", Target().releases)
    assert found.message == "its content cannot be unpacked: checksum error"
    assert found.offset == package.entries[1].offset > 0


def test_many_entries_with_one_defect_are_counted() -> None:
    package = sink({"install.sh": b"", **{f"CON{number}": b"" for number in range(500)}})
    found = findings(package)
    assert len(found) == 21
    assert "480 more entries begin like a device" in {one.message for one in found}


@pytest.mark.parametrize("configuration", [b"default:", b"default: {}\nfast:\n", b"# none\n", b""])
def test_metadata_that_loses_no_property_of_a_configuration_is_no_error(
    configuration: bytes,
) -> None:
    """The example of eKuiper's own Python SDK is such a package, and it works."""
    manifest = b'{"language": "python", "executable": "mirror.py", "sources": ["s"]}'
    files = {"sources/s.yaml": configuration, "sources/s.json": b'{"about": {}}'}
    assert "KPC06" not in codes(portable(manifest, files), Target(select(["1.4.4", "2.4.0"])))
