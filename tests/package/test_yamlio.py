"""YAML means what it means to Go's yaml, and every key and value knows its place."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.node import Node
from kuiper_pack.package.yamlio import YAMLError, YAMLTooLargeError, load
from kuiper_pack.package.yamlresolve import resolve

SCALARS = {
    # text: (yaml.v3, yaml.v2), as programs with these libraries read it
    "on": ("on", True),
    "Off": ("Off", False),
    "yes": ("yes", True),
    "n": ("n", False),
    "TRUE": (True, True),
    "tRUE": ("tRUE", "tRUE"),
    "~": (None, None),
    "Null": (None, None),
    "017": (15, 15),
    "08": (8.0, 8.0),
    "0o17": (15, 15),
    "-0o17": (-15, -15),
    "0O17": (15, 15),
    "0b11": (3, 3),
    "-0b1": (-1, -1),
    "0x1F": (31, 31),
    "0xg": ("0xg", "0xg"),
    "1_000": (1000, 1000),
    "_1": ("_1", "_1"),
    "+5": (5, 5),
    "1.": (1.0, 1.0),
    "+.5": (0.5, 0.5),
    ".5e1": (5.0, 5.0),
    "..": ("..", ".."),
    "1e3": (1000.0, 1000.0),
    "1e999": ("1e999", "1e999"),
    "1:30": ("1:30", "1:30"),
    "190:20:30": ("190:20:30", "190:20:30"),
    "2001-12-14": ("2001-12-14", "2001-12-14"),
    "-.INF": (-math.inf, -math.inf),
    "18446744073709551615": (2**64 - 1, 2**64 - 1),
    "18446744073709551616": (2.0**64, 2.0**64),
    "-9223372036854775808": (-(2**63), -(2**63)),
    "-9223372036854775809": (-(2.0**63), -(2.0**63)),
    "+9223372036854775808": (2.0**63, 2.0**63),
    "1,000": ("1,000", "1,000"),
    "+": ("+", "+"),
}


@pytest.mark.parametrize(("text", "values"), SCALARS.items(), ids=list(SCALARS))
def test_plain_scalar_is_what_go_makes_of_it(text: str, values: tuple[object, object]) -> None:
    for version, expected in zip((3, 2), values, strict=True):
        value = resolve(text, version=version)
        assert (value, type(value)) == (expected, type(expected))


def loaded(text: str, version: int = 3) -> Node:
    node = load(text.encode(), version=version)
    assert node is not None
    return node


VALUES = (
    "", "", " 1", " on", " 017", " tcp://h:1", " a:", ' "x y"', " {}", " []", " # c", "#", " 1 # c",
    " 1# c", " a b", " -1", " 2001-01-01", ' "', ' ""', "   ", " ~", " !x", " &a 1",
)  # fmt: skip
LINES = st.builds(
    lambda indent, key, value: " " * indent + key + value,
    st.sampled_from([0, 0, 0, 2, 2, 4, 1]),
    st.sampled_from(["a:", "b:", "default:", "null:", "a-b:", "# c", "", "x", "-", "<<:", "a b:"]),
    st.sampled_from(VALUES),
)


@given(st.lists(LINES, max_size=8), st.sampled_from([2, 3]))
def test_any_lines_are_read_with_their_places_or_refused_in_one_line(
    lines: list[str], version: int
) -> None:
    text = "\n".join(lines)
    try:
        node = load(text.encode(), version=version)
    except YAMLError as error:
        assert "\n" not in error.message
        assert 1 <= error.line <= len(lines) + 1
        return
    for inner in node.walk() if node is not None else ():
        assert 1 <= inner.line <= len(lines)
        for member in inner.members:
            assert member.key in lines[member.line - 1] or "<<" in text


def test_tags_and_quotes_decide_over_looks() -> None:
    node = loaded("a: '1'\nb: !!str 1\nc: !!float 3\nd: !!int '3'\ne: !!binary aGk=\nf: !x 1\n")
    assert node.plain() == {"a": "1", "b": "1", "c": 3.0, "d": 3, "e": "hi", "f": "1"}


def test_merge_keys_give_way_to_own_keys() -> None:
    text = "x: &x {k: 1, j: 2}\ny: &y {k: 5, l: 6}\nb:\n  <<: [*x, *y]\n  k: 3\n"
    assert loaded(text).plain()["b"] == {"k": 3, "j": 2, "l": 6}
    assert loaded("b:\n  k: 3\n  <<: {k: 1}\n", version=2).plain()["b"] == {"k": 1}


def test_places_of_keys_and_values() -> None:
    node = loaded("# made by hand\ndefault:\n  interval: 10\n  é: [a, {b: c}]\n")
    default = node.member("default")
    assert default is not None
    assert (default.line, default.column, default.value.line) == (2, 1, 3)
    inner = node.at("default", "é", 1, "b")
    assert inner is not None
    assert (inner.value, inner.line, inner.column) == ("c", 4, 14)


def test_only_the_first_document_counts() -> None:
    assert loaded("a: 1\n---\nb: [").plain() == {"a": 1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
def test_no_document_is_no_node(text: str) -> None:
    assert load(text.encode()) is None


REFUSED = {
    "a: 1\na: 2\n": ('mapping key "a" already defined at line 1', 2, 1),
    "a: [1\n": ("did not find expected ',' or ']'", 2, 1),
    "a:\n\tb: 1\n": ("found character that cannot start any token", 2, 1),
    "a: b: c\n": ("mapping values are not allowed in this context", 1, 5),
    "a: *x\n": ("unknown anchor 'x' referenced", 1, 4),
    "a: &x [*x]\n": ("anchor 'x' value contains itself", 1, 8),
    "a: !!int x\n": ("cannot decode !!str `x` as a !!int", 1, 4),
    "a:\n  <<: 1\n": ("map merge requires map or sequence of maps as the value", 2, 7),
    "? [a]\n: 1\n": ("a key must be a scalar", 1, 3),
    "a: [x?y]\n": ("did not find expected ',' or ']'", 1, 5),
    "%YAML 1.2\n---\na: 1\n": ("found incompatible YAML document", 1, 1),
    "a: \x01\n": ("control characters are not allowed", 1, 4),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=list(REFUSED))
def test_refusal_has_words_and_place(text: str, expected: tuple[str, int, int]) -> None:
    with pytest.raises(YAMLError) as raised:
        load(text.encode())
    assert (raised.value.message, raised.value.line, raised.value.column) == expected


def test_what_go_reads_and_libyaml_does_not_is_read_like_go_does() -> None:
    assert loaded(r"""a: "it\'s"
b: {c:, d: [e:, 1]}
""").plain() == {"a": "it''s", "b": {"c:": None, "d": ["e:", 1]}}
    with pytest.raises(YAMLError, match="unknown escape"):
        load(rb'a: "\q\'"')


def test_equal_keys_are_no_error_in_version_2() -> None:
    assert loaded("a: 1\na: 2\n", version=2).plain() == {"a": 2}


def test_aliases_cannot_blow_up() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{index}: &a{index} [{', '.join([f'*a{index - 1}'] * 10)}]\n" for index in range(1, 9)
    )
    with pytest.raises(YAMLError, match="excessive aliasing"):
        load(bomb.encode())


def test_chains_of_merge_keys_are_read_within_a_bound() -> None:
    def chain(links: int) -> bytes:
        return b"b0: &b0 {x0: 1}\n" + b"".join(
            b"b%d: &b%d {<<: *b%d, x%d: 1}\n" % (link, link, link - 1, link)
            for link in range(1, links)
        )

    long = load(chain(100))
    assert long is not None
    assert len(long.at("b99").members) == 100  # type: ignore[union-attr]
    with pytest.raises(YAMLError, match="excessive aliasing"):
        load(chain(700))
    with pytest.raises(YAMLTooLargeError, match="more than 200000 merged members"):
        merges = b"".join(b"n%d: {<<: *m}\n" % n for n in range(101))
        load(b"plain: [%s]\nm: &m {%s}\n" % (b"x, " * 30_000, keys(2000)) + merges)


def keys(count: int) -> bytes:
    """The members of a map."""
    return b", ".join(b"k%d: 0" % number for number in range(count))


def test_aliases_may_make_as_much_as_go_lets_them() -> None:
    def repeated(times: int) -> bytes:
        return b"a: &a [%s]\nb: [%s]\n" % (b", ".join([b"x"] * 100), b", ".join([b"*a"] * times))

    assert load(repeated(3000)) is not None
    with pytest.raises(YAMLError, match="excessive aliasing"):
        load(repeated(9000))


def test_a_yaml_library_without_its_c_parser_reads_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = b"a: &x [1, on, {b: 'c'}]\nd: *x\n"
    fast = load(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = load(text)
    assert fast is not None
    assert slow is not None
    assert [(one.raw, one.line, one.column) for one in slow.walk()] == [
        (one.raw, one.line, one.column) for one in fast.walk()
    ]
    with pytest.raises(YAMLError, match="exceeded max depth of 200"):
        load(b"[" * 9000)
    with pytest.raises(YAMLError, match="special characters are not allowed"):
        load(b"a: \x01\n")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(YAMLError, match="exceeded max depth"):
        load(b"[" * 100_000 + b"]" * 100_000)
    assert load(b"[" * 5000 + b"]" * 5000) is not None


def test_more_values_than_are_read_are_an_error() -> None:
    with pytest.raises(YAMLTooLargeError, match="more than 50000 values"):
        load(b"- 1\n" * 60_000)


@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!|>'\"#%?, \n\t~1.<", max_size=60))
def test_anything_is_a_document_or_one_error(data: bytes | str) -> None:
    data = data if isinstance(data, bytes) else data.encode()
    try:
        node = load(data)
    except YAMLError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert "\n" not in error.message
    else:
        if node is not None:
            assert all(inner.line >= 1 and inner.column >= 1 for inner in node.walk())
