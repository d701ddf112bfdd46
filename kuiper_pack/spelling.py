"""How words are spelled: the nearest right spelling, and text made safe to show."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``, or None where none is close; case is ignored."""
    from difflib import get_close_matches

    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` for the end of an error line; empty where no known word is close."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found is not None else ""


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
