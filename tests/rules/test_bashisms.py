"""install.sh: what only bash knows is found, and nothing else."""

from typing import SupportsIndex

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.rules.bashisms import bashisms
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import codes, findings
from tests.shared_objects import ELF


@pytest.mark.parametrize(
    ("script", "what", "line", "column"),
    [
        ("if [[ -f x ]]; then :; fi", "[[ ... ]]", 1, 4),
        ("cd x\n  [[ -f x ]] && y", "[[ ... ]]", 2, 3),
        ("function f {\n:\n}", "function NAME", 1, 1),
        ("files=(a b)", "an array", 1, 1),
        (". ./a; source ./b", "source FILE", 1, 8),
        ("cat <<< word", "<<<", 1, 5),
        ("diff <(a) b", "<( ... )", 1, 6),
        ("make &> log", "&>", 1, 6),
        ("pushd /tmp", "pushd or popd", 1, 1),
        ("set -euo pipefail", "set -o pipefail", 1, 1),
        ("((n++))", "(( ... ))", 1, 1),
        ("cat <<END\n[[ a ]]\nEND\n[[ b ]]", "[[ ... ]]", 4, 1),
    ],
)
def test_what_only_bash_knows_is_found_where_it_stands(
    script: str, what: str, line: int, column: int
) -> None:
    assert list(bashisms(script)) == [(line, column, what)]


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/bash\n# if [[ x ]]\n",
        "echo 'if [[ x ]]' \"source it\"",
        "awk '\nfunction f(x) { a[1] = 2 }\n{ print }\n' data",
        "cat <<'END' > out\nsource ./b\nfiles=(a b)\nEND\n",
        "cat <<-END\n\tfunction f {\n\tEND\n",
        "n=$((n + 1)); echo $((1 << 2))",
        "make > log 2>&1 &\nwait",
        "[ -f x ] && . ./x",
        "f() { echo \\'[[; }",
        "( (echo a) )",
        "set -eu\ncase $1 in (a) ;; esac",
        "cat a#[[b",
    ],
)
def test_what_every_shell_knows_is_left_alone(script: str) -> None:
    assert list(bashisms(script)) == []


def test_what_the_shell_of_alpine_knows_is_left_alone_for_that_image() -> None:
    package = Package.of({"a.so": b"", "install.sh": b"[[ -f x ]]\n"}, kind=Kind.SINK, name="a")
    assert "KPI02" in codes(package, Target())
    assert "KPI02" not in codes(package, Target(image="alpine"))


def test_of_many_bashisms_the_first_are_told_and_the_rest_counted() -> None:
    script = b"[[ a ]]\n" * 100
    package = Package.of({"a.so": b"", "install.sh": script}, kind=Kind.SINK, name="a")
    found = [one for one in findings(package) if one.rule == "KPI02"]
    assert len(found) == 21
    assert sum("80 more things" in one.message for one in found) == 1


class Sliced(str):
    """A text that counts the characters that are copied from it."""

    copied = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        piece = super().__getitem__(key)
        self.copied += len(piece)
        return piece

    def partition(self, sep: str) -> tuple[str, str, str]:
        raise AssertionError("copies what is left")


@pytest.mark.parametrize(
    "script",
    ["cat <<END\n" + "\n" * 3000, "cat <<A <<B <<C\n" + "x\n" * 2000, "cat <<END\nEND\n" * 500],
)
def test_a_here_document_of_many_lines_is_read_once(script: str) -> None:
    text = Sliced(script)
    assert list(bashisms(text)) == []
    assert text.copied <= 3 * len(script)


def test_windows_line_ends_are_found_on_their_line() -> None:
    package = Package.of({"a.so": ELF, "install.sh": b"ls\nls\r\n"}, kind=Kind.SINK, name="a")
    assert [one.line for one in findings(package) if one.rule == "KPI02"] == [2]


@pytest.mark.parametrize("word", ["if a; then", "done", "  fi", "for x in y; do"])
def test_a_word_of_the_shell_that_ends_like_windows_makes_the_script_fail(word: str) -> None:
    script = f"ls\r\n{word}\r\n".encode()
    package = Package.of({"a.so": ELF, "install.sh": script}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert (one.severity, one.line) == (Severity.ERROR, 2)


@pytest.mark.parametrize("text", ["ls\r\n", "echo done\r\nls", "# then\r\n", "echo 'fi\r\n'"])
def test_other_scripts_from_windows_may_succeed(text: str) -> None:
    package = Package.of({"a.so": ELF, "install.sh": text.encode()}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert one.severity is Severity.WARNING
