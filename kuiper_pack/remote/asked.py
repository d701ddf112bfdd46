"""What a server was asked for, by whom it is, and how it said no."""

from dataclasses import dataclass

from kuiper_pack.client import Answer
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in the words of the command line.

    ``verb`` is that of ``kuiper-pack remote``, ``kind`` and ``name`` are those of the plugin where
    it concerns one, ``package`` is where it comes from as the user gave it. ``release`` is that of
    the server, where it is known.
    """

    verb: str
    kind: Kind | None = None
    name: str = ""
    package: str = ""
    release: Release | None = None


class Rejected(Exception):
    """The server said no; ``answer`` is what it sent, None where it just does not have it.

    The message is one line: its words, and what to do.
    """

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer
