"""The streams and the rules of one server process, and what of them outlives it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.state import ServerState
from kuiper_pack.profiles import Profile
from kuiper_pack.server.rules.definition import Definition, check_actions, read_rule
from kuiper_pack.server.rules.grammar import SqlError, read_stream
from kuiper_pack.server.rules.planning import Missing, Planned, Planner, RuleError
from kuiper_pack.server.rules.rule import Ended, Rule
from kuiper_pack.server.rules.running import Running
from kuiper_pack.server.rules.statements import Stream
from kuiper_pack.server.rules.symbols import Symbols, Topics
from kuiper_pack.server.rules.ways import Ways

NOT_FOUND = 1002
_MOST_RULES = 200
_OPENS_WITHIN = 5.0
_MOST_STREAMS = 1000
_STREAMS = "stream"
_RULES = "rule"
_FORMATS = ("json", "binary", "delimited", "protobuf", "custom", "urlencoded")
_KEYS = ("DATASOURCE", "FORMAT", "KEY", "CONF_KEY", "STRICT_VALIDATION", "TYPE")
_LATER_KEYS = (
    "DATASOURCE", "FORMAT", "KEY", "CONF_KEY", "SHARED", "STRICT_VALIDATION", "TYPE", "TIMESTAMP",
    "TIMESTAMP_FORMAT", "RETAIN_SIZE",
)  # fmt: skip
_LATEST_KEYS = ("EXTRA", "VERSION", "TEMP", "KIND", "DELIMITER")


class _Dropped(RuleError):
    """A rule is not there any more."""


class NotRestarted(RuleError):
    """A rule was replaced, and the new one does not start."""


class Shelf(Protocol):
    """What keeps texts by table and key."""

    def put(self, table: str, key: str, value: tuple[str, ...]) -> None:
        """Keep a value."""

    def discard(self, table: str, key: str) -> None:
        """Forget a key."""

    def lists(self, table: str) -> dict[str, tuple[str, ...]]:
        """All values of a table, in the order in which they were kept."""


class Book:
    """Creates, starts, stops and drops rules, and keeps the streams that they read.

    Errors are RuleError and SqlError in the words of the release, without the prefix of a request.
    """

    def __init__(
        self,
        profile: Profile,
        ways: Ways,
        shelf: Shelf,
        state: Callable[[], ServerState],
        symbols: Callable[[], Symbols],
    ) -> None:
        self.streams: dict[str, Stream] = {}
        self.rules: dict[str, Rule] = {}
        self.forgotten: set[str] = set()
        """Rules that are stored and not there (to 1.8.0)."""
        self._profile = profile
        self._ways = ways
        self._shelf = shelf
        self._symbols = symbols
        self._planner = Planner(ways, state, symbols, self.streams)
        self._topics = Topics()
        self._changing = threading.Lock()
        self._opener: threading.Thread | None = None
        self._closed = False

    # Streams.

    def add_stream(self, sql: str) -> Stream:
        """Create a stream; raises SqlError."""
        stream = self._read_stream(sql)
        with self._changing:
            if stream.name in self.streams:
                raise SqlError(f"Create stream fails: Item {stream.name} already exists.")
            if len(self.streams) >= _MOST_STREAMS:
                raise SqlError(f"this server keeps {_MOST_STREAMS} streams at most: drop one")
            self._put_stream(stream, sql)
        return stream

    def replace_stream(self, name: str, sql: str) -> None:
        """Create a stream or put another in its place; raises SqlError."""
        stream = self._read_stream(sql)
        if stream.name != name:
            raise SqlError(
                f"Replace {name} fails: the sql statement must update the {name} source."
            )
        with self._changing:
            self.streams.pop(name, None)
            self._put_stream(stream, sql)

    def drop_stream(self, name: str) -> bool:
        """Forget a stream; whether it was there."""
        with self._changing:
            if self.streams.pop(name, None) is None:
                return False
            self._shelf.discard(_STREAMS, name)
            return True

    def is_read(self, name: str) -> bool:
        """Whether a rule that runs reads the stream."""
        return any(rule.stream == name for rule in [*self.rules.values()])

    def _put_stream(self, stream: Stream, sql: str) -> None:
        self.streams[stream.name] = stream
        self._shelf.put(_STREAMS, stream.name, (sql,))

    def _read_stream(self, sql: str) -> Stream:
        if not sql.strip().lower().startswith("create"):
            raise SqlError(f"Invalid stream statement: {sql}")
        stream = read_stream(sql)
        keys = self._option_keys()
        for key in stream.options:
            if key not in keys:
                raise SqlError(f'found "{key}", unknown option keys({"|".join(keys)}).')
        kind = stream.options.get("FORMAT", "")
        if self._ways.options != "given" and kind and kind.lower() not in _FORMATS:
            raise SqlError(f"option 'format={kind}' is invalid")
        return stream

    def _option_keys(self) -> tuple[str, ...]:
        if self._ways.options == "given":
            return _KEYS
        later = ("SCHEMAID",) if self._ways.options == "short" else ()
        return _LATER_KEYS + later + (_LATEST_KEYS if self._ways.tags else ())

    # Rules.

    def add_rule(self, body: str) -> tuple[Definition, str]:
        """Create a rule and start it, if it wants to; the rule, and what went wrong nevertheless.

        Raises RuleError where it is refused.
        """
        try:
            definition = self._read_rule(body)
        except RuleError as error:
            raise RuleError(f"{self._ways.rule_prefix}{error}") from error
        with self._changing:
            if definition.id in self.rules or definition.id in self.forgotten:
                raise RuleError(self._ways.duplicate.format(name=definition.id))
            if len(self.rules) >= _MOST_RULES:
                raise RuleError(f"this server runs {_MOST_RULES} rules at most: drop one")
            rule = self._rule(definition)
            problem = ""
            try:
                planned = self._planned(definition)
                if definition.triggered or not self._ways.honours_triggered:
                    rule.start(planned)
            except RuleError as error:
                if self._ways.plans:
                    raise self._refusal(error) from error
                problem = str(error)
            self.rules[definition.id] = rule
            self._keep(rule, "" if problem or self._ways.keeps_text else "true")
        return definition, problem

    def put_rule(self, name: str, body: str) -> None:
        """Put another rule in the place of one; raises RuleError."""
        try:
            definition = self._read_rule(body, name)
        except RuleError as error:
            raise RuleError(f"{self._ways.update_prefix}{error}") from error
        with self._changing:
            before = self.rules.get(name)
            if before is None and not self._ways.upserts:
                raise RuleError(f"Rule {name} is not found.", NOT_FOUND)
            rule = self._rule(definition)
            planned = self._planned(definition) if self._ways.plans else None
            self.rules[name] = rule  # from now on nobody starts the other one
            stopped = False
            if before is not None:
                with before.turn:
                    stopped = before.stop()
            if not self._ways.plans:
                self._restart_replaced(rule, stopped=stopped)
                return
            self._keep(rule, "")
            if definition.triggered:
                rule.start(planned)

    def _restart_replaced(self, rule: Rule, *, stopped: bool) -> None:
        """Start what replaced another rule, which stays replaced where that fails."""
        self._keep(rule, "false" if stopped else "")
        try:
            rule.start()
        except RuleError as error:
            raise NotRestarted(str(error), error.code) from error
        self._keep(rule, "" if self._ways.keeps_text else "true")

    def drop_rule(self, name: str) -> bool:
        """Stop a rule and forget it; whether it was there."""
        with self._changing:
            rule = self.rules.pop(name, None)
            if rule is None and name not in self.forgotten:
                return False
            self.forgotten.discard(name)
            self._shelf.discard(_RULES, name)
        if rule is not None:
            with rule.turn:
                rule.stop()
        return True

    def start_rule(self, rule: Rule) -> None:
        """Start a rule; raises RuleError, also where it was dropped meanwhile."""
        with self._turn(rule, "true"):
            rule.start_by_request()

    def stop_rule(self, rule: Rule) -> bool:
        """Stop a rule; whether there was something to stop."""
        try:
            with self._turn(rule, "false"):
                return rule.stop()
        except _Dropped:
            return False

    def restart_rule(self, rule: Rule) -> None:
        """Stop a rule and start it; raises RuleError, also where it was dropped meanwhile."""
        with self._turn(rule, "true"):
            rule.restart()

    def described(self, rule: Rule) -> bytes:
        """The JSON of a rule as it is told."""
        if self._ways.keeps_text and not rule.changed:
            return rule.definition.text.encode("utf-8", "surrogateescape")
        return rule.definition.told(self._ways, triggered=self._is_triggered(rule))

    def _is_triggered(self, rule: Rule) -> bool:
        """Whether it is to run: early releases write down only what was started or stopped."""
        unchanged = self._ways.keeps_text and rule.definition.triggered
        return rule.changed == "true" or (not rule.changed and unchanged)

    # The process.

    def open(self) -> None:
        """Bring back what was kept; rules that ran start again, soon."""
        for name, (sql,) in self._shelf.lists(_STREAMS).items():
            self.streams[name] = read_stream(sql)
        starting = []
        for name, (text, changed) in self._shelf.lists(_RULES).items():
            definition = read_rule(self._profile, self._ways, text)
            rule = self.rules[name] = self._rule(definition)
            rule.changed = changed
            if self._is_triggered(rule):
                starting.append(rule)
        if starting:
            self._opener = threading.Thread(target=self._start_all, args=(starting,), daemon=True)
            self._opener.start()
            self._opener.join(_OPENS_WITHIN)

    def close(self) -> None:
        """Stop all rules; what is kept stays. Twice is fine."""
        self._closed = True
        if self._opener is not None:
            self._opener.join()
        rules = [*self.rules.values()]
        for rule in rules:
            rule.ask_to_stop()
        for rule in rules:
            with rule.turn:
                rule.stop()

    def _start_all(self, rules: list[Rule]) -> None:
        for rule in rules:
            if self._closed:
                return
            with rule.turn:
                self._start_again(rule)

    def _start_again(self, rule: Rule) -> None:
        try:
            rule.start(wait=False)
        except RuleError as error:
            if self._ways.forgets_unplanned and str(error).startswith("Parse SQL"):
                del self.rules[rule.definition.id]
                self.forgotten.add(rule.definition.id)
            elif self._ways.status != "machine":
                rule.fail(self._ways.unplanned)

    def listed(self) -> Iterable[tuple[str, Rule | None]]:
        """All rules by id, None for one that is stored and not there."""
        for name in sorted({*self.rules, *self.forgotten}):
            yield name, self.rules.get(name)

    def _read_rule(self, body: str, name: str = "") -> Definition:
        definition = read_rule(self._profile, self._ways, body, name)
        try:
            self._planner.check(definition.sql)
        except RuleError as error:
            raise RuleError(str(error)) from error
        check_actions(definition)
        return definition

    def _rule(self, definition: Definition) -> Rule:
        return Rule(definition, self._ways, self._plan, self._run)

    def _plan(self, definition: Definition) -> Planned:
        try:
            return self._planner.plan(self._planner.check(definition.sql), definition.actions)
        except RuleError:
            raise
        except KuiperPackError as error:
            raise RuleError(str(error)) from error

    def _run(self, name: str, planned: Planned, ended: Ended) -> Running:
        return Running(name, planned, self._ways, self._symbols(), self._topics, ended)

    def _planned(self, definition: Definition) -> Planned | None:
        """What a rule uses; None where only its run finds out that it is not there."""
        try:
            return self._plan(definition)
        except Missing as error:
            if error.refuses(self._ways):
                raise
            return None

    @contextmanager
    def _turn(self, rule: Rule, changed: str) -> Iterator[None]:
        """Nobody else changes the rule, which is still there; raises _Dropped."""
        with self._changing:
            self._check_there(rule)
            before = "false" if rule.is_running else rule.changed
            self._keep(rule, changed)
        with rule.turn:
            self._check_there(rule)  # who drops it from now on waits, and stops it then
            try:
                yield
            except RuleError:
                if not self._ways.keeps_text:
                    self._keep(rule, before)
                raise

    def _check_there(self, rule: Rule) -> None:
        name = rule.definition.id
        if self.rules.get(name) is not rule:
            raise _Dropped(self._ways.unknown.format(name=name), NOT_FOUND)

    def _keep(self, rule: Rule, changed: str) -> None:
        rule.changed = changed
        self._shelf.put(_RULES, rule.definition.id, (rule.definition.text, changed))

    def _refusal(self, error: RuleError) -> RuleError:
        """Of a rule that cannot be planned: behind a prefix its code is lost."""
        prefix = self._ways.plan_prefix
        return RuleError(f"{prefix}{error}") if prefix else error
