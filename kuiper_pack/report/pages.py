"""The pages of rules, for reading."""

from collections.abc import Sequence
from typing import TextIO

from kuiper_pack.profiles import ranges
from kuiper_pack.rules.rule import Rule


def page(rule: Rule) -> str:
    """The page of a rule in Markdown, with a heading and the releases it can concern."""
    _, _, body = rule.page.partition("\n")
    concerns = f"{rule.severity.value.capitalize()}, for {ranges(rule.servers)}."
    return f"# {rule.code}: {rule.title}\n\n{concerns}\n\n{body.strip()}\n"


def listing(prefix: str, rules: Sequence[Rule]) -> str:
    """The rules whose codes begin with ``prefix``, as a list in Markdown with a heading."""
    lines = [f"- {rule.code} ({rule.severity.value}): {rule.title}\n" for rule in rules]
    return f"# {prefix}: {len(rules)} rules\n\n{''.join(lines)}"


def write(pages: Sequence[str], stream: TextIO) -> None:
    """Write pages one after the other; laid out on a terminal, else as Markdown."""
    if not stream.isatty():
        stream.write("\n".join(pages))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(file=stream)
    for text in pages:
        console.print(Markdown(text))
