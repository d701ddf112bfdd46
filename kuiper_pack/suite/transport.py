"""The one way to the server: every exchange is keyed and kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from kuiper_pack.client import Answer, Client
from kuiper_pack.suite.exchange import Event, Exchange, Record, masked


class Transport:
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
        self._clause = ""
        self._ordinal = 0

    def begin(self, clause: str, said: Sequence[Record] = ()) -> None:
        """From now on exchanges belong to that clause, and are counted on from what was said."""
        self._clause, self._ordinal, self.exchanges = clause, len(said), [*said]

    def note(self, what: str, text: str, shell: str, output: str = "") -> Event:
        """Keep an event beside the exchanges."""
        self._ordinal += 1
        key = f"{self._clause} {self._ordinal} {what}"
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
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and keep the exchange; a request without an answer is kept as well."""
        self._ordinal += 1
        given = dict(headers or {})
        if body is not None:
            given.setdefault("Content-Type", "application/json")
        request = self._normal(f"{method} {path} {body or ''}")
        key = f"{self._clause} {self._ordinal} {request}"
        failure: BaseException | None = None
        try:
            data = None if body is None else body.encode("utf-8", "surrogateescape")
            answer = self.client.send(method, path, body=data, headers=given)
        except Exception as error:
            failure = error
            answer = Answer(method, path, None, note=str(error))
        kept = self._without_secrets(answer)
        self.exchanges.append(Exchange(key.rstrip(), method, path, body, given, kept))
        if failure is not None:
            raise failure
        return answer

    def upload(self, name: str, content: bytes) -> Answer:
        """Upload a file; what is kept is that it was, and what the server said."""
        said = "no answer"
        try:
            answer = self.client.upload(name, content)
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
