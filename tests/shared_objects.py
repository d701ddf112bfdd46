"""What stands for compiled files where nobody loads or runs them."""

import struct

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00\x01\x00\x00\x00" + bytes(40)
"""A header and nothing else: 64 bytes, little endian, for amd64."""


def program(
    interpreter: str = "", *, machine: int = 62, bits: int = 64, order: str = "<", kind: int = 2
) -> bytes:
    """An ELF file with one program header at most, which names its ``interpreter``."""
    wide = bits == 64
    path = interpreter.encode() + b"\0" if interpreter else b""
    size, entry = (64, 56) if wide else (52, 32)
    ident = struct.pack("4sBBB9x", b"\x7fELF", 2 if wide else 1, 1 if order == "<" else 2, 1)
    header = struct.pack(
        f"{order}HHI{'QQQ' if wide else 'III'}IHHHHHH",
        *(kind, machine, 1, 0, size, 0, 0, size, entry, 1 if path else 0, 0, 0, 0),
    )
    if not path:
        return ident + header
    offset = size + entry
    if wide:
        segment = struct.pack(f"{order}IIQQQQQQ", 3, 4, offset, 0, 0, len(path), len(path), 1)
    else:
        segment = struct.pack(f"{order}IIIIIIII", 3, offset, 0, 0, len(path), len(path), 4, 1)
    return ident + header + segment + path
