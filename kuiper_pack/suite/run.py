"""One run against one server: from discovery to verdicts."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import replace

from kuiper_pack.client import Client, Unreachable
from kuiper_pack.client.headers import secrets_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.suite import discovery, expectations
from kuiper_pack.suite.access import clock_is_off
from kuiper_pack.suite.artifacts import ArtifactHost
from kuiper_pack.suite.board import Board
from kuiper_pack.suite.clause import STOP, Clause
from kuiper_pack.suite.journal import Journal, Made, Owned, Upload, names_of_runs, place
from kuiper_pack.suite.judge import ALLOW, RESTART, Judge
from kuiper_pack.suite.liveness import Liveness
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.outcome import Outcome, last_word
from kuiper_pack.suite.pool import BuiltPool, EmptyPool, StubPool, needed, pool_for
from kuiper_pack.suite.removal import SETTLES, uploaded
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.restart import Command, Restarter, Start, uptime
from kuiper_pack.suite.shelf import Progress
from kuiper_pack.suite.spent import Claims, Spent
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.transport import Transport
from kuiper_pack.suite.verdict import Unmet

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Run:
    """Everything that belongs to one run; use it as a context, the end tidies up.

    ``restart`` starts the server anew, instead of the command of the options; ``board`` is where
    other workers of the same run tell their verdicts.

    Raises KuiperPackError where the server cannot be reached or has no plugin API.
    """

    def __init__(
        self, options: Options, restart: Start | None = None, board: Board | None = None
    ) -> None:
        options.check()
        self.options = options
        self.seed = options.seed or secrets.token_hex(4)
        self._board = board
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
        prefix = "kp" + "".join(secrets.choice(_LETTERS) for _ in range(7))
        self.client = Client(options.url, options.token, options.headers, options.timeout)
        secret = secrets_of(options.token, options.headers) + secrets_of(options.expired_token, {})
        transport = Transport(self.client, secret)
        journal = Journal(place(options.url, prefix), self.client.url)
        artifacts = ArtifactHost(journal.files)
        self.server = Server(transport, artifacts, journal, prefix, self.seed)
        self.server.expired_token = options.expired_token or ""
        self.server.ends_within = options.ends_within
        self.server.watched_for = options.watched_for
        self.liveness = Liveness(transport, options.timeout)
        self._before: Mapping[Kind, frozenset[str]] = {}
        self._of_runs: set[Made] = set()
        """What other runs have made, which comes and goes."""
        self._open = ExitStack()
        """What is closed in the end: in here before it is open, for interrupts come any time."""
        self._open.callback(self.client.close)
        self._open.callback(lambda: journal.close(keep=bool(self.residue)))
        self._open.callback(artifacts.close)
        try:
            self.discovery = self._begin(restart, asked)
        except KuiperPackError as error:
            self.finish()
            if self.left:
                word = last_word(options.url, self.left, self.unseen)
                raise KuiperPackError(f"{error}; {word}") from error
            raise
        except BaseException:
            self.finish()
            raise
        self._judge = Judge(
            self.server, self.liveness, self.discovery, options, self.expected, board
        )
        self.results = self._judge.results
        self.announce = self._judge.announce
        self.judge = self._judge.judge
        self.judge_all = self._judge.judge_all
        self.tries = self._judge.tries

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def _begin(self, restart: Start | None, asked: Release | None) -> discovery.Discovery:
        """Open all that is closed in the end, and find out what the server is."""
        server, transport = self.server, self.server.transport
        transport.begin("discovery")
        root = self.client.root()
        server.journal.open()
        server.artifacts.open()
        transport.replaced = {
            server.prefix: "{run}",
            server.artifacts.http(""): "{artifacts}/",
            server.artifacts.file(""): "{artifacts}/",
        }
        if restart is None and self.options.restart_command:
            restart = Command(self.options.restart_command)
        if restart is not None:
            server.restarter = Restarter(self.client, root, restart)
        return self._discover(discovery.identify(Reply(root, transport.secrets), asked))

    def _discover(self, identity: discovery.Identity) -> discovery.Discovery:
        server = self.server
        self._before = discovery.before(server)
        self._of_runs = names_of_runs(self.client.url)
        server.judged = identity.judged
        self.liveness.kind = discovery.any_kind(server)
        found = discovery.discover(server, identity, self.options.delivery)
        known = {name for listed in self._before.values() for name in listed}
        root = self.client.root()
        server.pool = pool_for(
            self.options.native,
            identity.judged,
            found.loads,
            known,
            Spent(self.client.url, uptime(root)),
            Claims(self._board.folder) if self._board else None,
            discovery.architecture(root),
            server.fresh,
        )
        notes = list(found.notes)
        if clock := clock_is_off(root):
            notes.append(clock)
        if server.restarter is None:
            notes.append(f"clauses over a restart are not tried: give {RESTART}")
        if STOP not in self.options.allow:
            what = "clauses that let the server end are not tried"
            notes.append(f"{what}: give {RESTART} and {ALLOW} {STOP}")
        if isinstance(server.pool, EmptyPool):
            notes.append(server.pool.reason)
        server.tidy()
        self._of_runs |= names_of_runs(self.client.url)
        if server.restarter is not None:
            self._before = discovery.lasting(server, self._before)
        return replace(found, kinds=tuple(self._before), notes=tuple(notes))

    def prepare(self, clauses: Iterable[Clause], told: Progress) -> list[str]:
        """Have ready what these clauses install, and see that it loads; what is to be said of it.

        ``told`` hears of each plugin that is built. Raises KuiperPackError.
        """
        server, number = self.server, 1 + needed(filter(self.tries, clauses))
        if not self.discovery.loads or isinstance(server.pool, EmptyPool | StubPool):
            return []
        with self._board.alone() if self._board else nullcontext():
            built = server.pool.fill(number, told) if isinstance(server.pool, BuiltPool) else 0
        server.transport.begin("discovery")
        if reason := discovery.misfit(server):
            server.pool = EmptyPool(reason)
            return [reason]
        server.tidy()
        said = f"{number} shared objects of their own are used"
        return [f"{said}, {built} of them built now" if built else said]

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
        self._open.close()
        return self.residue

    @property
    def outcome(self) -> Outcome:
        """What the run has come to."""
        return Outcome(
            self.options,
            self.seed,
            self.discovery,
            self.results,
            tuple(self.residue),
            tuple(self.left),
            self.unseen,
        )

    def _take_stock(self) -> None:
        """What is ours and still there goes; what stays is left, and what else went is residue."""
        server, journal = self.server, self.server.journal
        for owned in reversed(journal.names):  # a rule before the plugin that it uses
            sent = journal.unanswered.get(owned)
            until = 0.0 if sent is None else sent + SETTLES
            if owned not in server.gone and not server.remove(owned, until):
                self.left.append(owned)
        others = server.delivery.before if server.delivery else frozenset()
        gone: list[Made] = []
        if others:
            gone += map(Upload, sorted(others - uploaded(server.uploads())))
        for kind, before in self._before.items():
            names = before - set(server.plugins(kind).plugins())
            gone += [Owned(kind, name) for name in sorted(names)]
        self.residue += [
            f"{one} was there before, and is gone" for one in gone if one not in self._of_runs
        ]
