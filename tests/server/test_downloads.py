"""A download that fails does so in the words of the servers, in bounded time and space."""

import http.server
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kuiper_pack.planner.steps import Failure
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.download import Downloads
from kuiper_pack.server.options import Options
from tests.server.origins import origin
from tests.server.worlds import waited_for

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
        ("[fc00::1]", "[fc00::1]"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
    ],
)
def test_private_addresses_are_refused_where_they_are_guarded(host: str, shown: str) -> None:
    url = f"http://{host}:1/x.zip"
    ip = shown.strip("[]")
    assert downloaded(url, guarded=True) == Failure(
        f'Get "{url}": dial tcp {shown}:1: ip {ip} is in internal network'
    )


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_download_has_an_end_also_where_something_always_comes(head: bytes) -> None:
    downloads = Downloads(Options(), guarded=False, seconds=0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def drip() -> None:
            with listener.accept()[0] as client, suppress(OSError):
                client.recv(1000)
                client.sendall(head)
                while not stop.wait(0.02):
                    client.sendall(b".")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.zip"
            failure = downloads.begin(url) or downloads.save("P", lambda _: None)
        finally:
            downloads.close()
            stop.set()
            thread.join()
    assert isinstance(failure, Failure)
    assert "context deadline exceeded" in failure.words


def test_nothing_is_downloaded_once_the_server_ends(files: Path) -> None:
    downloads = Downloads(Options(), guarded=False)
    downloads.abort()
    with origin(files) as web:
        url = f"{web.url}/slow/x.zip"
        assert downloads.begin(url) == Failure(f'Get "{url}": context canceled')
        downloads.close()
        assert not web.asked.is_set()


@pytest.mark.skipif(sys.platform != "linux", reason="fills a queue as Linux has it")
def test_a_connection_that_is_never_accepted_is_given_up_when_the_server_ends() -> None:
    downloads = Downloads(Options(), guarded=False)
    failures: list[Failure | None] = []
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.zip"
        connecting = threading.Thread(target=lambda: failures.append(downloads.begin(url)))
        connecting.start()
        waited_for(lambda: downloads._socket is not None)
        while connecting.is_alive():  # it may not have begun to connect
            downloads.abort()
            connecting.join(0.05)
        downloads.close()
    assert failures == [Failure(f'Get "{url}": context canceled')]


@pytest.mark.parametrize(
    ("release", "seconds", "verified"),
    [("0.9.0", None, True), ("0.9.1", 10, False), ("1.0.0", 300, False)],
)
def test_each_release_has_its_patience_and_trust(
    release: str, seconds: float | None, verified: bool
) -> None:
    facts = profile(Release.parse(release))
    assert (facts.download_seconds, facts.verifies_certificates) == (seconds, verified)


def test_only_old_releases_want_a_certificate_that_somebody_vouches_for(
    files: Path, secure: str
) -> None:
    (files / "x.zip").write_bytes(b"PK")
    for verified in (False, True):
        downloads = Downloads(OPTIONS, guarded=False, verified=verified)
        found = downloads.begin(secure)
        downloads.close()
        if verified:
            assert isinstance(found, Failure)
            assert "x509: " in found.words
        else:
            assert found is None


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[str]:
    """The URL of something on a host with a certificate of its own making."""
    key = generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    pem = tmp_path / "host.pem"
    form = PrivateFormat.PKCS8
    pem.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, form, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/x.zip"
        finally:
            server.shutdown()
            thread.join()
