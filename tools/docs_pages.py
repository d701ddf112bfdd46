"""MkDocs hook: the pages that are made from the code at build time, so that they cannot be stale.

One page per rule from its docstring, the table of rules, the table of changes between releases,
and the help of every command. Nothing of it is kept in the repository.
"""

import ast
import importlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File

import kuiper_pack
from kuiper_pack.cli import COMMANDS
from kuiper_pack.profiles import ranges
from kuiper_pack.profiles.change import Change
from kuiper_pack.profiles.changes import CHANGES
from kuiper_pack.report.pages import page
from kuiper_pack.rules.catalogue import ours
from kuiper_pack.rules.rule import Rule
from kuiper_pack.server import manners, metadata_manners
from kuiper_pack.server.rules import ways


def on_config(config: Any) -> Any:
    """Put the rule pages and the proof tables into the navigation."""
    for section in config.nav:
        for title, pages in section.items():
            if title == "Rules":
                pages += [{rule.code: _uri(rule)} for rule in ours()]
            elif title == "Proof":
                tables = sorted(Path(config.docs_dir, "proof").glob("*.md"))
                pages += [f"proof/{path.name}" for path in tables if path.stem != "index"]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add one page per rule."""
    for rule in ours():
        files.append(File.generated(config, _uri(rule), content=page(rule)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each ``<!-- generated: NAME -->`` by what it names."""
    for name, make in GENERATED.items():
        mark = f"<!-- generated: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown


def _uri(rule: Rule) -> str:
    return f"rules/{rule.code}.md"


def _kinds(rule: Rule) -> str:
    return ", ".join(sorted(kind.value if kind else "any" for kind in rule.kinds))


def _rule_table() -> str:
    rows = [
        f"| [{rule.code}]({rule.code}.md) | {_cell(rule.title)} | {rule.severity.value} "
        f"| {_kinds(rule)} | {ranges(rule.servers)} |"
        for rule in ours()
    ]
    return _table(("Rule", "What", "Severity", "Packages", "Releases"), rows)


def _change_table(changes: Sequence[Change] = CHANGES) -> str:
    rows = [
        f"| {change.since} | `{change.fact}` | `{_cell(repr(change.value))}` "
        f"| {_cell(change.source)} |"
        for change in changes
    ]
    return _table(("Since", "Fact", "Value", "Source"), rows)


def _module_table() -> str:
    root = Path(kuiper_pack.__file__).parent
    rows = []
    for path in sorted(root.rglob("*.py")):
        title = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[
            0
        ]
        name = path.relative_to(root).as_posix().removesuffix("/__init__.py")
        rows.append((name, title))
    sections = []
    for package in sorted({name.partition("/")[0] for name, _ in rows if not name.endswith(".py")}):
        lines = [f"### {package}", "", dict(rows)[package], ""]
        lines += [
            f"- `{name}`: {title}"
            for name, title in rows
            if name.startswith(f"{package}/") and title
        ]
        sections.append("\n".join(lines))
    return "\n\n".join(sections)


def _command_help() -> str:
    return "\n\n".join(_help_pages())


def _help_pages() -> Iterator[str]:
    for name, line in COMMANDS.items():
        command = getattr(importlib.import_module(f"kuiper_pack.cli.{name}"), name)
        context = click.Context(command, info_name=f"kuiper-pack {name}", max_content_width=100)
        yield f"## {name}\n\n{line}\n\n```text\n{command.get_help(context)}\n```"
        if isinstance(command, click.Group):
            yield from _verb_pages(name, command, context)


def _verb_pages(name: str, group: click.Group, above: click.Context) -> Iterator[str]:
    for verb in group.list_commands(above):
        if (command := group.get_command(above, verb)) is not None:
            context = click.Context(command, above, f"kuiper-pack {name} {verb}")
            context.max_content_width = above.max_content_width
            yield f"### {name} {verb}\n\n```text\n{command.get_help(context)}\n```"


def _table(head: tuple[str, ...], rows: list[str]) -> str:
    top = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join(top + rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


GENERATED: dict[str, Callable[[], str]] = {
    "rules": _rule_table,
    "changes": _change_table,
    "changes on the wire": partial(_change_table, manners.CHANGES),
    "changes of metadata": partial(_change_table, metadata_manners.CHANGES),
    "changes of rules": partial(_change_table, ways.CHANGES),
    "commands": _command_help,
    "modules": _module_table,
}
