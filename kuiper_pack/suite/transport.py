"""The one way to the server: every exchange is keyed and kept."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kuiper_pack.client import Answer, Client, Endpoints, Unreachable, with_json
from kuiper_pack.suite.exchange import Event, Exchange, Record, masked

_KEPT = 1 << 16
"""Bytes of a body that are kept: reports show less, and a run has hundreds of answers."""


class Transport(Endpoints):
    """Sends requests for one clause at a time and keeps what was said.

    ``replaced`` maps texts that differ from run to run (the run's prefix, the address of the
    artifact host) to the words that keys have instead; ``secrets`` are not kept where the server
    repeats them.
    """

    def __init__(self, client: Client, secrets: Collection[str] = ()) -> None:
        self.client = client
        self.secrets = secrets
        self.replaced: dict[str, str] = {}
        self.exchanges: list[Record] = []
        self.clause = ""
        self.in_doubt = False
        """Whether a request since :meth:`begin` has no answer, or half of one."""
        self.late = 0
        """How many requests were not answered in time, in the whole run."""
        self._ordinal = 0

    def begin(self, clause: str, said: Sequence[Record] = ()) -> None:
        """From now on exchanges belong to that clause, and are counted on from what was said."""
        self.clause, self._ordinal, self.exchanges = clause, len(said), [*said]
        self.in_doubt = False

    def note(self, what: str, text: str, shell: str, output: str = "") -> Event:
        """Keep an event beside the exchanges."""
        self._ordinal += 1
        key = f"{self.clause} {self._ordinal} {what}"
        event = Event(key, what, text, shell, masked(output, self.secrets))
        self.exchanges.append(event)
        return event

    def recall(self, made: Record) -> None:
        """What an earlier clause sent is ground that the present one stands on."""
        if isinstance(made, Exchange) and not any(one.key == made.key for one in self.exchanges):
            self.exchanges.append(replace(made, setup=True))

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and keep the exchange; a request without an answer is kept as well."""
        if json is not None:
            body, headers = with_json(json, headers)
        self._ordinal += 1
        given = dict(headers or {})
        text = None if body is None else body.decode("utf-8", "surrogateescape")
        request = self._normal(f"{method} {path} {text or ''}")
        key = f"{self.clause} {self._ordinal} {request}".rstrip()

        def keep(answer: Answer) -> None:
            kept = self._without_secrets(answer)
            if len(kept.body) > _KEPT:
                note = f"{len(kept.body)} bytes, of which the first {_KEPT} are kept"
                kept = replace(kept, body=kept.body[:_KEPT], cut=True, note=kept.note or note)
            self.exchanges.append(Exchange(key, method, path, text, given, kept))

        try:
            answer = self._asked(self.client.send, method, path, body=body, headers=given)
        except Unreachable as error:
            keep(Answer(method, path, None, note=str(error)))
            raise
        keep(answer)
        return answer

    def _asked(self, ask: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        """An answer; remembers where none comes, or half of one."""
        try:
            answer = ask(*given, **named)
        except Unreachable as error:
            self.in_doubt = True
            self.late += error.hung
            raise
        self.in_doubt |= answer.status is None or answer.cut
        return answer

    def upload(self, name: str, content: bytes) -> Answer:
        """Upload a file; what is kept is that it was, and what the server said."""
        said = "no answer"
        try:
            answer = self._asked(self.client.upload, name, content)
            said = f"{answer.status} {masked(answer.text.strip(), self.secrets)}"
        finally:
            self.note("upload", f"{name} ({len(content)} bytes) is uploaded: {said}", "")
        return answer

    def _without_secrets(self, answer: Answer) -> Answer:
        if not any(one in answer.text + answer.note for one in self.secrets):
            return answer
        text, note = masked(answer.text, self.secrets), masked(answer.note, self.secrets)
        return replace(answer, body=text.encode(), note=note)

    def _normal(self, text: str) -> str:
        for varying, word in self.replaced.items():
            text = text.replace(varying, word)
        return text
