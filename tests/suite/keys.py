"""Keys that a server knows, and tokens that are signed with them."""

from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """Signs tokens; the server takes those whose keys are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._key = generate_private_key(65537, 2048)
        form = PublicFormat.SubjectPublicKeyInfo
        public = self._key.public_key().public_bytes(Encoding.PEM, form)
        (folder / "ours.pub").write_bytes(public)

    def token(self, **claims: Any) -> str:
        """One that is taken, but for what other ``claims`` say."""
        return jwt.encode({"iss": "ours.pub", "aud": "eKuiper", **claims}, self._key, "RS256")
