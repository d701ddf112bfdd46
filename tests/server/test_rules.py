"""What happens to rows, and to a rule whose plugin goes away, with symbols made for these tests."""

import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.state import ServerState
from kuiper_pack.portable.messages import Meta
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server import Service
from kuiper_pack.server.rules.book import Book
from kuiper_pack.server.rules.planning import RuleError
from kuiper_pack.server.rules.rule import Rule
from kuiper_pack.server.rules.ways import ways

STREAM = 'CREATE STREAM s () WITH (DATASOURCE="d", TYPE="meter")'
PATIENCE = 10.0


class Shelf:
    """Keeps texts in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, tuple[str, ...]]] = {}

    def put(self, table: str, key: str, value: tuple[str, ...]) -> None:
        self.kept.setdefault(table, {})[key] = value

    def discard(self, table: str, key: str) -> None:
        self.kept.get(table, {}).pop(key, None)

    def lists(self, table: str) -> dict[str, tuple[str, ...]]:
        return dict(self.kept.get(table, {}))


class Plugin:
    """A source ``meter``, a sink ``journal`` and a function ``plus``, as long as ``there``."""

    def __init__(self) -> None:
        self.there = True
        self.problem = ""
        self.rows: queue.Queue[Any] = queue.Queue()
        self.taken: queue.Queue[Any] = queue.Queue()
        self.open: list[str] = []
        self.metas: list[Meta] = []

    def find(self, kind: str, symbol: str) -> str | None:
        known = {("source", "meter"), ("sink", "journal"), ("function", "plus")}
        return "plugin" if self.there and (kind, symbol) in known else None

    def source(self, symbol: str, meta: Meta, datasource: str, config: dict[str, Any]) -> Any:
        assert (symbol, datasource) == ("meter", "d")
        return self._used(meta.file)

    def sink(self, symbol: str, meta: Meta, config: dict[str, Any]) -> Any:
        if self.problem:
            raise KuiperPackError(self.problem)
        return self._used(meta.file)

    def function(self, symbol: str) -> Any:
        return self

    def validate(self, arguments: list[Any]) -> None:
        if len(arguments) != 2:
            raise KuiperPackError("two arguments, please")

    def exec(self, arguments: list[Any], meta: Meta, function_id: int) -> Any:
        self.metas.append(meta)
        if "bad" in arguments:
            raise KuiperPackError("this is bad")
        return sum(arguments)

    def _used(self, name: str) -> "Use":
        self.open.append(name)
        return Use(self, name)


class Use:
    """A source and a sink at once."""

    def __init__(self, plugin: Plugin, name: str) -> None:
        self.plugin = plugin
        self.name = name

    def next(self, seconds: float) -> Any:
        try:
            row = self.plugin.rows.get(timeout=seconds)
        except queue.Empty:
            return None
        if row is None:
            raise KuiperPackError("no row at all")
        return row

    def collect(self, row: Any) -> None:
        self.plugin.taken.put(row)

    def close(self) -> None:
        self.plugin.open.remove(self.name)


class World:
    """A book of one release."""

    def __init__(self, release: str = "2.4.0", shelf: Shelf | None = None) -> None:
        about = Release.parse(release)
        self.plugin = Plugin()
        self.shelf = shelf or Shelf()
        state = ServerState(profile(about))
        self.book = Book(
            profile(about), ways(about), self.shelf, lambda: state, lambda: self.plugin
        )

    def rule(self, sql: str, *actions: dict[str, Any], name: str = "r") -> None:
        if "s" not in self.book.streams:
            self.book.add_stream(STREAM)
        self.book.add_rule(json.dumps({"id": name, "sql": sql, "actions": [*actions]}))

    def passes(self, row: Any) -> Any:
        """What the sink takes of a row."""
        self.plugin.rows.put(row)
        return self.plugin.taken.get(timeout=PATIENCE)

    def status(self, name: str = "r") -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.book.rules[name].status()[0])
        return told


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.book.close()
    assert made.plugin.open == []
    assert not [one.name for one in threading.enumerate() if one.name.startswith("rule ")]


JOURNAL: dict[str, Any] = {"journal": {}}


def test_rows_go_from_the_source_through_functions_to_the_sinks(world: World) -> None:
    world.rule('SELECT plus(plus(a, 1), b) AS c, a, "x" AS d, gone FROM s', JOURNAL)
    assert world.passes({"a": 1, "b": 2}) == {"c": 4, "a": 1, "d": "x"}
    assert {(meta.rule, meta.operator) for meta in world.plugin.metas} == {("r", "2_project")}
    assert sorted(world.plugin.open) == ["r_journal_0_0.ipc", "r_s_0.ipc"]


def test_a_comparison_lets_through_what_holds(world: World) -> None:
    world.rule("SELECT * FROM s WHERE plus(a, 1) >= 3", JOURNAL)
    for row in ({"a": 1}, {"a": "text"}, {}):
        world.plugin.rows.put(row)
    assert world.passes({"a": 2}) == {"a": 2}
    told = world.status()
    assert told["op_2_filter_0_records_in_total"] == 4
    assert told["op_2_filter_0_records_out_total"] == 1


def test_what_fails_is_counted_where_it_fails_and_the_rule_goes_on(world: World) -> None:
    world.rule("SELECT plus(a, 1) AS c FROM s", JOURNAL)
    for row in (None, {"a": "bad"}):
        world.plugin.rows.put(row)
    assert world.passes({"a": 2}) == {"c": 3}
    told = world.status()
    assert told["status"] == "running"
    assert told["source_s_0_last_exception"] == "no row at all"
    assert "call func plus error: this is bad" in told["op_2_project_0_last_exception"]


def test_sinks_take_lists_before_2_0() -> None:
    world = World("1.14.7")
    try:
        world.rule("SELECT a FROM s", JOURNAL)
        assert world.passes({"a": 2}) == [{"a": 2}]
    finally:
        world.book.close()


def test_memory_takes_rows_from_rule_to_rule(world: World) -> None:
    world.book.add_stream('CREATE STREAM t () WITH (DATASOURCE="between", TYPE="memory")')
    world.rule("SELECT a AS b FROM t", JOURNAL, name="second")
    world.rule("SELECT * FROM s", {"memory": {"topic": "between"}}, {"log": {}}, name="first")
    assert world.passes({"a": 2}) == {"b": 2}


@pytest.mark.parametrize(
    ("release", "status"),
    [
        ("2.4.0", {"status": "stopped by error", "message": "the address is in use"}),
        ("1.14.7", {"status": "stopped", "message": "Stopped: the address is in use."}),
    ],
)
def test_a_rule_that_cannot_open_its_sink_ends_with_the_reason(
    release: str, status: dict[str, str]
) -> None:
    world = World(release)
    world.plugin.problem = "the address is in use"
    try:
        world.rule("SELECT a FROM s", JOURNAL)
        told = world.status()
        assert {key: told[key] for key in status} == status
        assert world.plugin.open == []
    finally:
        world.book.close()


def test_a_rule_outlives_the_process_as_it_was_left() -> None:
    world = World()
    world.rule("SELECT a FROM s", JOURNAL, name="runs")
    world.rule("SELECT a FROM s", JOURNAL, name="rests")
    world.book.stop_rule(world.book.rules["rests"])
    world.book.close()
    again = World(shelf=world.shelf)
    try:
        again.book.open()
        assert again.passes({"a": 1}) == {"a": 1}
        assert {name: rule.word() for name, rule in again.book.rules.items()} == {
            "runs": "running",
            "rests": "stopped",
        }
    finally:
        again.book.close()


def test_a_running_rule_stays_when_its_plugin_goes_and_cannot_start_again(world: World) -> None:
    world.rule("SELECT plus(a, 1) AS c FROM s", {"nop": {}})
    world.plugin.there = False
    rule = world.book.rules["r"]
    assert rule.word() == "running"
    with pytest.raises(RuleError, match="function plus not found") as caught:
        world.book.restart_rule(rule)
    assert caught.value.code == 2001
    assert rule.word() == "stopped by error"
    world.plugin.there = True
    world.book.start_rule(rule)
    assert rule.word() == "running"


def test_a_function_may_refuse_its_arguments_when_the_rule_is_created(world: World) -> None:
    with pytest.raises(RuleError, match="validate function plus error: two arguments, please"):
        world.rule("SELECT plus(a) FROM s", {"nop": {}})


def test_there_is_an_end_to_rules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuiper_pack.server.rules.book._MOST_RULES", 1)
    world.rule("SELECT a FROM s", {"nop": {}})
    with pytest.raises(RuleError, match="this server runs 1 rules at most: drop one"):
        world.rule("SELECT a FROM s", {"nop": {}}, name="more")


def test_requests_for_one_rule_at_once_leave_one_run_and_then_none(world: World) -> None:
    world.rule("SELECT a FROM s", JOURNAL)
    rule = world.book.rules["r"]
    calls = [world.book.start_rule, world.book.stop_rule, world.book.restart_rule] * 4
    threads = [threading.Thread(target=call, args=(rule,)) for call in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
    world.book.start_rule(rule)
    assert sorted(world.plugin.open) == ["r_journal_0_0.ipc", "r_s_0.ipc"]
    assert world.book.drop_rule("r")
    assert world.plugin.open == []


def test_sources_that_are_not_run_here_are_refused_with_what_to_do(tmp_path: Path) -> None:
    service = Service(Release.parse("2.4.0"), tmp_path / "server")
    try:
        made = service.handle(
            "POST", "/streams", body=json.dumps({"sql": STREAM.replace("meter", "mqtt")}).encode()
        )
        assert made.status == 201
        body = {"id": "r", "sql": "SELECT * FROM s", "actions": [{"nop": {}}]}
        refused = service.handle("POST", "/rules", body=json.dumps(body).encode())
        assert refused.status == 400
        assert b"this server does not run the source mqtt: take memory" in refused.body
    finally:
        service.close()


@pytest.mark.parametrize("release", ["0.9.1", "1.14.7", "2.4.0"])
def test_numbers_of_a_rule_are_floats(release: str) -> None:
    world = World(release)
    world.book.add_stream(STREAM)
    action = '{"nop": {"n": 9007199254740993, "f": 3.0, "e": 1e21}}'
    body = f'{{"id": "r", "sql": "SELECT * FROM s", "actions": [{action}]}}'
    try:
        world.book.add_rule(body)
        rule = world.book.rules["r"]
        numbers = rule.definition.actions[0]["nop"].values()
        assert [type(one) for one in numbers] == [float, float, float]
        world.book.stop_rule(rule)
        told = b'"actions":[{"nop":{"e":1e+21,"f":3,"n":9007199254740992}}]'
        assert told in world.book.described(rule)
    finally:
        world.book.close()


@pytest.mark.parametrize("digits", ["1e400", "9" * 5000])
def test_a_rule_with_a_number_beyond_all_floats_is_refused(digits: str) -> None:
    world = World()
    words = (
        f"json: cannot unmarshal number {digits} into Go struct field Rule.actions of type float64"
    )
    with pytest.raises(RuleError, match=f"error : {words}\\.$"):
        world.book.add_rule(f'{{"id": "r", "sql": "x", "actions": [{{"nop": {{"n": {digits}}}}}]}}')


def test_a_rule_that_is_nested_too_deeply_is_refused_and_not_a_failure_of_the_server() -> None:
    nested = "[" * 5000 + "]" * 5000
    with pytest.raises(RuleError, match="nested"):
        World().book.add_rule(f'{{"id": "r", "sql": "x", "actions": [{{"nop": {nested}}}]}}')


def test_who_is_told_that_a_rule_has_failed_may_start_it_again_at_once() -> None:
    world = World()
    world.plugin.problem = "no journal today"
    closed: list[bool] = []
    ended = Rule._end

    def told(rule: Rule, run: Any, message: str) -> None:
        closed.append(not world.plugin.open)
        ended(rule, run, message)

    try:
        with patch.object(Rule, "_end", told):
            world.rule("SELECT * FROM s", {"nop": {}}, {"journal": {}})
        assert world.status()["message"] == "no journal today"
        assert closed == [True]
        world.plugin.problem = ""
        world.book.start_rule(world.book.rules["r"])
        assert world.passes({"a": 1}) == {"a": 1}
    finally:
        world.book.close()


@pytest.mark.parametrize("method", ["start_rule", "restart_rule", "stop_rule"])
def test_a_rule_that_was_dropped_meanwhile_does_not_come_back(method: str) -> None:
    world = World()
    world.rule("SELECT * FROM s", {"journal": {}})
    rule = world.book.rules["r"]
    assert world.book.drop_rule("r")
    if method == "stop_rule":
        assert not world.book.stop_rule(rule)
    else:
        with pytest.raises(RuleError, match=r"r is not found"):
            getattr(world.book, method)(rule)
    assert (world.plugin.open, world.shelf.lists("rule")) == ([], {})


@pytest.mark.parametrize("release", ["2.0.8", "2.4.0"])
def test_a_start_that_is_refused_leaves_the_status_as_it_was(release: str) -> None:
    world = World(release)
    world.rule("SELECT * FROM s", {"journal": {}})
    rule = world.book.rules["r"]
    try:
        world.book.stop_rule(rule)
        before = world.status()
        world.plugin.there = False
        with pytest.raises(RuleError, match="source type meter not found"):
            world.book.start_rule(rule)
        assert world.status() == before
        with pytest.raises(RuleError, match="source type meter not found"):
            world.book.restart_rule(rule)
        assert world.status()["status"] == "stopped by error"
    finally:
        world.book.close()
