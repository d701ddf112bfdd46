"""The script on a failure's screen shows the defect on a clean server, and never a secret."""

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.server.options import Options
from kuiper_pack.suite import screen
from kuiper_pack.suite.clause import STOP
from kuiper_pack.suite.document import document
from kuiper_pack.suite.exchange import Event
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.script import WIDTH, script
from kuiper_pack.suite.verdict import Result, Verdict
from tests.suite.judging import clauses, ids, judge
from tests.suite.mutants import Mutant, mutants
from tests.suite.socketless import Socketless
from tests.suite.web import Handler, web

pytestmark = pytest.mark.skipif(os.name != "posix", reason="scripts are for /bin/sh")

Seen = tuple[int | None, str, Any]
"""Status, type and body of an answer, without what differs from server to server."""

NO_ANSWER: Seen = (None, "", None)
ANSWERED: Seen = (200, "", None)
NAME = re.compile(r"kp[a-z2-9]{7}n[0-9]+")
NOT_SHOWN = {
    **dict.fromkeys(
        ("prebuild.type", "uploads.content.path", "uploads.list.path"),
        "answers differ in a path only, which differs from server to server anyhow",
    ),
    **dict.fromkeys(
        ("uploads.form.accepted", "uploads.form.other-field"),
        "on a socket a form comes as a stream, which these mutants do not read",
    ),
    **dict.fromkeys(
        ("uploads.installed", "uploads.replaced"),
        "a binary file is uploaded by a client, not by a request that is kept",
    ),
    "http.root": "GET / is how scripts await a server",
    "http.batch": "lists that differ are inside texts there",
}
"""Clauses whose scripts are not run, each with the reason."""
LONG = ("http.body.deep", "http.body.huge", "http.names.long", "security.tokens.forged")
"""Clauses that send what does not go on a screen."""
_FAILURES = [
    (mutant, name)
    for mutant in mutants()
    for name in sorted(mutant.fails)
    if ".concurrent." not in name  # where the last answer shows nothing: test_concurrency.py
    and name not in NOT_SHOWN
]
each_failure = pytest.mark.parametrize(
    ("mutant", "name"), _FAILURES, ids=[f"{one.name}-{name}" for one, name in _FAILURES]
)


def judged(mutant: Mutant, name: str, delivery: str | None = None) -> tuple[Run, Result]:
    """A failure of a mutant, judged with nothing but the clauses that it needs."""
    delivery = delivery or mutant.delivery
    needed = ground(name)
    told: dict[str, Any] = {
        "wanted": lambda clause: clause.id in needed,
        "reading": mutant.reading,
        "seed": mutant.name,
        "token": mutant.token,
        "delivery": delivery,
        "watched_for": 0.3,
        "ends_within": 0.5,
    }
    if "stop" not in name and delivery == "file":
        options = Options(strict=mutant.strict, allow_install_scripts=True)
        with Socketless(mutant.release, options=options, make=mutant.make) as server:
            run = judge(server, **told)
    else:  # a server that ends has to be one that does so a little later
        with serving(mutant, make=mutant.make) as server:
            run = judge(server.url, restart=server.restart, allow=frozenset({STOP}), **told)
    return run, run.results[name]


def ground(name: str) -> set[str]:
    """A clause and all that it needs."""
    needs = {clause.id: clause.needs for clause in clauses()}
    return {name}.union(*(ground(need) for need in needs[name] if need in needs))


def serving(mutant: Mutant, *, strict: bool = False, **how: Any) -> ReferenceServer:
    options = Options(strict=strict or mutant.strict, exit_delay=0.1, allow_install_scripts=True)
    return ReferenceServer(mutant.release, options=options, **how)


def told(result: Result, names: set[str]) -> Seen:
    """The answer that the verdict rests on; after a watch, whether the server answers."""
    last = result.exchanges[-1]
    if isinstance(last, Event):
        return ANSWERED if "answers" in last.text else NO_ANSWER
    return seen(last.answer.status, last.answer.content_type, last.answer.text, names)


def shown(printed: str, names: set[str]) -> Seen:
    """The last answer in what a script printed."""
    request, _, answer = f"\n{printed}".rpartition("\n> ")[2].partition("\n")
    if not answer.startswith("HTTP/"):
        return NO_ANSWER
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    status = int(head.split()[1])
    if request == "GET /":
        return ANSWERED
    kind = re.search(r"^content-type: (.*)$", head, re.MULTILINE | re.IGNORECASE)
    return seen(status, kind[1] if kind else "", body, names)


def seen(status: int | None, kind: str, body: str, names: set[str]) -> Seen:
    """``names`` are those in the script: of lists only these can be the same."""
    text = re.sub(r"(file:/)?/[^\s\"']*/", "", body.strip())
    try:
        found = json.loads(text)
    except ValueError:
        return status, kind if text else "", text or None
    if isinstance(found, list):
        found = sorted((one for one in found if {*NAME.findall(str(one))[:1]} <= names), key=str)
    if isinstance(found, dict):
        found = {name: one for name, one in found.items() if {*NAME.findall(name)} <= names}
    return status, kind, found


@contextmanager
def button(press: Callable[[], object]) -> Iterator[str]:
    """A command that calls ``press`` in this process."""

    class Button(Handler):
        def answer(self, body: bytes) -> None:
            press()
            self.send_response(204)
            self.end_headers()

    with web(Button) as url:
        yield f"curl -sS {url}"


def ran(text: str, server: ReferenceServer, folder: Path, **variables: str) -> str:
    """What the script prints, sent to a server that is clean."""
    with button(server.restart) as restart:
        done = subprocess.run(
            ["/bin/sh", "-c", text],
            env={**os.environ, "URL": server.url, "RESTART": restart, **variables},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "not found" not in done.stderr
    assert "syntax" not in done.stderr.lower()
    return done.stdout


@each_failure
def test_the_script_of_one_screen_shows_the_defect_and_a_sound_server_has_none(
    mutant: Mutant, name: str, tmp_path: Path
) -> None:
    run, result = judged(mutant, name)
    text = script(run, result)
    names = {*NAME.findall(text)}
    defect = told(result, names)
    secret = {"TOKEN": mutant.token} if mutant.token else {}
    with serving(mutant, make=mutant.make) as server:
        assert shown(ran(text, server, tmp_path, **secret), names) == defect
    if not secret:  # no token is wanted there
        with serving(mutant, strict=mutant.reading is None) as server:
            assert shown(ran(text, server, tmp_path), names) != defect
    lines = screen.failure(run, result).splitlines()
    longer = {"restart": 56, "metadata": 56, "model": 80, "download": 44}
    assert len(lines) <= next((most for word, most in longer.items() if word in name), 40)
    assert name in LONG or max(map(len, lines)) <= WIDTH + 15


def named(name: str) -> Mutant:
    return next(one for one in mutants() if one.name == name)


def test_the_script_offers_packages_by_http_to_servers_that_fetch_them(tmp_path: Path) -> None:
    mutant = named("the v of a version is kept")
    run, result = judged(mutant, min(mutant.fails), "http")
    text = script(run, result)
    names = {*NAME.findall(text)}
    with serving(mutant, make=mutant.make) as server:
        assert shown(ran(text, server, tmp_path), names) == told(result, names)
    assert "for /bin/sh with curl, base64, python3" in text


def test_the_script_takes_large_shared_objects_from_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "it's a pool"
    folder.mkdir()
    for number in range(150):
        path = folder / f"plugin{number}.so"
        path.write_bytes(b"\x7fELF" + random.Random(number).randbytes(20_000))
    mutant = named("the v of a version is kept")
    with serving(mutant, make=mutant.make) as server:
        run = judge(server, native=str(folder), delivery="file")
    result = run.results[min(mutant.fails)]
    with serving(mutant, make=mutant.make) as server:
        printed = ran(script(run, result), server, tmp_path)
    assert result.verdict is Verdict.FAILED
    assert '"version":"v3.2.1"' in printed
    assert "press enter" not in script(run, result)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("delivery", ["file", "http", "upload"])
@pytest.mark.parametrize("words", ["a registration adds", "sinks are forgotten"])
def test_shellcheck_finds_nothing_in_the_script(words: str, delivery: str) -> None:
    mutant = named(words)
    run, result = judged(mutant, min(mutant.fails), delivery)
    checked = subprocess.run(
        ["shellcheck", "-s", "sh", "-"],
        input=script(run, result),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""


SECRETS = ("a-secret-token", "another-secret")


class Parrot(Service):
    """Wants a token, and repeats in every answer whatever it was told in headers."""

    def answer(self, asked: Asked) -> Reply:
        said = " ".join(asked.headers.values()).encode()
        if asked.headers.get("authorization") != SECRETS[0]:
            return Reply(401, {}, said)
        reply = super().answer(asked)
        if asked.method == "GET" and reply.status == 200:
            return reply
        return reply._replace(status=200, body=said)


def test_secrets_are_in_no_screen_no_script_and_no_report(tmp_path: Path) -> None:
    given: dict[str, Any] = {"headers": {"X-Api-Key": SECRETS[1], "X-Colour": "green"}}
    with ReferenceServer(make=Parrot) as server:
        run = judge(server, token=SECRETS[0], **given)
        with pytest.raises(KuiperPackError, match="wants a token") as refused:
            judge(server, **given)
    failed = [run.results[name] for name in ids(run, Verdict.FAILED)]
    texts = [json.dumps(document(run.outcome, list(clauses()))), str(refused.value)]
    texts += [screen.failure(run, result) for result in failed]
    assert len(failed) > 3
    assert not [text for text in texts for secret in SECRETS if secret in text]
    assert "green" in texts[-1]
    with ReferenceServer(make=Parrot) as server:
        printed = ran(
            script(run, failed[0]), server, tmp_path, TOKEN=SECRETS[0], X_API_KEY=SECRETS[1]
        )
        without = ran(script(run, failed[0]), server, tmp_path)
    assert "HTTP/1.1 200" in printed
    assert without == ""
