"""Text from packages, made safe for terminals and documents."""


def printable(text: str) -> str:
    r"""``text`` with everything that is no visible character as ``\xNN`` or ``\uNNNN``.

    Bytes that are no UTF-8 (surrogate escapes) appear as the bytes they are.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in text)


def _escaped(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
