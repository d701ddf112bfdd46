"""What differs between releases about streams and rules.

What six releases do was seen on real servers (tests/data/rules); which tag brought it is read from
the file that is named with it.
"""

from functools import cache
from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release
from kuiper_pack.profiles.change import Change, fold

_NO_FILE = "cannot get the plugin file path: invalid name {name}: not exist"
_NO_SO = "cannot get the plugin file path: cannot find .so file for plugin {name}"
_EXISTS = "Item {name} already exists"
_NOT_IN_REGISTRY = "Rule {name} is not found in registry, please check if it is created"
_MANUALLY = "Stopped: canceled manually."
_OR_BY_ERROR = "Stopped: canceled manually or by error."
_NO_SERVICE = "\nexternal service:service function {name} not found"

_SCHEDULE = ("cron", "duration")
_WHEN = "cronDatetimeRange"

_OLD_REST = "xstream/server/server/rest.go"
_OLD_MANAGER = "xstream/server/server/ruleManager.go"
_OLD_METRICS = "xstream/nodes/prometheus.go"
_REST = "internal/server/rest.go"
_MANAGER = "internal/server/rule_manager.go"
_STATE = "internal/topo/rule/ruleState.go"
_RULES = "internal/processor/rule.go"
_PLANNER = "internal/topo/planner/planner.go"
_PARSER = "internal/xsql/parser.go"
_METRICS = "internal/topo/node/metric/stats_manager.go"
_NATIVE = "internal/plugin/native/manager.go"
_FUNCTIONS = "internal/binder/function/binder.go"
_CUT_BEFORE_1_7_2 = ("1.8.0-alpha.1",)
_CUT_BEFORE_1_8_2 = ("1.9.0-alpha.0", "1.9.0-alpha.1")
_CUT_BEFORE_1_13_1 = ("1.14.0-alpha.1",)


class Ways(NamedTuple):
    """Streams and rules of a release; the defaults are those of the first one."""

    replaces: bool = False
    """PUT of a stream or a rule is there."""
    upserts: bool = False
    """PUT of a rule that is not there makes it."""
    tells_all: bool = False
    """GET /streamdetails and /rules/status/all are there."""
    keeps_streams_in_use: bool = False
    """A stream that a running rule reads is not dropped, unless forced."""
    keeps_order: bool = False
    """Streams are listed as they were created: the store is SQLite."""
    options: Literal["given", "all", "short"] = "given"
    """Describing a stream tells the options given, or all of them, or these."""
    keeps_text: bool = False
    """A rule is described by the text it was created with, until it is stopped."""
    sorts_text: bool = False
    """Stopping a rule keeps what that text says, and sorts it."""
    rule_type: str = "api.Rule"
    """The Go type that errors name."""
    rule_prefix: str = "Create rule error: "
    """What stands before the refusal of a rule that is not well formed."""
    update_prefix: str = ""
    """What stands there when a rule is replaced."""
    capital: bool = False
    """Refusals begin with a capital letter."""
    graphs: bool = False
    """A rule may be a graph instead of SQL."""
    plans: bool = False
    """A rule whose stream is not there is refused."""
    plan_prefix: str = ""
    """What stands before that refusal."""
    plan_code: int = 1000
    """The code of that refusal."""
    sql_code: int = 1000
    """The code of SQL that does not hold any longer when a rule starts."""
    refuses_sinks: bool = False
    """A rule whose sink is not there is refused."""
    sinks_first: bool = False
    """Sinks are looked for before the source."""
    refuses_sources: bool = False
    """A rule whose source is not there is refused."""
    checks_before_stopping: bool = False
    """A restart that is refused leaves the rule as it was."""
    names_once: bool = False
    """A rule whose result has a name twice is refused."""
    status: Literal["text", "json", "stamped", "machine"] = "text"
    """How a status is told: 0.3, JSON, with times, of a state machine."""
    sorts_status: bool = False
    """The status of a rule that does not run is marshalled from a map."""
    stopped: str = _MANUALLY
    """What the status says of a rule that was stopped."""
    tells_problem: bool = True
    """A rule that could not be planned is created, and answered with what is wrong."""
    stops_failed: bool = True
    """A rule that failed can be stopped."""
    stops_again: bool = False
    """Stopping a rule that does not run is no news."""
    stop_refuses: bool = False
    """Stopping a rule that is not there is refused."""
    honours_triggered: bool = False
    """A rule created with ``triggered`` false does not start."""
    unplanned: str = _MANUALLY
    """And of one that could not be planned when the server started."""
    last_exception: bool = False
    """Operators tell their last exception."""
    processed: bool = False
    """Operators count what they have processed, and tell times in milliseconds."""
    microseconds: bool = False
    """Operators tell their latency in microseconds."""
    connections: bool = False
    """Sources and sinks tell their connection."""
    prepares: bool = False
    """Sinks have operators before them that transform and encode, and sources one for the rate."""
    names: bool = False
    """The list tells names."""
    traces: bool = False
    """The list tells traces."""
    tags: bool = False
    """The list tells tags and versions."""
    preprocesses: Literal["first", "second", ""] = "first"
    """Every source has a preprocessor, named without or with a number."""
    missing_plugin: str = _NO_FILE
    """What is said of a source or sink that is not there."""
    deleted_plugin: str = _NO_SO
    """What is said of one that was deleted before it was ever used."""
    missing_function: str = _NO_FILE
    """What is said of a function that is not there."""
    forgets_unplanned: bool = True
    """A rule whose SQL no longer holds at the start is not there."""
    keeps_functions: bool = True
    """A function that was loaded or started can be used after its plugin was deleted."""
    allows_slashes: bool = True
    """A rule may have ``/`` in its id."""
    validates: str = ""
    """What stands before the refusal of a function's arguments."""
    codes_unknown: bool = True
    """Start and restart of an unknown rule have the code of what is not found."""
    unknown: str = "Rule {name} is not found."
    """What they say of it."""
    duplicate: str = f"Create rule error: {_EXISTS}"
    """What is said of a rule that is there already."""
    id_word: str = "Name"
    """What the id of a rule is called where the body gives another one."""
    schedules: tuple[str, ...] = ()
    """The options of a rule that tell when it runs."""
    lists_rows: bool = True
    """Sinks take lists of rows, and errors as rows."""


CHANGES: tuple[Change, ...] = (
    Change("0.5.0", "stopped", _OR_BY_ERROR, _OLD_MANAGER),
    Change("0.5.0", "unplanned", _OR_BY_ERROR, _OLD_MANAGER),
    Change("1.0.1", "replaces", True, _OLD_REST),
    Change("1.0.1", "microseconds", True, _OLD_METRICS),
    Change("1.0.2", "keeps_order", True, "go.mod: SQLite"),
    Change("1.0.2", "preprocesses", "second", "xstream/planner/planner.go"),
    Change("1.0.2", "stops_failed", False, _OLD_MANAGER),
    Change("1.2.0", "options", "all", "xsql/ast.go"),
    Change("1.4.0-beta.0", "missing_plugin", "{kind} {name} not found", "internal/binder/io"),
    Change("1.4.0-beta.0", "deleted_plugin", "{kind} {name} not found", "internal/binder/io"),
    Change("1.4.0-beta.0", "missing_function", _NO_SERVICE, _FUNCTIONS),
    Change("1.4.0", "preprocesses", "", _PLANNER),
    Change("1.4.3", "tells_problem", False, _REST),
    Change("1.5.1", "keeps_text", True, _REST),
    Change("1.6.0", "options", "short", "pkg/ast/sourceStmt.go"),
    Change("1.6.0", "graphs", True, _RULES),
    Change("1.6.0", "id_word", "RuleId", _RULES),
    Change("1.6.0", "status", "json", _MANAGER),
    Change("1.6.0", "names", True, _MANAGER),
    Change("1.6.0", "missing_function", "function {name} not found", _NATIVE),
    Change("1.6.0", "keeps_functions", False, _NATIVE),
    Change("1.6.1", "last_exception", True, _METRICS),
    Change("1.7.2", "honours_triggered", True, _REST, _CUT_BEFORE_1_7_2),
    Change("1.7.6", "stopped", _MANUALLY, _MANAGER),
    Change("1.8.0-alpha.1", "stopped", _OR_BY_ERROR, _STATE),
    Change("1.8.0-alpha.1", "stops_again", True, _MANAGER),
    Change("1.8.0-alpha.1", "codes_unknown", False, _MANAGER),
    Change("1.8.0-alpha.1", "unknown", _NOT_IN_REGISTRY, _MANAGER),
    Change("1.8.0-alpha.1", "rule_prefix", "Invalid rule json: ", _MANAGER),
    Change("1.8.0-alpha.1", "update_prefix", "Invalid rule json: ", _MANAGER),
    Change("1.8.0-alpha.1", "plans", True, _MANAGER),
    Change("1.8.0-alpha.1", "plan_prefix", "Create rule topo error: ", _MANAGER),
    Change("1.8.0-alpha.1", "duplicate", f"Store the rule error: {_EXISTS}", _MANAGER),
    Change("1.8.0", "stopped", _MANUALLY, _STATE),
    Change("1.8.1", "rule_prefix", "invalid rule json: ", _MANAGER),
    Change("1.8.1", "plan_prefix", "create rule topo error: ", _MANAGER),
    Change("1.8.1", "duplicate", f"store the rule error: {_EXISTS}", _MANAGER),
    Change("1.8.1", "sinks_first", True, "seen in 1.10.2, and not in 1.4.4"),
    Change("1.8.1", "forgets_unplanned", False, _MANAGER),
    Change("1.8.2", "capital", True, _REST, _CUT_BEFORE_1_8_2),
    Change("1.10.0-alpha.1", "unplanned", "Stopped: fail to create the topo.", _STATE),
    Change("1.10.0-beta.0", "schedules", _SCHEDULE, "pkg/api/stream.go"),
    Change("1.10.2", "schedules", (*_SCHEDULE, _WHEN), "pkg/api/stream.go", ("1.11.0-alpha.0",)),
    Change("1.12.0-beta.5", "status", "stamped", _MANAGER),
    Change("1.12.2", "stop_refuses", True, _MANAGER),
    Change("1.12.2", "codes_unknown", True, _MANAGER),
    Change("1.13.0-alpha.2", "plan_code", 2101, _PLANNER),
    Change("1.13.0-alpha.2", "sql_code", 2001, "internal/xsql/stmtx.go"),
    Change("1.13.0-alpha.2", "checks_before_stopping", True, _STATE),
    Change("1.13.0-alpha.2", "processed", True, _METRICS),
    Change("1.13.0-beta.1", "plan_prefix", "", _MANAGER),
    Change("1.13.0-beta.1", "sorts_status", True, _MANAGER),
    Change("1.13.0-beta.1", "allows_slashes", False, _RULES),
    Change("1.13.1", "duplicate", "rule {name} already exists", _MANAGER, _CUT_BEFORE_1_13_1),
    Change("1.14.0-alpha.2", "refuses_sinks", True, _PLANNER),
    Change("1.14.0-alpha.3", "tells_all", True, _REST),
    Change("2.0.0-alpha.2", "rule_type", "def.Rule", _RULES),
    Change("2.0.0-alpha.2", "tells_all", False, "cut before 1.14.0-alpha.3"),
    Change("2.0.0-alpha.2", "prepares", True, "internal/topo/planner/planner_sink.go"),
    Change("2.0.0-alpha.2", "sinks_first", False, "internal/topo/planner/planner_source.go"),
    Change("2.0.0-alpha.2", "refuses_sources", True, "internal/topo/planner/planner_source.go"),
    Change("2.0.0-alpha.2", "lists_rows", False, "internal/topo/node/sink_node.go"),
    Change("2.0.0-alpha.6", "keeps_streams_in_use", True, _REST),
    Change("2.0.0-alpha.10", "tells_all", True, _REST),
    Change("2.0.0-alpha.11", "checks_before_stopping", False, _MANAGER),
    Change("2.0.0-alpha.11", "status", "machine", _STATE),
    Change("2.0.0-alpha.11", "stopped", "canceled manually", _STATE),
    Change("2.0.0-beta.1", "traces", True, _MANAGER),
    Change("2.0.0-beta.1", "connections", True, _METRICS),
    Change("2.2.0-alpha.1", "upserts", True, _MANAGER),
    Change("2.2.0-beta.1", "tags", True, _MANAGER),
    Change("2.2.0-beta.1", "validates", "validate function {name} error: ", _PARSER),
    Change("2.3.0-beta.1", "plan_code", 1000, _PLANNER),
    Change("2.3.0-beta.4", "names_once", True, _PLANNER),
    Change("2.3.0-beta.5", "sorts_text", True, _RULES),
)
"""Every change, in the order of releases."""


@cache
def ways(release: Release) -> Ways:
    """The ways of a release, folded from the changes."""
    return Ways(**fold(CHANGES, release))
