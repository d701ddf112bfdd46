"""What is judged of all that is known: nothing is left out in silence, only what exists is named."""

from pathlib import Path

from kuiper_pack.rules.catalogue import ours
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import MAY
from kuiper_pack.suite.coverage import bugs, cases, cited, headings, pages, rows, sentences

IDS = (Path(__file__).parent / "coverage_ids.txt").read_text("utf-8").splitlines()
ALL = {clause.id: clause for clause in clauses()}


def test_every_case_bug_and_sentence_is_accounted_for() -> None:
    told = [f"{page} / {heading} / {len(found)}" for (page, heading), found in sentences().items()]
    assert [*cases(), *bugs(), *told] == IDS


def test_the_sentences_under_a_heading_are_numbered_without_gaps() -> None:
    for found in sentences().values():
        assert list(found) == list(range(1, len(found) + 1))


def test_a_row_names_clauses_that_there_are_or_says_why_there_is_none() -> None:
    for row in rows():
        assert row.clauses or row.why_not, row
        assert set(row.clauses) <= ALL.keys(), row
        assert len(row.clauses) == len(set(row.clauses)), row
        assert row.says.endswith("."), row
        assert not row.why_not or (len(row.why_not) > 10 and not row.why_not.endswith(".")), row


def test_every_clause_stands_in_a_row() -> None:
    assert ALL.keys() == {name for row in rows() for name in row.clauses}


def test_a_clause_stands_in_the_rows_that_it_cites() -> None:
    known = {"api": cases(), "bug": bugs()}
    codes = {rule.code for rule in ours()}
    for clause in ALL.values():
        word, names = cited(clause.seen) if clause.seen else ("rules", [])
        for name in names:
            if word == "rules":
                assert name in codes, clause
            else:
                assert clause.id in known[word][name].clauses, f"name {clause.id} in {name}"


def test_what_documents_a_clause_is_a_page_that_can_be_found() -> None:
    for clause in ALL.values():
        for page, heading in headings(clause.documented) if clause.documented else ():
            assert page in pages(), clause
            known = {other for name, other in sentences() if name == page}
            assert not known or not heading or heading in known, f"{page} has no {heading}"


def test_what_binds_is_documented_or_has_evidence_that_can_be_found() -> None:
    for clause in ALL.values():
        assert clause.level is MAY or clause.documented or cited(clause.seen)[1], clause
