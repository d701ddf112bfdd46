"""The catalogue of this version of the suite, one line for each clause, so that changes are seen.

``python -m tests.suite.snapshot`` writes it anew.
"""

from pathlib import Path

from kuiper_pack import __version__
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import Clause, fingerprint

PATH = Path(__file__).parent / "catalogues" / f"{__version__}.txt"


def text() -> str:
    """The lines: id, level, releases and source, and at first what names the whole."""
    found = sorted(clauses(), key=lambda clause: clause.id)
    head = f"kuiper-pack {__version__}: {len(found)} clauses, {fingerprint(found)}"
    return "\n".join([head, *map(_line, found)]) + "\n"


def _line(clause: Clause) -> str:
    since, until = clause.since or "", clause.until or ""
    return "\t".join([clause.id, clause.level.value, f"{since}..{until}", clause.source])


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
