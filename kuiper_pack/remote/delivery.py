"""How a package gets to a server: uploaded, served from this machine, or where it is already."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from kuiper_pack.client import Answer, Unreachable, is_loopback
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.remote.asked import Asked, Rejected
from kuiper_pack.remote.plugins import entries
from kuiper_pack.remote.session import Session
from kuiper_pack.suite.artifacts import ArtifactHost

_NO_ROUTE = (404, 405)
_NAME_ONE = "name a zip, a URL, or the whole path of a zip on the machine of the server"
_DRIVE = re.compile(r"[A-Za-z]:\\")
_PARENTS = re.compile(r"\.{2,}")
"""What some releases take for the way out of a folder, in names as well (api C-19)."""


def local_zip(package: str) -> Path | None:
    """The zip on this machine that the user names, None where it is a URL or a path elsewhere.

    Raises KuiperPackError for a folder, and for what is nowhere.
    """
    if not package:
        raise KuiperPackError(f"no package is named; {_NAME_ONE}")
    if "://" in package:
        return None
    path = Path(package)
    if path.is_dir():
        raise KuiperPackError(
            f"{package}: a folder; `kuiper-pack build {package}` makes its zip, which is installed"
        )
    if path.exists():
        return path
    if PurePosixPath(package).is_absolute():
        return None
    raise KuiperPackError(f"{package}: there is no such file; {_NAME_ONE}")


def url_of(package: str) -> str:
    """The URL of what is no local zip: a path is one on the machine of the server."""
    if "://" in package:
        return package
    return f"file://{quote(package)}"


@contextmanager
def delivered(session: Session, path: Path, asked: Asked) -> Iterator[str]:
    """The URL by which the server gets the zip at ``path`` while the block runs.

    It is uploaded where the server takes uploads, and the upload of a request that fails is
    removed; else it is served from this machine, if that is the server's. Raises Rejected, and
    KuiperPackError where there is no way.
    """
    name = _PARENTS.sub(".", f"{path.stem}.zip")
    listed = session.client.uploads()
    if listed.status in _NO_ROUTE:
        with _served(session, path, name) as url:
            yield url
        return
    before = {file_name(str(one)) for one in entries(session.granted(listed, asked))}
    uploaded = session.granted(session.client.upload_file(name, path), asked)
    there = with_plain_path(uploaded).text
    try:
        yield url_of(there)
    except Rejected:
        if (stored := file_name(there)) not in before:  # a form may have to spell it otherwise
            with suppress(Unreachable):
                session.client.drop_upload(stored)
        raise


def with_plain_path(uploaded: Answer) -> Answer:
    """The answer to an upload with the path as it is: from 2.0 on it comes with HTML escapes."""
    return replace(uploaded, body=unescape(uploaded.text.strip()).encode())


@contextmanager
def _served(session: Session, path: Path, name: str) -> Iterator[str]:
    if not is_loopback(session.client.url):
        raise KuiperPackError(
            f"this server takes no uploads: put {path} on a web server that it can reach, or on "
            "its own machine, and name the URL or the path there, with --kind and --name"
        )
    with (
        tempfile.TemporaryDirectory(prefix="kuiper-pack-") as folder,
        ArtifactHost(Path(folder, "files")) as host,
    ):
        host.put(name, path.read_bytes())
        yield host.http(quote(name))


def file_name(path: str) -> str:
    """The name of a file from its path on a server, of Windows where it begins with a drive."""
    separator = "\\" if _DRIVE.match(path) else "/"
    return path.rpartition(separator)[2]
