"""How the verbs of ``kuiper-pack remote`` show what a server answers."""

import json
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kuiper_pack.client import Answer
    from kuiper_pack.remote.asked import Rejected
    from kuiper_pack.remote.session import Session
    from kuiper_pack.remote.tables import Table


class Screen:
    """Shows what a server answers: in words and tables, or as the JSON that it sent."""

    def __init__(self, session: "Session", *, as_json: bool) -> None:
        self.session = session
        self.client = session.client
        self.as_json = as_json

    def answer(self, answer: "Answer") -> None:
        """Its words; as JSON the body, or its text as a JSON string."""
        if self.as_json:
            click.echo(self._json(answer))
        else:
            from kuiper_pack.client import printable

            click.echo(printable(self.session.shown(answer.text)))

    def answers(self, answers: "Mapping[str, Answer]") -> None:
        """A JSON object of several answers."""
        members = (f"{json.dumps(name)}:{self._json(one)}" for name, one in answers.items())
        click.echo(f"{{{','.join(members)}}}")

    def table(self, table: "Table", nothing: str = "") -> None:
        """Rows for people, or ``nothing`` beside the standard output where there is none."""
        from kuiper_pack.remote.tables import write

        rows = [tuple(map(self.session.shown, row)) for row in table.rows]
        write(table._replace(rows=rows), sys.stdout)
        if not rows and nothing:
            self.say(nothing)

    def say(self, line: str) -> None:
        """A line beside the answer, for people."""
        if not self.as_json:
            click.echo(f"kuiper-pack: {self.session.shown(line)}", err=True)

    def refused(self, rejected: "Rejected") -> None:
        """The line of a refusal; with JSON also what the server sent."""
        if self.as_json and rejected.answer is not None and rejected.answer.status is not None:
            click.echo(self._json(rejected.answer))
        click.echo(f"kuiper-pack: {self.session.shown(str(rejected))}", err=True)

    def waiting(self, for_what: str) -> AbstractContextManager[object]:
        """A sign of life on a terminal."""
        if self.as_json or not sys.stderr.isatty():
            return nullcontext()
        from rich.console import Console

        return Console(stderr=True).status(for_what)

    def _json(self, answer: "Answer") -> str:
        try:
            answer.json()
        except ValueError:
            return json.dumps(self.session.shown(answer.text.strip()))
        return self.session.shown(answer.text.rstrip("\n"))
