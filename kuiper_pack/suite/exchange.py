"""What a clause said and heard: kept for the report, with secrets masked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kuiper_pack.client import Answer

SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a clause and its answer.

    ``key`` is the clause, the ordinal in it and the normalised request; ``setup`` says that an
    earlier clause sent it, and this one stands on what it made. ``path`` is the target below the
    URL of the server. ``together`` says that the next one was sent at the same time, or that an
    event follows which awaits all of them.
    """

    key: str
    method: str
    path: str
    body: str | None
    headers: Mapping[str, str]
    answer: Answer
    setup: bool = False
    together: bool = False

    def as_json(self) -> dict[str, Any]:
        """The exchange as the report has it."""
        return {
            "key": self.key,
            "method": self.method,
            "path": self.path,
            "body": self.body,
            "status": self.answer.status,
            "content_type": self.answer.content_type,
            "text": shown(self.answer.text),
            "note": self.answer.note,
            "setup": self.setup,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """What a clause saw beside the exchanges: a restart of the server, or that it ended.

    ``what`` is one word, ``text`` says it in a line, ``shell`` is what does it again in a script,
    with ``files`` beside it; ``output`` is what a command printed, or where an upload is.
    """

    key: str
    what: str
    text: str
    shell: str
    output: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """The event as the report has it."""
        return {
            "key": self.key,
            "event": self.what,
            "text": shown(self.text),
            "output": shown(self.output),
        }


Record = Exchange | Event
"""What a clause leaves in the report, in the order it happened."""


def shown(text: str) -> str:
    """The text as far as a report shows it."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"
