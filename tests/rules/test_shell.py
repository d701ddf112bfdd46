"""The commands of a script: where they stand, what belongs to them, and which are always run."""

import time

import pytest

from kuiper_pack.rules.shell import Command, Script, read_script


def named(text: str, name: str) -> Command:
    (found,) = [one for one in read_script(text).commands if one.name.text == name]
    return found


def lines(script: Script) -> list[str]:
    return [
        " ".join([one.name.text, *(word.text for word in one.arguments)]) for one in script.commands
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cp a b", ["cp a b"]),
        ("cp 'a b' \"c d\" e\\ f", ["cp a b c d e f"]),
        ("a; b && c || d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("a \\\n  b \\\n  c\nd", ["a b c", "d"]),
        ("a # b; c\n#d\ne", ["a", "e"]),
        ("echo a#b", ["echo a#b"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("while read x; do a; done < file\nb", ["read x", "a", "b"]),
        ("for x in a b; do c $x; done", ["c $x"]),
        ("case $x in a|b) c;; (d) e ;; *) f\nesac; g", ["c", "e", "f", "g"]),
        ("case $x in a) if b; then c; fi; d;; *) e;; esac", ["b", "c", "d", "e"]),
        ("f() { a; }\nf", ["a", "f"]),
        ("function f {\n a\n}\nf", ["a", "f"]),
        ("(a; b) && { c; d; }", ["a", "b", "c", "d"]),
        ("X=1 Y=2 a b", ["a b"]),
        ("X=$(a $(b)) c", ["a $(b)", "b", "c"]),
        ("echo $((1 + 2)) ${x:-y z} `a b`", ["echo $((1 + 2)) ${x:-y z} `a b`"]),
        ("cat <<END\na\nEND\nb", ["cat", "b"]),
        ("a >x 2>&1 <y 3", ["a 3"]),
        ("sudo -E env A=b exec a c", ["a c"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("", []),
        ("((((", []),
        ("$(", ["$("]),
        ("fi done esac } )", []),
    ],
)
def test_the_commands_of_a_script(text: str, expected: list[str]) -> None:
    assert lines(read_script(text)) == expected


def test_a_command_knows_its_place() -> None:
    command = named("if x; then\n  apk add 'a b'\nfi", "apk")
    assert (command.name.line, command.name.column) == (2, 3)
    assert [(one.line, one.column) for one in command.arguments] == [(2, 7), (2, 11)]


@pytest.mark.parametrize("text", ["x", "a; x", "a\nx && b", "(x)", "{ x; }", "a | x"])
def test_a_command_that_is_always_run(text: str) -> None:
    assert named(text, "x").sure


@pytest.mark.parametrize(
    "text",
    [
        "if a; then x; fi",
        "if x; then a; fi",
        "while x; do a; done",
        "a && x",
        "a || x",
        "x || a",
        "x | a",
        "a && b | x",
        "f() { x; }",
        "function f { x; }",
        "case a in b) x;; esac",
        "echo $(x)",
    ],
)
def test_a_command_that_need_not_be_run_or_whose_failure_is_not_seen(text: str) -> None:
    assert not named(text, "x").sure


def test_after_a_branch_commands_are_run_again() -> None:
    text = "if a; then b; fi\ncase c in d) e;; esac\nf() { g; }\nfor h in i; do j; done\nx"
    assert named(text, "x").sure


def test_what_a_script_says_of_itself() -> None:
    script = read_script(
        'here=$(dirname "$0")\ncommand -v curl && which wget\nf() { a; }\nfunction g { b; }\n'
    )
    assert script.variables == {"here": "$(dirname $0)"}
    assert script.guarded == {"curl", "wget"}
    assert script.functions == {"f", "g"}


def test_the_options_and_the_files_of_a_command() -> None:
    command = named("rm -rf --verbose a -- b < c", "rm")
    assert command.flags == "rf"
    assert [one.text for one in command.plain] == ["a", "b"]
    assert [one.text for one in command.reads] == ["c"]


@pytest.mark.parametrize(
    "piece", ["$(", "${", "`", "(", "a$(b) ", "'", '"', "<<A ", "case x in ", "f() {", "\\\n"]
)
def test_a_script_of_any_shape_is_read_in_one_go(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.perf_counter()
    read_script.__wrapped__(text)
    assert time.perf_counter() - start < 5
