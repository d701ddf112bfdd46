"""Requests with tokens: good ones, and ones that a server has to refuse."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from tests.proof.api_requests import RESTART
from tests.server.wire import Request

_HOUR = 3600
_OTHER_CLAIMS: tuple[dict[str, Any], ...] = (
    {"exp": -_HOUR},
    {"exp": "soon"},
    {"exp": None},
    {"nbf": _HOUR},
    {"iat": _HOUR},
    {"iss": None},
    {"iss": "nobody.pub"},
    {"iss": "SAMPLE_KEY.PUB"},
    {"iss": "../mgmt/sample_key.pub"},
    {"iss": "sample_key"},
    {"iss": 5},
    {"aud": None},
    {"aud": "other"},
    {"aud": ["other", "eKuiper"]},
    {"aud": ["other", "else"]},
    {"aud": []},
    {"aud": 5},
    {"sub": "x", "jti": "y"},
)
"""What is said instead; a number that is a time counts from now."""


def with_tokens(rng: random.Random, requests: Iterable[Request], folder: Path) -> Iterator[Request]:
    """The requests, most of them with a token that a key in ``folder`` has signed."""
    key = (folder / "sample_key").read_text(encoding="utf-8")
    stranger = generate_private_key(65537, 2048)
    for request in requests:
        if request is RESTART:
            yield request
            continue
        value = _value(rng, key, stranger)
        headers = tuple(one for one in request.headers if one[0] != "Authorization")
        if value is not None:
            headers += (("Authorization", value),)
        yield replace(request, headers=headers)


def _value(rng: random.Random, key: str, stranger: Any) -> str | None:
    what = rng.randrange(12)
    if what == 0:
        return None
    if what == 1:
        return rng.choice(
            ("", "x", "a.b.c", "..", "Bearer ", "bearer x.y.z", "e30.e30.e30", "é.é.é")
        )
    if what == 2:
        return _signed(stranger)
    if what == 3:
        algorithm = rng.choice(("HS256", "none", "PS256", "RS512", "RS384"))
        secret: Any = {"HS256": "secret" * 10, "none": None}.get(algorithm, key)
        return _signed(secret, algorithm)
    if what == 4:
        return "Bearer " + _signed(key)
    if what == 5:
        token = _signed(key)
        return rng.choice(
            (token[:-1], token + "A", token.replace(".", "", 1), token + ".x", f" {token} ")
        )
    return _signed(key, **(rng.choice(_OTHER_CLAIMS) if what < 9 else {}))


def _signed(key: Any, algorithm: str = "RS256", **changed: Any) -> str:
    now = int(time.time())
    claims = {"iss": "sample_key.pub", "aud": "eKuiper", "exp": _HOUR} | changed
    told = {
        name: now + value if name in ("exp", "nbf", "iat") and isinstance(value, int) else value
        for name, value in claims.items()
        if value is not None
    }
    return jwt.PyJWS().encode(
        json.dumps(told).encode(), key, algorithm=algorithm, headers={"typ": "JWT"}
    )
