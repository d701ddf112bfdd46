"""Which rules are asked: prefixes of codes, as in ``--select KPP --ignore KPP12``."""

from collections.abc import Iterable, Sequence

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules.rule import Rule
from kuiper_pack.spelling import did_you_mean


def chosen(
    rules: Sequence[Rule], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """The rules of ``rules`` that are on.

    ``select`` and ``ignore`` hold codes or their beginnings; nothing selected means everything.
    The longest beginning that fits a rule decides, and of two as long the one in ``ignore``.
    Raises KuiperPackError for one that fits no rule.
    """
    on, off = _checked(rules, select, "select"), _checked(rules, ignore, "ignore")
    if not on and not off:
        return tuple(rules)
    floor = -1 if on else 0
    return tuple(rule for rule in rules if max(_fit(rule, on), floor) > _fit(rule, off))


def _fit(rule: Rule, prefixes: Sequence[str]) -> int:
    """How long the longest fitting prefix is, -1 for none."""
    return max((len(prefix) for prefix in prefixes if rule.code.startswith(prefix)), default=-1)


def _checked(rules: Sequence[Rule], prefixes: Iterable[str], option: str) -> tuple[str, ...]:
    found = tuple(prefix.strip().upper() for text in prefixes for prefix in text.split(","))
    for prefix in found:
        if not prefix or not any(rule.code.startswith(prefix) for rule in rules):
            hint = did_you_mean(prefix, [rule.code for rule in rules])
            raise KuiperPackError(f'{option}: no rule begins with "{prefix}"{hint}')
    return found
