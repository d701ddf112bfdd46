"""The catalogue: every clause there is, with the function that checks it."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.spelling import did_you_mean
from kuiper_pack.suite.clause import Clause, clause_of, in_order

PACKAGE = "kuiper_pack.conformance"
"""Where the clauses are; it stands above the suite and is imported by name only."""


@cache
def clauses() -> dict[Clause, Callable[..., Any]]:
    """Every clause with its function, each after what it needs."""
    found = {}
    for module in pkgutil.iter_modules([str(folder())]):
        if module.name != "conftest":
            loaded = importlib.import_module(f"{PACKAGE}.{module.name}")
            for function in vars(loaded).values():
                if clause := clause_of(function):
                    found[clause] = function
    return {clause: found[clause] for clause in in_order(found)}


def find(identifier: str) -> Clause:
    """The clause of that id; raises KuiperPackError with the nearest one there is."""
    known = {clause.id: clause for clause in clauses()}
    if identifier not in known:
        raise KuiperPackError(
            f'there is no clause "{identifier}"{did_you_mean(identifier, [*known])}; '
            "kuiper-pack clauses lists them"
        )
    return known[identifier]


def folder() -> Path:
    """The folder of the clauses; they are not imported for that."""
    from importlib.util import find_spec

    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise KuiperPackError(f"{PACKAGE} is not installed: install kuiper-pack anew")
    return Path(spec.origin).resolve().parent
