"""Exchanges with the server: kept for the report, secrets masked, shown as a shell script."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kuiper_pack.client import Answer

MASK = "***"
SHOWN = 2000
_SECRETS = re.compile(
    r"authorization|token|secret|password|passwd|api[-_]?key|cookie", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a clause and its answer.

    ``key`` is the clause, the ordinal in it and the normalised request; ``setup`` says that an
    earlier clause sent it, and this one stands on what it made. ``path`` is the target below the
    URL of the server.
    """

    key: str
    method: str
    path: str
    body: str | None
    headers: Mapping[str, str]
    answer: Answer
    setup: bool = False

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

    ``what`` is one word, ``text`` says it in a line, ``shell`` are the commands that do it again,
    ``output`` is what a command printed.
    """

    key: str
    what: str
    text: str
    shell: str
    output: str = ""

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


def is_secret(header: str) -> bool:
    """Whether the value of a header is nobody's business."""
    return _SECRETS.search(header) is not None


def shown(text: str) -> str:
    """The text as far as a report shows it."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def curl(exchange: Exchange, headers: Mapping[str, str]) -> str:
    """The shell command that sends the request again to ``$URL``; secrets come from ``$TOKEN``."""
    words = ["curl -sS -i --path-as-is"]
    if exchange.method == "HEAD":
        words.append("--head")
    elif exchange.method != "GET":
        words.append(f"-X {exchange.method}")
    for name, value in {**headers, **exchange.headers}.items():
        if name.lower() == "authorization":
            words.append('-H "Authorization: $TOKEN"')
        else:
            words.append("-H " + shlex.quote(f"{name}: {MASK if is_secret(name) else value}"))
    if exchange.body is not None:
        words.append(f"--data-binary {shlex.quote(exchange.body)}")
    words.append('"$URL"' + shlex.quote(exchange.path))
    return " ".join(words)
