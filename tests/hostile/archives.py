"""All hostile archives: each is named by the rules that its codes say."""

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType

from tests.hostile import combined, contents, documents, ends, headers, names
from tests.hostile.danger import Dangers, Hostile

MODULES: tuple[ModuleType, ...] = (names, headers, ends, contents, documents, combined)


def archives() -> Iterator[Hostile]:
    """The archives, in the order of the modules and their functions."""
    for danger in dangers():
        yield from made(danger)


@cache
def made(danger: Callable[[], Dangers]) -> tuple[Hostile, ...]:
    """The archives of one danger, made once."""
    return tuple(danger())


def dangers() -> tuple[Callable[[], Dangers], ...]:
    """The functions that make them, one for each danger."""
    return tuple(
        function
        for module in MODULES
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not inspect.signature(function).parameters
        and inspect.signature(function).return_annotation in (Dangers, "Dangers")
    )
