"""The JSON of a rule: what it says, and how releases tell it again."""

import json
import math
from typing import Any, NamedTuple

from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.planner.godecode import DecodeError, Struct, decode_node
from kuiper_pack.planner.names import check_id
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.request import go_version, text
from kuiper_pack.profiles import Profile
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.rules.planning import RuleError
from kuiper_pack.server.rules.ways import Ways

_FIELDS = {"id": "string", "name": "string", "sql": "string", "version": "string"}
_OPTIONS: dict[str, Any] = {
    "isEventTime": False,
    "lateTolerance": 1000,
    "concurrency": 1,
    "bufferLength": 1024,
    "sendMetaToSink": False,
}
_LATER_OPTIONS: dict[str, Any] = {"qos": 0, "checkpointInterval": 300000}
_RESTARTS: dict[str, Any] = {"attempts": 0, "delay": 1000, "multiplier": 2, "maxDelay": 30000}
_SCHEDULE: dict[str, Any] = {"cron": "", "duration": "", "cronDatetimeRange": None}


class Definition(NamedTuple):
    """A rule as it was given; ``text`` is the body, ``document`` what it says."""

    id: str
    name: str
    sql: str
    version: str
    actions: list[dict[str, Any]]
    triggered: bool
    tags: Any
    text: str
    document: dict[str, Any]

    def told(self, ways: Ways, *, triggered: bool) -> bytes:
        """The rule as a release tells it once it was started or stopped."""
        if ways.sorts_text:
            return dumps(_sorted({**self.document, "triggered": triggered}))
        about: dict[str, Any] = {"triggered": triggered, "id": self.id}
        if ways.graphs and self.name:
            about["name"] = self.name
        given = self.document.get("options")
        options = _options(ways)
        if isinstance(given, dict):
            options |= {key: value for key, value in given.items() if key in options}
        return dumps(
            about | {"sql": self.sql, "actions": _sorted(self.actions), "options": options}
        )


def read_rule(profile: Profile, ways: Ways, body: str, identifier: str = "") -> Definition:
    """The rule in a body; ``identifier`` is the one of the path.

    Raises RuleError in the words of the release, but for its prefix. SQL is not read here.
    """
    try:
        node = parse(body.encode("utf-8", "surrogateescape"))
        package, name = ways.rule_type.split(".")
        values = decode_node(node, Struct(package, name, _FIELDS, {}), go_version(profile))
    except (JSONSyntaxError, DecodeError) as error:
        message = error.message if isinstance(error, JSONSyntaxError) else str(error)
        raise RuleError(f"Parse rule {body} error : {message}.") from error
    document = _document(body, name) if node.kind == "object" else {}
    found = text(values.get("id")) or identifier
    sql = text(values.get("sql"))
    actions = document.get("actions")
    if not found:
        raise RuleError("Missing rule id.")
    if identifier and found != identifier:
        raise RuleError(f"{ways.id_word} is not consistent with rule id.")
    _check_id(profile, ways, found)
    if not sql:
        missing = f"Rule {found} has neither sql nor graph." if ways.graphs else "Missing rule SQL."
        raise RuleError(missing)
    return Definition(
        id=found,
        name=text(values.get("name")),
        sql=sql,
        version=text(values.get("version")),
        actions=[one for one in actions if isinstance(one, dict)]
        if isinstance(actions, list)
        else [],
        triggered=document.get("triggered") is not False,
        tags=document.get("tags"),
        text=body,
        document=document,
    )


def _document(body: str, struct: str) -> dict[str, Any]:
    """What a rule says; every number is a float, as for the servers. Raises RuleError."""

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            words = f"json: cannot unmarshal number {digits} into Go struct field"
            raise RuleError(f"Parse rule {body} error : {words} {struct}.actions of type float64.")
        return value

    try:
        found: dict[str, Any] = json.loads(body, parse_int=number, parse_float=number)
    except RecursionError as error:
        raise RuleError("this server reads no rule that is nested so deeply") from error
    return found


def check_actions(definition: Definition) -> None:
    """Refuse a rule without sinks, which releases do after they have read its SQL."""
    if not definition.actions:
        raise RuleError("Missing rule actions.")


def _check_id(profile: Profile, ways: Ways, identifier: str) -> None:
    if profile.checks_ids:
        try:
            check_id(identifier)
        except Refused as refused:
            raise RuleError(refused.message) from refused
    elif "/" in identifier and not ways.allows_slashes:
        raise RuleError(f"ruleID:{identifier} contains invalidChar:/")


def _options(ways: Ways) -> dict[str, Any]:
    """The options of a rule that gives none."""
    if ways.status == "machine":
        return {
            "debug": False,
            **_OPTIONS,
            "lateTolerance": "1s",
            "sendError": False,
            "checkpointInterval": "5m0s",
            "restartStrategy": {
                "delay": "1s",
                "multiplier": 2,
                "maxDelay": "30s",
                "jitterFactor": 0.1,
            },
        }
    options = dict(_OPTIONS)
    if ways.status == "stamped":
        options = {"debug": False, "logFilename": ""} | options
    if ways.preprocesses != "first":
        options["sendError"] = True
    options |= _LATER_OPTIONS
    if ways.plans:
        jitter = "jitterFactor" if ways.status == "stamped" else "jitter"
        options["restartStrategy"] = _RESTARTS | {jitter: 0.1}
    return options | {key: _SCHEDULE[key] for key in ways.schedules}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [*map(_sorted, value)] if isinstance(value, list) else value
