"""Plans end in an answer whatever the world does, and leave what they say they leave."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import native, portable
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.disk import Disk
from kuiper_pack.planner.outcome import Outcome, Plan
from kuiper_pack.planner.predict import fresh_disk
from kuiper_pack.planner.request import Request
from kuiper_pack.planner.simulation import Simulation, run
from kuiper_pack.planner.start_up import start_up
from kuiper_pack.planner.state import DELETED, ServerState
from kuiper_pack.planner.steps import (
    Archive,
    Check,
    Failure,
    ListFolder,
    OpenArchive,
    OpenSharedObject,
    ReadEntry,
    ReadFile,
    RunScript,
    ScriptResult,
    Skip,
    Step,
)
from kuiper_pack.profiles import STABLE, Release, behaviour, profile

MANIFEST = b'{"language":"go","executable":"bin/x","sources":["s"],"functions":["f"]}'
WITH_API = [release for release in STABLE if profile(release).native]
NAMES = [
    "plug.so",
    "Plug@v1.so",
    "plug.yaml",
    "plug.json",
    "install.sh",
    "etc/",
    "etc/a",
    "etc/b/c",
    "lib/x",
    "../up",
    "CONFIG.md",
    "sources/s.yaml",
    "sources/",
    "functions/f.json",
    "bin/",
    "bin/x",
    "..",
    "plug",
]
PROBLEMS = [None, None, None, "zip: checksum error", "zip: unsupported compression algorithm"]
entries = st.builds(
    lambda name, mode, problem: Entry(
        name, name.endswith("/"), 0o040755 if name.endswith("/") else mode, 1, problem=problem
    ),
    st.sampled_from(NAMES),
    st.sampled_from([0o100644, 0o100755, 0o120777, 0o104755]),
    st.sampled_from(PROBLEMS),
)
kinds = st.sampled_from(list(Kind))
releases = st.sampled_from(WITH_API)


def server(release: Release) -> tuple[ServerState, Disk]:
    state = ServerState(behaviour(release))
    return state, fresh_disk(state.profile, state.folders)


def content(entry: Entry) -> bytes | Failure:
    return MANIFEST if entry.problem is None else Failure(entry.problem)


def install(state: ServerState, kind: Kind) -> Plan:
    request = Request("plug", "http://h/plug.zip", ("plug", "f2"), ("a b",))
    if kind is Kind.PORTABLE:
        return portable.install(state, request)
    return native.install(state, kind, request)


def failing(step: Step) -> Any:
    """The worst answer that a step allows."""
    if isinstance(step, RunScript):
        return ScriptResult("exit status 1")
    if isinstance(step, Skip):
        return None
    return Failure("input/output error")


@given(st.lists(entries, max_size=7), kinds, releases, st.integers(0, 40))
def test_every_failure_at_every_step_ends_in_an_answer(
    listed: list[Entry], kind: Kind, release: Release, doomed: int
) -> None:
    state, disk = server(release)
    simulation = Simulation(disk, Archive(tuple(listed)), content)
    counter = iter(range(1000))

    def perform(step: Step) -> Any:
        return failing(step) if next(counter) == doomed else simulation.perform(step)

    outcome = run(install(state, kind), perform)
    assert isinstance(outcome, Outcome)
    registered = state.portables if kind is Kind.PORTABLE else state.native[kind]
    if outcome.accepted:
        assert "plug" in registered
    elif state.profile.unregisters_failed or kind is not Kind.PORTABLE:
        assert "plug" not in registered


@given(st.lists(entries, max_size=7), kinds, releases, st.integers(0, 40))
def test_a_server_that_is_killed_between_two_steps_starts_again(
    listed: list[Entry], kind: Kind, release: Release, cut: int
) -> None:
    state, disk = server(release)
    simulation = Simulation(disk, Archive(tuple(listed)), content)
    plan = install(state, kind)
    try:
        step = next(plan)
        for _ in range(cut):
            step = plan.send(simulation.perform(step))
    except StopIteration:
        pass
    plan.close()
    again = ServerState(state.profile)
    restarted = Simulation(disk)
    assert run(start_up(again), restarted.perform).status == 200
    shared_objects = {
        path.rpartition("/")[2] for path in disk.files if f"/{kind.folder}/" in path
    } - {""}
    assert set(again.native.get(kind, {})) <= {
        name.split("@")[0].removesuffix(".so").lower() for name in shared_objects
    }


@given(st.lists(entries, max_size=7), kinds, releases)
def test_an_installation_that_is_accepted_is_listed_after_a_restart(
    listed: list[Entry], kind: Kind, release: Release
) -> None:
    state, disk = server(release)
    outcome = run(install(state, kind), Simulation(disk, Archive(tuple(listed)), content).perform)
    if not outcome.accepted or kind is Kind.PORTABLE:
        return
    again = ServerState(state.profile, function_lists=dict(state.function_lists))
    run(start_up(again), Simulation(disk).perform)
    assert "plug" in again.native[kind] or not any(path.endswith(".so") for path in disk.files)


@given(kinds.filter(lambda kind: kind is not Kind.PORTABLE), releases)
def test_what_is_created_can_be_deleted_and_is_gone_after_a_restart(
    kind: Kind, release: Release
) -> None:
    state, disk = server(release)
    before = disk.listing()
    archive = Archive(
        tuple(Entry(name, False, 0o100644, 1) for name in ("Plug@v1.so", "plug.yaml"))
    )
    created = run(install(state, kind), Simulation(disk, archive, content).perform)
    if not created.accepted:
        return
    deleted = run(native.delete(state, kind, "plug"), Simulation(disk).perform)
    assert deleted.status == 200
    assert state.native[kind]["plug"] == (DELETED if state.profile.marks_deleted else "1")
    left = {path for path in disk.listing() - before if path.endswith(".so")}
    assert left == set()


def test_a_refusal_before_unpacking_writes_nothing_but_the_download() -> None:
    state, disk = server(Release.parse("2.4.0"))
    archive = Archive((Entry("plug.so", False, 0o100644, 1),))
    asked: list[Step] = []
    simulation = Simulation(disk, archive, content)

    def perform(step: Step) -> Any:
        asked.append(step)
        return simulation.perform(step)

    before = disk.listing()
    outcome = run(install(state, Kind.SINK), perform)
    assert outcome.cause is Cause.SHELL_PARAS_WITHOUT_SCRIPT
    assert [type(step).__name__ for step in asked] == [
        "Fetch",
        "CreateInside",
        "Save",
        "OpenArchive",
        "RemoveTree",
        "Remove",
    ]
    assert disk.listing() == before


@pytest.mark.parametrize("kind", list(Kind))
def test_reading_steps_are_answered_by_the_simulation(kind: Kind) -> None:
    _, disk = server(Release.parse("2.4.0"))
    simulation = Simulation(disk, contents={"/x": b"data"})
    assert simulation.perform(ReadFile("/x")) == b"data"
    assert simulation.perform(Check(f"/kuiper/plugins/{kind.folder}")) == "folder"
    assert simulation.perform(ListFolder("/kuiper/plugins")) == (
        "functions/",
        "portable/",
        "sinks/",
        "sources/",
    )
    assert simulation.perform(OpenSharedObject("/x")) is None
    assert simulation.perform(OpenArchive("/x")) == Archive(())
    assert isinstance(simulation.perform(ReadEntry(Entry("x", False, 0o100644, 1))), Failure)
