"""Who is let in where requests need a token."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kuiper_pack.client import Client
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, ReferenceServer, Service

RELEASES = ["1.4.0", "1.12.0-beta.2", "1.12.0-beta.3", "2.4.0"]
CODED = RELEASES[:2]
HOUR = 3600


@pytest.fixture(scope="module")
def signing() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def keys(signing: RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as etc/mgmt."""
    folder = tmp_path_factory.mktemp("mgmt")
    form = PublicFormat.SubjectPublicKeyInfo
    folder.joinpath("sample_key.pub").write_bytes(
        signing.public_key().public_bytes(Encoding.PEM, form)
    )
    folder.joinpath("broken.pub").write_text("no key")
    return folder


Ask = Callable[..., tuple[int | None, str]]


@pytest.fixture(params=RELEASES)
def ask(request: pytest.FixtureRequest, keys: Path, tmp_path: Path) -> Any:
    service = Service(Release.parse(request.param), tmp_path, Options(public_keys=keys))

    def asked(token: str = "", method: str = "GET", path: str = "/plugins/sinks") -> Any:
        headers = {"Authorization": token} if token else {}
        reply = service.handle(method, path, headers)
        return reply.status, reply.body.decode(errors="replace")

    asked.coded = request.param in CODED  # type: ignore[attr-defined]
    yield asked
    service.close()


def token(signing: RSAPrivateKey, **claims: Any) -> str:
    told = {"iss": "sample_key.pub", "aud": "eKuiper", "exp": int(time.time()) + HOUR} | claims
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, signing, "RS256")


def test_a_good_token_opens_whatever_the_case_of_the_key(ask: Any, signing: RSAPrivateKey) -> None:
    assert ask(token(signing))[0] == 200
    assert ask(token(signing, iss="SAMPLE_Key.pub"))[0] == 200
    assert ask(token(signing, exp=None))[0] == 200


def test_what_says_nothing_of_plugins_is_open(ask: Any) -> None:
    assert ask(path="/")[0] == 200
    assert ask(path="/ping")[0] == 200
    assert ask(path="/nowhere")[0] == 404
    assert ask(method="PATCH")[0] == 405
    assert ask(path="//plugins/sinks")[0] == 301
    assert ask(path="/plugins/sinks/unknown") == (401, "missing_token\n")


def refused(ask: Any, text: str, code: int, coded: str, worded: str) -> None:
    """The refusal is the one of the release."""
    wanted = f"JWTVAL__ERRCODE:{code}__ERRSTR:{coded}__TOKEN:{text}\n"
    assert ask(text) == (401, wanted if ask.coded else f"validate token error: {worded}\n")


def test_each_release_refuses_in_its_own_words(ask: Any, signing: RSAPrivateKey) -> None:
    text = "token contains an invalid number of segments"
    refused(ask, "Bearer abc", 1, text, f"token is malformed: {text}")
    text = "issuer field not exist in jwt payload"
    before = "token is unverifiable: error while executing keyfunc: "
    refused(ask, token(signing, iss=None), 2, text, before + text)
    text = "not found target key file ../x in /etc/mgmt"
    refused(ask, token(signing, iss="../x"), 2, text, before + text)
    text = "crypto/rsa: verification error"
    forged = token(signing)[:-8] + "AAAAAAAA"
    refused(ask, forged, 4, text, f"token signature is invalid: {text}")
    late = "token has invalid claims: token is not valid yet"
    refused(ask, token(signing, nbf=int(time.time()) + HOUR), 128, "token is not valid yet", late)
    late = token(signing, exp=int(time.time()) - 60)
    words = ask(late)[1]
    assert "token is expired by 1m" in words if ask.coded else words.endswith("token is expired\n")


def test_a_token_that_no_key_signed_opens_nothing(ask: Any, signing: RSAPrivateKey) -> None:
    claims = {"iss": "sample_key.pub", "aud": "eKuiper"}
    assert ask(jwt.encode(claims, "", "none"))[0] == 401
    assert ask(jwt.encode(claims, "secret" * 8, "HS256"))[0] == 401
    assert ask(token(signing, iss="broken.pub"))[0] == 401


def test_a_token_is_for_somebody(ask: Any, signing: RSAPrivateKey) -> None:
    word = "be eKuiper, but got other" if ask.coded else "contain eKuiper, but got [other]"
    assert ask(token(signing, aud="other")) == (401, f"audience field should {word}\n")
    status = 401 if ask.coded else 200
    assert ask(token(signing, aud=["other", "eKuiper"]))[0] == status


def test_the_client_sends_the_token(keys: Path, signing: RSAPrivateKey) -> None:
    options = Options(public_keys=keys)
    with ReferenceServer("2.4.0", options=options) as server:
        with Client(server.url) as client:
            refusal = client.list(Kind.SINK)
            assert refusal.status == 401
            assert refusal.headers["x-content-type-options"] == "nosniff"
        with Client(server.url, token=token(signing)) as client:
            assert client.list(Kind.SINK).json() == []


def test_releases_without_tokens_say_so(keys: Path, tmp_path: Path) -> None:
    with pytest.raises(KuiperPackError, match="knows no tokens"):
        Service(Release.parse("1.3.1"), tmp_path, Options(public_keys=keys))


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


HEAD = encoded({"alg": "RS256"})
GARBAGE = [
    "..",
    "a.b.c",
    "Bearer x.y.z",
    f"{HEAD}.{encoded([])}.x",
    f"{HEAD}.{encoded({'iss': ['sample_key.pub'], 'aud': {}})}.x",
    f"{HEAD}.{encoded({'iss': 'sample_key.pub', 'exp': 'soon'})}.xx",
    f"{HEAD}.{encoded({'iss': 'sample_key.pub', 'exp': -1e300})}.xx",
    f"{HEAD}.{encoded({'iss': 'sample_key.pub', 'nbf': 1e300})}.xx",
    f"{HEAD}.{encoded({'iss': 'sample_key.pub'})}.\u00e4\udc80",
    f"{encoded({'alg': ['RS256']})}.{encoded({})}.xx",
    f"{encoded({'alg': 'RSxyz'})}.{encoded({'iss': 'sample_key.pub'})}.xx",
    f"{encoded(float('inf'))}.{encoded({})}.xx",
]


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_refused_like_any_other_token(ask: Any, text: str) -> None:
    status, words = ask(text)
    assert status == 401
    assert words.startswith("JWTVAL__ERRCODE:" if ask.coded else "validate token error: token ")
