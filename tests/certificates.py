"""Certificates for tests: each signs itself, so whoever names its file trusts it."""

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOOPBACK = "127.0.0.1"


def certificate(path: Path, name: str = LOOPBACK, begins: int = -9, ends: int = 9) -> Path:
    """Write one for that name or address, with its key; it counts between two days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(timezone.utc)
    is_address = name.replace(".", "").isdigit()
    names = x509.IPAddress(ip_address(name)) if is_address else x509.DNSName(name)
    made = (
        x509.CertificateBuilder(issuer, issuer, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([names]), critical=False)
        .sign(key, SHA256())
    )
    form = PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, form, NoEncryption())
    )
    return path
