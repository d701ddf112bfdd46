"""Who writes a server of another design is led, clause by clause, to all that is documented."""

from typing import Any, ClassVar

from kuiper_pack.suite.clause import MUST, STOP
from kuiper_pack.suite.discovery import NoPluginApi
from kuiper_pack.suite.ladder import next_rung
from tests.suite.judging import clauses, judge
from tests.suite.miniatures_whole import Portables
from tests.suite.web import web

STEPS = {
    "native.list.types": "GET plugins/{type}",
    "native.create.accepted": "POST plugins/{type}",
    "native.describe.members": "GET plugins/{type}/{name}",
    "native.drop.accepted": "DELETE plugins/{type}/{name}",
    "native.update.accepted": "PUT plugins/{type}/{name}",
    "native.udfs.array": "GET plugins/udfs",
    "native.udfs.plugin": "GET plugins/udfs/{name}",
    "native.register.accepted": "POST plugins/{type}/{name}/register",
    "portable.list.array": "GET plugins/portables",
    "portable.create.accepted": "POST plugins/portables",
    "portable.describe.members": "GET plugins/portables/{name}",
    "portable.drop.accepted": "DELETE plugins/portables/{name}",
    "portable.update.accepted": "PUT plugins/portables/{name}",
}
"""What is written for each clause at which the ladder may stop: one handler, and no other."""
_SLOW = ("native.model", "native.package.drawn", "native.download.")
BINDING = [
    one
    for one in clauses()
    if one.level is MUST and STOP not in one.allow and not one.id.startswith(_SLOW)
]


class Growing(Portables):
    """Answers 404 to everything that is not written yet."""

    written: ClassVar[set[str]]
    empty = {**Portables.empty, "written": set()}  # noqa: RUF012

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        types = [one if one in ("udfs", "portables") else "{type}" for one in path[1:2]]
        names = ["{name}" for _ in path[2:3]]
        if f"{self.command} {'/'.join([path[0], *types, *names, *path[3:]])}" not in self.written:
            return 404, None
        return super().act(path, body)


def rung(written: set[str]) -> str | None:
    """The clause that is next for a server with these handlers."""
    design = Growing.fresh()
    design.written = written
    with web(design) as url:
        try:
            run = judge(url, wanted=BINDING.__contains__)
        except NoPluginApi:
            return "native.list.types"
    found = next_rung(run.outcome, BINDING)
    return found.clause.id if found else None


def test_each_step_asks_for_one_handler_that_can_be_written_now() -> None:
    written: set[str] = set()
    climbed: list[str] = []
    while (name := rung(written)) is not None:
        assert name in STEPS, f"after {climbed} the ladder stops at {name}"
        assert STEPS[name] not in written, f"{name} asks for what is there"
        climbed.append(name)
        written.add(STEPS[name])
    assert climbed[0] == "native.list.types"
    assert {*climbed} == STEPS.keys()
