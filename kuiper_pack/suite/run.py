"""One run against one server: from discovery to verdicts."""

import secrets
import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import cast

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile
from kuiper_pack.suite import discovery, expectations
from kuiper_pack.suite.artifacts import ArtifactHost
from kuiper_pack.suite.clause import STOP, Clause, Level
from kuiper_pack.suite.exchange import secrets_of
from kuiper_pack.suite.go_compiler import GoCompiler
from kuiper_pack.suite.journal import Journal, Made, Upload, place
from kuiper_pack.suite.liveness import Liveness
from kuiper_pack.suite.options import NATIVE_WORDS, Options
from kuiper_pack.suite.packages import NATIVE
from kuiper_pack.suite.pool import (
    CAPABILITY,
    BuiltPool,
    EmptyPool,
    Pool,
    ReadyPool,
    StubPool,
    needed,
)
from kuiper_pack.suite.removal import SETTLES, uploaded
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.restart import Command, NotBack, Restarter, Start, uptime
from kuiper_pack.suite.shelf import Progress, Shelf
from kuiper_pack.suite.spent import Spent
from kuiper_pack.suite.stage import Stage, StagedCheck
from kuiper_pack.suite.subject import DELIVERY, Server
from kuiper_pack.suite.transport import Transport
from kuiper_pack.suite.verdict import Blocked, Result, Unmet, Verdict

_CAPABILITIES = (CAPABILITY, DELIVERY)
_GOOD_GROUND = (Verdict.PASSED, Verdict.UNEXPECTED_PASS, Verdict.NOT_APPLICABLE)
_RESTART, _ALLOW = "--kuiper-restart-command", "--kuiper-allow"
_BUILD, _READY = "with --kuiper-native build", "with --kuiper-native DIR"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Run:
    """Everything that belongs to one run; use it as a context, the end tidies up.

    ``restart`` starts the server anew, instead of the command of the options.

    Raises KuiperPackError where the server cannot be reached or has no plugin API.
    """

    def __init__(self, options: Options, restart: Start | None = None) -> None:
        options.check()
        self.options = options
        self.seed = options.seed or secrets.token_hex(4)
        self.results: dict[str, Result] = {}
        self.residue: list[str] = []
        self.unseen = ""
        self.left: list[Made] = []
        """What is ours and still on the server, or may be."""
        self.expected = (
            expectations.read(options.expectations)
            if options.expectations
            else expectations.Expectations()
        )
        asked = Release.parse(options.server) if options.server else None
        prefix = "kp" + "".join(Random(self.seed).choices(_LETTERS, k=7))  # noqa: S311
        self.client = Client(options.url, options.token, options.headers, options.timeout)
        transport = Transport(self.client, secrets_of(options.token, options.headers))
        transport.begin("discovery")
        root = self.client.root()
        journal = Journal(place(options.url, prefix), self.client.url)
        self.server = Server(transport, ArtifactHost(journal.files), journal, prefix)
        transport.replaced = {
            prefix: "{run}",
            self.server.artifacts.http(""): "{artifacts}/",
            self.server.artifacts.file(""): "{artifacts}/",
        }
        if restart is None and options.restart_command:
            restart = Command(options.restart_command)
        if restart is not None:
            self.server.restarter = Restarter(self.client, root, restart)
        self.server.ends_within = options.ends_within
        self.server.watched_for = options.watched_for
        self.liveness = Liveness(transport, options.timeout)
        self.stage = Stage(self.server, self._may_start)
        self._before: dict[Kind, frozenset[str]] = {}
        try:
            answer = Reply(root, transport.secrets)
            self.discovery = self._discover(discovery.identify(answer, asked))
        except KuiperPackError as error:
            self.finish()
            if self.left:
                raise KuiperPackError(f"{error}; {self.last_word}") from error
            raise
        except BaseException:
            self.finish()
            raise

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def _discover(self, identity: discovery.Identity) -> discovery.Discovery:
        server, notes = self.server, [identity.reason]
        self._before = discovery.native_kinds(server)
        server.kinds = tuple(self._before)
        listed = discovery.portables(server)
        if listed is not None:
            self._before[Kind.PORTABLE] = listed
        server.upper_files = profile(identity.judged).so_name != "any"
        self.liveness.kind = server.kinds[0]
        kind = next(one for one in reversed(NATIVE) if one in self._before)
        server.delivery, why_not = discovery.find_delivery(server, kind, self.options.delivery)
        delivery = server.delivery.word if server.delivery else None
        notes += [f"{one.plural} are not listed" for one in NATIVE if one not in self._before]
        lacks = discovery.lacks(server)
        notes += [
            f"there are no {word}, which some clauses need: {why}" for word, why in lacks.items()
        ]
        tries = discovery.loads(server, kind) if delivery else None
        if server.delivery is None:
            notes += why_not
        else:
            server.transport.replaced[server.delivery.link("")] = "{artifacts}/"
            notes.append(f"packages reach the server by {delivery}")
            notes.append(
                "shared objects are loaded at installation"
                if tries
                else "shared objects are not loaded at installation"
            )
        if server.restarter is None:
            notes.append(f"clauses over a restart are not tried: give {_RESTART}")
        if STOP not in self.options.allow:
            what = "clauses that let the server end are not tried"
            notes.append(f"{what}: give {_RESTART} and {_ALLOW} {STOP}")
        server.pool = self._pool(identity, tries)
        if isinstance(server.pool, EmptyPool):
            notes.append(server.pool.reason)
        server.tidy()
        if server.restarter is not None:
            self._before = discovery.lasting(server, self._before)
        return discovery.Discovery(
            identity, tuple(self._before), delivery, tries, lacks, tuple(notes)
        )

    def _pool(self, identity: discovery.Identity, tries: bool | None) -> Pool:
        native, can_build = self.options.native, profile(identity.judged).contract is not None
        known = {name for listed in self._before.values() for name in listed}
        root = self.client.root()
        spent = Spent(self.client.url, uptime(root))
        if native not in NATIVE_WORDS:
            remedy = f"build them {_BUILD}" if can_build else "add more, each with its package path"
            return ReadyPool(Path(native), known, spent if tries else None, remedy)
        if tries and native == "build":
            compiler = GoCompiler(identity.judged, discovery.architecture(root))
            return BuiltPool(Shelf(compiler), known, spent)
        if tries and native == "auto":
            build = f"have them built {_BUILD}, or " if can_build else ""
            return EmptyPool(f"the server loads shared objects: {build}give ready ones {_READY}")
        return StubPool(self.server.fresh)

    def prepare(self, clauses: Iterable[Clause], told: Progress) -> list[str]:
        """Have ready what these clauses install, and see that it loads; what is to be said of it.

        ``told`` hears of each plugin that is built. Raises KuiperPackError.
        """
        server, number = self.server, 1 + needed(filter(self.tries, clauses))
        if not self.discovery.loads or isinstance(server.pool, EmptyPool | StubPool):
            return []
        built = server.pool.fill(number, told) if isinstance(server.pool, BuiltPool) else 0
        server.transport.begin("discovery")
        if reason := discovery.misfit(server):
            server.pool = EmptyPool(reason)
            return [reason]
        server.tidy()
        said = f"{number} shared objects of their own are used"
        return [f"{said}, {built} of them built now" if built else said]

    def judge(self, clause: Clause, check: Callable[[], object]) -> Result:
        """Let ``check`` run if the clause can be judged at all, and give the verdict.

        Anything that ``check`` raises and that is no verdict is passed on: an error of the suite.
        """
        go = check
        if clause.restarts:
            go = partial(self.stage.finish, clause, cast(StagedCheck, check))
        result = self._without_running(clause) or self._judge(clause, go)
        self.results[clause.id] = result
        return result

    def judge_all(self, checks: Mapping[Clause, Callable[[], object]]) -> None:
        """Judge many clauses, which are in order; those over a restart share it."""
        for clause, check in checks.items():
            if clause.restarts:
                self.stage.announce(clause, cast(StagedCheck, check))
        for clause, check in checks.items():
            self.judge(clause, check)

    def tries(self, clause: Clause) -> bool:
        """Whether the clause concerns the server, and all is given that it takes."""
        return self.discovery.concerns(clause) and not self._not_given(clause)

    def gates(self, clause: Clause) -> bool:
        """Whether a failure of the clause fails the run."""
        return clause.level is Level.MUST or (
            clause.level is Level.SHOULD and self.options.level == "should"
        )

    def finish(self) -> list[str]:
        """Drop what is ours, compare with what was there, and end; what is wrong, as lines."""
        journal = self.server.journal
        self.server.transport.begin("residue")
        try:
            if journal.names:
                self.liveness.ask()
                self._take_stock()
        except (Unreachable, Unmet) as error:
            why = error.got if isinstance(error, Unmet) else error
            self.unseen = f"what is left cannot be seen: {why}"
            self.left = [one for one in journal.names if one not in self.server.gone]
            self.residue.append(self.unseen)
        if self.unseen and self.server.restarter and self.server.restarter.is_under_way:
            self.residue.append("the server was being restarted, and may be down: start it anew")
        where = "may be left" if self.unseen else "is left"
        self.residue += [f"{one} {where} on the server" for one in self.left]
        self.server.artifacts.close()
        journal.close(keep=bool(self.residue))
        self.client.close()
        return self.residue

    @property
    def last_word(self) -> str:
        """What is left, and the command that tries again, in one line; nothing if there is none."""
        names = ", ".join(map(str, self.left))
        where = "may be left" if self.unseen else "left"
        command = f"kuiper-pack cleanup {shlex.quote(self.options.url)}"
        return f"{where} on the server: {names}; {command} tries again" if names else ""

    def _take_stock(self) -> None:
        """What is ours and still there goes; what stays is left, and what else went is residue."""
        server, journal = self.server, self.server.journal
        for owned in reversed(journal.names):  # a rule before the plugin that it uses
            sent = journal.unanswered.get(owned)
            until = 0.0 if sent is None else sent + SETTLES
            if owned not in server.gone and not server.remove(owned, until):
                self.left.append(owned)
        others = server.delivery.before if server.delivery else frozenset()
        gone = others - uploaded(server.uploads()) if others else others
        self.residue += [f"{Upload(name)} was there before, and is gone" for name in sorted(gone)]
        for kind, before in self._before.items():
            gone = before - set(server.plugins(kind).plugins())
            self.residue += [f"{kind.value} {name} was there before, and is gone" for name in gone]

    def _without_running(self, clause: Clause) -> Result | None:
        """The verdict on a clause that is not to be tried."""
        if reason := self.expected.excluded.get(clause.id):
            return Result(clause, Verdict.EXCLUDED, reason=reason)
        if not self.discovery.concerns(clause):
            judged = self.discovery.identity.judged
            return Result(clause, Verdict.NOT_APPLICABLE, reason=f"does not concern {judged}")
        if missing := self._not_given(clause):
            return Result(clause, Verdict.EXCLUDED, reason=f"not tried: give {missing}")
        for need in clause.needs:
            if why := self.discovery.lacks.get(need):
                return Result(clause, Verdict.NOT_APPLICABLE, reason=f"there are no {need}: {why}")
            other = self.results.get(need)
            if other is None or other.verdict in _GOOD_GROUND:
                continue
            if other.verdict is Verdict.EXCLUDED:
                return _left_out(clause, need, other.reason)
            if other.blocked_by in _CAPABILITIES:
                continue  # nothing broke, there was no plugin: the clause may need none
            root = other.blocked_by or need
            reason = other.reason if other.blocked_by else f"{need} is {other.verdict.value}"
            return Result(clause, Verdict.BLOCKED, reason=reason, blocked_by=root)
        if gone := self.liveness.gone:
            return Result(clause, Verdict.BLOCKED, reason=gone, blocked_by="server")
        return None

    def _not_given(self, clause: Clause) -> str:
        """The options without which the clause is not tried."""
        missing = [f"{_ALLOW} {word}" for word in clause.allow if word not in self.options.allow]
        if clause.ends_the_server and self.server.restarter is None:
            missing.insert(0, _RESTART)
        return " and ".join(missing)

    def _judge(self, clause: Clause, check: Callable[[], object]) -> Result:
        self.server.transport.begin(clause.id)
        try:
            result = self._try(clause, check)
        except Exception:
            self._tidy(clause)
            raise
        self._tidy(clause)
        return result

    def _try(self, clause: Clause, check: Callable[[], object]) -> Result:
        unmet: AssertionError | None = None
        seen: object = None
        try:
            seen = check()
            self._bind(clause, seen)
        except NotBack as error:
            self.liveness.gone = str(error)
            return Result(clause, Verdict.BLOCKED, None, str(error), error.by)
        except Blocked as blocked:
            if reason := self.expected.excluded.get(blocked.by):
                return _left_out(clause, blocked.by, reason)
            return Result(clause, Verdict.BLOCKED, None, str(blocked), blocked.by)
        except AssertionError as error:
            unmet = error
        except Unreachable as error:
            unmet = Unmet("an answer", str(error))
        reading = seen if isinstance(seen, str) else None
        verdict, reason = self._verdict(clause, unmet)
        said = tuple(self.server.transport.exchanges)
        return Result(clause, verdict, reading, reason, exchanges=said)

    def _verdict(self, clause: Clause, unmet: AssertionError | None) -> tuple[Verdict, str]:
        known = self.expected.known_failures.get(clause.id)
        if unmet is None:
            if known:
                return Verdict.UNEXPECTED_PASS, f"passes, but is expected to fail: {known}"
            return (Verdict.CHOICE if clause.level is Level.MAY else Verdict.PASSED), ""
        said = str(unmet) or "not as it has to be"
        if clause.level is Level.MAY:
            return Verdict.CHOICE, said
        if known:
            return Verdict.KNOWN_FAILURE, known
        if clause.is_known_defect_of(self.discovery.identity.release):
            return Verdict.KNOWN_DEFECT, said
        return Verdict.FAILED, said

    def _bind(self, clause: Clause, seen: object) -> None:
        if not clause.readings:
            return
        if seen not in clause.readings:
            raise KuiperPackError(f"{clause.id}: returned {seen!r}, which is no reading of it")
        binding = self.options.reading
        if binding in clause.readings and seen != binding:
            raise Unmet(f"the {binding} reading", f"the {seen} reading")

    def _tidy(self, clause: Clause) -> None:
        """Drop what the clause made, where the server lives."""
        if STOP in clause.allow and not self.liveness.gone:
            self._start_if_it_ended()
        self.liveness.check(clause.id)
        self.server.transport.begin(f"{clause.id} tidy")
        if not self.liveness.gone:
            self.server.tidy()
            self.liveness.check(clause.id)

    def _start_if_it_ended(self) -> None:
        try:
            self.liveness.ask()
        except Unreachable:
            try:
                self.server.restart()
            except NotBack as error:
                self.liveness.gone = str(error)

    def _may_start(self, clause: Clause) -> bool:
        """Whether a clause over a restart is to be tried, after others that share the restart."""
        self.liveness.check(self.server.transport.clause)
        return self._without_running(clause) is None


def _left_out(clause: Clause, need: str, reason: str) -> Result:
    """The verdict on a clause that stands on one that is excluded."""
    return Result(clause, Verdict.EXCLUDED, reason=f"needs {need}, which is excluded: {reason}")
