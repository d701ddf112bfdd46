"""What Go's encoding/json says about a text that is no JSON: the words and the byte.

A state machine after the grammar of RFC 8259 with the error words of Go's scanner (they did not
change from Go 1.13 to 1.25). It is only run when the fast reader has failed.
"""

from __future__ import annotations

MAX_DEPTH = 10000
"""Arrays and objects nested deeper are refused by Go since 1.15 ("exceeded max depth")."""

_SPACE = frozenset(b" \t\r\n")
_ESCAPES = frozenset(b'"\\/bfnrt')
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_WORDS = {0x74: b"true", 0x66: b"false", 0x6E: b"null"}
_BLANK_IS_WRONG = frozenset(
    {
        r"in \u hexadecimal character escape",
        "in string escape code",
        "in numeric literal",
        "after decimal point in numeric literal",
        "in exponent of numeric literal",
    }
)


class JSONSyntaxError(ValueError):
    """The text is no JSON; ``message`` is Go's, ``offset`` counts bytes, line and column from 1."""

    def __init__(self, message: str, offset: int, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.line = line
        self.column = column


class _StopError(Exception):
    def __init__(self, message: str, offset: int) -> None:
        self.message = message
        self.offset = offset


def quote(byte: int) -> str:
    """One byte as Go quotes it in its messages: as the character of that number."""
    special = {0x27: r"'\''", 0x22: "'\"'", 0x5C: r"'\\'"}
    escapes = {7: r"\a", 8: r"\b", 9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r"}
    if byte in special:
        return special[byte]
    if byte in escapes:
        return f"'{escapes[byte]}'"
    if byte < 0x20 or byte == 0x7F:
        return f"'\\x{byte:02x}'"
    if 0x80 <= byte <= 0xA0 or byte == 0xAD:
        return f"'\\u{byte:04x}'"
    return f"'{chr(byte)}'"


class _Scanner:
    def __init__(self, data: bytes, max_depth: int) -> None:
        self.data = data
        self.at = 0
        self.max_depth = max_depth

    def fail(self, context: str) -> _StopError:
        if self.at >= len(self.data):
            # At the end Go tries a blank, which is no error between tokens and inside strings.
            if context in _BLANK_IS_WRONG or context.startswith("in literal"):
                return _StopError(f"invalid character ' ' {context}", len(self.data))
            return _StopError("unexpected end of JSON input", len(self.data))
        return _StopError(f"invalid character {quote(self.data[self.at])} {context}", self.at)

    def peek(self) -> int:
        return self.data[self.at] if self.at < len(self.data) else -1

    def space(self) -> int:
        data, at, size = self.data, self.at, len(self.data)
        while at < size and data[at] in _SPACE:
            at += 1
        self.at = at
        return data[at] if at < size else -1

    def value(self) -> None:
        """One value, nested ones with a stack of their closing brackets."""
        stack = bytearray()
        while True:
            char = self.space()
            if char in (0x7B, 0x5B):
                if len(stack) == self.max_depth:
                    raise self.fail("exceeded max depth")
                stack.append(char + 2)
                self.at += 1
                following = self.space()
                if following == char + 2:
                    self.at += 1
                    stack.pop()
                elif char == 0x7B:
                    self.key("looking for beginning of object key string")
                    continue
                else:
                    continue
            else:
                self.scalar(char)
            while stack:
                if self.space() == 0x2C:
                    self.at += 1
                    if stack[-1] == 0x7D:
                        self.space()
                        self.key("looking for beginning of object key string")
                    break
                if self.peek() != stack[-1]:
                    what = "object key:value pair" if stack[-1] == 0x7D else "array element"
                    raise self.fail(f"after {what}")
                self.at += 1
                stack.pop()
            else:
                return

    def key(self, context: str) -> None:
        if self.peek() != 0x22:
            raise self.fail(context)
        self.string()
        if self.space() != 0x3A:
            raise self.fail("after object key")
        self.at += 1

    def scalar(self, char: int) -> None:
        if char == 0x22:
            self.string()
        elif char == 0x2D or char in _DIGITS:
            self.number()
        elif char in _WORDS:
            word = _WORDS[char]
            for expected in word[1:]:
                self.at += 1
                if self.peek() != expected:
                    raise self.fail(f"in literal {word.decode()} (expecting {quote(expected)})")
            self.at += 1
        else:
            raise self.fail("looking for beginning of value")

    def string(self) -> None:
        self.at += 1
        while (char := self.peek()) != 0x22:
            if char < 0x20:
                raise self.fail("in string literal")
            self.at += 1
            if char != 0x5C:
                continue
            if (escape := self.peek()) == 0x75:
                for _ in range(4):
                    self.at += 1
                    if self.peek() not in _HEX:
                        raise self.fail(r"in \u hexadecimal character escape")
            elif escape not in _ESCAPES:
                raise self.fail("in string escape code")
            self.at += 1
        self.at += 1

    def digits(self, context: str) -> None:
        if self.peek() not in _DIGITS:
            raise self.fail(context)
        while self.peek() in _DIGITS:
            self.at += 1

    def number(self) -> None:
        if self.peek() == 0x2D:
            self.at += 1
        if self.peek() == 0x30:
            self.at += 1
        else:
            self.digits("in numeric literal")
        if self.peek() == 0x2E:
            self.at += 1
            self.digits("after decimal point in numeric literal")
        if self.peek() in (0x45, 0x65):
            self.at += 1
            if self.peek() in (0x2B, 0x2D):
                self.at += 1
            self.digits("in exponent of numeric literal")


def syntax_error(
    data: bytes, *, stream: bool = False, max_depth: int = MAX_DEPTH
) -> tuple[str, int] | None:
    """What Go says about ``data``, with the offset in bytes; None if it is JSON.

    ``stream``: as json.Decoder reads, only the first value, with "EOF" and "unexpected EOF".
    """
    scanner = _Scanner(data, max_depth)
    try:
        if scanner.space() < 0 and stream:
            return "EOF", len(data)
        scanner.value()
        if not stream and scanner.space() >= 0:
            raise scanner.fail("after top-level value")
    except _StopError as stop:
        if stream and stop.offset == len(data):
            return "unexpected EOF", stop.offset
        return stop.message, stop.offset
    return None
