"""MkDocs hook: the tables of clauses, made from the code, and of what they judge.

That is every sentence of the documentation, every case of the API, and every bug that eKuiper had.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import MAY, Clause
from kuiper_pack.suite.coverage import (
    Row,
    bugs,
    cases,
    cited,
    evidence,
    headings,
    pages,
    sentences,
)
from kuiper_pack.suite.pages import span

_GROUPS = {
    "0": "Releases",
    "G": "What holds for every path",
    "L": "List of native plugins",
    "D": "Describe",
    "C": "Create",
    "4": "What a create leaves",
    "X": "Drop",
    "5": "What a drop takes along",
    "U": "Update",
    "F": "Functions",
    "8": "Portable plugins: list, describe, status",
    "P": "Portable plugins: create, update, drop",
    "9": "Prebuilt plugins",
    "B": "Prebuilt plugins: where they come from",
    "O": "Uploads",
    "M": "Metadata of packages",
    "11": "What metadata say",
    "R": "What lies around",
    "13": "Where documentation and servers disagree",
    "14": "What whole servers were seen to do",
}
"""The headings of cases, by what stands before the hyphen of their ids."""
_BUGS = "https://github.com/lf-edge/ekuiper/commit/"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each ``<!-- generated: NAME -->`` by what it names."""
    for name, make in GENERATED.items():
        mark = f"<!-- generated: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown


def _clauses() -> str:
    lines = (
        (
            f'<a id="{one.id}"></a>`{one.id}`',
            one.level.value,
            one.title,
            span(one),
            _source(one),
            _seen(one),
        )
        for one in sorted(clauses(), key=lambda clause: clause.id)
    )
    return _table(("Clause", "Level", "Requirement", "Concerns", "Source", "Real servers"), lines)


def _seen(clause: Clause) -> str:
    """What real servers do, each outcome with their releases."""
    found: dict[str, list[str]] = {}
    for release, outcome in evidence().get(clause.id, {}).items():
        found.setdefault(outcome, []).append(release.text)
    return "; ".join(f"{outcome}: {', '.join(releases)}" for outcome, releases in found.items())


def _summary() -> str:
    """How much is judged, in one table."""
    told = [row for heading in sentences().values() for row in heading.values()]
    found = {
        "sentences of the documentation": told,
        "cases of the API": [*cases().values()],
        "bugs that eKuiper had": [*bugs().values()],
    }
    lines = []
    for name, those in found.items():
        states = [_state(row) for row in those]
        counts = [str(states.count(state)) for state in ("judged", "choice", "not judged")]
        lines.append((name, str(len(those)), *counts))
    return _table(("Of", "there are", "judged", "a choice", "not judged"), lines)


def _of_sentences() -> str:
    """The sentences of each page under their headings."""
    parts = []
    for page in dict.fromkeys(page for page, _ in sentences()):
        link = f"[{page}]({pages()[page]})" if page in pages() else page
        parts += [f"### {page}", f"The page: {link}." if page in pages() else ""]
        lines = [
            (f"{heading} {number}", row.says, *_told(row))
            for (name, heading), found in sentences().items()
            if name == page
            for number, row in found.items()
        ]
        parts.append(_table(("Sentence", "What it says", "", "By"), lines))
    return "\n\n".join(part for part in parts if part)


def _of_cases() -> str:
    """The cases by their groups, each with an anchor."""
    parts = []
    for group, title in _GROUPS.items():
        found = {name: row for name, row in cases().items() if name.partition("-")[0] == group}
        parts += [f"### {title}", _table(("Case", "What eKuiper does", "", "By"), _lines(found))]
    return "\n\n".join(parts)


def _of_bugs() -> str:
    """The bugs, each with an anchor."""
    return _table(("Bug", "What it was", "", "By"), _lines(bugs()))


def _source(clause: Clause) -> str:
    """Where a clause comes from, with links."""
    if clause.documented:
        where = {page: pages()[page] for page, _ in headings(clause.documented)}
        text = clause.documented
        for page, url in where.items():
            text = text.replace(page, f"[{page}]({url})", 1)
        return text
    word, names = cited(clause.seen)
    links = {"api": "coverage.md#{}", "bug": "coverage.md#{}", "rules": "rules/{}.md"}
    told = ", ".join(f"[{name}]({links[word].format(name)})" for name in names)
    return f"seen: {word} {told}"


def _lines(found: Mapping[str, Row]) -> Iterator[tuple[str, ...]]:
    for name, row in found.items():
        yield f'<a id="{name}"></a>{_name(name)}', row.says, *_told(row)


def _name(name: str) -> str:
    commit = len(name) == 9 and set(name) <= set("0123456789abcdef")
    return f"[{name}]({_BUGS}{name})" if commit else name


def _told(row: Row) -> tuple[str, str]:
    named = ", ".join(f"[`{name}`](clauses.md#{name})" for name in row.clauses)
    return _state(row), "; ".join(part for part in (named, row.why_not) if part)


def _state(row: Row) -> str:
    levels = {one.id: one.level for one in clauses()}
    if not row.clauses:
        return "not judged"
    return "choice" if all(levels[name] is MAY for name in row.clauses) else "judged"


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    top = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    rows = (" | ".join(cell.replace("|", "\\|") for cell in cells) for cells in lines)
    return "\n".join(top + [f"| {row} |" for row in rows])


GENERATED: dict[str, Callable[[], str]] = {
    "clauses": _clauses,
    "coverage": _summary,
    "coverage of sentences": _of_sentences,
    "coverage of cases": _of_cases,
    "coverage of bugs": _of_bugs,
}
