"""A failure on one screen: what is required, what was seen, and a script that shows it again."""

import textwrap

from kuiper_pack.suite.exchange import Event, Record
from kuiper_pack.suite.packing import WIDTH
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.script import script
from kuiper_pack.suite.verdict import Result

_RECORDS = 3
"""How many of the last exchanges are shown; the script has all of them."""
_LINES = 3


def failure(run: Run, result: Result) -> str:
    """The screen for a clause that the server broke."""
    clause = result.clause
    said = [f"{clause.level.name} {clause.id}: {clause.requirement}", result.reason]
    said += [f"it {result.cause}"] if result.cause else []
    lines = [*map(_wrapped, said), _wrapped(f"source: {clause.source}"), ""]
    lines += [told(one) for one in result.exchanges[-_RECORDS:]]
    lines += ["", "The same again, from a clean server:", script(run, result)]
    return "\n".join(lines)


def told(one: Record, width: int = WIDTH) -> str:
    """A request and its answer in two lines; an event with the last that was printed.

    Lines that are longer than ``width`` are cut.
    """
    if isinstance(one, Event):
        return "\n  ".join([f"* {one.text}", *one.output.strip().splitlines()[-_LINES:]])
    sent = f"> {one.method} {one.path} {one.body or ''}".rstrip()
    return "\n".join(_short(line, width) for line in (sent, f"< {Reply(one.answer).got}"))


def _wrapped(text: str) -> str:
    return textwrap.fill(_short(text, _LINES * (WIDTH - 10)), WIDTH)


def _short(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 4]} ..."
