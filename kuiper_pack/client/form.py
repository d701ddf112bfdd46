"""The form in which a file is uploaded, given out piece by piece."""

from collections.abc import Iterator
from pathlib import Path

from kuiper_pack.errors import KuiperPackError

PIECE = 1 << 16
"""Bytes of a file that are in memory at a time."""


class Form:
    """A form with one file in it: a body whose length is known before it is read.

    ``content`` is the file's bytes, or the path of a regular file that is opened each time the form
    is given out. Giving it out raises KuiperPackError where the file is not as long as it was, for
    then the length that was told is wrong.
    """

    def __init__(self, field: str, name: str, content: bytes | Path) -> None:
        from urllib3.filepost import choose_boundary, encode_multipart_formdata

        boundary = choose_boundary()
        file = (name, b"", "application/octet-stream")
        empty, content_type = encode_multipart_formdata({field: file}, boundary)
        self.headers = {"Content-Type": content_type}
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._head = empty.removesuffix(self._tail)
        self._content = content
        self._size = len(content) if isinstance(content, bytes) else content.stat().st_size

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        if isinstance(self._content, bytes):
            yield self._content
        else:
            yield from self._pieces(self._content)
        yield self._tail

    def _pieces(self, path: Path) -> Iterator[bytes]:
        left = self._size
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except OSError as error:
            raise KuiperPackError(f"{path}: {error.strerror or error}") from error
        if left:
            raise KuiperPackError(f"{path} changed while it was sent: send it again")
