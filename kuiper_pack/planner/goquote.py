"""Strings as Go's %q prints them, and as its html/template does."""

_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_HTML = str.maketrans({"&": "&amp;", "'": "&#39;", "<": "&lt;", ">": "&gt;", '"': "&#34;"})
_LAST_BYTE_ESCAPE = 0x7F
_LAST_SHORT_ESCAPE = 0xFFFF


def quote(text: str) -> str:
    """``text`` in double quotes; surrogate escapes are the bytes they stand for."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quote_one, text)) + '"'


def html(text: str) -> str:
    """``text`` with what means something in HTML escaped."""
    return text.translate(_HTML)


def _quote_one(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < ord(" ") or code == _LAST_BYTE_ESCAPE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_SHORT_ESCAPE else f"\\U{code:08x}"
