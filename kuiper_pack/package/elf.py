"""What the header of an ELF file says: which processor it is for, and who loads it.

Only the file header and the program headers are read, from the beginning of the file.
"""

import struct
from typing import Literal, NamedTuple

MAGIC = b"\x7fELF"
HEADERS = 64 << 10
"""So many bytes from the beginning hold the headers of every usual program."""

MACHINES = {
    3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64",
    183: "arm64", 243: "riscv64", 258: "loong64",
}  # fmt: skip
"""The processors by their number in the header, as Go names them (e_machine of the ELF ABI)."""

_PT_INTERP = 3
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


def read_elf(start: bytes) -> Elf | None:
    """What the first bytes of a file say, at best ``HEADERS`` of them; None for no ELF file.

    None also for a header that is cut off or of an unknown class or byte order.
    """
    if not start.startswith(MAGIC) or len(start) < 20 or start[4] not in (1, 2):
        return None
    order = {1: "<", 2: ">"}.get(start[5])
    if order is None:
        return None
    bits = 64 if start[4] == 2 else 32
    kind, machine = struct.unpack_from(f"{order}HH", start, 16)
    return Elf(
        bits,
        MACHINES.get(machine, str(machine)),
        _TYPES.get(kind, "other"),
        _interpreter(start, order, bits),
    )


def _interpreter(start: bytes, order: str, bits: int) -> str | None:
    wide = bits == 64
    place = struct.Struct(f"{order}Q" if wide else f"{order}I")
    try:
        (headers,) = place.unpack_from(start, 32 if wide else 28)
        size, count = struct.unpack_from(f"{order}HH", start, 54 if wide else 42)
        for number in range(min(count, _MOST_HEADERS)):
            at = headers + number * size
            (type_,) = struct.unpack_from(f"{order}I", start, at)
            if type_ != _PT_INTERP:
                continue
            (offset,) = place.unpack_from(start, at + (8 if wide else 4))
            (length,) = place.unpack_from(start, at + (32 if wide else 16))
            path = start[offset : offset + min(length, _LONGEST_PATH)]
            return path.rstrip(b"\0").decode("utf-8", "replace") if len(path) == length else None
    except struct.error:
        return None
    return ""
