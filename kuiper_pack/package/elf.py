"""What the headers of an ELF file say: which processor it is for, who loads it, and what is where.

Only the file header and the program headers are read; what they lead to is read by
``kuiper_pack.goplugin``.
"""

import mmap
import struct
from typing import Literal, NamedTuple, TypeAlias

Buffer: TypeAlias = bytes | mmap.mmap

MAGIC = b"\x7fELF"
HEADERS = 64 << 10
"""So many bytes from the beginning hold the headers of every usual program."""

MACHINES = {
    3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64",
    183: "arm64", 243: "riscv64", 258: "loong64",
}  # fmt: skip
"""The processors by their number in the header, as Go names them (e_machine of the ELF ABI)."""

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_TLS = 1, 2, 3, 7

_MOST_HEADERS = 1000
_LONGEST_PATH = 4096


class Elf(NamedTuple):
    """One ELF file.

    ``machine`` is the processor as Go names it, or its number where that is not known; ``type`` is
    what the file is. ``interpreter`` is the program that loads it, "" where it needs none, None
    where the beginning of the file does not tell.
    """

    bits: int
    machine: str
    type: Literal["relocatable", "executable", "shared", "other"]
    interpreter: str | None

    @property
    def libc(self) -> Literal["musl", "glibc"] | None:
        """The C library that it is linked against, as far as its interpreter tells."""
        if not self.interpreter:
            return None
        name = self.interpreter.rpartition("/")[2]
        if name.startswith("ld-musl-"):
            return "musl"
        return "glibc" if name.startswith(("ld-linux", "ld64.so", "ld.so.1")) else None


_TYPES: dict[int, Literal["relocatable", "executable", "shared"]] = {
    1: "relocatable",
    2: "executable",
    3: "shared",
}


class Segment(NamedTuple):
    """A program header: so many bytes (``size``) of the file at ``offset`` stand at ``address``.

    ``memory`` is how many bytes they take there, ``flags`` what may be done with them (1 execute,
    2 write, 4 read), ``alignment`` a power of two in bytes.
    """

    type: int
    flags: int
    offset: int
    address: int
    size: int
    memory: int
    alignment: int


def read_elf(start: Buffer) -> Elf | None:
    """What the first bytes of a file say, at best ``HEADERS`` of them; None for no ELF file.

    None also for a header that is cut off or of an unknown class or byte order.
    """
    order = byte_order(start)
    if order is None or len(start) < 20:
        return None
    bits = 64 if start[4] == 2 else 32
    kind, machine = struct.unpack_from(f"{order}HH", start, 16)
    return Elf(
        bits,
        MACHINES.get(machine, str(machine)),
        _TYPES.get(kind, "other"),
        _interpreter(start),
    )


def byte_order(start: Buffer) -> Literal["<", ">"] | None:
    """The byte order of an ELF file, as ``struct`` writes it; None for anything else."""
    if start[:4] != MAGIC or len(start) < 6 or start[4] not in (1, 2) or start[5] not in (1, 2):
        return None
    return "<" if start[5] == 1 else ">"


def read_segments(start: Buffer) -> list[Segment] | None:
    """The program headers, in their order; None where the beginning of the file lacks some."""
    order = byte_order(start)
    if order is None:
        return None
    wide = start[4] == 2
    try:
        (at,) = struct.unpack_from(f"{order}Q" if wide else f"{order}I", start, 32 if wide else 28)
        size, count = struct.unpack_from(f"{order}HH", start, 54 if wide else 42)
        places = range(at, at + size * min(count, _MOST_HEADERS), size or 1)
        if wide:
            return [
                Segment(kind, flags, offset, address, held, memory, alignment)
                for kind, flags, offset, address, _, held, memory, alignment in (
                    struct.unpack_from(f"{order}IIQQQQQQ", start, place) for place in places
                )
            ]
        return [
            Segment(kind, flags, offset, address, held, memory, alignment)
            for kind, offset, address, _, held, memory, flags, alignment in (
                struct.unpack_from(f"{order}IIIIIIII", start, place) for place in places
            )
        ]
    except (struct.error, OverflowError):
        return None


def _interpreter(start: Buffer) -> str | None:
    segments = read_segments(start)
    if segments is None:
        return None
    for segment in segments:
        if segment.type == PT_INTERP:
            end = segment.offset + min(segment.size, _LONGEST_PATH)
            path = start[segment.offset : end]
            whole = len(path) == segment.size
            return path.rstrip(b"\0").decode("utf-8", "replace") if whole else None
    return ""
