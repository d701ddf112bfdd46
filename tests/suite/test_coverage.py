"""Nothing that is known is left out in silence, and only what there is is named."""

from pathlib import Path

from kuiper_pack.rules.catalogue import ours
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import MAY, SHOULD
from kuiper_pack.suite.coverage import (
    bugs,
    cases,
    cited,
    evidence,
    headings,
    pages,
    rows,
    sentences,
)
from kuiper_pack.suite.likeness import FAILS
from kuiper_pack.suite.pages import page
from tests.suite.evidence import with_reports

IDS = (Path(__file__).parent / "coverage_ids.txt").read_text("utf-8").splitlines()
ALL = {clause.id: clause for clause in clauses()}
NOT_SEEN = {
    (
        "rules.unknown.sink",
        "1.4.4",
    ): "the status of its rules counts no rows, which is what the clause reads",
}
"""What no real server showed to a client, by clause and release, and why."""


def test_every_case_bug_and_sentence_is_accounted_for() -> None:
    told = [f"{where} / {under} / {len(found)}" for (where, under), found in sentences().items()]
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
        for where, heading in headings(clause.documented) if clause.documented else ():
            assert where in pages(), clause
            known = {other for name, other in sentences() if name == where}
            assert not known or not heading or heading in known, f"{where} has no {heading}"


def test_what_binds_is_documented_or_has_evidence_that_can_be_found() -> None:
    for clause in ALL.values():
        assert clause.level is MAY or clause.documented or cited(clause.seen)[1], clause


def test_the_page_of_a_clause_says_where_its_source_can_be_read() -> None:
    known = {"api": cases(), "bug": bugs()}
    for clause in ALL.values():
        text = page(clause)
        for name, _ in headings(clause.documented) if clause.documented else ():
            assert pages()[name] in text, clause
        word, names = cited(clause.seen) if clause.seen and not clause.documented else ("", [])
        for name in names if word in known else ():
            assert known[word][name].says in text, clause


def test_what_no_page_has_was_seen_on_real_servers_of_every_generation_that_it_concerns() -> None:
    real = {release for seen in evidence().values() for release in seen}
    unseen = {
        (clause.id, release.text)
        for clause in ALL.values()
        for release in real
        if clause.level is SHOULD and clause.concerns(release)
        if release not in evidence().get(clause.id, {})
    }
    assert unseen == NOT_SEEN.keys()
    assert {"0.9.1", "1.4.4", "1.10.2", "1.14.7", "2.0.8", "2.4.0"} == {one.text for one in real}


def test_real_servers_fail_what_is_told_as_a_known_defect_and_nothing_else() -> None:
    for name, seen in evidence().items():
        for release, outcome in seen.items():
            assert (outcome == FAILS) <= ALL[name].is_known_defect_of(release), (name, release)


def test_a_report_about_a_real_server_adds_to_what_was_seen() -> None:
    verdicts = {
        "native.list.array": ("passed", None),
        "native.list.dropped": ("passed", "reference"),
        "native.create.garbage": ("choice", "loaded"),
        "native.udfs.refused": ("known-defect", None),
        "native.udfs.listed": ("blocked", None),
        "no.such": ("passed", None),
    }
    told = [{"id": k, "verdict": v, "reading": r} for k, (v, r) in verdicts.items()]
    table = with_reports({}, [{"server": {"release": "2.4.0"}, "clauses": told}])
    assert {name: [*seen.values()] for name, seen in table.items()} == {
        "native.create.garbage": ["loaded"],
        "native.list.array": ["holds"],
        "native.list.dropped": ["reference"],
        "native.udfs.refused": ["fails"],
    }


CONTRADICTIONS = {
    "either reading holds": {1, 2, 3, 4, 5, 7, 13, 14, 15, 23},
    "a choice that fails nobody": {8, 9, 10, 11, 20, 22},
    "what binds is documented or seen for the releases that it concerns": {16, 17, 18, 21},
    "not to be seen through the API": {6, 12, 19, 24, 25},
}
"""The places where documentation and servers disagree, by what becomes of them."""


def becomes(number: int) -> str:
    row = cases()[f"13-{number}"]
    judged = [ALL[name] for name in row.clauses]
    either, choice, bound, unseen = CONTRADICTIONS
    if not judged:
        return unseen
    if any(one.readings for one in judged):
        return either
    return choice if any(one.level is MAY for one in judged) else bound


def test_no_contradiction_of_documentation_and_servers_fails_either_of_them() -> None:
    found: dict[str, set[int]] = {}
    for number in range(1, 26):
        found.setdefault(becomes(number), set()).add(number)
    assert found == CONTRADICTIONS
