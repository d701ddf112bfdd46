"""What is judged of all that is known: cases of the API, sentences of its pages, bugs it had.

The tables are ``cases.toml``, ``sentences.toml`` and ``bugs.toml`` beside the clauses, and
``evidence.json`` of what real servers were seen to do.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kuiper_pack.profiles import Release
from kuiper_pack.suite.catalogue import folder

_PAGES = "pages"
_CITATION = re.compile(r"(api|bug|rules) ([\w-]+(?:, [\w-]+)*)")


@dataclass(frozen=True, slots=True)
class Row:
    """One case, sentence or bug in our own words.

    ``clauses`` judge it; ``why_not`` is the reason where none does, or why they judge not all.
    """

    says: str
    clauses: tuple[str, ...]
    why_not: str


@cache
def cases() -> Mapping[str, Row]:
    """What eKuiper does, by the id that clauses cite as ``api C-01``."""
    return {name: _row(row) for name, row in _table("cases").items()}


@cache
def sentences() -> Mapping[tuple[str, str], Mapping[int, Row]]:
    """What the documentation says, by page and heading; sentences have numbers."""
    return {
        (page, heading): {int(number): _row(row) for number, row in rows.items()}
        for page, headings in _table("sentences").items()
        if page != _PAGES
        for heading, rows in headings.items()
    }


@cache
def bugs() -> Mapping[str, Row]:
    """What releases of eKuiper did wrong, by the commit upstream that ended it or brought it."""
    return {name: _row(row) for name, row in _table("bugs").items()}


@cache
def pages() -> Mapping[str, str]:
    """Where the pages of the documentation are, by the names that clauses give them."""
    found = _table("sentences")[_PAGES]
    return {name: f"https://github.com/lf-edge/ekuiper/blob/{path}" for name, path in found.items()}


def headings(documented: str) -> Iterator[tuple[str, str]]:
    """The pages and headings that document a clause; no heading where it is the whole page."""
    page = ""
    for part in documented.split("; "):
        named, _, heading = part.partition(", ")
        if named in pages():
            page = named
            yield page, heading
        else:
            yield page, part


@cache
def evidence() -> Mapping[str, Mapping[Release, str]]:
    """What real servers were seen to do, by clause and release.

    It holds or fails, or is a reading or a choice, in the words of ``kuiper_pack.suite.likeness``.
    """
    table = json.loads((folder() / "evidence.json").read_text(encoding="utf-8"))
    return {
        name: {Release.parse(release): said for release, said in seen.items()}
        for name, seen in table.items()
    }


def rows() -> Iterator[Row]:
    """All there are."""
    yield from cases().values()
    yield from bugs().values()
    for heading in sentences().values():
        yield from heading.values()


def cited(seen: str) -> tuple[str, list[str]]:
    """What the evidence of a clause names: ``api`` cases, a ``bug`` or ``rules``, and their ids.

    Raises ValueError where it names nothing of these.
    """
    if (found := _CITATION.fullmatch(seen)) is None:
        raise ValueError(f"{seen}: cite cases as api C-01, bugs as bug 43da998fe, or rules KPC01")
    return found[1], found[2].split(", ")


def _row(row: Mapping[str, Any]) -> Row:
    return Row(row["says"], tuple(row.get("clauses", ())), row.get("not", ""))


def _table(name: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads((folder() / f"{name}.toml").read_text(encoding="utf-8"))
