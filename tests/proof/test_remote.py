"""Every verb of ``kuiper-pack remote`` on real servers: as predicted, in our words."""

import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Options, ReferenceServer
from kuiper_pack.suite.artifacts import ArtifactHost
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import OPEN, VARIABLE, Build, RealServer, builds
from tests.remote.tour import World, packed, taken, tour

_COLUMNS = ("server", "requests", "as expected", "in the words of the reference server", "which")
_TEXT = """
Every verb of `kuiper-pack remote` against real servers on loopback: in ways that work and in ways
that do not, to the end of the server by `drop --stop`. "As shipped" keeps the settings of the
release; "open" allows packages from private addresses and from any folder, "uploads only" forbids
files outside the uploads; "with tokens" has `authentication: true`. A request is as expected where
exit code and words are those that `tests/remote/tour.py` derives from the profile of the release,
each refusal says what to do, and the output with `--format json` is JSON. The last column but one
counts the screens that are, but for folders and ports, those that `kuiper-pack serve` leads to.
"""
_NAME = re.sub(r"\W", "", f"tour{os.environ.get('PYTEST_XDIST_WORKER', '')}")
"""Of the portable plugin: its sockets are one for all servers of a machine."""
_HOSTS = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Mode:
    """Settings of a server, and what they make of packages."""

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    private: bool = True
    anywhere: bool = True


SHIPPED = Mode("as shipped")
GUARDED = Mode("as shipped", private=False)
MODES = (
    Mode("open", OPEN),
    Mode("uploads only", {"basic.allowExternalFileAccess": False}, private=False, anywhere=False),
)
TOKENS = "with tokens"


def modes(build: Build) -> tuple[Mode, ...]:
    """The modes that a release has."""
    guards = build.facts.guards_network
    found = (GUARDED, *MODES) if guards else (SHIPPED,)
    if not build.facts.portable:  # tokens came with them (api G-11)
        return found
    return (*found, Mode(TOKENS, {"basic.authentication": True}, private=not guards))


CASES = [(build, mode) for build in builds() for mode in modes(build)]


@pytest.mark.proof
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize(
    ("build", "mode"), CASES, ids=[f"{build.release}-{mode.name}" for build, mode in CASES]
)
def test_every_verb_is_answered_by_a_real_server_as_predicted(
    build: Build, mode: Mode, tmp_path: Path
) -> None:
    ledger = Ledger.of_this_commit("remote")
    row = ledger.once(_key(build, mode), partial(_toured, build, mode, tmp_path))
    _write_table()
    words = row["in the words of the reference server"]
    assert row["requests"] == row["as expected"] == words, row["which"]


def _key(build: Build, mode: Mode) -> str:
    return f"{build.release}, {mode.name}"


def _toured(build: Build, mode: Mode, folder: Path) -> Row:
    def load(kind: Kind, number: int) -> tuple[str, bytes]:
        path = build.shared_objects[kind.plural][number]
        return path.stem, path.read_bytes()

    plugins = packed(folder / "zips", load, _NAME)
    keys, token = _issued(folder)
    more = ("--token-file", str(token)) if mode.name == TOKENS else ()
    with ArtifactHost(folder / "hosted") as host:
        host.put("other.zip", Path(plugins.zips["other"]).read_bytes())
        hosted = host.http("other.zip")
        world = World(build.release, plugins, hosted, mode.private, mode.anywhere)
        with RealServer(build, settings=mode.settings) as server:
            shutil.copytree(keys, server.base / "etc" / "mgmt", dirs_exist_ok=True)
            url = f"http://127.0.0.1:{server.port}"
            real = _screens(url, str(server.base), world, more)
        options = Options(
            python=build.python,
            exit_delay=0.0,
            enable_private_net=mode.private,
            allow_external_file_access=mode.anywhere,
            public_keys=keys if more else None,
            plugin_hosts=None if build.facts.prebuild_systems == ("debian",) else _HOSTS,
        )
        data = folder / "reference"
        with ReferenceServer(build.release, data=data, options=options) as reference:
            ours = _screens(reference.url, str(data), world, more)
    wrong = [f"{step}: {complaint}" for step, (_, complaint) in real.items() if complaint]
    other = [
        f"{step}: {screen!r}, ours {ours[step][0]!r}"
        for step, (screen, _) in real.items()
        if screen != ours[step][0]
    ]
    return {
        "server": _key(build, mode),
        "requests": len(real),
        "as expected": len(real) - len(wrong),
        "in the words of the reference server": len(real) - len(other),
        "which": "; ".join(wrong + other),
    }


def _screens(
    url: str, base: str, world: World, more: tuple[str, ...]
) -> dict[str, tuple[str, str]]:
    """What each step puts on the screen, without what is of this run, and the complaint."""
    found = {}
    for number, step in enumerate(tour(world)):
        screen, wrong = taken(url, step, *more)
        screen = re.sub(r"http://127\.0\.0\.1:\d+", "URL", screen.replace(base, "BASE"))
        found[f"{number} {' '.join(step.words)}"] = (screen, wrong)
    return found


def _issued(folder: Path) -> tuple[Path, Path]:
    """A folder with a public key, and a file with a token that it verifies."""
    key = rsa.generate_private_key(65537, 2048)
    keys, token = folder / "keys", folder / "token"
    keys.mkdir()
    (keys / "issuer.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    claims = {"iss": "issuer.pub", "aud": "eKuiper", "exp": int(time.time()) + 600}
    token.write_text(jwt.encode(claims, key, "RS256"))
    return keys, token


def _write_table() -> None:
    kept = Ledger(KEPT / f"remote@{this_commit()}.jsonl").rows
    rows = [kept[key] for key in (_key(*case) for case in CASES) if key in kept]
    write_table("remote", "Using real servers from the shell", _TEXT, _COLUMNS, rows)
