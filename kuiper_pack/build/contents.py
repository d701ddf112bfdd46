"""What goes into a package: its members, checked and put in the order of the zip."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

EXECUTABLE_MODE = 0o755
PLAIN_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package.

    ``name`` is its path inside the package with forward slashes, ``source`` the file that holds its
    content, or the content itself. ``executable`` says whether a server has to be able to run it;
    the mode in the zip comes from this and never from the file system.
    """

    name: str
    source: Path | bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One entry of the zip to be: a member, or a folder where ``member`` is None."""

    name: str
    member: Member | None
    mode: int


def arrange(members: Iterable[Member]) -> tuple[Slot, ...]:
    """Every entry of the zip in its fixed order.

    Each parent folder is an entry of its own (eKuiper 2.4.0 makes folders one level at a time) and
    comes before what is in it; the order is that of the UTF-8 bytes of the names. Raises
    :class:`KuiperPackError` for a name no server could unpack, and for one that occurs twice.
    """
    slots: dict[str, Slot] = {}
    for member in members:
        _check(member.name)
        for parent in _parents(member.name):
            slots.setdefault(parent, Slot(parent, None, EXECUTABLE_MODE))
        if member.name in slots:
            raise KuiperPackError(f"two files would both be {member.name} in the package")
        mode = EXECUTABLE_MODE if member.executable else PLAIN_MODE
        slots[member.name] = Slot(member.name, member, mode)
    for name in slots:
        if f"{name}/" in slots:
            raise KuiperPackError(f"{name} would be both a file and a folder in the package")
    return tuple(slots[name] for name in sorted(slots, key=str.encode))


def _parents(name: str) -> Iterator[str]:
    at = name.find("/")
    while at >= 0:
        yield name[: at + 1]
        at = name.find("/", at + 1)


def _check(name: str) -> None:
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts) or "\\" in name or "\0" in name:
        raise KuiperPackError(f"{name!r} cannot be the name of a file in a package; rename it")
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        raise KuiperPackError(f"the name of the file {name!r} is not UTF-8; rename it") from None
    if len(encoded) > 0xFFFF:
        raise KuiperPackError(f"the path {name[:60]}... is too long for a zip; shorten it")
