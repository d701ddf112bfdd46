"""What is wrong with a certificate is told, and what to do about it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kuiper_pack.client import Client, Unreachable

TODAY = datetime.now(timezone.utc)


class Pings(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path, ends: datetime) -> Path:
    """A self-signed one for localhost, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(TODAY - timedelta(days=9)).not_valid_after(ends)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def served(file: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(("127.0.0.1", 0), Pings) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def said(url: str) -> str:
    with Client(url) as client, pytest.raises(Unreachable) as caught:
        client.ping()
    return str(caught.value)


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("NO_PROXY", "localhost")
    file = certificate(tmp_path, TODAY + timedelta(days=9))
    with served(file) as port:
        assert "set REQUESTS_CA_BUNDLE to the file of its authority" in said(
            f"https://localhost:{port}"
        )
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        with Client(f"https://localhost:{port}") as client:
            assert client.ping().ok
        assert "its certificate is for another name" in said(f"https://127.0.0.1:{port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{tmp_path}/none.pem")
        assert "none.pem is not there: it is what REQUESTS_CA_BUNDLE" in said(
            f"https://localhost:{port}"
        )


def test_a_certificate_that_has_expired_is_told_from_one_that_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, TODAY - timedelta(days=2))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with served(file) as port:
        assert "its certificate has expired" in said(f"https://localhost:{port}")
