"""An answer, and what a clause may ask of it."""

from collections.abc import Collection
from html import unescape
from typing import Any

from kuiper_pack.client import Answer, printable
from kuiper_pack.client.headers import masked
from kuiper_pack.suite.verdict import Unmet

_LINE = 300


class Reply:
    """What the server answered to one request; the questions raise :class:`Unmet`.

    ``secrets`` are not shown where the server repeats them.
    """

    def __init__(self, answer: Answer, secrets: Collection[str] = ()) -> None:
        self.answer = answer
        self._secrets = secrets

    @property
    def ok(self) -> bool:
        """Whether the request was accepted."""
        return self.answer.ok

    def accepted(self) -> "Reply":
        """Ask for a 2xx status."""
        if not self.answer.ok:
            raise Unmet("the request is accepted (status 2xx)", self.got)
        return self

    def refused(self) -> "Reply":
        """Ask for an answer with a status that is not 2xx."""
        if self.answer.status is None or self.answer.ok:
            raise Unmet("the request is refused (an answer, not 2xx)", self.got)
        return self

    def status(self, *statuses: int) -> "Reply":
        """Ask for one of the statuses."""
        if self.answer.status not in statuses:
            raise Unmet("status " + " or ".join(map(str, statuses)), self.got)
        return self

    def says(self, *words: str) -> "Reply":
        """Ask for all the words somewhere in the body, in any case."""
        text = self.answer.text.lower()
        for word in words:
            if word.lower() not in text:
                raise Unmet(f'a body that mentions "{word}"', self.got)
        return self

    def json(self) -> Any:
        """The body of an accepted request as JSON."""
        self.accepted()
        try:
            return self.answer.json()
        except ValueError:
            raise Unmet("a body of JSON", self.got) from None

    def names(self) -> list[str]:
        """The body as a JSON array of strings."""
        found = self.json()
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise Unmet("a JSON array of strings", self.got)
        return found

    def plugins(self) -> list[str]:
        """The names of plugins in a JSON array of strings, or of objects with a name (api 8.1)."""
        found = self.json()
        if isinstance(found, list):
            names = [one.get("name") if isinstance(one, dict) else one for one in found]
            if len(strings := [one for one in names if isinstance(one, str)]) == len(names):
                return strings
        raise Unmet("a JSON array of plugins", self.got)

    def members(self) -> dict[str, Any]:
        """The body as a JSON object."""
        found = self.json()
        if not isinstance(found, dict):
            raise Unmet("a JSON object", self.got)
        return found

    def path(self) -> str:
        """The body as the path of a file: a JSON string, or text, maybe escaped for a page."""
        text = self.accepted().answer.text.strip()
        try:
            found = self.answer.json()
        except ValueError:
            return unescape(text)
        return found if isinstance(found, str) else text

    @property
    def got(self) -> str:
        """The answer in one line."""
        note = masked(self.answer.note, self._secrets)
        if self.answer.status is None:
            return f"nothing: {note}"
        text = printable(masked(self.answer.text, self._secrets)[: 4 * _LINE])
        said = f"{self.answer.status} {text[:_LINE] or '(no body)'}"
        return f"{said}; {note}" if note else said
