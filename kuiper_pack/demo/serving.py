"""The second half of the story: a reference server, plugins on it, and the clauses against it."""

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import aiohttp  # noqa: F401 - what serving needs and may not be installed
import requests  # noqa: F401 - what judging needs and may not be installed

from kuiper_pack.build.make import Built
from kuiper_pack.client import Client
from kuiper_pack.demo import portable
from kuiper_pack.demo.step import Result, Step
from kuiper_pack.profiles import NEWEST
from kuiper_pack.server import Options as ServerOptions
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite import document
from kuiper_pack.suite.catalogue import clauses
from kuiper_pack.suite.clause import STOP
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.places import cache
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict


def served(packages: Sequence[Built], miniplugin: Path) -> Iterator[Step]:
    """Serve the newest release on a free port, install packages and use one, judge the server.

    The report of the verdicts stays in the user's cache.
    """
    # what plugins of the suite do wrong on purpose is none of the story
    logging.getLogger("kuiper_pack.server").addHandler(logging.NullHandler())
    # any Python will do for the miniplugin: here the one that is surely there
    # and who is asked to end does so at once: whether it goes on is seen soon
    quick = ServerOptions(python=sys.executable, exit_delay=0.05)
    with ReferenceServer(NEWEST, options=quick) as server:
        command = f"kuiper-pack serve --server {NEWEST} --port {server.url.rpartition(':')[2]} &"
        yield Step(command, (f"{NEWEST} listens on {server.url}",))
        with Client(server.url) as client:
            for one in packages:
                yield _installed(client, one)
            yield from portable.used(client, miniplugin)
        yield _judged(server)


def _installed(client: Client, one: Built) -> Step:
    request = {"name": one.name, "file": one.path.as_uri()}
    answer = client.create(one.kind, one.name, one.path.as_uri())
    return Step(
        f"curl -d '{json.dumps(request)}' {client.url}/plugins/{one.kind.plural}",
        (f"{answer.status} {answer.text.strip()}",),
        Result.DONE if answer.ok else Result.FAILED,
    )


def _judged(server: ReferenceServer) -> Step:
    report = cache() / "demo" / "report.json"
    options = Options(server.url, allow=frozenset({STOP}), watched_for=0.5)
    with Run(options, server.restart) as run:
        run.judge_all({clause: partial(check, run.server) for clause, check in clauses().items()})
    report.parent.mkdir(parents=True, exist_ok=True)
    document.write(run.outcome, [*clauses()], report)
    counts = Counter(result.verdict for result in run.results.values())
    lines = [
        ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    ]
    lines += [
        f"{result.clause.id}: {result.reason}"
        for result in run.results.values()
        if result.verdict in (Verdict.FAILED, Verdict.BLOCKED)
    ]
    lines += run.residue
    sound = len(lines) == 1 and counts[Verdict.PASSED] > 0
    lines.append(f"all that was said is in {report}")
    given = f"--restart-command ... --allow {STOP} --report {report.name}"
    return Step(
        f"kuiper-pack conformance {server.url} {given}",
        tuple(lines),
        Result.DONE if sound else Result.FAILED,
    )
