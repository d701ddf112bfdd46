"""Files in bodies of ``multipart/form-data``, as far as Go's net/http takes them."""

import posixpath
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from typing import NamedTuple


class MultipartError(ValueError):
    """The text is the one of Go's net/http or mime/multipart."""


class File(NamedTuple):
    """A part that carries a file: the form field, the name without any folder, the content."""

    field: str
    name: str
    content: bytes


def files(content_type: str, body: bytes) -> Iterator[File]:
    """The files in a body; raises MultipartError."""
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        raise MultipartError("request Content-Type isn't multipart/form-data")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise MultipartError("no multipart boundary param in Content-Type")
    line = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    _, *parts = (b"\r\n" + body).split(line)
    if not any(part.startswith(b"--") for part in parts):
        raise MultipartError("multipart: NextPart: EOF")
    for part in parts:
        if part.startswith(b"--"):
            return
        head, _, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = HeaderParser().parsestr(head.decode("utf-8", "replace"))
        field, name = told.get_param("name", header="content-disposition"), told.get_filename()
        if isinstance(field, str) and name:
            yield File(field, posixpath.basename(name), content)
