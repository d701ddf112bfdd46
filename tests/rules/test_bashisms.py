"""install.sh: what only bash knows is found, and nothing else."""

import shutil
import subprocess
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
        ("n=$((1 << 2))\n[[ b ]]", "[[ ... ]]", 2, 1),
        ("set -o errexit -o nounset -o pipefail", "set -o pipefail", 1, 1),
        ("set -e -o pipefail", "set -o pipefail", 1, 1),
        ("f() { local names=(a b); }", "an array", 1, 13),
        ("readonly NAMES=(a b)", "an array", 1, 10),
        ('cd "$(dirname "${BASH_SOURCE[0]}")"', "${NAME[...]}", 1, 16),
        ('for f in "${NAMES[@]}"; do :; done', "${NAME[...]}", 1, 11),
        ('echo "${name//a/b}"', "${NAME/...}", 1, 7),
        ("echo ${name:0:1}", "${NAME:...}", 1, 6),
        ("echo ${name: -1}", "${NAME:...}", 1, 6),
        ("echo ${name^^}", "${NAME^} or ${NAME,}", 1, 6),
        ("echo ${!name}", "${!NAME}", 1, 6),
        ('if [ "$1" == "a" ]; then :; fi', "==", 1, 11),
        ("test a == b && ls", "==", 1, 8),
        ("ls |& cat", "|&", 1, 4),
        ("trap 'echo failed' ERR", "trap ... ERR", 1, 1),
        ("for ((i=0; i<3; i++)); do :; done", "(( ... ))", 1, 5),
        ("shopt -s nullglob", "shopt", 1, 1),
        ("let n=n+1", "let", 1, 1),
        ("select x in a b; do :; done", "select", 1, 1),
        ("words=a; words+=b", "NAME+=", 1, 10),
        ("mkdir -p /opt/tide/{lib,etc}", "{...,...}", 1, 20),
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
        "cat <<!\n[[ a ]]\n!\n",
        "cat <<END-OF-FILE\n[[ a ]]\nEND-OF-FILE\n",
        "echo ${1:-x} ${x:=y} ${x:?no} ${x:+z} ${x#*/} ${x##*/} ${x%.*} ${#x} ${!} $!",
        "echo '${x/a/b}' \\${x/a/b} # ${x/a/b}",
        "cat <<'END'\n${x/a/b} ${a[0]}\nEND\n",
        "find . -name x -exec rm {} \\; | awk '{print $1,$2}'",
        "[ a = b ] || echo '==' == x",
        "trap 'rm -f x' EXIT INT TERM",
        "echo select x in y; echo let n=1",
        "(set -o pipefail 2>/dev/null) && set -o pipefail\n",
        'if [ -z "$BASH_VERSION" ]; then exec bash "$0" "$@"; fi\n[[ a ]]\n',
        'command -v bash && [ -z "$IN_BASH" ] && IN_BASH=1 exec bash "$0"\nset -o pipefail\n',
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


@pytest.mark.parametrize(
    "script",
    [b"#!/bin/sh\r\nset -e\r\nls\r\n", b"set -eu\r\n", b"set  -x\r\nls\n", b"set +e -u\r\n"],
)
def test_an_option_of_set_that_ends_like_windows_makes_the_script_fail(script: bytes) -> None:
    package = Package.of({"a.so": ELF, "install.sh": script}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert one.severity is Severity.ERROR
    assert one.message.endswith("does not know this option")


@pytest.mark.parametrize("script", [b"export HOME\r\n", b"ls\r\nunset A B\r\nls\r\n"])
def test_a_variable_that_ends_like_windows_makes_the_script_fail(script: bytes) -> None:
    package = Package.of({"a.so": ELF, "install.sh": script}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert one.severity is Severity.ERROR
    assert one.message.endswith("does not know this name")


@pytest.mark.skipif(shutil.which("dash") is None, reason="runs dash")
@pytest.mark.parametrize(
    "line",
    ["set -e", "set +e -u", "export A", "unset A B", "set -- -x", "export A=1", "ls", "exit 0"],
)
def test_an_error_for_line_ends_of_windows_is_what_dash_says(line: str) -> None:
    script = f"{line}\r\nexit 0\n"
    package = Package.of({"a.so": ELF, "install.sh": script.encode()}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    ended = subprocess.run(["dash", "-c", script], capture_output=True, check=False)
    assert (one.severity is Severity.ERROR) == (ended.returncode != 0)


@pytest.mark.parametrize(
    "script", [b"# then\r\nls\n", b"cat > x.ini <<END\na=1\r\nEND\n", b"printf 'a\r\n'\n"]
)
def test_line_ends_of_windows_that_the_shell_does_not_read_are_no_finding(script: bytes) -> None:
    package = Package.of({"a.so": ELF, "install.sh": script}, kind=Kind.SINK, name="a")
    assert "KPI02" not in codes(package)


@pytest.mark.parametrize("line", [b"#!/usr/bin/env python3", b"#! /usr/bin/perl\r"])
def test_a_script_in_another_language_is_run_by_sh_all_the_same(line: bytes) -> None:
    script = line + b"\nimport os\n"
    package = Package.of({"a.so": ELF, "install.sh": script}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert one.message.endswith(", but the script is run by /bin/sh")
    assert (one.severity, one.line) == (Severity.WARNING, 1)


@pytest.mark.parametrize("text", ["ls\r\n", "echo done\r\nls", "\r\nls\n"])
def test_other_scripts_from_windows_may_succeed(text: str) -> None:
    package = Package.of({"a.so": ELF, "install.sh": text.encode()}, kind=Kind.SINK, name="a")
    (one,) = [one for one in findings(package) if one.rule == "KPI02"]
    assert one.severity is Severity.WARNING
