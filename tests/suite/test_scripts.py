"""The script on a failure's screen shows the defect on a clean server, and never a secret."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from random import Random
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
from kuiper_pack.suite.packing import WIDTH
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.script import script
from kuiper_pack.suite.verdict import Result, Verdict
from tests.server.hosts import no_processes
from tests.suite.judging import clauses, ids, judge
from tests.suite.mutants import Mutant, mutants
from tests.suite.socketless import Socketless
from tests.suite.web import Handler, web

pytestmark = pytest.mark.skipif(os.name != "posix", reason="scripts are for /bin/sh")

Seen = tuple[int | None, str, Any]
"""Status, type and body of an answer, without what differs from server to server."""

NO_ANSWER: Seen = (None, "", None)
ANSWERED: Seen = (200, "", None)
UNTOLD = "application/octet-stream"
"""The type of a reply that has none, on a socket."""
NAME = re.compile(r"kp[a-z2-9]{7}n[0-9]+")
PLACE = re.compile(r"(?<![:/\w])(file:/|http:/)?/[^\s\"']*/")
"""Folders of this machine, which differ from server to server."""
TIMED = re.compile(r"\w*(_timestamp|Timestamp|_time|_invocation|_latency\w*|_length)")
"""Members of the status of a rule that say when, and how long: no two are the same."""
COUNTED = re.compile(r"pid|\w*_total")
"""Members of a status whose numbers differ; that there are some is what counts."""
EARLIER = {
    "portable.create.shared-symbol": 2,  # it was refused, and is described: each may be right
    "prebuild.type": 2,  # one list may be right, but not for two types
    "rules.unknown.source": 3,  # there is no such rule, no status: right, but it was taken
    "rules.unknown.sink": 3,
}
"""Clauses whose last answer is a sound one too: this one, counted from the end, is not."""
SAMPLE = 24
"""As many failures are shown again by each run of the tests; the proof shows all."""
LINES = 45
"""Lines of a screen, without those of its packages."""
_FAILURES = [
    (mutant, name)
    for mutant in mutants()
    for name in sorted(mutant.fails)
    if ".concurrent." not in name  # where the last answer shows nothing: test_concurrency.py
]
_SAMPLE = Random("scripts").sample(range(len(_FAILURES)), SAMPLE)
each_failure = pytest.mark.parametrize(
    ("mutant", "name"),
    [
        pytest.param(
            mutant,
            name,
            id=f"{mutant.name}-{name}",
            marks=() if number in _SAMPLE else pytest.mark.proof,
        )
        for number, (mutant, name) in enumerate(_FAILURES)
    ],
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
        "expired_token": mutant.expired_token,
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


@contextmanager
def serving(
    mutant: Mutant, *, strict: bool = False, processes: bool = False, **how: Any
) -> Iterator[ReferenceServer]:
    """A server on a socket; portable plugins have ``processes``, or are only said to run."""
    options = Options(strict=strict or mutant.strict, exit_delay=0.1, allow_install_scripts=True)
    with (
        nullcontext() if processes else no_processes(),
        ReferenceServer(mutant.release, options=options, **how) as server,
    ):
        yield server


def told(result: Result, names: set[str]) -> Seen:
    """The answer that the verdict rests on; after a watch, whether the server answers."""
    last = result.exchanges[-1]
    if isinstance(last, Event):
        return ANSWERED if "answers" in last.text else NO_ANSWER
    return seen(last.answer.status, last.answer.content_type, last.answer.text, names)


def shown(printed: str, names: set[str], *, watched: bool = False, last: int = 1) -> Seen:
    """The last answer in what a script printed, or an earlier one; after a watch, if there is."""
    request_and_answer = f"\n{printed}".split("\n> ")[-last]
    _, _, answer = request_and_answer.partition("\n")
    if not answer.startswith("HTTP/"):
        return NO_ANSWER
    if watched:
        return ANSWERED
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    status = int(head.split()[1])
    kind = re.search(r"^content-type: (.*)$", head, re.MULTILINE | re.IGNORECASE)
    return seen(status, kind[1] if kind else "", body, names)


def seen(status: int | None, kind: str, body: str, names: set[str]) -> Seen:
    """``names`` are those in the script: of lists only these can be the same."""
    text = PLACE.sub("/", body.strip())
    kind = "" if not text or kind == UNTOLD else kind
    return status, kind, comparable(text, names) if text else None


def comparable(value: Any, names: set[str]) -> Any:
    """What was said, also inside texts, without what differs from run to run."""
    if isinstance(value, list):
        kept = [comparable(one, names) for one in value]
        kept = [one for one in kept if {*NAME.findall(str(one))[:1]} <= names]
        return sorted(kept) if all(isinstance(one, str) for one in kept) else kept
    if isinstance(value, dict):
        return {
            name: bool(one) if COUNTED.fullmatch(name) else comparable(one, names)
            for name, one in value.items()
            if {*NAME.findall(name)} <= names and not TIMED.fullmatch(name)
        }
    if isinstance(value, str) and value.startswith(("[", "{")):
        with suppress(ValueError):
            return comparable(json.loads(value), names)
    return value


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


def shows(mutant: Mutant, name: str, folder: Path, *, processes: bool = False) -> str:
    """The screen of a failure, whose script shows it on a clean server and on no sound one."""
    run, result = judged(mutant, name)
    text = script(run, result)
    names = {*NAME.findall(text)}
    defect = told(result, names)
    watched = isinstance(result.exchanges[-1], Event)
    secret = {"TOKEN": mutant.token} if mutant.token else {}
    secret |= {"EXPIRED_TOKEN": mutant.expired_token} if mutant.expired_token else {}
    with serving(mutant, make=mutant.make, processes=processes) as server:
        printed = ran(text, server, folder, **secret)
    assert shown(printed, names, watched=watched) == defect
    if not secret:  # no token is wanted there
        with serving(mutant, strict=mutant.reading is None, processes=processes) as server:
            sound = ran(text, server, folder)
        last = EARLIER.get(name, 1)
        right, wrong = (shown(one, names, watched=watched, last=last) for one in (sound, printed))
        assert right != wrong
    return screen.failure(run, result)


@each_failure
def test_the_script_of_one_screen_shows_the_defect_and_a_sound_server_has_none(
    mutant: Mutant, name: str, tmp_path: Path
) -> None:
    lines = without_data(shows(mutant, name, tmp_path)).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH + 15


@pytest.mark.parametrize("name", ["portable.status.updated", "rules.portable.source"])
def test_the_script_makes_portable_plugins_that_really_run(name: str, tmp_path: Path) -> None:
    mutant = next(one for one in mutants() if name in one.fails)
    text = shows(mutant, name, tmp_path, processes=True)
    assert "press enter" not in text
    assert "sp.py" in text


def without_data(text: str) -> str:
    """A screen without what packages and long bodies have."""
    text = re.sub(r"^file [^']*'[^']*'\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^text (.*\\\n)*[^']*'[^']*'\n", "", text, flags=re.MULTILINE)
    return re.sub(r"(?<= )'.{100,}'|\S{80,}", "", text)


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
        path.write_bytes(b"\x7fELF" + Random(number).randbytes(20_000))
    mutant = named("the v of a version is kept")
    needed = ground(min(mutant.fails))
    with serving(mutant, make=mutant.make) as server:
        run = judge(
            server, wanted=lambda one: one.id in needed, native=str(folder), delivery="file"
        )
    result = run.results[min(mutant.fails)]
    with serving(mutant, make=mutant.make) as server:
        printed = ran(script(run, result), server, tmp_path)
    assert result.verdict is Verdict.FAILED
    assert '"version":"v3.2.1"' in printed
    assert "press enter" not in script(run, result)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("delivery", ["file", "http", "upload"])
@pytest.mark.parametrize("words", ["sinks are forgotten", "unused portables are referred to"])
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
    given: dict[str, Any] = {
        "headers": {"X-Api-Key": SECRETS[1], "X-Colour": "green"},
        "wanted": lambda one: one.id.startswith(("native.create.", "http.", "uploads.")),
    }
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
