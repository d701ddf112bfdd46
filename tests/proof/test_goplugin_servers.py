"""Real servers do with Go plugins, right and wrong ones, what is predicted from their program."""

import contextlib
import dataclasses
import io
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from kuiper_pack.goplugin.errors import BinaryError
from kuiper_pack.goplugin.host import host_of
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.prediction import Prediction
from kuiper_pack.goplugin.read import Binary, read_binary
from tests.goplugin.flags import FLAGS, PLAIN, Flags
from tests.goplugin.workshop import Workshop, go, needs_go
from tests.proof.ledger import KEPT, Ledger, Row, this_commit, write_table
from tests.proof.real_servers import VARIABLE, Build, RealServer, builds
from tests.proof.test_predictions import message_of

_CONTRACTS = ("2.0.0", "2.3.1")
_OTHER_GO = {
    "2.0.0": ("1.23.1", "1.23.4", "1.24.1", "1.24.5", "1.25.4", "1.26.8", "1.27rc1"),
    "2.3.1": ("1.24.1", "1.24.5", "1.25.4", "1.26.4", "1.26.8", "1.27rc1"),
}
_WITHOUT_CONTRACT = ("1.18.10", "1.21.13", "1.25.4")
_DIES_WITHIN = 10
_ARM64 = b"\xb7\x00"  # e_machine
_NAMES = ("tried", "again")
_COLUMNS = (
    "release", "build", "predicted", "status", "died", "same", "what the server says, or dies of",
)  # fmt: skip
_TEXT = """
Plugins are installed over REST on a fresh server each, and the answer, or the death of the server,
is compared with what is predicted of the two files, as `kuiper-pack load SO --kuiperd FILE` does:
the outcome, the words of a refusal with the package that it names first, and how a server died. A
plugin whose `init` panics is the one thing that is not predicted. Where two builds are named they
are installed one after the other on one server, under two names, and the row is about the second.

To repeat it, describe your servers in a file as `tests/proof/real_servers.py` says and run
`KUIPER_PACK_SERVERS=servers.toml tox -e proof -- tests/proof/test_goplugin_servers.py`.
"""
_BUILDS = [one for one in builds() if one.facts.contract is not None]


@dataclass(frozen=True, slots=True)
class Case:
    """What is installed, one after another on one server: titles, and how each file is made.

    ``panics`` says that the last one ends the server in its init().
    """

    titles: tuple[str, ...]
    files: tuple[Callable[[], Path], ...]
    kind: str = "functions"
    panics: bool = False

    @property
    def key(self) -> str:
        """What is installed, in words."""
        return ", then ".join(self.titles)


@pytest.mark.proof
@go
@needs_go
@pytest.mark.skipif(not builds(), reason=f"{VARIABLE} names no description of real servers")
@pytest.mark.parametrize("build", _BUILDS, ids=[build.release.text for build in _BUILDS])
def test_a_real_server_does_what_is_predicted(build: Build) -> None:
    ledger = Ledger.of_this_commit(_ledger_name(build))
    rows = [ledger.once(case.key, partial(judge, build, case)) for case in cases(build)]
    _write_table()
    assert len(rows) >= 30
    wrong = {row["build"]: row["same"] for row in rows if row["same"] not in ("yes", "init()")}
    assert wrong == {}


def cases(build: Build) -> list[Case]:
    """Right and wrong builds for one server."""
    shop, plain_shop, contract = Workshop("contract"), Workshop(), str(build.facts.contract)
    other = next(one for one in _CONTRACTS if one != contract)

    def one(
        title: str,
        flags: Flags = PLAIN,
        version: str = build.go,
        package: str = "function",
        needs: str = contract,
        uuid: str = "1.6.0",
        **more: object,
    ) -> Case:
        modules = dataclasses.replace(flags, modfile=f"contract-{needs}-uuid-{uuid}.mod")
        return Case((title,), (lambda: shop.plugin(version, modules, package),), **more)  # type: ignore[arg-type]

    def cut(percent: int) -> Case:
        (whole,) = one("plain").files
        return Case((f"cut at {percent} %",), (lambda: shop.cut(whole(), percent),))

    def other_machine() -> Path:
        content = bytearray(one("plain").files[0]().read_bytes())
        content[18:20] = _ARM64
        return shop.written(f"arm64-{build.go}.so", bytes(content))

    sets = [flags for flags in FLAGS if flags.modfile == "go.mod" and flags.tree == "source"]
    flagged = {
        flags.name: one(flags.name, flags) for flags in sets if flags.name != "tag-of-dependency"
    }
    single = [
        *flagged.values(),
        one("by file", package="function/main.go"),
        one("a source", package="source", kind="sources"),
        one("a sink", package="sink", kind="sinks"),
        one("the server's uuid 1.6.0", package="withuuid"),
        one("uuid 1.3.0", package="withuuid", uuid="1.3.0"),
        *(
            one(f"Go {version}", version=version)
            for version in _OTHER_GO[contract]
            if version != build.go
        ),
        Case(("text",), (lambda: plain_shop.written("text.so", b"#!/bin/sh\nexit 0\n" * 40),)),
        Case(("empty",), (lambda: plain_shop.written("empty.so", b""),)),
        Case(("C library",), (plain_shop.library,)),
        Case(("of arm64",), (other_machine,)),
        *map(cut, (2, 50, 95)),
        one("init() panics", package="panics", panics=True),
    ]
    if build.go in _OTHER_GO[other]:
        single.append(one(f"contract {other}", needs=other))
    for version in _WITHOUT_CONTRACT:
        made = partial(plain_shop.plugin, version)
        single.append(Case((f"without the contract, Go {version}",), (made,)))
    plain, two = flagged["plain"], []
    for first, second in (
        (flagged["untrimmed"], plain),
        (plain, flagged["stripped"]),
        (plain, one("by file", package="function/main.go")),
        (one("uuid 1.3.0", package="withuuid", uuid="1.3.0"), plain),
        (flagged["main-unoptimised"], flagged["race"]),
        (plain, Case(("C library",), (plain_shop.library,))),
        (
            Case(("text",), (lambda: plain_shop.written("text.so", b"#!/bin/sh\nexit 0\n" * 40),)),
            plain,
        ),
    ):
        two.append(Case((*first.titles, *second.titles), (*first.files, *second.files)))
    return [*single, *two]


def judge(build: Build, case: Case) -> Row:
    """Install the files of a case, and compare what happens to the last with what is predicted."""
    files = [make() for make in case.files]
    host = host_of(read_binary(build.kuiperd), build.kuiperd.name)
    prediction = predict(host, [Candidate(str(file), _read(file)) for file in files])[-1]
    status, text, died, output = installed(build, case.kind, files)
    same = _compared(prediction, status, text, died, output)
    if case.panics and prediction.outcome == "ok" and status is None:
        same = "init()"
    return {
        "release": build.release.text,
        "build": case.key,
        "predicted": prediction.outcome,
        "status": status or "",
        "died": "yes" if died else "",
        "same": same,
        "what the server says, or dies of": _said(text, died, output),
    }


def installed(build: Build, kind: str, files: list[Path]) -> tuple[int | None, str, bool, str]:
    """Status and text of the last install, whether the server died of it, and what it printed."""
    with RealServer(build) as server:
        status, text = None, ""
        for name, file in zip(_NAMES, files, strict=False):
            url = server.file_url(f"{name}.zip", _archive(name, kind, file.read_bytes()))
            body = {"name": name, "file": url, "functions": [name]}
            if kind != "functions":
                del body["functions"]
            try:
                status, text = server.request("POST", f"/plugins/{kind}", body)
            except ConnectionError:
                status, text = None, ""
        if status is None and server.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # a panic that the server survives
                server.process.wait(_DIES_WITHIN)
        died = not server.alive
        printed = (server.base / "log" / "output").read_text(encoding="utf-8", errors="replace")
        return status, text.replace(str(server.base), "/kuiper"), died, printed


def _archive(name: str, kind: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"{name}.so", content)
        if kind == "sources":
            archive.writestr(f"{name}.yaml", "default:\n  interval: 1000\n")
    return made.getvalue()


def _compared(
    prediction: Prediction, status: int | None, text: str, died: bool, output: str
) -> str:
    """``yes``, or what differs."""
    if prediction.outcome == "crash":
        if not died:
            return f"no: predicted {prediction.reason!r}, it lives"
        return "yes" if prediction.reason in output else "no: another death"
    if died or status is None:
        return f"no: predicted {prediction.outcome}, it died"
    if prediction.outcome == "ok":
        return "yes" if status < 300 else f"no: predicted ok, {status}"
    if prediction.outcome == "error":
        if status < 300:
            return f"no: predicted {prediction.reason!r}, {status}"
        return "yes" if _words(prediction.reason) in _words(text) else f"no: {prediction.reason!r}"
    return f"no: nobody could tell ({prediction.reason})"


def _words(text: str) -> str:
    """The words without what they are quoted in, and without the path of the file."""
    return text.replace("\\", "").replace('"', "").rpartition(".so: ")[2]


def _said(text: str, died: bool, output: str) -> str:
    if not died:
        message = message_of(text).strip()
        return message.partition("plugin.Open(")[2].partition("): ")[2] or message
    telling = ("fatal error", "panic:", "SIG", "[signal")
    return next((line for line in output.splitlines() if line.startswith(telling)), "")[:160]


def _read(file: Path) -> Binary | BinaryError:
    try:
        return read_binary(file)
    except BinaryError as error:
        return error


def _ledger_name(build: Build) -> str:
    return f"goplugin-servers-{build.release.text}"


def _happened(row: Row) -> str:
    if row["died"]:
        return "died"
    answered = {"": "gave no answer", "2": "installed"}
    return answered.get(str(row["status"])[:1], "refused")


def _write_table() -> None:
    """Write what is known so far; the release that is done last writes all."""
    rows: list[Row] = []
    counts = []
    for build in _BUILDS:
        known = list(Ledger(KEPT / f"{_ledger_name(build)}@{this_commit()}.jsonl").rows.values())
        rows += known
        seen = Counter(_happened(row) for row in known)
        same = Counter(str(row["same"]) for row in known)
        numbers = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
        counts.append(
            f"{build.release.text}: {len(known)} cases ({numbers}), {same['yes']} as predicted, "
            f"{same['init()']} a panic in init()."
        )
    text = "\n\n".join([_TEXT.strip(), *counts])
    write_table("goplugin-servers", "Go plugins and real servers", text, _COLUMNS, rows)
