"""The catalogue of clauses for reading: a list, the JSON document, and the page of each."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from kuiper_pack.schemas import identifier
from kuiper_pack.suite.clause import Clause, Level
from kuiper_pack.suite.coverage import bugs, cases, cited, headings, pages

_MEANING = {
    Level.MUST: "documented, a failure fails the run",
    Level.SHOULD: "no page on plugins has it, but clients lean on it; fails with --level should",
    Level.MAY: "a choice: recorded, never failed",
}


def write(clauses: Sequence[Clause], stream: TextIO, format_: str) -> None:
    """Write the clauses as ``text``, a line each, or as the ``json`` document."""
    if format_ == "json":
        json.dump(document(clauses), stream, indent=2)
        stream.write("\n")
        return
    width = max((len(one.id) for one in clauses), default=0)
    stream.writelines(f"{one.id:{width}}  {one.level.value:6}  {one.title}\n" for one in clauses)


def document(clauses: Sequence[Clause]) -> dict[str, Any]:
    """The document of the schema ``clauses`` as plain data."""
    return {
        "$schema": identifier("clauses"),
        "clauses": [
            {
                "id": one.id,
                "level": one.level.value,
                "requirement": one.requirement,
                "documented": one.documented or None,
                "seen": one.seen or None,
                "since": one.since.text if one.since else None,
                "until": one.until.text if one.until else None,
                "needs": list(one.needs),
            }
            for one in clauses
        ],
    }


def page(clause: Clause) -> str:
    """The page of a clause in Markdown."""
    lines = [
        f"# {clause.id}",
        f"{clause.level.name} ({_MEANING[clause.level]}), for {span(clause)}.",
        clause.requirement,
        f"Documented: {clause.documented}." if clause.documented else f"Seen: {clause.seen}.",
        *_sources(clause),
    ]
    if clause.readings:
        lines.append(
            "The documentation and eKuiper differ here, and either passes: the reading that is "
            f"{' or '.join(clause.readings)}; --reading makes one binding."
        )
    if clause.defect_in:
        since, until = clause.defect_in
        end = f"before {until}" if until else "to this day"
        lines.append(f"eKuiper itself breaks it, from {since} {end}: there it is a known defect.")
    if clause.needs:
        lines.append(f"Judged only where these hold: {', '.join(clause.needs)}.")
    if clause.installs:
        plural = "" if clause.installs == 1 else "s"
        lines.append(f"Installs {clause.installs} native plugin{plural}.")
    if clause.ends_the_server:
        words = "".join(f" and --allow {word}" for word in clause.allow)
        lines.append(f"The server is restarted; tried only with --restart-command{words}.")
    return "\n\n".join(line for line in lines if line) + "\n"


def _sources(clause: Clause) -> Iterator[str]:
    """Where its source can be read: the address of a page, or what was seen."""
    if clause.documented:
        yield from dict.fromkeys(pages()[page] for page, _ in headings(clause.documented))
        return
    word, names = cited(clause.seen)
    known = cases() if word == "api" else bugs() if word == "bug" else {}
    yield "\n".join(f"- {name}: {known[name].says}" for name in names if name in known)


def span(clause: Clause) -> str:
    """The releases that a clause concerns, in words."""
    since = f"releases since {clause.since}" if clause.since else "every release"
    return f"{since} and before {clause.until}" if clause.until else since
