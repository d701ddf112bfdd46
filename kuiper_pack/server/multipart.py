"""Files in bodies of ``multipart/form-data``, as far as Go's net/http takes them.

A body is read as a stream and never held as a whole, however large it is.
"""

import posixpath
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from os import SEEK_END
from typing import BinaryIO, NamedTuple

_CHUNK = 1 << 18
_DISPOSITION = re.compile(
    r"""\s*[^;\s]+(?:\s*;\s*[^\s;="]+\s*=\s*(?:[^\s;="]+|"(?:\\.|[^"\\\r\n])*"))*\s*;?\s*""",
    re.DOTALL,
)
"""A header that Go reads; of any other it takes no parameter."""


class MultipartError(ValueError):
    """The text is the one of Go's net/http or mime/multipart."""


class File(NamedTuple):
    """A part that carries a file: the form field, the name without any folder, the content."""

    field: str
    name: str
    body: BinaryIO
    start: int
    end: int

    def chunks(self) -> Iterator[bytes]:
        """The content, piece by piece."""
        self.body.seek(self.start)
        left = self.end - self.start
        while left > 0 and (chunk := self.body.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def files(content_type: str, body: BinaryIO) -> Iterator[File]:
    """The files in a body, which can be read from any place; raises MultipartError."""
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        raise MultipartError("request Content-Type isn't multipart/form-data")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise MultipartError("no multipart boundary param in Content-Type")
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    bounds = []
    for place in _places(body, b"\r\n" + mark):
        body.seek(place)
        if body.read(2) == b"--":
            bounds.append(place - len(mark) - 2)
            break
        bounds += [place - len(mark) - 2, place]
    else:
        body.seek(0, SEEK_END)
        has_name = bool(bounds) and _field(_head(body, bounds[-1], body.tell())[1])
        raise MultipartError("unexpected EOF" if has_name else "multipart: NextPart: EOF")
    for start, end in zip(bounds[1::2], bounds[2::2], strict=False):
        file = _file(body, start, end)
        if file is not None:
            yield file


def _places(body: BinaryIO, line: bytes) -> Iterator[int]:
    """Where each ``line`` ends; the first one needs no line break before it."""
    window, base = b"\r\n", -2  # what was read and may still hold a line, and where it begins
    body.seek(0)
    while chunk := body.read(_CHUNK):
        window += chunk
        begin, after = 0, body.tell()
        while (found := window.find(line, begin)) >= 0:
            begin = found + len(line)
            yield base + begin
        body.seek(after)
        cut = max(begin, len(window) - len(line) + 1)
        window, base = window[cut:], base + cut


def _file(body: BinaryIO, start: int, end: int) -> File | None:
    begin, told = _head(body, start, end)
    field, name = _field(told), told.get_filename()
    return File(field, posixpath.basename(name), body, begin, end) if field and name else None


def _head(body: BinaryIO, start: int, end: int) -> tuple[int, Message]:
    """Where the content of a part begins, and what stands before it."""
    body.seek(start)
    head = body.read(min(end - start, _CHUNK))
    blanks = len(head) - len(head.lstrip(b" \t"))
    if head[blanks : blanks + 2] == b"\r\n":
        blanks += 2
    lines, line, _ = head[blanks:].partition(b"\r\n\r\n")
    begin = start + blanks + len(lines) + len(line) if line else end
    return begin, HeaderParser().parsestr(lines.decode("utf-8", "replace"))


def _field(told: Message) -> str:
    if not _DISPOSITION.fullmatch(str(told.get("content-disposition", ""))):
        return ""
    field = told.get_param("name", header="content-disposition")
    return field if isinstance(field, str) else ""
