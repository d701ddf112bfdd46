"""All clauses against one server, in this process and without pytest."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from kuiper_pack import conformance
from kuiper_pack.suite.clause import Clause, clause_of, in_order
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict


@cache
def clauses() -> dict[Clause, Callable[..., Any]]:
    """Every clause with its function, each after what it needs."""
    found = {}
    for module in pkgutil.iter_modules(conformance.__path__):
        if module.name != "conftest":
            loaded = importlib.import_module(f"{conformance.__name__}.{module.name}")
            for function in vars(loaded).values():
                if clause := clause_of(function):
                    found[clause] = function
    return {clause: found[clause] for clause in in_order(found)}


def judge(url: str, **options: Any) -> Run:
    """A run that has come to its end."""
    with Run(Options(url=url, **options)) as run:
        for clause, function in clauses().items():
            run.judge(clause, lambda function=function: function(run.server))  # type: ignore[misc]
    return run


def ids(run: Run, *verdicts: Verdict) -> set[str]:
    """The clauses with one of the verdicts."""
    return {name for name, result in run.results.items() if result.verdict in verdicts}
