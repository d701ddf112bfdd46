"""A download that fails does so in the words of the servers, in bounded time and space."""

import socket
from pathlib import Path

import pytest

from kuiper_pack.planner.steps import Failure
from kuiper_pack.server.download import Downloads
from kuiper_pack.server.options import Options
from tests.server.origins import origin

OPTIONS = Options(download_timeout=0.5)


def downloaded(url: str, options: Options = OPTIONS, *, guarded: bool = False) -> bytes | Failure:
    """What arrives, or why nothing does."""
    got = bytearray()

    def write(data: bytes) -> None:
        got.extend(data)

    downloads = Downloads(options, guarded=guarded)
    try:
        return downloads.begin(url) or downloads.save("P", write) or bytes(got)
    finally:
        downloads.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a b.zip").write_bytes(b"PK" * 50_000)
    (tmp_path / "folder.zip").mkdir()
    return tmp_path


def test_http_and_file_bring_the_same_bytes(files: Path) -> None:
    with origin(files) as web:
        (files / "x.zip").write_bytes(b"PK" * 50_000)
        over_http = downloaded(f"{web.url}/x.zip")
    assert over_http == downloaded((files / "a b.zip").as_uri()) == b"PK" * 50_000


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/silent", 'Get "{URL}/silent": EOF'),
        ("/loop", 'Get "{URL}/loop": stopped after 10 redirects'),
        ("/phrase", "cannot download the file with status: 404 File not found"),
        ("/chunked", "unexpected EOF"),
        (
            "/slow/a.zip",
            "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
        ),
    ],
)
def test_an_origin_that_fails_is_told_in_the_words_of_go(
    files: Path, path: str, words: str
) -> None:
    (files / "a.zip").write_bytes(bytes(1000))
    with origin(files) as web:
        assert downloaded(web.url + path) == Failure(words.replace("{URL}", web.url))


def test_an_origin_that_speaks_no_http_is_a_failure(files: Path) -> None:
    with origin(files) as web:
        failure = downloaded(f"{web.url}/garbage")
    assert isinstance(failure, Failure)
    assert "transport connection broken" in failure.words


def test_an_origin_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.zip"
        failure = downloaded(url)
        secure = downloaded(url.replace("http:", "https:"))
    assert failure == Failure(
        f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    )
    assert isinstance(secure, Failure)
    assert "tls: " in secure.words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/x", 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: c'),
        ("http://none.invalid/x", 'Get "http://none.invalid/x": dial tcp: lookup none.invalid: '),
        ("ftp://127.0.0.1/x", 'Get "ftp://127.0.0.1/x": unsupported protocol scheme "ftp"'),
        ("http://u:p@127.0.0.1:1/x", 'Get "http://u:***@127.0.0.1:1/x": dial tcp'),
        ("http://[::1/x", 'parse "http://[::1/x": '),
        ("http://h:99999/x", 'Get "http://h:99999/x": '),
        ("file:///none/x.zip", "stat /none/x.zip: no such file or directory"),
        ("file:///a%00b", "stat /a\0b: invalid argument"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_in_the_words_of_go(url: str, words: str) -> None:
    failure = downloaded(url)
    assert isinstance(failure, Failure)
    assert failure.words.startswith(words)


def test_a_folder_is_no_file(files: Path) -> None:
    path = files / "folder.zip"
    assert downloaded(path.as_uri()) == Failure(f"{path} is not a regular file")


def test_a_download_that_is_too_large_ends_as_on_a_full_disk(files: Path) -> None:
    (files / "x.zip").write_bytes(bytes(1000))
    with origin(files) as web:
        failure = downloaded(f"{web.url}/x.zip", Options(largest_download=100))
    assert failure == Failure("write P: no space left on device")


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("10.1.2.3", "10.1.2.3"),
        ("169.254.1.1", "169.254.1.1"),
        ("224.0.0.1", "224.0.0.1"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
    ],
)
def test_private_addresses_are_refused_where_they_are_guarded(host: str, shown: str) -> None:
    url = f"http://{host}:1/x.zip"
    assert downloaded(url, guarded=True) == Failure(
        f'Get "{url}": dial tcp {shown}:1: ip {shown} is in internal network'
    )
