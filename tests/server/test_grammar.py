"""What the reference server reads of eKuiper's SQL, and the words for what it does not read."""

import pytest

from kuiper_pack.server.rules.grammar import SqlError, read_select, read_stream
from kuiper_pack.server.rules.statements import Call, Column, Comparison, Literal, Output


def test_a_stream_is_read_with_its_columns_and_options_in_any_case() -> None:
    stream = read_stream(
        "create stream `s 1` (a bigint, b ARRAY(STRING), c STRUCT(x FLOAT)) "
        "with (datasource=\"d\", TYPE='meter', SHARED=true);"
    )
    assert stream.name == "s 1"
    assert [field.as_json() for field in stream.fields] == [
        {"FieldType": "bigint", "Name": "a"},
        {"FieldType": {"Type": "array", "ElementType": "string"}, "Name": "b"},
        {
            "FieldType": {"Type": "struct", "Fields": [{"FieldType": "float", "Name": "x"}]},
            "Name": "c",
        },
    ]
    assert stream.options == {"DATASOURCE": "d", "TYPE": "meter", "SHARED": "true"}
    assert stream.type == "meter"


def test_calls_may_be_nested_and_named_and_compared() -> None:
    select = read_select('SELECT *, f(g(s.a), "x", -3, 1.5, true) AS r, b FROM s WHERE f(a) >= 3')
    inner = Call("g", (Column("a"),), 1)
    constants = (Literal("x"), Literal(-3), Literal(1.5), Literal(True))
    outer = Call("f", (inner, *constants), 0)
    assert select.everything
    assert select.outputs == (Output("r", outer), Output("b", Column("b")))
    assert select.stream == "s"
    assert select.where == Comparison(Call("f", (Column("a"),), 2), ">=", Literal(3))
    assert [call.function for call in select.calls] == ["f", "g", "f"]


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("9223372036854775806", (1 << 63) - 2),
        ("9" * 5000, (1 << 63) - 1),
        ("-" + "9" * 30, -(1 << 63)),
    ],
)
def test_whole_numbers_end_where_64_bits_do(digits: str, value: int) -> None:
    assert read_select(f"SELECT {digits} AS x FROM s").outputs == (Output("x", Literal(value)),)


def test_a_number_that_no_float_is_is_refused() -> None:
    with pytest.raises(SqlError, match=r'found "9*\.5", invalid number value\.'):
        read_select(f"SELECT {'9' * 400}.5 AS x FROM s")


def test_results_without_a_name_are_named_as_servers_do() -> None:
    select = read_select("SELECT f(a), 1, 2, fromage FROM s")
    names = [output.name for output in select.outputs]
    assert names == ["f", "kuiper_field_0", "kuiper_field_1", "fromage"]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT a", "found the end"),
        ("SELECT FROM", "found the end"),
        ("SELECT a + 1 FROM s", 'found "+" in column 10'),
        ("SELECT count(*) FROM s", 'found "*)" in column 14'),
        ("SELECT a FROM s GROUP BY TUMBLINGWINDOW(ss, 1)", 'found "GROUP" in column 17'),
        ("SELECT a FROM s, t", 'found "," in column 16'),
        ("SELECT a FROM s WHERE a > 3 AND b < 2", 'found "AND" in column 29'),
        (f"SELECT {'f(' * 30}a{')' * 30} FROM s", "it is nested deeper than 20"),
        (f"SELECT {'a' * 10_000} FROM s", "it is longer than 10000 characters"),
    ],
)
def test_what_is_not_read_is_named_with_its_place(sql: str, found: str) -> None:
    with pytest.raises(SqlError) as caught:
        read_select(sql)
    assert str(caught.value).startswith(f"{found}: this server reads SELECT columns")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("CREATE STREAM s", "found the end"),
        ("CREATE STREAM s () WITH (DATASOURCE=3)", 'found "3)" in column 37'),
        ('CREATE TABLE t () WITH (DATASOURCE="a")', 'found "TABLE" in column 8'),
        ('CREATE STREAM s (a FOO) WITH (DATASOURCE="a")', 'found "FOO", expect valid stream field'),
        (
            f'CREATE STREAM s (a {"ARRAY(" * 30}STRING{")" * 30}) WITH (DATASOURCE="a")',
            "it is nested deeper than 20",
        ),
    ],
)
def test_a_stream_that_is_not_read_is_refused_likewise(sql: str, found: str) -> None:
    with pytest.raises(SqlError) as caught:
        read_stream(sql)
    assert str(caught.value).startswith(found)
