"""A package as a folder: itself, or a zip unpacked for as long as it is needed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.package import open_package


@contextmanager
def unpacked(package: Path) -> Iterator[Path]:
    """The folder of a package while the block lasts; nothing in it is run.

    Raises KuiperPackError for what cannot be read, and for entries that would leave the folder.
    """
    if package.is_dir():
        yield package.resolve()
        return
    opened = open_package(package)
    if opened.archive is not None and not opened.archive.readable:
        raise KuiperPackError(
            f"{package}: not a zip that can be read; kuiper-pack validate says what is wrong"
        )
    with tempfile.TemporaryDirectory(prefix="kuiper-pack-") as scratch:
        folder = Path(scratch).resolve()
        for entry in opened.entries:
            target = (folder / entry.name).resolve()
            if folder not in target.parents and target != folder:
                raise KuiperPackError(f"{package}: the entry {entry.name!r} leaves the folder")
            if entry.is_dir:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(entry, entry.size))
            target.chmod(0o600 | (entry.mode & 0o777))
        yield folder
