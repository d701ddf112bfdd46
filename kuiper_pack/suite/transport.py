"""The one way to the server: every exchange is keyed and kept."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from shlex import quote
from threading import Barrier
from typing import Any, NamedTuple

from kuiper_pack.client import Answer, Client, Endpoints, Unreachable, printable, with_json
from kuiper_pack.client.headers import masked
from kuiper_pack.suite.exchange import Event, Exchange, Record

_KEPT = 1 << 16
"""Bytes of a body that are kept: reports show less, and a run has hundreds of answers."""
_SHOWN = 60
"""Bytes of what is no request that are kept."""
_THROW = "printf '%s' | curl -sS -m 5 \"telnet://${URL#*://}\" || :"


class Request(NamedTuple):
    """A request whose body is JSON, or that has none."""

    method: str
    path: str
    json: Any = None


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

    def note(
        self,
        what: str,
        text: str,
        shell: str,
        output: str = "",
        files: Mapping[str, bytes] | None = None,
    ) -> Event:
        """Keep an event beside the exchanges."""
        self._ordinal += 1
        key = f"{self.clause} {self._ordinal} {what}"
        event = Event(key, what, text, shell, masked(output, self.secrets), files or {})
        self.exchanges.append(event)
        return event

    def forget(self, since: int) -> None:
        """Keep, and count, nothing of what was said since there were so many exchanges."""
        self._ordinal -= len(self.exchanges) - since
        del self.exchanges[since:]

    def waited(self, since: int, text: str, shell: str) -> None:
        """Keep before those exchanges that they were waited for: it happens, and is not counted."""
        key = f"{self.clause} {self._ordinal} wait"
        self.exchanges.insert(since, Event(key, "wait", text, shell))

    @contextmanager
    def case(self) -> Iterator[None]:
        """One of several cases that need nothing of each other: a failure shows it alone."""
        before = self.exchanges
        self.exchanges = [one for one in before if isinstance(one, Exchange) and one.setup]
        ground = len(self.exchanges)
        yield
        self.exchanges = before + self.exchanges[ground:]

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
        given = dict(headers or {})
        try:
            answer = self._asked(self.client.send, method, path, body=body, headers=given)
        except Unreachable as error:
            self._keep(method, path, body, given, _no_answer(method, path, error))
            raise
        self._keep(method, path, body, given, answer)
        return answer

    def send_together(
        self, requests: Sequence[Request], once: Callable[[], object] = bool
    ) -> list[Answer]:
        """Send requests at the same time; the answers, and what is kept, are in their order.

        All but the first one wait until ``once`` returns. Raises Unreachable where one has no
        answer, when all others have theirs.
        """
        start = Barrier(len(requests))

        def ask(request: Request) -> Answer | Unreachable:
            body, headers = _written(request)
            start.wait()
            if request is not requests[0]:
                once()
            try:
                return self.client.send(request.method, request.path, body=body, headers=headers)
            except Unreachable as error:
                return error

        with ThreadPoolExecutor(len(requests)) as threads:
            found = list(threads.map(ask, requests))
        for request, one in zip(requests, found, strict=True):
            self._remember(one)
            method, path, _ = request
            answer = one if isinstance(one, Answer) else _no_answer(method, path, one)
            self._keep(method, path, *_written(request), answer, together=True)
        said = f"the {len(requests)} requests before this were sent at the same time"
        self.note("together", said, "wait")
        for one in found:
            if isinstance(one, Unreachable):
                raise one
        return [one for one in found if isinstance(one, Answer)]

    def _keep(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        answer: Answer,
        *,
        together: bool = False,
    ) -> None:
        self._ordinal += 1
        text = None if body is None else body.decode("utf-8", "surrogateescape")
        request = self._normal(f"{method} {path} {text or ''}")
        key = f"{self.clause} {self._ordinal} {request}".rstrip()
        kept = self._without_secrets(answer)
        if len(kept.body) > _KEPT:
            note = f"{len(kept.body)} bytes, of which the first {_KEPT} are kept"
            kept = replace(kept, body=kept.body[:_KEPT], cut=True, note=kept.note or note)
        one = Exchange(key, method, path, text, dict(headers), kept, together=together)
        self.exchanges.append(one)

    def _asked(self, ask: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        """An answer; remembers where none comes, or half of one."""
        try:
            answer = ask(*given, **named)
        except Unreachable as error:
            self._remember(error)
            raise
        self._remember(answer)
        return answer

    def _remember(self, found: Answer | Unreachable) -> None:
        if isinstance(found, Unreachable):
            self.in_doubt = True
            self.late += found.hung
        else:
            self.in_doubt |= found.status is None or found.cut

    def throw(self, data: bytes) -> None:
        """Send bytes that are no request; kept is what they were, and how an answer starts."""
        first = self.client.throw(data).partition(b"\r\n")[0].decode("latin-1")
        shown = "".join(_printf(one) for one in data[:_SHOWN])
        said = f"answered {printable(first)}" if first else "no answer"
        self.note(
            "bytes", f"{len(data)} bytes that are no request are sent: {said}", _THROW % shown
        )

    def upload(self, name: str, content: bytes) -> Answer:
        """Upload a file; what is kept is that it was, and what the server said."""
        said, output = "no answer", ""
        try:
            answer = self._asked(self.client.upload, name, content)
            said, output = f"{answer.status}", answer.text.strip()
        finally:
            text = f"{name} ({len(content)} bytes) is uploaded: {said}"
            self.note("upload", text, f"upload {quote(name)}", output, {name: content})
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


def _written(request: Request) -> tuple[bytes | None, Mapping[str, str]]:
    return (None, {}) if request.json is None else with_json(request.json, None)


def _no_answer(method: str, path: str, error: Unreachable) -> Answer:
    return Answer(method, path, None, note=str(error))


def _printf(byte: int) -> str:
    """A byte as the printf of any shell wants it, between single quotes."""
    one = chr(byte)
    return one if one.isascii() and (one.isalnum() or one in " /:.-{}") else f"\\{byte:03o}"
