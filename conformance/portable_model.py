"""Any sequence of requests about portable plugins, side by side with a model of what is documented.

Other than of native plugins everything is known of them at any time: all takes effect at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from kuiper_pack.conformance.model import Told
from kuiper_pack.conformance.portable_create import CREATE
from kuiper_pack.conformance.portable_drop import DROP, IMMEDIATE
from kuiper_pack.conformance.portable_status import RUNS
from kuiper_pack.conformance.portable_update import UPDATE, UPDATES
from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MUST, clause
from kuiper_pack.suite.drawn import for_sequences
from kuiper_pack.suite.packages import Portable, make_zip
from kuiper_pack.suite.portables import DROPS, MEMBERS, UNKNOWN, ends, runs
from kuiper_pack.suite.subject import CREATES_PORTABLE, Server

PLUGINS = 2
STEPS = 12
EXAMPLES = 6
"""Each step that is accepted starts a process, or ends one."""
_WAYS = 12
"""Divisible by as many ways as there are."""
_VERSIONS = ("1.0.0", "2.0.0", "3.0.0")
MODEL = "portable.model"
NEEDS = (
    CREATES_PORTABLE,
    DROPS,
    UPDATES,
    UNKNOWN,
    MEMBERS,
    "portable.create.after-refusal",
    "portable.create.duplicate-name",
    "portable.create.no-manifest",
    "portable.drop.create-again",
    "portable.drop.immediate",
    "portable.drop.others-stay",
    "portable.list.installed",
    "portable.update.version",
)


class Step(NamedTuple):
    """What is drawn for one request; what it does depends on whether the plugin is there."""

    plugin: int
    way: int
    version: str


@dataclass(slots=True)
class Known:
    """A plugin and its version, which is empty where it is not there."""

    portable: Portable
    version: str = ""
    was_there: bool = False


class Model(Told):
    """The plugins of one sequence; each method sends a request and asks what has to be right."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._known = [Known(server.portable()) for _ in range(PLUGINS)]
        self._absent: tuple[Callable[[Known, str], None], ...] = (
            self.create,
            self.create,
            self.spoil,
        )
        self._there = (
            self.drop,
            self.update,
            self.update,
            self.update,
            self.create_again,
            self.spoil,
        )

    def take(self, step: Step) -> None:
        """Do one step, and look at its plugin."""
        known = self._known[step.plugin]
        ways = self._there if known.version else self._absent
        ways[step.way % len(ways)](known, step.version)
        self.look(known)

    def create(self, known: Known, version: str) -> None:
        """What is not there can be created, also again."""
        self.said.append(f"create {known.portable.name} in version {version}")
        self.accepted(self._server.create_portable(known.portable, version))
        known.version, known.was_there = version, True

    def create_again(self, known: Known, version: str) -> None:
        """What is there cannot be created."""
        self.said.append(f"create {known.portable.name} in version {version}")
        reply = self._server.create_portable(known.portable, version)
        self.refused(reply, "the create of a plugin that is there is refused")

    def spoil(self, known: Known, _: str) -> None:
        """A package without a manifest changes nothing."""
        self.said.append(f"create {known.portable.name} from a package without a manifest")
        url = self._server.deliver(make_zip({"readme.txt": b"nothing else"}))
        reply = self._server.post(Kind.PORTABLE, known.portable.name, url)
        self.refused(reply, "the create is refused")

    def update(self, known: Known, version: str) -> None:
        """What is there can be updated."""
        self.said.append(f"update {known.portable.name} to version {version}")
        self.accepted(self._server.update_portable(known.portable, version))
        known.version = version

    def drop(self, known: Known, _: str) -> None:
        """What is there can be dropped."""
        self.said.append(f"drop {known.portable.name}")
        self.accepted(self._server.drop(Kind.PORTABLE, known.portable.name))
        known.version = ""

    def look(self, known: Known) -> None:
        """Ask that a plugin is described as it stands."""
        name = known.portable.name
        reply = self._server.describe(Kind.PORTABLE, name)
        if not known.version:
            self.refused(reply, f"{name} is not described")
        elif not reply.ok or reply.members().get("version") != known.version:
            raise self.unmet(f"{name} is described in version {known.version}", reply)

    def look_around(self) -> None:
        """Ask that all is described and listed as it stands."""
        for known in self._known:
            self.look(known)
        reply = self._server.plugins(Kind.PORTABLE)
        listed = reply.plugins()
        for known in self._known:
            if listed.count(known.portable.name) != bool(known.version):
                word = "a list with" if known.version else "a list without"
                raise self.unmet(f"{word} {known.portable.name}", reply)

    def look_at_processes(self) -> None:
        """Ask that the programs of those run which are there, and of no other."""
        for known in self._known:
            if known.version:
                runs(self._server, known.portable)
            elif known.was_there:
                ends(self._server, known.portable)


def draw(random: Random) -> list[Step]:
    """The steps of one sequence."""
    return [
        # most of what happens, happens to one of them
        Step(
            random.choice((0, 0, *range(PLUGINS))),
            random.randrange(_WAYS),
            random.choice(_VERSIONS),
        )
        for _ in range(random.randint(STEPS // 2, STEPS))
    ]


@clause(MODEL, MUST, documented=f"{CREATE}; {UPDATE}; {DROP}", since=IMMEDIATE, needs=NEEDS)
def test_any_sequence_of_requests_is_answered_as_documented(server: Server) -> None:
    """After any sequence of requests, portables are described, listed and refused as documented."""

    def check(steps: Sequence[Step]) -> None:
        model = Model(server)
        for one in steps:
            model.take(one)
        model.look_around()
        server.tidy()

    for_sequences(server, draw, check, EXAMPLES)


@clause(
    "portable.status.model",
    MUST,
    documented="plugins.md, portable plugin status",
    since="2.1.3",
    needs=[MODEL, RUNS, "portable.status.dropped", "portable.status.updated"],
)
def test_after_any_sequence_of_requests_the_programs_run_that_are_there(server: Server) -> None:
    """After any sequence of requests, the programs of those portables run which are there."""

    def check(steps: Sequence[Step]) -> None:
        model = Model(server)
        for one in steps:
            model.take(one)
        model.look_at_processes()
        server.tidy()

    for_sequences(server, draw, check, EXAMPLES // 2)
