"""Names in any script are kept, told and removed as they are; what is no text hurts nobody."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from kuiper_pack.cli.cleanup import cleanup as cleanup_command
from kuiper_pack.client import plugin_path
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import Portable
from kuiper_pack.server import ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.suite.journal import Journal, Made, Owned, Resource, Upload, place, read
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import ids, judge
from tests.suite.socketless import Socketless
from tests.suite.web import Handler, web

WORDS = {
    "Chinese": "\u63d2\u4ef6",
    "Arabic": "\u0645\u0643\u0648\u0646",
    "Cyrillic": "\u043f\u043b\u0430\u0433\u0438\u043d",
    "a picture": "\U0001f50c",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "composed": unicodedata.normalize("NFC", "e\u0301"),
    "combining": unicodedata.normalize("NFD", "\u00e9"),
    "spaces": "a b\u00a0c",
    "signs": "%41&?#+;'$(x)`",
    "ends of lines": "\u2028\u0085",
    "directions": "\u202etxt.exe",
}
"""What a name may have in it, by what that is."""
EVERY = pytest.mark.parametrize("word", WORDS.values(), ids=[*WORDS])


class Keeps(Handler):
    """Has what it has until that is deleted, each by its path."""

    has: ClassVar[set[str]]

    def answer(self, body: bytes) -> None:
        path = unquote(self.path)
        status = 200 if path in self.has else 404
        if self.command == "DELETE":
            self.has.discard(path)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")


@EVERY
def test_a_cleanup_finds_a_name_as_the_journal_has_it(word: str, journals: Path) -> None:
    name = f"kpx{word}"
    made: dict[Made, str] = {
        Owned(Kind.PORTABLE, name): f"/plugins/portables/{name}",
        Owned(Kind.SINK, name): f"/plugins/sinks/{name}",
        Upload(f"{name}.zip"): f"/config/uploads/{name}.zip",
        Resource("rule", name, f"/rules/{quote(name, safe='')}"): f"/rules/{name}",
        Resource("stream", name, f"/streams/{quote(name, safe='')}"): f"/streams/{name}",
    }
    with web(type("Keeping", (Keeps,), {"has": {*made.values()}})) as url:
        journal = Journal(place(url, "kpx"), url)
        journal.open()
        for one in made:
            journal.own(one)
        with journal.request():
            pass
        journal.close(keep=True)
        assert read(journal.path)[0] == [*made]
        asked = CliRunner().invoke(cleanup_command, [url], standalone_mode=False)
    assert asked.return_value == 0, asked.output
    assert f"removed: {len(made)}, left: 0" in asked.output.splitlines()[0]
    assert list(journals.glob("*")) == []


@EVERY
def test_a_plugin_of_others_is_left_alone_and_named_when_it_is_gone(word: str) -> None:
    with Socketless() as server:
        known = server.service.machine.state.portables
        known[word] = Portable(word, "python", "main.py")
        judge(server, wanted=lambda one: one.id in ("portable.list.array", "portable.list.entries"))
        assert word in known
        run = Run(Options(server.url))
        run.server.journal.own(Owned(Kind.PORTABLE, run.server.fresh()))
        run.server.plugins(Kind.PORTABLE)
        del known[word]
        assert f"portable {word} was there before, and is gone" in run.finish()
    assert unquote(plugin_path(Kind.PORTABLE, word)).endswith(f"/{word}")


NO_TEXT = b'\xff\xfe \xc3( \x00 \x1b[2J ]]> \xed\xa0\x80 </failure> \xf0\x9f\x94\x8c "\\ud800"'
"""Bytes that are no UTF-8, and what terminals, XML and JSON take for something else."""


class Mumbles(Service):
    """Takes every package, and says so in bytes that are no text."""

    def handle(self, *given: object) -> Reply:
        reply: Reply = super().handle(*given)  # type: ignore[arg-type]
        return reply if reply.status == 200 else reply._replace(status=400, body=NO_TEXT)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "gbk"])
def test_bytes_that_are_no_text_reach_screen_and_reports(encoding: str, tmp_path: Path) -> None:
    with ReferenceServer("2.4.0", make=Mumbles) as server:
        ran = subprocess.run(
            [
                *[sys.executable, "-m", "kuiper_pack", "conformance", server.url],
                *["--delivery=file", "--report=report.json", "--"],
                *["-k", "native.create", "--junitxml=junit.xml"],
            ],
            capture_output=True,
            check=False,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
    said = ran.stdout.decode(encoding)
    assert ran.returncode in (1, 2), said + ran.stderr.decode(encoding)
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert "\x1b[2J" not in said
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert any("\ufffd" in one["reason"] for one in report["clauses"])
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
    assert len([*cases]) == len(report["clauses"])


@pytest.mark.parametrize("word", ["Chinese", "a family", "directions"])
def test_what_a_server_says_in_any_script_fails_no_clause(word: str) -> None:
    class Speaks(Service):
        def describe(self, asked: Asked, kind: str, name: str) -> Reply:
            reply = super().describe(asked, kind, name)
            if reply.status != 200:
                return reply
            found = json.loads(reply.body) | {WORDS[word]: WORDS[word]}
            return reply._replace(body=json.dumps(found, ensure_ascii=False).encode())

    with Socketless(make=Speaks) as server:
        run = judge(server, wanted=lambda one: one.id.startswith(("native.create.", "native.desc")))
    assert ids(run, Verdict.FAILED) == set()
