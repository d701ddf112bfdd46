"""What CI systems show: remarks on files, each with a fingerprint that outlives edits."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuiper_pack.profiles import ranges
from kuiper_pack.report.place import file_of, inside, of_which
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.validation import Judgement, Verdict
from kuiper_pack.spelling import printable

UNREADABLE = "unreadable"
"""What stands for the code of a rule where a package is unreadable."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding, or that its package is unreadable, where ``finding`` is None.

    ``file`` is the file to point at, any text; ``line`` and ``column`` are those of ``file`` and
    not of an entry in a zip. ``text`` is one line of visible characters and names the entry.
    ``fingerprint`` is hexadecimal and no two remarks have the same: it depends on the rule, the
    package without its version, the file and the message, not on lines, servers or other findings.
    """

    judgement: Judgement
    finding: Finding | None
    rule: str
    severity: Severity
    file: str
    text: str
    fingerprint: str
    line: int | None = None
    column: int | None = None


def remarks(judgements: Iterable[Judgement]) -> Iterator[Remark]:
    """All remarks, in the order of the packages, that one is unreadable before its findings."""
    seen: Counter[bytes] = Counter()
    for judgement in judgements:
        if judgement.verdict is Verdict.UNREADABLE:
            yield _unreadable(judgement, seen)
        for finding in judgement.findings:
            yield _remark(judgement, finding, seen)


def _unreadable(judgement: Judgement, seen: Counter[bytes]) -> Remark:
    return Remark(
        judgement,
        None,
        UNREADABLE,
        Severity.ERROR,
        file_of(judgement),
        printable(judgement.reason or ""),
        _fingerprint(seen, UNREADABLE, _lasting_name(judgement)),
    )


def _remark(judgement: Judgement, finding: Finding, seen: Counter[bytes]) -> Remark:
    within = judgement.is_folder or finding.outside is not None
    return Remark(
        judgement,
        finding,
        finding.rule,
        finding.severity,
        file_of(judgement, finding),
        _text(judgement, finding),
        _fingerprint(
            seen, finding.rule, _lasting_name(judgement), finding.file or "", finding.message
        ),
        finding.line if within else None,
        finding.column if within else None,
    )


def _text(judgement: Judgement, finding: Finding) -> str:
    place = "" if judgement.is_folder else inside(finding)
    before = f"{place}: " if place else ""
    after = f"; fix: {finding.fix}" if finding.fix else ""
    message = finding.message + of_which(judgement, finding)
    return printable(f"{before}{message} [{ranges(finding.servers)}]{after}")


def _lasting_name(judgement: Judgement) -> str:
    """The path without the version of the plugin, which is new with every release of it."""
    path = file_of(judgement)
    return path.replace(f"-{judgement.version}", "", 1) if judgement.version else path


def _fingerprint(seen: Counter[bytes], *parts: str) -> str:
    """The hash of ``parts`` and of how often it was seen before."""
    key = "\0".join(parts).encode("utf-8", "surrogatepass")
    seen[key] += 1
    return hashlib.sha256(b"%s\0%d" % (key, seen[key])).hexdigest()
