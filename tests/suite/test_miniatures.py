"""Tiny servers that share nothing with ours get exactly the verdicts that they deserve."""

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from kuiper_pack.suite.clause import MAY, MUST, with_needs
from kuiper_pack.suite.discovery import NoPluginApi
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.verdict import Verdict
from tests.suite.judging import Wanted, beside, clauses, ids, judge, named
from tests.suite.miniatures import Cabinet, Miniature, Shelf
from tests.suite.miniatures_partial import Gateway, NotThere, PortablesOnly, ReadOnly
from tests.suite.miniatures_stores import ByContent, Events, LastWord, Later
from tests.suite.miniatures_whole import Portables, Whole
from tests.suite.web import web

OTHERS = 60
"""As many clauses are judged beside those that a design fails; the proof judges all."""

ROOT = frozenset({"http.batch", "http.ping", "http.root"})
"""What is at none of their roots."""
WORDS = ROOT | {
    "native.create.status",
    "native.create.error-body",
    "native.download.bad-request",
    "native.drop.says-restart",
    "native.describe.bad-name",
    "native.drop.bad-name",
    "native.udfs.bad-name",
    "native.update.bad-name",
}
"""Statuses and words of eKuiper that no page prescribes."""
LENIENT = frozenset(
    {
        "native.create.zip-suffix",
        "native.package.parameters-without-script",
        "native.package.two-shared-objects",
    }
)
"""What they take and eKuiper refuses, though no page does."""
FUNCTIONS = frozenset({"native.udfs.implicit", "native.register.empty-list"})
PREBUILT = frozenset({"prebuild.route"})
NO_PORTABLES = frozenset({"portable.list.array"})
IN_TURN = frozenset({"native.concurrent.silent-host"})
"""They answer one request after the other, also while they wait for a package."""
CABINET = WORDS | LENIENT | FUNCTIONS | PREBUILT | IN_TURN
UNWATCHED = {
    f"portable.create.{name}"
    for name in (
        *("no-configuration", "no-symbols", "not-startable", "other-name"),
        *("unknown-language", "zip-suffix"),
    )
}
"""What the small portable plugins do not look at."""
PORTABLE = UNWATCHED | {f"portable.{verb}.status" for verb in ("create", "drop", "update")}
NO_MARKUP = frozenset({"security.uploads.markup"})


@dataclass(frozen=True, slots=True)
class Deserved:
    """The verdicts on one design.

    Exactly the clauses in ``fails`` fail, of those that stand on each other the lowest; exactly
    those that stand on them are blocked, and those in ``also``, for a type of plugins is not there;
    or all but those in ``passes``, where hardly any plugin can be had. ``*`` stands for anything.
    ``reading`` is the one that binds. Where it is ``hasty`` the order of clauses counts, and all
    are judged.
    """

    design: type[Miniature]
    fails: frozenset[str]
    also: frozenset[str] = frozenset()
    passes: frozenset[str] = frozenset()
    reading: str | None = "documented"
    hasty: bool = False


DESERVED = [
    Deserved(Cabinet, CABINET | NO_PORTABLES),
    Deserved(Portables, CABINET | PORTABLE),
    Deserved(Whole, CABINET | PORTABLE | NO_MARKUP),
    Deserved(ByContent, CABINET | NO_PORTABLES),
    Deserved(Events, CABINET | NO_PORTABLES),
    Deserved(
        LastWord,
        CABINET
        | NO_PORTABLES
        | {"native.create.duplicate-name", "native.update.unknown", "native.drop.unknown"}
        | {"http.names.other-scripts"},
        reading=None,
    ),
    Deserved(
        Shelf,
        CABINET - FUNCTIONS - PREBUILT - {"native.udfs.bad-name"}
        | NO_PORTABLES
        | {"native.list.types", "native.update.accepted", "http.unknown-path"}
        | {"native.create.bad-name", "native.describe.unknown-404", "native.drop.unknown-404"},
        also=frozenset({"native.*.*function*", "native.udfs.*", "native.register.*"})
        | {"native.restart.registered", "native.create.same-name-other-type"},
        reading=None,
    ),
    Deserved(
        Gateway,
        CABINET - {"native.create.error-body", "native.download.bad-request"}
        | PORTABLE
        | NO_MARKUP
        | {"uploads.form.accepted", "uploads.status"},
    ),
    Deserved(
        Later,
        CABINET - FUNCTIONS
        | NO_PORTABLES
        | {
            "native.concurrent.names",
            "native.create.duplicate-name",
            "native.describe.any-version",
            "native.describe.functions",
            "native.describe.no-version",
            "native.describe.version-without-v",
            "native.drop.accepted",
            "native.package.drawn-good",
            "native.udfs.listed",
            "native.udfs.plugin",
            "native.update.accepted",
        },
        reading=None,
        hasty=True,
    ),
    Deserved(
        PortablesOnly,
        frozenset(PORTABLE | ROOT | {"native.list.types"}) - {"http.batch"},
        passes=frozenset(
            named("portable.*")
            - {"portable.describe.native", "portable.describe.own-type", "portable.list.own-type"}
        )
        | {"prebuild.*", "http.unknown-*"}
        | {"native.create.answer-to-odd-name", "native.list.content-type"},
    ),
    Deserved(
        ReadOnly,
        ROOT
        | NO_PORTABLES
        | PREBUILT
        | {"native.create.error-body", "native.udfs.array", "native.drop.unknown-404"}
        | {"native.describe.bad-name", "native.drop.bad-name", "native.udfs.bad-name"},
        passes=frozenset(
            {"native.list.[act]*", "native.describe.unknown*", "native.create.no-[fu]*"}
        )
        | {"native.create.unknown-scheme", "native.drop.unknown", "native.register.unknown"}
        | {"native.udfs.unknown*"}
        | {"native.create.malformed-json", "http.body.[dhnw]*", "http.unknown-*"}
        | {"http.malformed", "http.names.other-scripts", "prebuild.*", "security.markup"},
    ),
]


def judged(deserved: Deserved, wanted: Wanted) -> Run:
    design = deserved.design.fresh()
    with ExitStack() as stack:
        restart = design.restart
        if issubclass(design, Gateway):
            behind = Whole.fresh()
            design.behind, restart = stack.enter_context(web(behind)), behind.restart
        url = stack.enter_context(web(design))
        return judge(url, restart=restart, reading=deserved.reading, wanted=wanted)


def is_given(deserved: Deserved, wanted: Wanted) -> Run:
    run = judged(deserved, wanted)
    by_id = {one.id: one for one in clauses()}
    tried = run.results.keys() - ids(run, Verdict.NOT_APPLICABLE, Verdict.EXCLUDED)
    fails = named(*deserved.fails)
    also = named(*deserved.also)
    if deserved.passes:
        tried -= {one.id for one in clauses() if one.level is MAY}
        also = tried - named(*deserved.passes)
    blocked = (also - fails) | {
        name for name in tried if (with_needs([by_id[name]], by_id) - {name}) & fails
    }
    fails -= blocked
    told = {name: run.results[name].reason for name in ids(run, Verdict.FAILED) - fails}
    assert told == {}
    assert ids(run, Verdict.FAILED) == fails & tried
    assert ids(run, Verdict.BLOCKED) & tried == blocked & tried
    assert run.residue == []
    return run


@pytest.mark.parametrize("deserved", DESERVED, ids=lambda one: one.design.__name__)
def test_a_tiny_server_is_given_what_it_deserves(deserved: Deserved) -> None:
    drawn = beside(named(*deserved.fails), deserved.design.__name__, OTHERS)
    is_given(deserved, (lambda _: True) if deserved.hasty else drawn)


def test_one_of_them_has_all_that_is_documented() -> None:
    musts = {one.id for one in clauses() if one.level is MUST}
    [whole] = [one for one in DESERVED if one.design is Whole]
    assert not musts & named(*whole.fails)


def test_a_server_that_has_nothing_is_no_plugin_api() -> None:
    with web(NotThere.fresh()) as url, pytest.raises(NoPluginApi, match="answers 404"):
        judge(url)


@pytest.mark.parametrize("table", ["known-failure", "excluded"])
def test_an_implementer_who_says_what_is_missing_is_told_nothing_else(
    table: str, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text(
        f'[[{table}]]\nclause = "native.list.types"\nreason = "no functions"\n'
        f'[[{table}]]\nclause = "native.update.accepted"\nreason = "not yet"\n'
        f'[[{table}]]\nclause = "portable.list.array"\nreason = "no portables"\n'
    )
    with web(Shelf.fresh()) as url:
        command = [sys.executable, "-m", "kuiper_pack", "conformance", url]
        ran = subprocess.run(
            [*command, "--expectations", "known.toml"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert ran.returncode == 0, ran.stdout
