"""Shared objects in name only, for servers that do not load them."""

import struct

_HEADER = struct.Struct("<4s5B7x2HI3QI6H")
_SHARED, _X86_64 = 3, 62


def shared_object(name: str) -> bytes:
    """The header of an ELF shared object (64 bit, x86-64) and ``name``: each name another file.

    Nothing can load it: it has no segment.
    """
    header = _HEADER.pack(
        *(b"\x7fELF", 2, 1, 1, 0, 0),
        *(_SHARED, _X86_64, 1),
        *(0, 0, 0, 0),
        *(_HEADER.size, 0, 0, 0, 0, 0),
    )
    return header + name.encode()
