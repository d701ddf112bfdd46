"""What a plan asks of the world, one step at a time.

A step that can fail is answered with a ``Failure`` in the words of Go's ``syscall.Errno`` or of the
Go library at work, and with None where it succeeds, unless its docstring says otherwise. Steps are
named tuples, which cost less to make than frozen dataclasses: a plan makes many.
"""

from typing import NamedTuple

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.state import Portable
from kuiper_pack.profiles.profile import Unzip as Way


class Failure(NamedTuple):
    """Why a step failed.

    ``path`` is the path at fault where it is not the one of the step, ``cause`` what the failure of
    an ``Unzip`` amounts to.
    """

    words: str
    path: str = ""
    cause: Cause | None = None


class Check(NamedTuple):
    """Is something there? Answer: ``file``, ``folder``, ``missing``, or a Failure (stat)."""

    path: str


class MakeFolders(NamedTuple):
    """Make a folder and its parents (mkdir -p)."""

    path: str


class Create(NamedTuple):
    """Open a file for writing, empty; ``mode`` counts only for a new one (open)."""

    path: str
    mode: int


class CreateInside(NamedTuple):
    """Open the file ``name`` below ``root``, and never outside, for writing, empty (openat)."""

    root: str
    name: str
    mode: int


class Unzip(NamedTuple):
    """Write an entry as ``name`` into ``folder``, the way the release does it.

    See ``planner.unzip``: a Failure carries the server's words and the cause, and may leave an
    empty or unfinished file, or folders.
    """

    entry: Entry
    folder: str
    name: str
    how: Way


class Remove(NamedTuple):
    """Remove a file or an empty folder."""

    path: str


class RemoveTree(NamedTuple):
    """Remove a file or a folder with all it holds; what is missing is no failure."""

    path: str


class Skip(NamedTuple):
    """An entry that is not unpacked; answered with None."""

    entry: Entry
    reason: str


class Fetch(NamedTuple):
    """Begin to read the archive at ``url``."""

    url: str


class Save(NamedTuple):
    """Write what ``Fetch`` began to read into the file that was opened last."""

    path: str


class OpenArchive(NamedTuple):
    """Open the archive at ``path``. Answer: an ``Archive``, or a Failure."""

    path: str


class ReadEntry(NamedTuple):
    """Read the content of an entry. Answer: bytes, or a Failure."""

    entry: Entry


class ReadFile(NamedTuple):
    """Read a file. Answer: bytes, or a Failure."""

    path: str


class ListFolder(NamedTuple):
    """Names in a folder, sorted by bytes, folders with a slash. Answer: a tuple, or a Failure."""

    path: str


class RunScript(NamedTuple):
    """Run ``/bin/sh path arguments...``, in ``folder`` or, without one, where the server runs.

    Answer: a ``ScriptResult``.
    """

    path: str
    arguments: tuple[str, ...]
    folder: str | None


class ScriptResult(NamedTuple):
    """How a script ended: ``error`` in Go's words (``exit status 3``) or None, and what it said."""

    error: str | None = None
    stdout: str = ""
    stderr: str = ""


class OpenSharedObject(NamedTuple):
    """Load a Go plugin (plugin.Open)."""

    path: str


class Start(NamedTuple):
    """Start the process of a portable plugin and wait for its handshake.

    The executable is an absolute path. The words of a Failure are the whole error of the server.
    """

    plugin: Portable


class NotStarted(NamedTuple):
    """A portable plugin is refused before its process is tried: its status is an error.

    ``words`` are the message of the status.
    """

    name: str
    words: str


class Resume(NamedTuple):
    """Start the process of a portable plugin again if rules use it, and do not wait for that."""

    plugin: Portable


class Stop(NamedTuple):
    """End the process of a portable plugin, if it runs."""

    name: str


class Store(NamedTuple):
    """Keep a value in a table of the key-value store."""

    table: str
    key: str
    value: tuple[str, ...] | str


class Discard(NamedTuple):
    """Forget a key of a table of the key-value store."""

    table: str
    key: str


class Exit(NamedTuple):
    """End the server with this code, a second after it has answered; answered with None."""

    code: int


Step = (
    Check
    | MakeFolders
    | Create
    | CreateInside
    | Unzip
    | Remove
    | RemoveTree
    | Skip
    | Fetch
    | Save
    | OpenArchive
    | ReadEntry
    | ReadFile
    | ListFolder
    | RunScript
    | OpenSharedObject
    | Start
    | NotStarted
    | Resume
    | Stop
    | Store
    | Discard
    | Exit
)


class Archive(NamedTuple):
    """The entries of an open archive, in the order in which Go's archive/zip lists them."""

    entries: tuple[Entry, ...]
