"""Whether the server still lives, asked only where it gave no answer."""

from kuiper_pack.client import Unreachable
from kuiper_pack.client.headers import masked
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.access import is_closed, refusal
from kuiper_pack.suite.exchange import Exchange
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.transport import Transport

_AT_MOST = 5.0
"""Seconds in which a server that lives answers at last: the list was quick before all clauses."""
_MOST_LATE = 3
"""Requests that may wait in vain for an answer before the rest is not tried."""


class Liveness:
    """Of the server behind ``transport``; ``gone`` says since when it does not live, and why.

    ``timeout`` counts the seconds of an ordinary request.
    """

    def __init__(self, transport: Transport, timeout: float) -> None:
        self.gone = ""
        self.kind = Kind.SOURCE
        """A kind whose list the server answered."""
        self._transport = transport
        self._timeout = min(timeout, _AT_MOST)

    def ask(self) -> None:
        """Raise Unreachable where the server gives no answer."""
        path = f"/plugins/{self.kind.plural}"
        answer = self._transport.client.send("GET", path, timeout=self._timeout)
        if answer.status is None:
            raise Unreachable(f"{answer.url}: {masked(answer.note, self._transport.secrets)}")

    def is_locked_out(self, since: str) -> bool:
        """Whether the server does not let us in any more, where the present clause looks like it.

        The token may have expired: then nothing that follows can be judged, nor what was refused
        in the clause, whatever it asked for.
        """
        said = [one for one in self._transport.exchanges if isinstance(one, Exchange)]
        ours = [one.answer for one in said if "Authorization" not in one.headers]
        if self.gone or not any(map(is_closed, ours)):
            return False
        client, path = self._transport.client, f"/plugins/{self.kind.plural}"
        try:
            reply = Reply(client.send("GET", path, timeout=self._timeout), self._transport.secrets)
        except Unreachable:
            return False
        if is_closed(reply.answer):
            why = refusal(reply, has_token=bool(client.token))
            self.gone = f"we are not let in since {since}: {why}"
        return is_closed(reply.answer)

    def check(self, since: str) -> None:
        """Ask where a request of the present clause has no answer; ``since`` is the clause."""
        if self.gone or not self._transport.in_doubt:
            return
        try:
            self.ask()
        except Unreachable as error:
            self.gone = f"the server is gone since {since}: {error}"
        else:
            if self._transport.late >= _MOST_LATE:
                self.gone = f"{_MOST_LATE} requests had no answer in time, the last in {since}"
