"""What findings say of common mistakes, and that one mistake is told once."""

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import predict
from kuiper_pack.profiles import select
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import (
    PORTABLE,
    PYTHON,
    codes,
    described,
    findings,
    function,
    one,
    portable,
    sink,
    source,
    zipped,
)
from tests.shared_objects import ELF

ALL = Target(select(["all"]))
SOURCE_MANIFEST = PYTHON.replace(b"functions", b"sources")


def executable(name: str, *files: str) -> Package:
    manifest = PYTHON.replace(b"mirror.py", name.encode())
    return Package.of({"mirror.json": manifest, **dict.fromkeys(files, b"")})


def test_a_syntax_error_in_the_manifest_has_its_place() -> None:
    package = Package.of({**PORTABLE, "mirror.json": b'{\n  "language": "python",\n}'})
    found = one(package, "KPP02")
    assert (found.file, found.line, found.column) == ("mirror.json", 3, 1)
    assert {finding.rule for finding in findings(package)} == {"KPP02"}


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_byte_order_mark_is_called_one(mark: bytes) -> None:
    found = one(Package.of({**PORTABLE, "mirror.json": mark + PYTHON}), "KPP02")
    assert "byte order mark" in found.message
    assert found.fix == "save it as UTF-8 without a byte order mark"


def test_the_file_that_differs_only_in_case_is_the_one_to_rename() -> None:
    found = one(Package.of({"a.json": b"{}", **PORTABLE}, name="Mirror"), "KPP01")
    assert (found.file, found.fix) == ("mirror.json", "name it Mirror.json")


@pytest.mark.parametrize("written", ["mirror.py", "functions/mirror.py", "Mirror.py"])
def test_a_program_in_a_folder_of_symbols_is_to_be_moved_out(written: str) -> None:
    found = one(executable(written, "functions/mirror.py"), "KPP05")
    assert "lies in functions/" in found.message
    assert found.fix == "move it out of functions/"


def test_a_misspelt_program_is_guessed() -> None:
    found = one(executable("mirrro.py", "mirror.py", "functions/mirrro.json"), "KPP05")
    assert found.message == (
        'the executable "mirrro.py" is not in the package; did you mean "mirror.py"?'
    )


def test_a_program_that_only_ends_alike_is_no_guess() -> None:
    found = one(executable("main.py", "lines.py"), "KPP05")
    assert found.message == 'the executable "main.py" is not in the package'


@pytest.mark.parametrize(
    ("package", "code", "fix"),
    [
        (portable(b'{\n"version": "1",\n}'), "KPP02", "take out the comma before"),
        (portable(b'{"sources": ["a",]}'), "KPP02", "take out the comma before"),
        (
            source({"random.yaml": b"default:\n\tinterval: 1\n"}),
            "KPC04",
            "indent with spaces, not with tabs",
        ),
        (
            portable(PYTHON.replace(b'"python"', b'"go"')),
            "KPP13",
            'write "language": "python"',
        ),
    ],
)
def test_what_the_server_words_for_machines_has_a_remedy_for_people(
    package: Package, code: str, fix: str
) -> None:
    assert one(package, code).fix == fix


@pytest.mark.parametrize(
    ("package", "code"),
    [(executable("x.py", "mirror.py"), "KPP05"), (portable(SOURCE_MANIFEST), "KPP07")],
)
def test_a_defect_that_servers_word_differently_is_told_once(package: Package, code: str) -> None:
    texts = {prediction.text for prediction in ALL.predictions(package).values()}
    assert len(texts) > 2
    found = one(package, code, ALL)
    assert (found.servers[0].text, found.servers[-1].text) == ("1.4.0", "2.4.0")


def test_servers_before_portable_plugins_are_named_as_such() -> None:
    found = one(portable(), "KPX05", ALL)
    assert found.message == "these servers have no portable plugins, which start with 1.4.0"
    assert found.fix == "name servers from 1.4.0 on"
    assert (found.servers[0].text, found.servers[-1].text) == ("0.3.0", "1.3.1")
    assert "KPX03" not in {finding.rule for finding in findings(portable(), ALL)}


def test_servers_before_any_plugins_are_named_as_such() -> None:
    target = Target(select(["0.2.1", "2.0.0-alpha.6", "2.0.0-alpha.7"]))
    found = [finding for finding in findings(sink(), target) if finding.rule == "KPX05"]
    assert [[server.text for server in finding.servers] for finding in found] == [
        ["0.2.1"],
        ["2.0.0-alpha.6"],
    ]
    assert "start with 0.3.0" in found[0].message


def test_backslashes_are_the_defect_and_not_what_they_lead_to() -> None:
    package = portable(SOURCE_MANIFEST, {"sources\\echo.yaml": b"", "functions\\f.json": b""})
    assert one(package, "KPZ05").file == "sources\\echo.yaml"
    assert "1 more" in one(package, "KPZ05").message
    fix = one(package, "KPP07").fix
    assert fix is not None and "writes /" in fix and "add" not in fix


@pytest.mark.parametrize("size", [40, -4, -22, -40])
@pytest.mark.parametrize("given", [{"kind": None, "name": None}, {}])
def test_a_zip_that_is_cut_short_has_one_finding(size: int, given: dict[str, None]) -> None:
    files = {"random.so": b"\x7fELF", "a.txt": b"a", "b.txt": b"b"}
    (found,) = findings(zipped(files, lambda data: data[:size], **given))
    assert (found.rule, found.fix) == ("KPL02", "upload or pack it again")
    assert found.message.startswith("cut short: ")
    assert found.servers == Target().releases


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"package main\n", "a text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"MZ\x90\x00", "a file for Windows"),
        (b"\xcf\xfa\xed\xfe\x07", "a file for macOS"),
        (b"\x00\x01", "something else"),
        (b"\x7fEL", "something else"),
    ],
)
def test_a_shared_object_that_is_none_is_said_to_be_what_it_is(content: bytes, what: str) -> None:
    found = one(sink({"random.so": content}), "KPS06")
    assert found.message == (
        f"it is {what}, not a shared object, and cannot be opened while it is installed"
    )
    assert (found.file, found.severity) == ("random.so", Severity.ERROR)


def test_servers_that_do_not_open_it_while_installing_are_warned_about() -> None:
    found = [
        finding
        for finding in findings(sink({"random.so": b""}), Target(select(["1.5", "1.6.0"])))
        if finding.rule == "KPS06"
    ]
    assert [
        (finding.severity, [str(server) for server in finding.servers]) for finding in found
    ] == [
        (Severity.ERROR, ["1.6.0"]),
        (Severity.WARNING, ["1.5.0", "1.5.1"]),
    ]


def test_a_script_may_put_the_shared_object_in_place() -> None:
    found = one(sink({"random.so": b"", "install.sh": b"exit 0\n"}), "KPS06")
    assert found.severity is Severity.WARNING


def test_libraries_of_the_plugin_are_not_looked_at() -> None:
    package = sink({"libother.so": b"", "lib/random.so": b""})
    assert "KPS06" not in {finding.rule for finding in findings(package)}


def test_every_refusal_is_told_that_the_author_would_meet_one_after_the_other() -> None:
    manifest = (
        b'{"name": "other", "language": "Python", "executable": "x.py", "sources": ["a", "b"]}'
    )
    package = Package.of({"mirror.json": manifest}, name="mirror")
    found = [(one.rule, one.message) for one in findings(package)]
    assert found == [
        ("KPP03", 'it is called "other" here, but installs as "mirror"'),
        ("KPP04", 'the language "Python" is not known'),
        ("KPP05", 'the executable "x.py" is not in the package'),
        ("KPP07", 'the source "a" has no configuration'),
        ("KPP07", 'the source "b" has no configuration'),
    ]
    bare = codes(Package.of({"mirror.json": b'{"language": ""}'}, name="mirror"))
    assert {"KPP04", "KPP05", "KPP06"} == set(bare)


def test_what_is_told_of_a_second_refusal_is_what_the_server_says_once_the_first_is_mended() -> (
    None
):
    manifest = b'{"language": "python", "executable": "main.py", "sources": ["a", "b"]}'
    broken = Package.of({"mirror.json": manifest}, name="mirror")
    mended = Package.of({"mirror.json": manifest, "main.py": b""}, name="mirror")
    for release in select(["1.4.0", "1.14.7", "2.4.0"]):
        first, second = predict(broken, release), predict(mended, release)
        assert (first.later[0].cause, first.later[0].text) == (second.cause, second.text)
        assert [one.subject for one in first.later] == ["sources/a.yaml", "sources/b.yaml"]


def test_of_many_sources_without_configuration_the_first_are_told_and_the_rest_counted() -> None:
    sources = ", ".join(f'"s{number}"' for number in range(5000)).encode()
    manifest = b'{"language": "python", "executable": "mirror.py", "sources": [%s]}' % sources
    found = findings(portable(manifest))
    assert [one.rule for one in found] == ["KPP07"] * 21
    assert sum("4980 more sources" in one.message for one in found) == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("source", "sources"),
        ("Sink", "sinks"),
        ("fucntions", "functions"),
        ("exectuable", "executable"),
    ],
)
def test_a_misspelt_member_of_the_manifest_is_guessed(written: str, meant: str) -> None:
    manifest = b'{"%s": "x", "language": "python"}' % written.encode()
    found = one(portable(manifest), "KPP24")
    assert found.message.endswith(f'"{written}"; did you mean "{meant}"?')


@pytest.mark.parametrize("key", ["author", "license", "description", "homepage", "type", "Sources"])
def test_members_of_ones_own_are_left_alone(key: str) -> None:
    manifest = PYTHON.replace(b"{", b'{"%s": ["x"], ' % key.encode(), 1)
    assert "KPP24" not in {finding.rule for finding in findings(portable(manifest))}


def test_a_member_that_is_there_in_the_right_spelling_is_not_guessed_again() -> None:
    package = portable(PYTHON.replace(b"{", b'{"function": "x", ', 1))
    assert findings(package) == ()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("functions/ecco.json", 'no function called ecco; did you mean "echo"?'),
        ("sources/echo.yaml", "no source called echo"),
        ("functions/echo.py", "code in functions/ is installed apart from the program"),
    ],
)
def test_files_in_folders_of_symbols_belong_to_one(file: str, words: str) -> None:
    found = one(portable(extra={file: b""}), "KPP25")
    assert (found.file, found.severity) == (file, Severity.WARNING)
    assert words in found.message


@pytest.mark.parametrize("file", ["sources/data/a.json", "functions/labels.txt", "docs/a.json"])
def test_other_files_are_nobodys_business(file: str) -> None:
    assert findings(portable(extra={file: b""})) == ()


@pytest.mark.parametrize(
    ("members", "code"), [(b'"source": ["s"]', "KPP24"), (b'"sources": "s"', "KPP02")]
)
def test_files_of_symbols_that_are_listed_wrongly_are_not_reported_too(
    members: bytes, code: str
) -> None:
    package = portable(PYTHON.replace(b"{", b"{%s, " % members, 1), {"sources/s.yaml": b""})
    assert {finding.rule for finding in findings(package)} == {code}


@pytest.mark.parametrize(
    ("package", "code", "message", "servers"),
    [
        (
            Package.of({"redis.so": ELF, "redis.yaml": b""}, kind=Kind.SOURCE, name="redis"),
            "KPL09",
            "these servers keep one of their own instead for a source",
            ("2.0.0", "2.2.0"),
        ),
        (
            Package.of({"redis.so": ELF, "redis.yaml": b""}, kind=Kind.SOURCE, name="redis"),
            "KPL09",
            "these servers have one of their own for a source",
            ("2.2.1", "2.4.0"),
        ),
        (
            Package.of({"Random.so": ELF, "random.yaml": b""}, kind=Kind.SOURCE, name="random"),
            "KPL09",
            "these servers have one of their own for a source",
            ("0.3.0", "0.3.2"),
        ),
        (sink({}, "file"), "KPN10", 'the built-in sink "file" is used', ("1.9.0", "2.4.0")),
        (sink({"etc/a": b""}), "KPE04", "stay in data/sinks/random/ when", ("2.2.1", "2.4.0")),
    ],
)
def test_the_releases_with_a_habit_are_the_ones_that_are_named(
    package: Package, code: str, message: str, servers: tuple[str, str]
) -> None:
    found = [one for one in findings(package, ALL) if one.rule == code and message in one.message]
    assert [(str(one.servers[0]), str(one.servers[-1])) for one in found] == [servers]


def test_a_function_is_built_in_whatever_its_case_and_a_source_is_not() -> None:
    assert "KPN10" in codes(portable(PYTHON.replace(b"echo", b"Now")))
    assert "KPN10" not in codes(sink({}, "File"))


def test_the_functions_that_a_plugin_provides_are_looked_at_and_not_its_name() -> None:
    described = function({"random.json": b'{"functions": [{"name": "count"}]}'})
    assert one(described, "KPN10").file == "random.json"
    called_so = function({"count.json": b'{"functions": [{"name": "plus"}]}'}, "count")
    assert "KPN10" not in codes(called_so)


@pytest.mark.parametrize("file", ["README.md", "LICENSE", "docs/usage.md", "CHANGELOG"])
def test_texts_for_people_may_be_for_nobody(file: str) -> None:
    assert "KPL08" not in codes(sink({file: b""}))


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (b'{"about": "me"}', "about must be an object"),
        (b'{"about": {"author": {"name": 1}}}', "about.author.name must be a text"),
        (b'{"about": {}, "libs": "x"}', "libs must be a list"),
        (b'{"About": {"Trial": 1}}', "about.trial must be true or false"),
        (b'{"about": {}, "properties": ["x"]}', "properties[0] must be an object"),
        (
            b'{"about": {}, "properties": [{"optional": "yes"}]}',
            "properties[0].optional must be true or false",
        ),
    ],
)
def test_a_member_of_the_metadata_is_named_with_its_type(about: bytes, message: str) -> None:
    found = one(sink({"random.json": about}), "KPM04")
    assert found.message == f"{message}; the sink is missing from /metadata"


def test_of_a_source_only_the_member_is_missing() -> None:
    metadata = b'{"about": {"trial": 1}, "properties": {"default": []}}'
    found = one(source({"random.json": metadata}), "KPM04")
    assert found.message == "about.trial must be true or false; it is missing from /metadata"


def test_a_list_of_fields_is_a_default() -> None:
    nested = b'{"name": "a", "default": [{"name": "b", "default": "x"}]}'
    assert codes(described(nested)) == set()
    assert codes(described(b'{"name": "a", "default": [{"name": 1}]}')) == {"KPM06"}


def test_what_macos_adds_to_a_zip_is_told_to_be_left_out() -> None:
    files = {"random.so": ELF, "etc/": b"", "etc/a": b"", "__MACOSX/etc/._a": b"x"}
    found = one(Package.of(files, kind=Kind.SINK, name="random"), "KPL12")
    assert found.fix == 'leave out what macOS adds: zip -d PACKAGE "__MACOSX/*"'
