"""A server that gives no answer to a request: is it gone, or did it only close the connection?"""

from pathlib import Path

import pytest
import requests
import requests_mock

from kuiper_pack.client import Answer
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.remote.asked import Asked, Rejected
from kuiper_pack.remote.install import Wish, install
from kuiper_pack.remote.session import Session
from tests.cli.packages import SOURCE, pack

URL = "http://kuiper.example:9081"
CLOSED = requests.ConnectionError(ConnectionResetError(104, "reset"))
REFUSED = requests.ConnectionError("Connection refused")
ABOUT = {"version": "1.14.7", "os": "linux", "upTimeSeconds": 1, "arch": "amd64"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuiper_pack.remote.session._PAUSE", 0.0)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({"json": ABOUT}, "the server goes on; its log"),
        (
            {"exc": REFUSED},
            r"ended over it.*`kuiper-pack build --server 1.14.7` builds it for this one",
        ),
    ],
)
def test_a_server_that_ends_over_a_package_is_told_from_one_that_goes_on(
    tmp_path: Path, then: dict[str, object], words: str
) -> None:
    zipped = pack(f"{tmp_path}/random.zip", SOURCE)
    with requests_mock.Mocker() as mocker, Session(URL, None, {}, 1.0) as session:
        mocker.get(f"{URL}/", [{"json": ABOUT}, then])
        mocker.get(f"{URL}/config/uploads", text="null")
        mocker.post(f"{URL}/config/uploads", text="/data/uploads/random.zip", status_code=201)
        mocker.post(f"{URL}/plugins/sources", exc=CLOSED)
        mocker.delete(f"{URL}/config/uploads/random.zip", exc=REFUSED)
        with pytest.raises(Rejected, match=words):
            install(session, Wish(verb="create", package=zipped), judge=True, say=print)
        assert mocker.request_history[-1].method == "DELETE"


@pytest.mark.parametrize("version", ["9.9.9", None, "dev"])
def test_a_server_of_an_unknown_release_is_not_judged_for(
    tmp_path: Path, version: str | None
) -> None:
    zipped = pack(f"{tmp_path}/random.zip", {"random.yaml": b""})
    heard: list[str] = []
    with requests_mock.Mocker() as mocker, Session(URL, None, {}, 1.0) as session:
        mocker.get(f"{URL}/", json=ABOUT | {"version": version})
        mocker.get(f"{URL}/config/uploads", json=[])
        mocker.post(f"{URL}/config/uploads", text="/data/uploads/random.zip", status_code=201)
        mocker.post(f"{URL}/plugins/sources", status_code=400, text="fail to install plugin: x")
        mocker.delete(f"{URL}/config/uploads/random.zip", text="ok")
        with pytest.raises(Rejected) as caught:
            install(session, Wish(verb="create", package=zipped), judge=True, say=heard.append)
    assert heard == []
    assert f"`kuiper-pack validate {zipped} --kind source --name random`" in str(caught.value)


def test_half_an_answer_is_none() -> None:
    half = Answer("GET", URL, 200, body=b"[", cut=True, note="the connection broke")
    session = Session(URL, None, {}, 1.0)
    with session, pytest.raises(KuiperPackError, match="the answer is not whole"):
        session.granted(half, Asked("list"))
