"""Numbers go through a plugin as they go through a server, which keeps them as Go does."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.portable import BadMessage
from kuiper_pack.portable.messages import NO_RULE, Symbol, command, dumps, loads, read_row
from kuiper_pack.profiles import Release, profile

# text, and what real servers (1.14.7, 2.4.0) made of it
DECODED = {
    "1": "1",
    "1.0": "1",
    "9007199254740992": "9007199254740992",
    "9007199254740993": "9007199254740992",
    "-9007199254740993": "-9007199254740992",
    "12345678901234567890": "12345678901234567000",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "1.5": "1.5",
}


@pytest.mark.parametrize("text", DECODED)
def test_a_number_comes_out_as_from_a_server(text: str) -> None:
    row = read_row(b'{"message":{"n":[%s]}}' % text.encode())
    assert dumps(row.message) == b'{"n":[%s]}' % DECODED[text].encode()


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 309, "1" + "0" * 5000])
def test_a_number_out_of_range_is_refused_with_its_row(number: str) -> None:
    with pytest.raises(BadMessage, match="float64"):
        read_row(b'{"message":{"n":%s}}' % number.encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        ([{"a": 1e20}], '[{"a":100000000000000000000}]'),
        ((1.2345678901234567e19, True), "[12345678901234567000,true]"),
        (2**63 - 1, "9223372036854775807"),
        (2**63, "9223372036854775808"),
        (2**64 + 1, "18446744073709552000"),
        ("3.0 and 1e+5", '"3.0 and 1e+5"'),
    ],
)
def test_a_number_goes_in_as_from_a_server(value: object, text: str) -> None:
    assert dumps(value) == text.encode()


def test_a_number_that_no_server_can_have_is_refused() -> None:
    for number in (10**400, math.inf, math.nan):
        with pytest.raises(ValueError, match=r"float64|JSON compliant"):
            dumps([number])


@given(st.recursive(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
                    | st.text() | st.booleans() | st.none(), st.lists))  # fmt: skip
def test_what_a_server_can_have_goes_through_unchanged(value: object) -> None:
    assert loads(dumps(value), "it") == value


@pytest.mark.parametrize(
    ("release", "members"),
    [
        ("1.7.6", {"symbolName", "pluginType"}),
        ("1.8.0-alpha.1", {"symbolName", "pluginType"}),
        ("1.8.0-alpha.2", {"symbolName", "pluginType", "meta"}),
    ],
)
def test_a_function_is_started_without_a_meta_up_to_1_8(release: str, members: set[str]) -> None:
    always = profile(Release.parse(release)).portable_always_meta
    sent = json.loads(command("start", Symbol("f", "func", NO_RULE), always_meta=always))
    assert {*json.loads(sent["arg"])} == members
