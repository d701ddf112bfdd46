"""Packages reach any server that can be reached, and what is uploaded for that is removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Options, ReferenceServer, Reply, Service
from kuiper_pack.server.messages import Asked, text_reply
from kuiper_pack.server.reference import Make
from kuiper_pack.suite.clause import Clause
from kuiper_pack.suite.cleanup import cleanup
from kuiper_pack.suite.journal import Journal, Upload, place
from kuiper_pack.suite.options import Options as RunOptions
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.script import script
from kuiper_pack.suite.subject import DELIVERY
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import Wanted, ids, judge
from tests.suite.mutants import mutants
from tests.suite.test_scripts import NAME, ran, shown, told

FAILING = (Verdict.FAILED, Verdict.BLOCKED)
CLOSED = Options(enable_private_net=False, allow_external_file_access=False)
"""No package comes from this machine but by upload."""


def closed(make: Make = Service) -> ReferenceServer:
    return ReferenceServer("2.4.0", options=CLOSED, make=make)


def short(clause: Clause) -> bool:
    """A few clauses that need packages, the present and the missing."""
    return clause.id.startswith(("native.create", "native.list.types"))


@pytest.mark.parametrize(
    ("options", "way"),
    [
        (Options(), "http"),
        (Options(enable_private_net=False), "file"),
        (Options(allow_external_file_access=False), "http"),
        (CLOSED, "upload"),
    ],
)
def test_the_first_way_that_works_is_taken(options: Options, way: str) -> None:
    with ReferenceServer("2.4.0", options=options) as server:
        with Run(RunOptions(server.url)) as run:
            assert run.discovery.delivery == way
            assert f"packages reach the server by {way}" in run.discovery.notes
        with Run(RunOptions(server.url, delivery="upload")) as run:
            assert run.discovery.delivery == "upload"


def uploads(clause: Clause) -> bool:
    """Those over uploads, and a few more."""
    return clause.id.startswith("uploads.") or short(clause)


@pytest.mark.parametrize(
    "wanted", [uploads, pytest.param(lambda _: True, id="all", marks=pytest.mark.proof)]
)
def test_a_server_that_takes_nothing_but_uploads_is_judged_like_any_other(
    wanted: Wanted, journals: Path
) -> None:
    with closed() as server, Client(server.url) as client:
        client.upload("mine.zip", b"mine")
        run = judge(server, wanted=wanted)
        assert ids(run, *FAILING) == set()
        assert [path.rpartition("/")[2] for path in client.uploads().json()] == ["mine.zip"]
    assert run.residue == []
    assert [*journals.iterdir()] == []


@pytest.mark.parametrize("release", ["1.6.0", "1.14.7", "2.0.8"])
def test_each_release_that_takes_uploads_is_judged_by_them(release: str) -> None:
    with ReferenceServer(release) as server, Client(server.url) as client:
        run = judge(server.url, delivery="upload", wanted=short)
        assert ids(run, *FAILING) == set()
        assert client.uploads().json() == []


def test_where_nothing_can_be_uploaded_clauses_are_blocked_and_not_failed() -> None:
    with ReferenceServer("1.4.4") as server:
        run = judge(server.url, delivery="upload", wanted=short)
    assert run.discovery.delivery is None
    (why,) = (note for note in run.discovery.notes if note.startswith("no package comes by"))
    assert why.startswith("no package comes by upload: POST /config/uploads answered 404 ")
    assert ids(run, Verdict.FAILED) == set()
    assert run.results["native.create.accepted"].blocked_by == DELIVERY
    assert run.residue == []


class Forgetful(Service):
    """Takes an upload and has nothing of it."""

    def upload(self, asked: Asked) -> Reply:
        reply = super().upload(asked)
        Path(reply.body.decode()).unlink()
        return reply


class Terse(Service):
    """Takes an upload and does not say where it is."""

    def upload(self, asked: Asked) -> Reply:
        super().upload(asked)
        return text_reply(201, "ok")


@pytest.mark.parametrize("make", [Forgetful, Terse])
def test_an_upload_that_cannot_be_installed_from_is_no_way(make: type[Service]) -> None:
    with closed(make) as server:
        run = judge(server.url, wanted=short)
    assert run.discovery.delivery is None
    assert ids(run, Verdict.FAILED) == set()


class Full(Service):
    """Has room for three uploads."""

    taken = 0

    def upload(self, asked: Asked) -> Reply:
        self.taken += 1
        if self.taken > 3:
            return text_reply(400, "no space left on device\n")
        return super().upload(asked)


def test_a_refused_upload_blocks_and_says_why() -> None:
    with closed(Full) as server:
        run = judge(server.url, wanted=short)
    blocked = [one for one in run.results.values() if one.blocked_by == DELIVERY]
    assert "a package could not be uploaded: 400 no space left on device" in blocked[0].reason
    assert ids(run, Verdict.FAILED) == set()


class Sticky(Service):
    """Removes no upload, whatever it says."""

    def delete_upload(self, asked: Asked, name: str) -> Reply:
        return text_reply(400, "no\n")


class Sweeping(Service):
    """Removes all uploads with one."""

    def delete_upload(self, asked: Asked, name: str) -> Reply:
        for path in Path(self.uploads.folder).iterdir():
            path.unlink()
        return text_reply(200, "ok")


def test_uploads_that_stay_and_others_that_go_are_residue(journals: Path) -> None:
    with closed(Sticky) as server:
        run = judge(server.url, wanted=lambda one: one.id == "native.create.status")
        assert run.residue
        assert all(line.startswith("upload kp") for line in run.residue)
        assert [*journals.glob("*.jsonl")]
    with closed(Sweeping) as server, Client(server.url) as client:
        client.upload("mine.zip", b"mine")
        run = judge(server.url, wanted=lambda one: one.id == "native.create.status")
    assert run.residue == ["upload mine.zip was there before, and is gone"]


def test_a_name_is_in_the_journal_before_it_is_uploaded(journals: Path) -> None:
    known: list[bool] = []

    class Looking(Service):
        def upload(self, asked: Asked) -> Reply:
            (journal,) = journals.glob("*.jsonl")
            assert asked.stream is not None
            asked.stream.seek(0)
            (name,) = {*NAME.findall(asked.stream.read().decode("latin-1"))}
            lines = map(json.loads, journal.read_text().splitlines())
            known.append(any(line.get("name") == f"{name}.zip" for line in lines))
            return super().upload(asked)

    with closed(Looking) as server:
        judge(server.url, wanted=short)
    assert len(known) > 3
    assert all(known)


def test_the_cleanup_removes_what_a_killed_run_uploaded_and_nothing_else(journals: Path) -> None:
    with closed() as server, Client(server.url) as client:
        journal = Journal(place(server.url, "kprun"), server.url)
        journal.open()
        for name in ("kpa.zip", "kpb.zip"):
            journal.own(Upload(name))
            with journal.request():
                client.upload(name, b"x")
        client.upload("mine.zip", b"x")
        client.drop_upload("kpb.zip")
        journal.close(keep=True)
        done = cleanup(client)
        assert (done.removed, done.left) == ((Upload("kpa.zip"),), ())
        assert [path.rpartition("/")[2] for path in client.uploads().json()] == ["mine.zip"]
    assert [*journals.iterdir()] == []


def test_what_was_uploaded_stands_in_the_report_without_its_bytes() -> None:
    with closed() as server:
        run = judge(server.url, wanted=lambda one: one.id == "native.create.status")
    first = run.results["native.create.status"].exchanges[0].as_json()
    assert first["event"] == "upload"
    assert "bytes) is uploaded: 201" in first["text"]
    assert first["output"].startswith("/")
    assert len(json.dumps(first)) < 500


@pytest.fixture
def broken() -> Iterator[ReferenceServer]:
    """Keeps the v of a version."""
    mutant = next(one for one in mutants() if one.name == "the v of a version is kept")
    with closed(mutant.make) as server:
        yield server


def test_the_script_uploads_packages_where_that_is_the_way(
    broken: ReferenceServer, tmp_path: Path
) -> None:
    run = judge(broken.url, token="secret", wanted=lambda one: "describe" in one.id)
    result = next(one for one in run.results.values() if one.verdict is Verdict.FAILED)
    text = script(run, result)
    names = {*NAME.findall(text)}
    defect = told(result, names)
    assert shown(ran(text, broken, tmp_path, TOKEN="secret"), names) == defect
    with closed() as sound:
        assert shown(ran(text, sound, tmp_path, TOKEN="secret"), names) != defect
    assert "send POST /config/uploads -F" in text
    assert '-H "Authorization: $TOKEN" -X' in text
    assert "secret" not in text.replace("the secret value", "")


def test_the_script_knows_where_a_missing_package_would_be(tmp_path: Path) -> None:
    class Taking(Service):
        """Takes a package that is not there for one that is."""

        def create(self, asked: Asked, kind: str) -> Reply:
            reply = super().create(asked, kind)
            if b"no such file" in reply.body:
                self.machine.state.native[Kind.SINK][json.loads(asked.body)["name"]] = "1"
                return text_reply(201, "taken")
            return reply

    with closed(Taking) as server:
        run = judge(server.url, wanted=short)
        result = run.results["native.create.missing-package"]
    with closed(Taking) as server:
        printed = ran(script(run, result), server, tmp_path)
    assert result.verdict is Verdict.FAILED
    assert printed.rstrip().endswith("taken")
