"""What a server answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def printable(text: str) -> str:
    """The text in one line, with nothing in it that a terminal obeys."""
    line = " ".join(text.split())
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as it came.

    ``status`` is None where the server closed the connection before it answered, or sent what is no
    HTTP. ``headers`` are looked up in lower case. ``body`` holds the first bytes, ``cut`` says that
    there were more or that the rest never came. ``note`` is one printable line on what is unusual
    about the answer. ``elapsed`` counts seconds.
    """

    method: str
    url: str
    status: int | None
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    note: str = ""
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are shown as U+FFFD."""
        return self.body.decode("utf-8", "replace")

    @property
    def content_type(self) -> str:
        """The header of that name, or nothing."""
        return self.headers.get("content-type", "")

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none, or is cut."""
        if self.cut:
            raise ValueError("the body was cut")
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("the body nests too deeply") from error
