"""The socket that rows are sent through, to a sink of the plugin that listens."""

import selectors
import time
from pathlib import Path

from kuiper_pack.portable.endpoint import Peer
from kuiper_pack.portable.errors import BadMessage
from kuiper_pack.portable.posix import unix_socket, unread
from kuiper_pack.portable.sp import GREETING, Protocol, ProtocolError, greeting, message

_GREETS_WITHIN = 2.0
_PAUSE = 0.002


class Push:
    """Sends messages to a socket that the plugin listens on; raises OSError where none does."""

    def __init__(self, path: Path) -> None:
        connection = unix_socket()
        try:
            connection.settimeout(_GREETS_WITHIN)
            connection.connect(str(path))
            connection.sendall(greeting(Protocol.PUSH))
            answer = b""
            while len(answer) < GREETING.size:
                part = connection.recv(GREETING.size - len(answer))
                if not part:
                    raise BadMessage(f"{path.name}: the plugin closed it during the greeting")
                answer += part
            self._peer = Peer(connection, Protocol.PUSH)
            self._peer.incoming.feed(answer)
        except ProtocolError as error:
            connection.close()
            raise BadMessage(f"{path.name}: {error}") from error
        except BaseException:
            connection.close()
            raise

    def send(self, body: bytes, seconds: float) -> None:
        """Send a message; raises TimedOut, or OSError where the plugin has closed it."""
        self._peer.send(message(body), time.monotonic() + seconds)

    def drain(self, seconds: float) -> None:
        """Wait until the plugin has read all that was sent, where the system can tell."""
        deadline = time.monotonic() + seconds
        while unread(self._peer.socket) and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    def is_closed_within(self, seconds: float) -> bool:
        """Whether the plugin closes it within so many seconds; it never sends anything here."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._peer.socket, selectors.EVENT_READ)
            if not selector.select(seconds):
                return False
        try:
            return not self._peer.socket.recv(1)
        except OSError:
            return True

    def close(self) -> None:
        """Close the connection."""
        self._peer.socket.close()
