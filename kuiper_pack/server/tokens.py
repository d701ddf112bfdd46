"""Tokens that requests need: JSON Web Tokens, refused in the words of the servers (api G-11).

Releases up to 1.12.0-beta.2 use version 3 of github.com/golang-jwt/jwt, whose errors are numbers
that add up; later ones version 5, which judges the signature first.
"""

import base64
import json
import re
import time
from pathlib import Path
from typing import Any, NamedTuple

from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.node import Node
from kuiper_pack.planner.godecode import DecodeError, Struct, cannot_unmarshal, decode_node
from kuiper_pack.planner.goquote import quote

OPEN = ("/", "/ping")
"""What is answered without a token."""
_AUDIENCE = "eKuiper"
_METHOD = re.compile(r"(?:RS|PS|HS|ES)(?:256|384|512)|EdDSA|none")
_NO_BASE64 = re.compile(r"[^A-Za-z0-9_-]")
_MALFORMED, _UNVERIFIABLE, _SIGNATURE, _EXPIRED, _ISSUED, _EARLY = 1, 2, 4, 16, 32, 128
_OTHER_METHODS = {
    "HS": "HMAC verify expects []byte",
    "ES": "ECDSA verify expects *ecdsa.PublicKey",
    "Ed": "Ed25519 verify expects ed25519.PublicKey",
    "no": "'none' signature type is not allowed",
}
_IN_WORDS = {
    _MALFORMED: "token is malformed: {}",
    _UNVERIFIABLE: "token is unverifiable: {}",
    _SIGNATURE: "token signature is invalid: {}",
    _EXPIRED: "token has invalid claims: {}",
    _EARLY: "token has invalid claims: {}",
}


class Tokens:
    """Judges tokens by the public keys in ``folder``, in the words of a version of ``go``.

    With ``coded`` they are judged as the older library does.
    """

    def __init__(self, folder: Path, go: tuple[int, ...], *, coded: bool) -> None:
        self._folder = folder
        self._go = go
        self._coded = coded

    def problem(self, token: str) -> str | None:
        """What is wrong with the value of the header Authorization; None if it opens the door."""
        if not token:
            return "missing_token"
        try:
            audience = self._judged(token)
        except _Invalid as invalid:
            if self._coded:
                return f"JWTVAL__ERRCODE:{invalid.code}__ERRSTR:{invalid.words}__TOKEN:{token}"
            kind = invalid.code & -invalid.code
            return f"validate token error: {_IN_WORDS[kind].format(invalid.words)}"
        if _AUDIENCE in audience:
            return None
        if self._coded:
            return f"audience field should be {_AUDIENCE}, but got {''.join(audience)}"
        return f"audience field should contain {_AUDIENCE}, but got [{' '.join(audience)}]"

    def _judged(self, token: str) -> list[str]:
        """The audience of a valid token; raises _Invalid."""
        parts = token.split(".")
        if len(parts) != 3:
            raise _Invalid(_MALFORMED, "token contains an invalid number of segments")
        header = self._segment(parts[0], "header", "map[string]interface {}")
        claims = self._claims(self._segment(parts[1], "claim", "jwt.Token"))
        method = header.plain().get("alg")
        if not isinstance(method, str) or not _METHOD.fullmatch(method):
            what = "unavailable" if isinstance(method, str) else "unspecified"
            stop = "." if self._coded else ""
            raise _Invalid(_UNVERIFIABLE, f"signing method (alg) is {what}{stop}")
        unreadable = _no_base64(parts[2])
        if unreadable and not self._coded:
            raise _Invalid(_MALFORMED, self._told("base64 decode signature", unreadable))
        try:
            key = self._key(claims.issuer)
        except _NoKey as error:
            before = "" if self._coded else "error while executing keyfunc: "
            raise _Invalid(_UNVERIFIABLE, f"{before}{error}") from error
        untimely = self._untimely(claims)
        forged = unreadable or self._forged(token, method, key)
        if forged:
            code = _SIGNATURE + (untimely[0] if self._coded and untimely else 0)
            raise _Invalid(code, forged)
        if untimely:
            raise _Invalid(*untimely)
        return claims.audience

    def _segment(self, text: str, name: str, kind: str) -> Node:
        words = _no_base64(text)
        if words:
            if self._coded and name == "header" and text.lower().startswith("bearer "):
                words = "tokenstring should not contain 'bearer '"
            raise _Invalid(_MALFORMED, self._told(f"base64 decode {name}", words))
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        try:
            node = parse(data)
        except JSONSyntaxError as error:
            raise _Invalid(_MALFORMED, self._told(f"JSON decode {name}", error.message)) from error
        if node.kind != "object":
            words = cannot_unmarshal(node, f"Go value of type {kind}")
            raise _Invalid(_MALFORMED, self._told(f"JSON decode {name}", words))
        return node

    def _told(self, doing: str, words: str) -> str:
        return words if self._coded else f"could not {doing}: {words}"

    def _claims(self, node: Node) -> "_Claims":
        found = node.plain()
        fields = {"iss": "string", "aud": "string"} if self._coded else {"iss": "string"}
        embedded = dict.fromkeys(fields, "RegisteredClaims")
        try:
            decode_node(node, Struct("jwt", "Token", fields, embedded), self._go)
        except DecodeError as error:
            raise self._unfit(str(error)) from error
        audience = found.get("aud") or []
        listed = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(one, str) for one in listed):
            raise self._unfit("invalid type for claim")
        for name in ("exp", "nbf", "iat"):
            found_time = node.get(name)
            if found_time is not None and found_time.kind not in ("number", "null"):
                raise self._unfit(self._no_time(name, found_time))
        times = [found.get(name) or None for name in ("exp", "nbf", "iat")]
        return _Claims(found.get("iss") or "", listed, *times)

    def _unfit(self, words: str) -> "_Invalid":
        return _Invalid(_MALFORMED, self._told("JSON decode claim", words))

    def _no_time(self, name: str, node: Node) -> str:
        """What is wrong with a time that is no number."""
        if self._coded:
            kind = {"boolean": "bool"}.get(node.kind, node.kind)
            return f"json: cannot unmarshal {kind} into Go struct field Token.{name} of type int64"
        shown = quote(json.dumps(node.plain()))
        return (
            "could not parse NumericData: json: invalid number literal, "
            f"trying to unmarshal {shown} into Number"
        )

    def _untimely(self, claims: "_Claims") -> tuple[int, str] | None:
        now = time.time()
        if claims.until and now > claims.until:
            ago = f" by {_duration(int(now - claims.until))}" if self._coded else ""
            return _EXPIRED, f"token is expired{ago}"
        if self._coded and claims.issued and now < claims.issued:
            return _ISSUED, "Token used before issued"
        if claims.since and now < claims.since:
            return _EARLY, "token is not valid yet"
        return None

    def _forged(self, token: str, method: str, key: Any) -> str:
        """What is wrong with the signature; empty if nothing is."""
        import jwt

        kind = method[:2]
        if kind not in ("RS", "PS"):
            why = _OTHER_METHODS[kind]
            if kind == "no":
                return why if self._coded else f"token is unverifiable: {why}"
            return "key is of invalid type" + ("" if self._coded else f": {why}")
        try:
            jwt.PyJWS().decode(token, key, algorithms=[method])
        except jwt.InvalidTokenError:
            return "crypto/rsa: verification error"
        return ""

    def _key(self, issuer: str) -> Any:
        """The public key that the issuer names: a file of the folder, whatever its case."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        if not issuer:
            raise _NoKey("issuer field not exist in jwt payload")
        try:
            names = sorted(path.name for path in self._folder.iterdir())
            name = next((one for one in names if one.lower() == issuer.lower()), None)
            if name is None:
                raise _NoKey(f"not found target key file {issuer} in /etc/mgmt")
            content = Path(self._folder, name).read_bytes()
        except OSError as error:
            raise _NoKey(f"open {error.filename}: {error.strerror}") from error
        start = "Invalid Key" if self._coded else "invalid key"
        if b"-----BEGIN " not in content:
            raise _NoKey(f"{start}: Key must be a PEM encoded PKCS1 or PKCS8 key")
        unfit = "x509: malformed tbs certificate"
        try:
            key = load_pem_public_key(content)
        except ValueError as error:
            words = unfit if self._coded else "asn1: structure error: integer too large"
            raise _NoKey(words) from error
        if self._coded and b"BEGIN RSA PUBLIC KEY" in content:
            raise _NoKey(unfit)
        if not isinstance(key, RSAPublicKey):
            raise _NoKey(f"{'Key' if self._coded else 'key'} is not a valid RSA public key")
        return key


class _Claims(NamedTuple):
    issuer: str
    audience: list[str]
    until: float | None
    since: float | None
    issued: float | None


class _Invalid(Exception):
    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class _NoKey(Exception):
    """The text is what the servers say of a key that they cannot have."""


def _no_base64(text: str) -> str:
    """What is wrong with a part of a token; empty if nothing is."""
    wrong = _NO_BASE64.search(text)
    if wrong is None and len(text) % 4 != 1:
        return ""
    return f"illegal base64 data at input byte {wrong.start() if wrong else len(text) // 4 * 4}"


def _duration(seconds: int) -> str:
    """As Go writes it: ``1h2m3s``."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
