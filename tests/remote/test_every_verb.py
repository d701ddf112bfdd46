"""Every verb of ``kuiper-pack remote`` against every generation of the reference server."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuiper_pack.client import Client
from kuiper_pack.profiles import Release, profile, select
from kuiper_pack.profiles.fold import behaviour
from kuiper_pack.server import Options, ReferenceServer
from kuiper_pack.server.manners import manners
from kuiper_pack.suite.artifacts import ArtifactHost
from tests.remote.tour import VERBS, Step, World, anything, ask, packed, taken, tour
from tests.suite.web import Handler, web

BELOW, BEARER = "/api/kuiper", "Bearer a-token-of-the-gateway"


def generations() -> Iterator[Release]:
    """The newest release of each that behave alike, oldest first."""
    newest = {(behaviour(one), manners(one)): one for one in select(["all"])}
    yield from sorted(newest.values())


EVERY = tuple(generations())
SAMPLE = {EVERY[0], *EVERY[4::9], EVERY[-1]}
CASES = [
    pytest.param(one, id=one.text, marks=[] if one in SAMPLE else [pytest.mark.proof])
    for one in EVERY
]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ArtifactHost]:
    with ArtifactHost(tmp_path / "hosted") as running:
        yield running


def made(release: Release, folder: Path, host: ArtifactHost, **more: bool) -> World:
    plugins = packed(folder / "zips", anything)
    host.put("other.zip", Path(plugins.zips["other"]).read_bytes())
    return World(release, plugins, host.http("other.zip"), **more)


def toured(url: str, world: World, *more: str) -> list[str]:
    """The complaints."""
    found = []
    for step in tour(world):
        _, wrong = taken(url, step, *more)
        if wrong:
            found.append(f"{' '.join(step.words)}: {wrong}")
    return found


@pytest.mark.parametrize("release", CASES)
def test_every_verb_is_answered_as_the_release_does(
    release: Release, tmp_path: Path, host: ArtifactHost
) -> None:
    options = Options(python=sys.executable, exit_delay=0.0)
    with ReferenceServer(release, options=options) as server:
        assert toured(server.url, made(release, tmp_path, host)) == []
        assert server.wait() == 100


def test_a_server_that_guards_its_network_is_as_easy_to_use(
    tmp_path: Path, host: ArtifactHost
) -> None:
    release = EVERY[-1]
    options = Options(python=sys.executable, exit_delay=0.0,
                      enable_private_net=False, allow_external_file_access=False)  # fmt: skip
    world = made(release, tmp_path, host, private=False, anywhere=False)
    with ReferenceServer(release, options=options) as server:
        assert toured(server.url, world) == []


def gateway(target: str) -> type[Handler]:
    """Has the API below a path, its own token, and its pages everywhere else."""

    class Gateway(Handler):
        def answer(self, body: bytes) -> None:
            if not self.path.startswith(f"{BELOW}/"):
                return self.reply(200, b"<html>The dashboard</html>", "text/html")
            if self.headers.get("Authorization") != BEARER:
                return self.reply(403, b"no token", "text/plain")
            with Client(target) as client:
                path = self.path.removeprefix(BELOW)
                names = ("Content-Type",)
                headers = {one: self.headers[one] for one in names if one in self.headers}
                told = client.send(self.command, path, body=body, headers=headers, follow=False)
            return self.reply(told.status or 502, told.body, told.content_type)

        def reply(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Gateway


def test_behind_a_gateway_every_verb_is_the_same(tmp_path: Path, host: ArtifactHost) -> None:
    options = Options(python=sys.executable, exit_delay=0.0)
    world = made(EVERY[-1], tmp_path, host)
    token = tmp_path / "token"
    token.write_text(f"{BEARER}\n")
    with ReferenceServer(world.release, options=options) as server, web(gateway(server.url)) as url:
        for more in (("--header", f"Authorization: {BEARER}"), ("--token-file", str(token))):
            listed = ask(f"{url}{BELOW}", Step(("list",), 0, ""), *more)
            assert (listed.exit_code, listed.stdout) == (0, "")
        assert toured(f"{url}{BELOW}", world, "--token-file", str(token)) == []
        server.wait()
        for wrong, told in (("", "is a web page, no plugin API: --url"), (BELOW, "give it with")):
            failed = ask(f"{url}{wrong}", Step(("list",), 1, ""))
            assert told in failed.stderr


def test_the_tour_has_every_verb_and_the_sample_every_ground(
    tmp_path: Path, host: ArtifactHost
) -> None:
    from kuiper_pack.cli.remote import remote

    words = {step.words[0] for step in tour(made(EVERY[-1], tmp_path, host))}
    assert words == VERBS == set(remote.commands)
    facts = [profile(one) for one in SAMPLE]
    for name in ("portable", "portable_status", "native_update", "function_lists", "uploads"):
        assert {bool(getattr(one, name)) for one in facts} == {True, False}, name
