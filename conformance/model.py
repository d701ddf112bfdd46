"""Any sequence of requests: the server, side by side with a model of what is documented.

Of a plugin that was dropped nothing is known until a restart: it may be listed or not, and may be
created at once or not. Once such a create was accepted, the plugin is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from kuiper_pack.conformance.native_drop import DROPS
from kuiper_pack.conformance.native_functions import LISTS, REGISTERS
from kuiper_pack.conformance.native_update import UPDATES
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.suite.clause import MUST, clause
from kuiper_pack.suite.drawn import for_sequences
from kuiper_pack.suite.packages import Plugin, make_zip
from kuiper_pack.suite.pool import StubPool
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Unmet

PLUGINS = 3
STEPS = 18
EXAMPLES = 14
_UPDATES = Release.parse("1.11.0")
_FUNCTIONS = Release.parse("1.1.2")
_VERSIONS = ("1.0.0", "2.0.0", "3.0.0")
_WAYS = 840
"""Divisible by as many ways as there are: each is as likely as the others."""
ABSENT, THERE, DROPPED = "absent", "there", "dropped"


class Step(NamedTuple):
    """What is drawn for one request; what it does depends on how the plugin stands."""

    plugin: int
    way: int
    version: str
    functions: int


@dataclass(slots=True)
class Known:
    """What is known of one plugin: with an update that awaits a restart it has two versions."""

    plugin: Plugin
    state: str = ABSENT
    versions: set[str] = field(default_factory=set)
    functions: list[str] = field(default_factory=list)

    def made(self, version: str, functions: list[str]) -> None:
        """It was created."""
        self.state, self.versions, self.functions = THERE, {version}, functions


class Told:
    """What a model asks for, with the requests before it: ``said`` tells them in words."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def accepted(self, reply: Reply) -> None:
        """Ask for a 2xx status."""
        if not reply.ok:
            raise self.unmet("the request is accepted (status 2xx)", reply)

    def refused(self, reply: Reply, wanted: str) -> None:
        """Ask for an answer with another status, in the words of what is ``wanted``."""
        if reply.ok or reply.answer.status is None:
            raise self.unmet(wanted, reply)

    def unmet(self, wanted: str, reply: Reply) -> Unmet:
        """What was not answered as ``wanted``."""
        return Unmet(f"{wanted}, after: {'; '.join(self.said)}", reply.got)


class Model(Told):
    """The plugins of one sequence; each method sends a request and asks what has to be right.

    Plugins are taken when they are first needed.
    """

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._known: dict[int, Known] = {}
        wanted = [Kind.FUNCTION, Kind.SINK]
        self._kinds = [kind for kind in wanted if kind in server.kinds] or [*server.kinds]
        self._ways: dict[str, tuple[Callable[[Known, Step], None], ...]] = {
            ABSENT: (self.create, self.create, self.create, self.spoil),
            THERE: (self.drop, self.drop, self.create_again, self.spoil),
            DROPPED: (self.create_anew, self.create_anew, self.drop_again),
        }
        if server.judged >= _UPDATES:
            self._ways[THERE] = (self.update, self.update, *self._ways[THERE])

    def take(self, step: Step) -> None:
        """Do one step, and look at its plugin."""
        known = self._known.get(step.plugin)
        if known is None:
            kinds = self._kinds
            plugin = self._server.take(kinds[step.plugin % len(kinds)])
            known = self._known[step.plugin] = Known(plugin)
        ways = self._ways[known.state]
        if known.state is THERE and self._lists_functions(known):
            ways = (self.register, self.register, *ways)
        ways[step.way % len(ways)](known, step)
        self.look(known)

    def create(self, known: Known, step: Step) -> None:
        """What is not there can be created."""
        self.accepted(self._create(known, step))
        known.made(step.version, self._functions(known, step))

    def create_again(self, known: Known, step: Step) -> None:
        """What is there cannot be created."""
        reply = self._create(known, step)
        self.refused(reply, "the create of a plugin that is there is refused")

    def create_anew(self, known: Known, step: Step) -> None:
        """What was dropped can be created before the restart, or cannot."""
        if self._create(known, step).ok:
            known.made(step.version, self._functions(known, step))

    def spoil(self, known: Known, _: Step) -> None:
        """A package without a shared object changes nothing."""
        plugin = known.plugin
        self.said.append(f"create {plugin.name} from a package without a shared object")
        url = self._server.deliver(make_zip({"readme.txt": b"nothing else"}))
        reply = self._server.post(plugin.kind, plugin.name, url)
        self.refused(reply, "the create is refused")

    def update(self, known: Known, step: Step) -> None:
        """What is there can be updated; which version is told before the restart is not said."""
        functions = self._functions(known, step)
        self.said.append(self._words("update", known, step.version, functions))
        update = self._server.update
        self.accepted(update(known.plugin, step.version, functions=functions))
        known.versions.add(step.version)
        known.functions = functions

    def drop(self, known: Known, _: Step) -> None:
        """What is there can be dropped."""
        self.said.append(f"drop {known.plugin.name}")
        self.accepted(self._server.drop(known.plugin.kind, known.plugin.name))
        known.state = DROPPED

    def drop_again(self, known: Known, _: Step) -> None:
        """What was dropped can be dropped again, or cannot."""
        self.said.append(f"drop {known.plugin.name} again")
        self._server.drop(known.plugin.kind, known.plugin.name)

    def register(self, known: Known, step: Step) -> None:
        """Functions can be registered for what is there."""
        functions = known.plugin.functions[: max(step.functions, 1)]
        self.said.append(f"register {' and '.join(functions)} of {known.plugin.name}")
        self.accepted(self._server.register(known.plugin.name, {"functions": functions}))
        known.functions = functions
        self._look_at_functions()

    def look(self, known: Known) -> None:
        """Ask that a plugin is described as it stands."""
        if known.state is DROPPED:
            return
        reply = self._server.describe(known.plugin.kind, known.plugin.name)
        if known.state is ABSENT:
            self.refused(reply, f"{known.plugin.name} is not described")
        elif not reply.ok or reply.members().get("version") not in [*known.versions]:
            versions = " or ".join(sorted(known.versions))
            raise self.unmet(f"{known.plugin.name} is described in version {versions}", reply)

    def look_around(self) -> None:
        """Ask that all is described and listed as it stands."""
        for known in self._known.values():
            self.look(known)
        for kind in {known.plugin.kind: None for known in self._known.values()}:
            reply = self._server.plugins(kind)
            listed = reply.names()
            for known in self._known.values():
                name = known.plugin.name
                if known.plugin.kind is not kind or known.state is DROPPED:
                    continue
                if (name in listed) != (known.state is THERE):
                    word = "a list with" if known.state is THERE else "a list without"
                    raise self.unmet(f"{word} {name}", reply)
        self._look_at_functions()

    def _look_at_functions(self) -> None:
        owners = {
            function: known.plugin.name
            for known in self._known.values()
            if known.state is THERE and self._lists_functions(known)
            for function in known.functions
        }
        if not owners:
            return
        reply = self._server.udfs()
        if not owners.keys() <= set(reply.names()):
            raise self.unmet(f"a list with {' and '.join(owners)}", reply)
        for function, owner in owners.items():
            reply = self._server.describe_udf(function)
            if not reply.ok or reply.members().get("plugin") != owner:
                raise self.unmet(f"{function} is a function of {owner}", reply)

    def _create(self, known: Known, step: Step) -> Reply:
        functions = self._functions(known, step)
        self.said.append(self._words("create", known, step.version, functions))
        return self._server.create(known.plugin, step.version, functions=functions)

    def _functions(self, known: Known, step: Step) -> list[str]:
        return known.plugin.functions[: step.functions] if self._lists_functions(known) else []

    def _lists_functions(self, known: Known) -> bool:
        return known.plugin.kind is Kind.FUNCTION and self._server.judged >= _FUNCTIONS

    def _words(self, word: str, known: Known, version: str, functions: list[str]) -> str:
        more = f" with {' and '.join(functions)}" if functions else ""
        return f"{word} {known.plugin.name} in version {version}{more}"


@clause(
    "native.model",
    MUST,
    documented="plugins.md",
    since="0.9.1",
    installs=PLUGINS,
    needs=[
        CREATES,
        DROPS,
        UPDATES,
        LISTS,
        REGISTERS,
        "native.create.duplicate-name",
        "native.create.no-shared-object",
        "native.describe.members",
        "native.describe.unknown",
        "native.drop.create-again",
        "native.drop.others-stay",
        "native.list.installed",
        "native.register.replaces",
        "native.udfs.dropped",
        "native.udfs.plugin",
        "native.udfs.unique",
    ],
)
def test_any_sequence_of_requests_is_answered_as_documented(server: Server) -> None:
    """After any sequence of requests, plugins are described, listed and refused as documented."""
    loads = not isinstance(server.pool, StubPool)

    def draw(random: Random) -> list[Step]:
        # of real plugins there are enough for one sequence
        size = STEPS if loads else random.randint(STEPS // 3, STEPS)
        return [
            Step(
                random.randrange(PLUGINS),
                random.randrange(_WAYS),
                random.choice(_VERSIONS),
                random.randint(0, 2),
            )
            for _ in range(size)
        ]

    def check(steps: Sequence[Step]) -> None:
        model = Model(server)
        for one in steps:
            model.take(one)
        model.look_around()

    for_sequences(server, draw, check, 1 if loads else EXAMPLES)
