"""A file is uploaded in little memory, as the form that it would be in one piece."""

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.client.form import PIECE, Form
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import Release
from kuiper_pack.server import ReferenceServer
from tests.suite import bad_servers as bad

_LARGE = 48 << 20
_MOST = 8 << 20
"""Bytes that client and server take together, whatever the size of the file."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceServer]:
    folder = tmp_path_factory.mktemp("server")
    with ReferenceServer(Release.parse("2.4.0"), data=folder) as one:
        yield one


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.write(b"begin")
        file.truncate(_LARGE)
    return path


def test_a_large_file_is_uploaded_in_little_memory(server: ReferenceServer, large: Path) -> None:
    with Client(server.url) as client:
        client.upload("warm", b"x")
        tracemalloc.start()
        try:
            answer = client.upload_file("large.bin", large)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.status == 201
    assert Path(answer.text).stat().st_size == _LARGE
    assert most < _MOST


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1])
def test_what_is_uploaded_from_a_path_is_the_file(
    server: ReferenceServer, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(one % 251 for one in range(size)))
    with Client(server.url) as client:
        answer = client.upload_file("kept ä.bin", path)
    assert Path(answer.text).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["a.zip", 'a "b".zip', "ä.zip", "a\r\nb: c.zip"])
def test_bytes_and_a_path_are_one_form(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\r\n--" * PIECE)
    forms = [Form("f", name, path), Form("f", name, path.read_bytes())]
    for form in forms:
        sent = b"".join(form)
        assert len(form) == len(sent) == len(b"".join(form))
        head = f"Content-Type: {form.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = message_from_bytes(head + sent, policy=policy.HTTP).iter_parts()
        assert part.get_payload(decode=True) == path.read_bytes()
    assert max(map(len, forms[0])) <= PIECE


@pytest.mark.parametrize("size", [3, 2 * PIECE])
def test_a_file_that_changes_meanwhile_is_one_line(
    server: ReferenceServer, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * PIECE)
    form = Form("uploadFile", "f", path)
    path.write_bytes(b"x" * size)
    monkeypatch.setattr("kuiper_pack.client.client.Form", lambda *_: form)
    with (
        Client(server.url) as client,
        pytest.raises(KuiperPackError, match="file changed while it was sent: send it again"),
    ):
        client.upload_file("f", path)


def test_a_file_that_is_gone_when_it_is_sent_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    form = Form("f", "f", path)
    path.unlink()
    with pytest.raises(KuiperPackError, match=r"file: No such file or directory"):
        b"".join(form)


def test_a_redirected_upload_is_sent_whole_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3 * PIECE)
    taken: list[int] = []

    def behave(call: bad.Call) -> None:
        taken.append(call.request.count(b"x" * PIECE))
        if call.number == 1:
            there = f"Location: http://127.0.0.1:{call.port}/there\r\n".encode()
            call.answer(b"", 307, there)
        else:
            call.answer(b"kept", 201)

    with bad.bad_server(behave) as server, Client(server.url) as client:
        assert client.upload_file("f", path).text == "kept"
    assert taken == [3, 3]


def test_an_upload_has_one_timeout_however_slowly_it_is_taken(large: Path) -> None:
    """A server that takes a piece now and then is late all the same."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def take_slowly() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while not over.wait(0.1) and connection.recv(PIECE):
                pass

    thread = threading.Thread(target=take_slowly)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Client(url, timeout=0.5) as client, pytest.raises(Unreachable, match=r"within 0\.5"):
            client.upload_file("f", large)
    finally:
        over.set()
        thread.join()
        listener.close()
