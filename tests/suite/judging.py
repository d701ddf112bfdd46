"""All clauses against one server, in this process and without pytest."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from random import Random
from typing import Any

from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import SCRIPTS, STOP, Clause, with_needs
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict

__all__ = ["beside", "clauses", "ids", "judge", "named"]

Wanted = Callable[[Clause], bool]
LONG = ("native.model", "native.package.drawn-*", "native.package.predicted")
"""Clauses over what Hypothesis draws."""


def judge(
    server: ReferenceServer | str,
    *,
    restart: Callable[[], object] | None = None,
    wanted: Wanted = lambda _: True,
    **options: Any,
) -> Run:
    """A run that has come to its end, over the clauses that are ``wanted``.

    A reference server is judged over restarts too, and lets itself be stopped; a URL only with
    ``restart`` and the words of ``allow``.
    """
    if isinstance(server, ReferenceServer):
        quick = replace(server.service.options, exit_delay=0.01)
        server.service.options = server.options = quick
        restart = restart or server.restart
        allow = frozenset({STOP, SCRIPTS} if quick.allow_install_scripts else {STOP})
        options = {"allow": allow, "watched_for": 0.2, "ends_within": 4.0, **options}
    url = server if isinstance(server, str) else server.url
    with Run(Options(url=url, **options), restart) as run:
        run.judge_all(
            {
                clause: partial(function, run.server)
                for clause, function in clauses().items()
                if wanted(clause)
            }
        )
    return run


def named(*patterns: str) -> set[str]:
    """The clauses with one of the names, in which ``*`` stands for anything."""
    return {one.id for one in clauses() if any(fnmatchcase(one.id, each) for each in patterns)}


def beside(names: Iterable[str], word: str, others: int) -> Wanted:
    """The clauses of those names, ``others`` that are drawn by a word, and what all stand on.

    None that is drawn lets the server end, or sends as much as all the rest.
    """
    by_id = {one.id: one for one in clauses()}
    long = named(*LONG)
    quick = [name for name, one in by_id.items() if STOP not in one.allow and name not in long]
    drawn = Random(word).sample(quick, min(others, len(quick)))
    chosen = with_needs([by_id[name] for name in {*names, *drawn}], by_id)
    return lambda clause: clause.id in chosen


def ids(run: Run, *verdicts: Verdict) -> set[str]:
    """The clauses with one of the verdicts."""
    return {name for name, result in run.results.items() if result.verdict in verdicts}
