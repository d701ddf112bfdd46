"""The catalogue for reading: a list, a document after its schema, a page for each clause."""

import json

import jsonschema
import pytest
from click.testing import CliRunner

from kuiper_pack.cli import main
from kuiper_pack.schemas import load
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.pages import page
from tests.suite import snapshot


def test_the_list_has_a_line_for_each_clause_and_the_document_holds_them_all() -> None:
    text = CliRunner().invoke(main, ["clauses"])
    document = json.loads(CliRunner().invoke(main, ["clauses", "--format", "json"]).output)
    jsonschema.validate(document, load("clauses"))
    assert [line.split()[0] for line in text.output.splitlines()] == [
        clause["id"] for clause in document["clauses"]
    ]
    assert {clause["id"] for clause in document["clauses"]} == {one.id for one in clauses()}


@pytest.mark.parametrize("clause", clauses(), ids=lambda clause: clause.id)
def test_a_page_says_what_is_required_of_whom_and_where_it_stands(clause: Clause) -> None:
    text = page(clause)
    for said in (clause.id, clause.level.name, clause.requirement, *clause.needs):
        assert said in text
    assert clause.documented in text
    assert clause.seen in text


def test_explain_shows_a_clause_and_names_the_nearest_one() -> None:
    shown = CliRunner().invoke(main, ["explain", "native.create.accepted"])
    assert shown.exit_code == 0
    assert shown.output.startswith("# native.create.accepted\n\nMUST ")
    wrong = CliRunner().invoke(main, ["explain", "native.create.acepted"])
    assert wrong.exit_code == 2
    assert 'did you mean "native.create.accepted"?' in wrong.output


def test_what_the_catalogue_says_is_known_line_by_line() -> None:
    known = snapshot.PATH.read_text(encoding="utf-8").splitlines()
    assert snapshot.text().splitlines() == known, "python -m tests.suite.snapshot writes it anew"
