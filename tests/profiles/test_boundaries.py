"""Both sides of the boundaries between releases, as a plugin author meets them.

Each case is one package that fares differently in two neighbouring releases.
"""

from dataclasses import dataclass, field

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Assumptions, Prediction, Request, predict
from kuiper_pack.planner.predict import URL
from kuiper_pack.planner.steps import Failure, ScriptResult
from kuiper_pack.profiles import Release, select
from kuiper_pack.rules.configuration import ConfigurationUnreadable
from kuiper_pack.rules.target import Target

SINK = {"Plain.so": b"so"}
SOURCE = {"Tsrc@v1.so": b"so", "tsrc.yaml": b"default: {}\n"}
MANIFEST = b'{"language": "python", "executable": "main.py", "functions": ["f"]}'
PORTABLE = {"echo.json": MANIFEST, "main.py": b"", "functions/": b"", "functions/f.json": b"{}"}


def sink(files: dict[str, bytes], name: str = "plain", **modes: int) -> Package:
    return Package.of(files, kind=Kind.SINK, name=name, modes=modes)


def source(files: dict[str, bytes], name: str = "tsrc") -> Package:
    return Package.of(files, kind=Kind.SOURCE, name=name)


def portable(files: dict[str, bytes], name: str = "echo") -> Package:
    return Package.of(files, kind=Kind.PORTABLE, name=name)


@dataclass
class Case:
    """``package`` is told to be different in releases ``before`` and ``after``."""

    before: str
    after: str
    package: Package
    expected: tuple[str, str]
    """A piece of the text, of a path, or of what is skipped, on each side; ``!`` for absent."""
    request: dict[str, tuple[str, ...]] = field(default_factory=dict)
    assume: Assumptions = field(default_factory=Assumptions)


GARBAGE = Assumptions(open=Failure("invalid ELF header"))
SCRIPT_FAILS = Assumptions(script=ScriptResult("exit status 3", "out", "err"))

CASES = [
    Case("0.2.1", "0.3.0", sink(SINK), ("404 page not found", "is created")),
    Case(
        "0.3.2", "0.4.0", sink(SINK | {"install.sh": b""}), ("skips install.sh", "runs install.sh")
    ),
    Case("0.3.2", "0.4.0", sink(SINK | {"lib.txt": b""}), ("skips lib.txt", "!skips lib.txt")),
    Case("0.9.0", "0.9.1", sink({"plain.so": b""}), ("conf file is missing", "created")),
    Case("0.9.0", "0.9.1", sink({"Plain@1.so": b""}), ("file is missing", "created")),
    Case(
        "0.9.0",
        "0.9.1",
        sink(SINK | {"plain.json": b"{}"}),
        ("!{ETC}/sinks/plain.json", "{ETC}/sinks/plain.json"),
    ),
    Case(
        "0.9.0", "0.9.1", sink(SINK), ("!invalid uri", "invalid uri"), {"file": ("ftp://h/x.zip",)}
    ),
    Case("0.9.0", "0.9.1", sink(SINK), ("invalid uri", "is created"), {"file": ("file:///x.zip",)}),
    Case(
        "0.9.1",
        "1.0.0",
        sink(SINK | {"install.sh": b""}),
        ("leaves {PLUGINS}/sinks/Plain.so", "!leaves {PLUGINS}/sinks/Plain.so"),
        assume=SCRIPT_FAILS,
    ),
    Case(
        "1.1.1", "1.1.2", sink({"other.so": b""}), ("fail to unzip file", "fail to install plugin")
    ),
    Case(
        "1.1.1",
        "1.1.2",
        sink(SINK | {"etc/": b"", "etc/a": b""}),
        ("not a file, but a directory", "{ETC}/sinks/plain/a"),
    ),
    Case(
        "1.1.1",
        "1.1.2",
        sink(SINK | {"etc/a": b""}),
        ("!{ETC}/sinks/plain/a", "{ETC}/sinks/plain/a"),
    ),
    Case("1.3.1", "1.4.0", portable(PORTABLE), ("404 page not found", "created")),
    Case(
        "1.3.1",
        "1.4.0",
        sink(SINK),
        ("is created", "have shell parameters : [a b] but no install.sh file"),
        {"shellParas": ("a", "b")},
    ),
    Case(
        "1.4.0",
        "1.4.1",
        portable(PORTABLE | {"install.sh": b""}),
        ("plugin: exit status 3", "err:exit status 3 stdout:out stderr:err"),
        assume=SCRIPT_FAILS,
    ),
    Case("1.5.1", "1.6.0", sink(SINK), ("is created", "cannot open"), assume=GARBAGE),
    Case(
        "1.5.1",
        "1.6.0",
        sink(SINK | {"install.sh": b""}),
        ("!leaves {PLUGINS}/sinks/Plain.so", "leaves {PLUGINS}/sinks/Plain.so"),
        assume=SCRIPT_FAILS,
    ),
    Case("1.6.3", "1.7.0", source(SOURCE), ("{ETC}/sources/tsrc.yaml", "{DATA}/sources/tsrc.yaml")),
    Case(
        "1.6.3", "1.7.0", portable(PORTABLE), ("{ETC}/functions/f.json", "{DATA}/functions/f.json")
    ),
    Case("1.9.1", "1.9.2", portable({"x": b""}), ("!files in total", "found 1 files in total")),
    Case(
        "1.11.4", "1.11.5", source(SOURCE), ("{DATA}/sources/tsrc.yaml", "{ETC}/sources/tsrc.yaml")
    ),
    Case(
        "1.11.5", "1.12.0", source(SOURCE), ("{ETC}/sources/tsrc.yaml", "{DATA}/sources/tsrc.yaml")
    ),
    Case(
        "1.12.0-beta.3",
        "1.12.0-beta.4",
        sink({"other.so": b""}),
        ("conf file is missing", "expectFiles: 1, got filenames:[]"),
    ),
    Case(
        "1.13.0-alpha.1",
        "1.13.0-alpha.2",
        sink({"other.so": b""}),
        ('!{"error":1000', '{"error":1000,"message":"sinks plugins create'),
    ),
    Case("1.14.7", "2.0.0-alpha.2", sink(SINK), ("is created", "404 page not found")),
    Case("2.0.0-alpha.6", "2.0.0-alpha.7", sink(SINK), ("404 page not found", "is created")),
    Case(
        "2.0.0-alpha.11",
        "2.0.0-beta.1",
        portable(PORTABLE),
        ("is created", "receive time out"),
        assume=Assumptions(start=Failure("plugin x control handshake error: receive time out")),
    ),
    Case(
        "2.0.0-beta.1",
        "2.0.0-beta.2",
        sink({"a\tb.so": b""}),
        ("zipFiles: [a\tb.so]", "zipFiles: [a\\tb.so]"),
    ),
    Case(
        "2.0.0-beta.1",
        "2.0.0-beta.2",
        sink(SINK),
        ("is created", "should not contain .."),
        {"file": ("http://h/a/../x.zip",)},
    ),
    Case(
        "2.1.2",
        "2.1.3",
        portable({"echo.json": MANIFEST, "./main.py": b""}),
        ("missing main.py", "is created"),
    ),
    Case(
        "2.1.3",
        "2.2.0-alpha.1",
        portable({"echo.json": MANIFEST, "./main.py": b""}),
        ("is created", "missing main.py"),
    ),
    Case(
        "2.2.0-alpha.2",
        "2.2.0-alpha.3",
        sink(SINK | {"lib.txt": b"", "../../../evil": b""}),
        ("writes {PLUGINS}", "path escapes from parent"),
    ),
    Case(
        "2.2.0",
        "2.2.1",
        source(SOURCE),
        ("!{DATA}/sources/tsrc.yaml", "{DATA}/sources/tsrc.yaml"),
    ),
    Case(
        "2.3.0", "2.3.1", sink(SINK | {"CONFIG.md": b""}), ("!skips CONFIG.md", "skips CONFIG.md")
    ),
    Case(
        "2.3.1",
        "2.4.0-alpha.1",
        sink(SINK | {"CONFIG.md": b""}),
        ("skips CONFIG.md", "!skips CONFIG.md"),
    ),
    Case(
        "2.3.1",
        "2.4.0",
        sink(SINK | {"a/b/c/d": b""}),
        ("is created", "mkdirat a/b/c: no such file or directory"),
    ),
    Case(
        "2.3.1",
        "2.4.0",
        sink({"a.b.so": b""}, name="a.b"),
        ("is created", "contains invalid characters"),
    ),
]


def told(prediction: Prediction) -> str:
    """All of a prediction that a case may look for."""
    lines = [prediction.text]
    lines += [f"writes {path}" for path in prediction.writes]
    lines += [f"skips {name}" for name, _ in prediction.skips]
    lines += [f"leaves {path}" for path in prediction.left]
    if prediction.script:
        lines.append("runs install.sh")
    return "\n".join(lines)


def check(case: Case, release: str, expected: str) -> None:
    request = Request(
        name=case.package.name,
        file=case.request.get("file", (URL,))[0],
        shell_paras=case.request.get("shellParas", ()),
    )
    text = told(predict(case.package, Release.parse(release), request, assume=case.assume))
    if expected.startswith("!"):
        assert expected[1:] not in text
    else:
        assert expected in text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.before}-{case.after}")
def test_neighbours_differ_as_they_really_do(case: Case) -> None:
    check(case, case.before, case.expected[0])
    check(case, case.after, case.expected[1])


@pytest.mark.parametrize(
    ("text", "refusing"),
    [
        (b"default: {a: 1, a: 2}\n", ["1.3.0"]),
        (b"default: {a: 1}\ndefault: 2\n", ["1.2.1", "1.3.0"]),
        (b"default: [\n", ["1.2.1", "1.3.0"]),
        (b"#" * 300_000, []),
        (b"default: {a: 1}\n", []),
    ],
)
def test_a_configuration_is_read_by_the_yaml_of_the_release(
    text: bytes, refusing: list[str]
) -> None:
    target = Target(select(["1.2.1", "1.3.0"]))
    rule = ConfigurationUnreadable()
    found = list(rule.check(source(SOURCE | {"tsrc.yaml": text}), target))
    assert sorted(one.text for finding in found for one in finding.servers) == refusing
