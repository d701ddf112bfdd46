"""What a release would do with a package: the plan, run against a fresh server in memory."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import native, portable
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.folders import Folders
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.request import Request, go_version
from kuiper_pack.planner.simulation import Assumptions, Simulation, run
from kuiper_pack.planner.state import ServerState
from kuiper_pack.planner.steps import Archive, Failure
from kuiper_pack.profiles import Profile, Release, behaviour

URL = "http://package.invalid/package.zip"
"""Where a package is said to lie when no request names its URL; shown as ``{URL}``."""
_LARGEST_MANIFEST = 8 << 20
_SHIPPED = "shipped with the server"  # whatever it is called: these folders are never empty


class Prediction(NamedTuple):
    """What a release does with a package.

    ``outcome`` is ``installed``, ``refused`` or ``no-answer``; ``status`` and ``text`` are the HTTP
    answer, ``message`` is what a refusal says before JSON is put around it; ``cause``, ``entry``
    and ``subject`` say why and about what it refuses. ``writes`` are the files that are there after
    an installation, ``left`` those (and empty folders) that a refusal leaves behind, ``skips`` the
    entries that are not unpacked, with the reason. ``assumes`` says what was taken for granted;
    ``later`` are refusals that await whoever mends this one alone. The server's folders are shown
    as {PLUGINS}, {ETC} and {DATA}.
    """

    outcome: str
    status: int | None
    text: str
    cause: Cause | None = None
    entry: str | None = None
    subject: str | None = None
    message: str = ""
    assumes: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    skips: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    script: bool = False
    later: "tuple[Prediction, ...]" = ()


def predict(
    package: Package,
    release: Release,
    request: Request | None = None,
    *,
    assume: Assumptions | None = None,
) -> Prediction:
    """What ``release`` would do with ``package`` on a server that has no plugins yet.

    Without a request, one is assumed that gives the package's name and a URL. Raises ValueError for
    a package whose kind is not known.
    """
    facts = behaviour(release)
    if assume is not None and assume.go is not None:
        facts = facts._replace(go=assume.go)
    state = ServerState(facts)
    simulation, outcome = _install(state, package, request, assume or Assumptions())
    shown = state.folders.shown
    added = _added(state, simulation)
    return Prediction(
        outcome=_word(outcome.status),
        status=outcome.status,
        text=shown(outcome.text).replace(URL, "{URL}"),
        cause=outcome.cause,
        entry=outcome.entry,
        subject=shown(outcome.subject) if outcome.subject else None,
        message=shown(outcome.message).replace(URL, "{URL}"),
        assumes=tuple(simulation.assumed),
        writes=tuple(path for path in added if not path.endswith("/")) if outcome.accepted else (),
        skips=tuple((entry.name, reason) for entry, reason in simulation.skipped),
        left=() if outcome.accepted else added,
        script=simulation.ran_script,
        later=tuple(_refusal(one, shown) for one in outcome.later),
    )


def _refusal(outcome: Outcome, shown: Callable[[str], str]) -> Prediction:
    """A refusal by itself: what it is about, and in which words."""
    return Prediction(
        _word(outcome.status),
        outcome.status,
        shown(outcome.text),
        outcome.cause,
        outcome.entry,
        shown(outcome.subject) if outcome.subject else None,
        shown(outcome.message),
    )


class Removal(NamedTuple):
    """What DELETE answers about a plugin that was just installed.

    ``refused`` are its words, "" where it succeeds; ``left`` are the files that are still there.
    """

    refused: str
    left: tuple[str, ...]


def predict_removal(
    package: Package, release: Release, request: Request | None = None
) -> Removal | None:
    """What becomes of ``package`` when it is deleted again; None where it is not installed."""
    state = ServerState(behaviour(release))
    simulation, outcome = _install(state, package, request, Assumptions())
    if not outcome.accepted or package.kind is None:
        return None
    if package.kind is Kind.PORTABLE:
        plan = portable.delete(state, package.name)
    else:
        plan = native.delete(state, package.kind, package.name)
    answer = run(plan, simulation.perform)
    left = tuple(path for path in _added(state, simulation) if not path.endswith("/"))
    return Removal(state.folders.shown(answer.message), left)


def _install(
    state: ServerState, package: Package, request: Request | None, assume: Assumptions
) -> tuple[Simulation, Outcome]:
    """Install ``package`` on a server as it is shipped."""
    if package.kind is None:
        raise ValueError("the kind of the package is not known")
    simulation = Simulation(
        fresh_disk(state.profile, state.folders),
        open_archive(package, state.profile),
        lambda entry: _read(package, entry),
        assume,
    )
    plan = _plan(state, package.kind, request or Request(package.name, URL))
    return simulation, run(plan, simulation.perform)


def _added(state: ServerState, simulation: Simulation) -> tuple[str, ...]:
    facts = state.profile
    before = _fresh(facts.portable, facts.shipped_sources, state.folders)
    return tuple(map(state.folders.shown, simulation.disk.added_since(before)))


def open_archive(package: Package, facts: Profile) -> Archive | Failure:
    """What the server's Go sees in the package."""
    if package.archive is None:
        return Archive(package.entries)
    view = package.archive.as_go(go_version(facts))
    return Archive(view.entries) if view.error is None else Failure(view.error)


def fresh_disk(facts: Profile, folders: Folders) -> Disk:
    """The folders of a server as it is shipped."""
    return _fresh(facts.portable, facts.shipped_sources, folders).copy()


@cache
def _fresh(portables: bool, sources: tuple[str, ...], folders: Folders) -> Disk:
    disk = Disk()
    kinds = [Kind.SOURCE.folder, Kind.SINK.folder, Kind.FUNCTION.folder]
    if portables:
        kinds.append(Kind.PORTABLE.folder)
    for kind in kinds:
        disk.make_folders(f"{folders.plugins}/{kind}")
    for kind in ("sources", "sinks", "functions"):
        disk.make_folders(f"{folders.data}/{kind}")
        disk.make_folders(f"{folders.etc}/{kind}")
        disk.create(f"{folders.etc}/{kind}/{_SHIPPED}", 0o644)
    for source in sources:
        disk.create(f"{folders.etc}/sources/{source}.yaml", 0o644)
    disk.written.clear()
    return disk


def _plan(state: ServerState, kind: Kind, request: Request) -> Plan:
    if kind is Kind.PORTABLE:
        return portable.install(state, request)
    return native.install(state, kind, request)


def _word(status: int | None) -> str:
    if status is None:
        return "no-answer"
    return "installed" if status < 300 else "refused"


def _read(package: Package, entry: Entry) -> bytes | Failure:
    if entry.problem is not None:
        return Failure(entry.problem)
    return package.read(entry, limit=_LARGEST_MANIFEST)
