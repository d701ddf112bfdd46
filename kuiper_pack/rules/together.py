"""What is wrong with packages only because they are given together."""

import datetime
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path

from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import EngineRule
from kuiper_pack.rules.suppressions import split
from kuiper_pack.rules.validation import Judgement, Order, with_findings

_SHOWN = 3


class OnePluginPath(EngineRule):
    """Two plugins have the same plugin path, so a server opens only one of them.

    Go gives every plugin a path, the import path of its package, and a process loads only one
    plugin of each. Two plugins that were made from one template, or one shared object under two
    names, as a source and a sink, cannot both be used. From 1.6.0 on the second one is refused when
    it is installed:

    `plugin already loaded`

    Older servers install both, and rules that use the second one fail. This is said of packages
    with different names that are given together and were built for the same processor, C library
    and Go version.

    Bad: two plugins in modules that are both called `example.org/plugin`. Good: a module path, or a
    folder in the module, for each plugin.

    Give each plugin its own module path, or its own folder, and build it by its folder.
    """

    code, severity, of_many = "KPS07", Severity.WARNING, True

    def tell(self, judgement: Judgement, others: Iterable[Path]) -> Finding:
        """The finding about one package, whose plugin path ``others`` have as well."""
        names = [str(one) for one in others]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        path = judgement.plugin.path if judgement.plugin else ""
        return self.at(
            judgement.plugin.file if judgement.plugin else None,
            f"its plugin path {path} is that of {', '.join(names[:_SHOWN])}{more} as well: a "
            "server opens only one of them",
            servers=judgement.releases,
            fix="give each plugin a module path or a folder of its own",
        )


def judged_together(
    judgements: Sequence[Judgement], order_for: Callable[[Path], Order]
) -> Iterator[Judgement]:
    """The same judgements, with what is found only when they are looked at side by side."""
    alike: dict[Hashable, list[Judgement]] = {}
    for one in judgements:
        if one.plugin is not None:
            alike.setdefault(one.plugin.identity, []).append(one)
    for one in judgements:
        others = [
            other.path
            for other in (alike[one.plugin.identity] if one.plugin is not None else ())
            if (other.kind, other.name) != (one.kind, one.name)
        ]
        yield _with_others(one, others, order_for(one.path)) if others else one


def _with_others(judgement: Judgement, others: Iterable[Path], order: Order) -> Judgement:
    rule = OnePluginPath()
    if not order.judge.asks(rule):
        return judgement
    finding = rule.tell(judgement, others)
    kept, _ = split([finding], order.ignores, datetime.date.today())
    return with_findings(judgement, kept, order) if kept else judgement
