"""JSON is read as Go reads it, and every key and value knows its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.jsonio import JSONSyntaxError, decode_stream, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_valid_document_reads_like_in_the_standard_library(
    value: object, ascii_only: bool, indent: int | str | None
) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    assert parse(data).plain() == json.loads(data)
    assert decode_stream(data + b" rest").plain() == json.loads(data)


@given(st.binary(max_size=40) | st.text('{}[]":,0123.eE+-truefalsn \n\\u', max_size=30))
def test_anything_is_a_value_or_one_error(data: bytes | str) -> None:
    data = data if isinstance(data, bytes) else data.encode()
    try:
        node = parse(data)
    except JSONSyntaxError as error:
        assert error.message
        assert 0 <= error.offset <= len(data)
        assert error.line >= 1
        assert error.column >= 1
    else:
        assert all(inner.offset < len(data.decode("utf-8", "replace")) for inner in node.walk())


ERRORS = {
    b"": ("unexpected end of JSON input", "EOF"),
    b" \n": ("unexpected end of JSON input", "EOF"),
    b"{": ("unexpected end of JSON input", "unexpected EOF"),
    b'"a': ("unexpected end of JSON input", "unexpected EOF"),
    b"tru": ("invalid character ' ' in literal true (expecting 'e')", "unexpected EOF"),
    b"1.": ("invalid character ' ' after decimal point in numeric literal", "unexpected EOF"),
    b"{a": ("invalid character 'a' looking for beginning of object key string",) * 2,
    b'{"a"1': ("invalid character '1' after object key",) * 2,
    b'{"a":1 2': ("invalid character '2' after object key:value pair",) * 2,
    b"[1 2": ("invalid character '2' after array element",) * 2,
    b"[1,]": ("invalid character ']' looking for beginning of value",) * 2,
    b'{"a":1,}': ("invalid character '}' looking for beginning of object key string",) * 2,
    b'"\n"': (r"invalid character '\n' in string literal",) * 2,
    b'"\\x"': ("invalid character 'x' in string escape code",) * 2,
    b'"\\u12g"': (r"invalid character 'g' in \u hexadecimal character escape",) * 2,
    b"-x": ("invalid character 'x' in numeric literal",) * 2,
    b"1ex": ("invalid character 'x' in exponent of numeric literal",) * 2,
    b"nuxl": ("invalid character 'x' in literal null (expecting 'l')",) * 2,
    b"'": (r"invalid character '\'' looking for beginning of value",) * 2,
    b"\x00": (r"invalid character '\x00' looking for beginning of value",) * 2,
    b"\xef\xbb\xbf{}": ("invalid character 'ï' looking for beginning of value",) * 2,
    b"\x85": (r"invalid character '\u0085' looking for beginning of value",) * 2,
    b"NaN": ("invalid character 'N' looking for beginning of value",) * 2,
    b"[" * 10001: ("invalid character '[' exceeded max depth",) * 2,
    b"1 2": ("invalid character '2' after top-level value", None),
    b"01": ("invalid character '1' after top-level value", None),
}


@pytest.mark.parametrize(("data", "words"), ERRORS.items(), ids=lambda value: repr(value)[:20])
def test_error_is_in_the_words_of_go(data: bytes, words: tuple[str, str | None]) -> None:
    with pytest.raises(JSONSyntaxError) as raised:
        parse(data)
    assert raised.value.message == words[0]
    if words[1] is None:
        decode_stream(data)
        return
    with pytest.raises(JSONSyntaxError) as raised:
        decode_stream(data)
    assert raised.value.message == words[1]


def test_error_has_line_and_column_in_characters() -> None:
    with pytest.raises(JSONSyntaxError) as raised:
        parse('{\n  "é": tru\n}'.encode())
    assert (raised.value.line, raised.value.column) == (2, 11)


def test_values_that_go_reads_in_its_own_way() -> None:
    assert parse(rb'"\ud800\u0041"').value == "\ufffdA"
    assert parse(rb'"\ud83d\ude00"').value == "\U0001f600"
    assert parse(b'"\xe2\x82"').value == "\ufffd\ufffd"
    assert parse(b'"\xed\xa0\x80"').value == "\ufffd\ufffd\ufffd"
    assert parse(b"[" * 10000 + b"]" * 10000).kind == "array"
    assert parse(b"1" * 5000).value == float("inf")


def test_every_key_and_value_has_its_place() -> None:
    root = parse('{\n  "é": [1, {"b": "c"}],\n  "d": null\n}'.encode())
    assert (root.line, root.column) == (1, 1)
    member = root.member("é")
    assert member is not None
    assert (member.line, member.column) == (2, 3)
    inner = root.at("é", 1, "b")
    assert inner is not None
    assert (inner.value, inner.line, inner.column) == ("c", 2, 18)
    assert root.at("é", 7) is None
    assert root.at("x", "y") is None
    second = root.member("d")
    assert second is not None
    assert (second.line, second.value.column, second.value.kind) == (3, 8, "null")


def test_equal_keys_are_kept_and_found() -> None:
    root = parse(b'{"a": 1, "b": {"x": 1, "x": 2}, "a": 3}')
    last = root.get("a")
    assert last is not None
    assert last.value == 3
    assert [(found.key, found.column) for found in root.duplicates()] == [("a", 33), ("x", 24)]
    assert root.plain() == {"a": 3, "b": {"x": 2}}


def test_keys_fold_like_struct_fields_in_go() -> None:
    root = parse('{"Language": 1, "LANGUAGE": 2, "\u017finks": 3, "\u212aind": 4}'.encode())
    assert [member.value.value for member in root.fold("language")] == [1, 2]
    assert [member.value.value for member in root.fold("sinks")] == [3]
    assert [member.value.value for member in root.fold("kind")] == [4]
    assert root.get("language") is None
