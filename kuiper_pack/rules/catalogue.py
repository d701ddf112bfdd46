"""All rules: ours, and those that other distributions bring by entry point."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from inspect import isabstract
from types import ModuleType
from typing import TYPE_CHECKING

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules import (
    archive,
    common_keys,
    configuration,
    entry_names,
    etc_dir,
    exports,
    install_script,
    layout,
    libraries,
    metadata,
    name,
    other,
    plugin_build,
    plugin_content,
    portable,
    program,
    script_commands,
    script_images,
    script_paths,
    shared_object,
    shellcheck,
    symbol_files,
    symbols,
    texts,
    together,
    unpacking,
    version,
    wasm,
)
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.rule import Rule
from kuiper_pack.spelling import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "kuiper_pack.rules"
"""The entry point group: its values name a ``Rule`` class, or a module that holds some."""

FAMILIES: tuple[ModuleType, ...] = (
    name,
    layout,
    unpacking,
    shared_object,
    libraries,
    plugin_content,
    together,
    version,
    symbols,
    exports,
    plugin_build,
    configuration,
    common_keys,
    metadata,
    install_script,
    script_paths,
    script_commands,
    script_images,
    shellcheck,
    etc_dir,
    portable,
    program,
    symbol_files,
    wasm,
    archive,
    entry_names,
    texts,
    other,
)

_CODE = r"[A-Z]+[0-9]+"


@cache
def ours() -> tuple[Rule, ...]:
    """The rules of kuiper-pack, in the order of the families, and by code within each."""
    rules = [rule() for family in FAMILIES for rule in rules_in(family)]
    families = list(dict.fromkeys(rule.code[:3] for rule in rules))
    return tuple(sorted(rules, key=lambda rule: (families.index(rule.code[:3]), rule.code)))


@cache
def catalogue() -> tuple[Rule, ...]:
    """Ours, then those of every installed distribution that brings some.

    Raises KuiperPackError, naming the entry point, where one cannot be loaded or is no rule.
    """
    rules = list(ours())
    for point in sorted(_entry_points(), key=lambda point: point.name):
        try:
            rules += third_party(point.load())
        except Exception as error:
            raise KuiperPackError(
                f'rules of the entry point "{point.name}" ({point.value}) cannot be used: {error}'
            ) from error
    _unique(rules)
    return tuple(rules)


def _entry_points() -> "Iterable[EntryPoint]":
    """The entry points of the group.

    To import importlib.metadata takes longer than to judge a hundred packages, so the files of
    installed distributions are first asked whether they name the group at all.
    """
    if not any(_may_bring_rules(path) for path in sys.path):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _may_bring_rules(path: str) -> bool:
    """Whether a distribution in one entry of sys.path brings rules; zips may, unread."""
    try:
        with os.scandir(path or ".") as found:
            infos = [one.path for one in found if one.name.endswith((".dist-info", ".egg-info"))]
    except NotADirectoryError:
        return True
    except OSError:
        return False
    return any(_names_group(info) for info in infos)


def _names_group(info: str) -> bool:
    try:
        with open(f"{info}/entry_points.txt", "rb") as file:  # noqa: PTH123 (pathlib is slower)
            return f"[{GROUP}]".encode() in file.read()
    except OSError:
        return False


def third_party(value: object) -> list[Rule]:
    """The rules an entry point leads to; raises TypeError or ValueError for a broken one."""
    if isinstance(value, ModuleType):
        found = list(rules_in(value))
        if not found:
            raise ValueError(f"the module {value.__name__} holds no rule")
    elif isinstance(value, type) and issubclass(value, Rule):
        found = [value]
    else:
        raise TypeError(f"{value!r} is neither a Rule class nor a module with rules")
    for rule in found:
        _check_class(rule)
    return [rule() for rule in found]


def rules_in(module: ModuleType) -> Iterator[type[Rule]]:
    """The rule classes that ``module`` itself defines, in its order."""
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and value.__module__ == module.__name__
            and not value.__name__.startswith("_")
            and issubclass(value, Rule)
        ):
            yield value


def beginning(prefix: str) -> tuple[Rule, ...]:
    """The rules whose codes are longer than ``prefix`` and begin so, in any case of letters."""
    start = prefix.upper()
    return tuple(rule for rule in catalogue() if rule.code != start and rule.code.startswith(start))


def find(code: str) -> Rule:
    """The rule of that code, in any case of letters.

    Raises KuiperPackError with the nearest code where there is none.
    """
    for rule in catalogue():
        if rule.code == code.upper():
            return rule
    hint = did_you_mean(code, [rule.code for rule in catalogue()])
    raise KuiperPackError(f'there is no rule "{code}"{hint}; kuiper-pack rules lists them')


def _check_class(rule: type[Rule]) -> None:
    code = getattr(rule, "code", None)
    if not isinstance(code, str) or not re.fullmatch(_CODE, code):
        raise ValueError(f"{rule.__name__}.code is {code!r}; capitals and then digits are needed")
    if not isinstance(getattr(rule, "severity", None), Severity):
        raise TypeError(f"{rule.__name__}.severity is no Severity")
    if not (rule.__doc__ or "").strip():
        raise ValueError(f"{rule.__name__} has no docstring, and so no page")
    if isabstract(rule):
        raise TypeError(f"{rule.__name__} has no check")


def _unique(rules: Sequence[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        other_rule = seen.setdefault(rule.code, rule)
        if other_rule is not rule:
            raise KuiperPackError(
                f"two rules are called {rule.code}: "
                f"{_where(other_rule)} and {_where(rule)}; rename or uninstall one"
            )


def _where(rule: Rule) -> str:
    return f"{type(rule).__module__}.{type(rule).__name__}"
