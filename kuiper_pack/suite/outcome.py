"""What a run ends with, as plain data: reports, the summary and the exit code are made from it."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kuiper_pack.suite.discovery import Discovery
from kuiper_pack.suite.journal import Made
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.verdict import Result, Verdict

OK, FAILED, CANNOT_TELL = 0, 1, 2
_NOT_TRIED = (Verdict.BLOCKED, Verdict.NOT_APPLICABLE, Verdict.EXCLUDED)
_KNOWN = (Verdict.KNOWN_FAILURE, Verdict.KNOWN_DEFECT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts of a run, and what is not as it was before it.

    ``residue`` says so in lines; ``left`` is what of ours is still on the server, or may be, where
    ``unseen`` says why that cannot be told.
    """

    options: Options
    seed: str
    discovery: Discovery
    results: Mapping[str, Result]
    residue: tuple[str, ...] = ()
    left: tuple[Made, ...] = ()
    unseen: str = ""

    @property
    def last_word(self) -> str:
        """What is left, and the command that tries again, in one line; nothing if there is none."""
        return last_word(self.options.url, self.left, self.unseen)

    @property
    def code(self) -> int:
        """The exit code of the run: all clauses hold, one failed, or it cannot be told."""
        results, gates = self.results.values(), self.options.gates
        if (self.residue and not self.unseen) or any(
            one.verdict is Verdict.UNEXPECTED_PASS
            or (one.verdict is Verdict.FAILED and gates(one.clause))
            for one in results
        ):
            return FAILED
        unsure = (
            bool(self.unseen)
            or all(one.verdict in _NOT_TRIED for one in results)
            or any(self._is_open(one) and gates(one.clause) for one in results)
        )
        return CANNOT_TELL if unsure else OK

    def _is_open(self, result: Result) -> bool:
        """Whether a clause is blocked by anything but what is known to fail."""
        root = self.results.get(result.blocked_by or "")
        known = root is not None and root.verdict in _KNOWN
        return result.verdict is Verdict.BLOCKED and not known


def merged(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of one run whose clauses several workers judged.

    Raises ValueError where there is none.
    """
    every = list(outcomes)
    if not every:
        raise ValueError("no outcome is nothing to merge")
    return replace(
        every[0],
        results={name: one for outcome in every for name, one in outcome.results.items()},
        residue=tuple(dict.fromkeys(line for one in every for line in one.residue)),
        left=tuple(dict.fromkeys(made for one in every for made in one.left)),
        unseen=next((one.unseen for one in every if one.unseen), ""),
    )


def last_word(url: str, left: Sequence[Made], unseen: str) -> str:
    """What is left, and the command that tries again, in one line; nothing if there is none."""
    names = ", ".join(map(str, left))
    where = "may be left" if unseen else "left"
    command = f"kuiper-pack cleanup {shlex.quote(url)}"
    return f"{where} on the server: {names}; {command} tries again" if names else ""
