"""The scalability protocols over Unix sockets, as eKuiper and its plugins speak them; no I/O.

Both sides first send a greeting of 8 bytes, ``00 S P 00``, the protocol and two zeros. Each message
is ``01``, its length in 8 bytes, and the body; numbers are big-endian. A request begins with words
of 4 bytes up to the first whose top bit is set, the id; the reply begins with the same words.

This module needs nothing but the standard library: plugins ship it.
"""

import struct
from enum import IntEnum
from typing import List, Tuple

GREETING = struct.Struct(">4sHH")
HEADER = struct.Struct(">BQ")
LARGEST = 64 << 20
"""Bytes of the largest message that is taken."""
_MAGIC = b"\0SP\0"
_IPC = 1
_WORD = 4
_HOPS = 8


class Protocol(IntEnum):
    """What a socket does; the number stands in the greeting."""

    REQ = 0x30
    REP = 0x31
    PUSH = 0x50
    PULL = 0x51

    @property
    def peer(self) -> "Protocol":
        """The protocol on the other side."""
        return _PEERS[self]


_PEERS = {
    Protocol.REQ: Protocol.REP,
    Protocol.REP: Protocol.REQ,
    Protocol.PUSH: Protocol.PULL,
    Protocol.PULL: Protocol.PUSH,
}


class ProtocolError(Exception):
    """The other side does not keep to the protocol; the message says how."""


class Incoming:
    """What arrives on one connection: bytes go in, whole messages come out.

    ``protocol`` is the own one. A message larger than ``largest`` bytes is an error as soon as its
    length is known.
    """

    def __init__(self, protocol: Protocol, largest: int = LARGEST) -> None:
        self.greeted = False
        """Whether the greeting of the other side was right."""
        self._protocol = protocol
        self._largest = largest
        self._rest = bytearray()
        self._needed = GREETING.size

    @property
    def waiting(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._rest)

    def feed(self, data: bytes) -> List[bytes]:
        """The bodies of the messages that ``data`` completes; raises ProtocolError."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:  # each byte of a long message is moved once
                return []
            data = bytes(self._rest)
            self._rest.clear()
        bodies, place, end = [], 0, len(data)
        needed = HEADER.size
        if not self.greeted:
            needed = GREETING.size
            if end >= needed:
                self._check_greeting(data[:needed])
                self.greeted, place, needed = True, needed, HEADER.size
        while self.greeted and end - place >= HEADER.size:
            kind, size = HEADER.unpack_from(data, place)
            if kind != _IPC:
                raise ProtocolError("a message begins with %#04x, not with 0x01" % kind)
            if size > self._largest:
                raise ProtocolError(
                    "a message of %d bytes; at most %d are taken" % (size, self._largest)
                )
            start = place + HEADER.size
            if end - start < size:
                needed = HEADER.size + size
                break
            place = start + size
            bodies.append(data[start:place])
        if place < end:
            self._rest += data[place:]
            self._needed = needed
        return bodies

    def _check_greeting(self, data: bytes) -> None:
        magic, number, reserved = GREETING.unpack(data)
        if magic != _MAGIC or reserved:
            raise ProtocolError("the greeting is %s: no scalability protocol" % data.hex())
        if number != self._protocol.peer:
            raise ProtocolError(
                "the peer of a %s socket speaks %#04x, not %s"
                % (self._protocol.name, number, self._protocol.peer.name)
            )


def greeting(protocol: Protocol) -> bytes:
    """What a socket of that protocol sends first."""
    return GREETING.pack(_MAGIC, protocol, 0)


def message(body: bytes) -> bytes:
    """A message on the wire."""
    return HEADER.pack(_IPC, len(body)) + body


def split_request(body: bytes) -> Tuple[bytes, bytes]:
    """The words of a request or reply that name it, and the rest; raises ProtocolError."""
    for place in range(0, min(len(body) - _WORD + 1, _HOPS * _WORD), _WORD):
        if body[place] & 0x80:
            return body[: place + _WORD], body[place + _WORD :]
    raise ProtocolError("a request without its id: %s" % body[:16].hex())


def request_id(number: int) -> bytes:
    """The id of the request of that number, which wraps at 31 bits."""
    return struct.pack(">I", 0x80000000 | (number & 0x7FFFFFFF))
