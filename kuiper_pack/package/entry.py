"""One entry of a package, from a zip or from a folder."""

from typing import NamedTuple


class Entry(NamedTuple):
    """What is known of one entry without its content.

    ``name`` is the text of the central directory (UTF-8 with surrogate escapes for other bytes), or
    the path inside a folder; names of directories end with a slash. ``mode`` holds type and
    permission bits as the ``stat`` module names them, as Go's archive/zip reads them. ``offset`` is
    the byte offset of the local header. ``problem`` is what reading the content answers, in the
    words of Go's archive/zip, or None where the content is sound; ``opens`` is False where Go
    answers so before it reads any content.
    """

    name: str
    is_dir: bool
    mode: int
    size: int
    compressed_size: int = 0
    crc: int = 0
    method: int = 0
    flags: int = 0
    offset: int = 0
    modified: tuple[int, ...] = (1980, 1, 1, 0, 0, 0)
    problem: str | None = None
    opens: bool = True

    @property
    def raw_name(self) -> bytes:
        """The name as the bytes of the central directory."""
        return self.name.encode("utf-8", "surrogateescape")
