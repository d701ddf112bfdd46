"""What differs between releases about streams and rules, as seen on real servers.

The tags of the boundaries between those are read from the sources.
"""

from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release


class Ways(NamedTuple):
    """The ways of one release with streams and rules."""

    replaces: bool
    """PUT of a stream or a rule is there (1.0.1)."""
    upserts: bool
    """PUT of a rule that is not there makes it (2.2.0)."""
    tells_all: bool
    """GET /streamdetails and /rules/status/all are there (1.14.0)."""
    keeps_streams_in_use: bool
    """A stream that a running rule reads is not dropped, unless forced (2.0.0)."""
    keeps_order: bool
    """Streams are listed as they were created: the store is SQLite (1.0.2)."""
    options: Literal["given", "all", "short"]
    """Describing a stream tells the options given, or all of them (1.2.0), or these (1.6.0)."""
    keeps_text: bool
    """A rule is described by the text it was created with, until it is stopped (1.8.0)."""
    sorts_text: bool
    """Stopping a rule keeps what that text says, and sorts it (2.3.0)."""
    rule_type: str
    """The Go type that errors name."""
    rule_prefix: str
    """What stands before the refusal of a rule that is not well formed (1.8.1)."""
    update_prefix: str
    """What stands there when a rule is replaced (1.8.1)."""
    capital: bool
    """Refusals begin with a capital letter (1.8.2)."""
    graphs: bool
    """A rule may be a graph instead of SQL (1.6.0)."""
    plans: bool
    """A rule whose stream is not there is refused (1.8.1)."""
    plan_prefix: str
    """What stands before that refusal (1.8.1 to 1.13.0-alpha.2)."""
    plan_code: int
    """The code of that refusal (1.13.0 to 2.2)."""
    sql_code: int
    """The code of SQL that does not hold any longer when a rule starts (1.13.0)."""
    refuses_sinks: bool
    """A rule whose sink is not there is refused (1.14.0)."""
    sinks_first: bool
    """Sinks are looked for before the source (1.8.1 to 1.14)."""
    refuses_sources: bool
    """A rule whose source is not there is refused (2.0.0)."""
    checks_before_stopping: bool
    """A restart that is refused leaves the rule as it was (1.13.0 to 1.14)."""
    names_once: bool
    """A rule whose result has a name twice is refused (2.3.0)."""
    status: Literal["text", "json", "stamped", "machine"]
    """How a status is told: 0.3, JSON (1.6.0), with times (1.12.0), of a state machine (2.0.0)."""
    sorts_status: bool
    """The status of a rule that does not run is marshalled from a map (1.13.0)."""
    stopped: str
    """What the status says of a rule that was stopped."""
    tells_problem: bool
    """A rule that could not be planned is created, and answered with what is wrong (to 1.3)."""
    stops_failed: bool
    """A rule that failed can be stopped (to 1.3)."""
    stops_again: bool
    """Stopping a rule that does not run is no news (1.8.0)."""
    stop_refuses: bool
    """Stopping a rule that is not there is refused (1.13.0)."""
    honours_triggered: bool
    """A rule created with ``triggered`` false does not start (1.8.1)."""
    unplanned: str
    """And of one that could not be planned when the server started."""
    last_exception: bool
    """Operators tell their last exception (1.6.1)."""
    processed: bool
    """Operators count what they have processed, and tell times in milliseconds (1.13.0)."""
    microseconds: bool
    """Operators tell their latency in microseconds (seen in 1.0.2)."""
    connections: bool
    """Sources and sinks tell their connection; sinks have operators before them (2.0.0)."""
    names: bool
    """The list tells names (1.6.0)."""
    traces: bool
    """The list tells traces (2.0.0)."""
    tags: bool
    """The list tells tags and versions (2.2.0)."""
    preprocesses: Literal["first", "second", ""]
    """Every source has a preprocessor, named without (to 1.0.1) or with a number (to 1.3)."""
    missing_plugin: str
    """What is said of a source or sink that is not there."""
    missing_function: str
    """What is said of a function that is not there."""
    forgets_unplanned: bool
    """A rule whose SQL no longer holds at the start is not there (to 1.8.0)."""
    keeps_functions: bool
    """A function that was loaded can be used after its plugin was deleted (to 1.5)."""
    allows_slashes: bool
    """A rule may have ``/`` in its id (to 1.13.0-alpha.2)."""
    validates: str
    """What stands before the refusal of a function's arguments (2.4.0)."""
    codes_unknown: bool
    """Start and restart of an unknown rule have the code of what is not found (not 1.8 to 1.12)."""
    lists_rows: bool
    """Sinks take lists of rows (to 1.14), and errors as rows."""


def ways(release: Release) -> Ways:
    """The ways of a release."""
    at = Release.parse
    since_planned = release >= at("1.8.1")
    coded = release >= at("1.13.0-alpha.2")
    machine = release >= at("2.0.0-alpha.11")
    return Ways(
        replaces=release >= at("1.0.1"),
        upserts=release >= at("2.2.0-alpha.1"),
        tells_all=release >= at("1.14.0-alpha.3"),
        keeps_streams_in_use=release >= at("2.0.0-alpha.6"),
        keeps_order=release >= at("1.0.2"),
        options=_first(release, ("1.6.0", "short"), ("1.2.0", "all"), default="given"),  # type: ignore[arg-type]
        keeps_text=release >= at("1.8.0"),
        sorts_text=release >= at("2.3.0"),
        rule_type="def.Rule" if release >= at("2.0.0-alpha.2") else "api.Rule",
        rule_prefix="invalid rule json: " if since_planned else "Create rule error: ",
        update_prefix="Invalid rule json: " if since_planned else "",
        capital=release >= at("1.8.2"),
        graphs=release >= at("1.6.0"),
        plans=since_planned,
        plan_prefix="create rule topo error: " if since_planned and not coded else "",
        plan_code=2101 if coded and release < at("2.3.0") else 1000,
        sql_code=2001 if coded else 1000,
        refuses_sinks=release >= at("1.14.0-alpha.2"),
        sinks_first=since_planned and not machine,
        refuses_sources=machine,
        names_once=release >= at("2.3.0"),
        checks_before_stopping=coded and not machine,
        status=_first(
            release,
            ("2.0.0-alpha.11", "machine"),
            ("1.12.0-beta.5", "stamped"),
            ("1.6.0", "json"),
            default="text",
        ),  # type: ignore[arg-type]
        sorts_status=release >= at("1.13.0-beta.1"),
        stopped=_stopped(release, machine),
        tells_problem=release < at("1.4.0-beta.0"),
        stops_failed=release < at("1.4.0-beta.0"),
        stops_again=release >= at("1.8.0-alpha.1"),
        stop_refuses=coded,
        honours_triggered=since_planned,
        unplanned=(
            "Stopped: fail to create the topo."
            if release >= at("1.10.0-alpha.1")
            else _stopped(release, machine)
        ),
        last_exception=release >= at("1.6.1"),
        processed=coded,
        microseconds=release >= at("1.0.2"),
        connections=release >= at("2.0.0-alpha.2"),
        names=release >= at("1.6.0"),
        traces=release >= at("2.0.0-beta.1"),
        tags=release >= at("2.2.0-beta.1"),
        preprocesses=_first(release, ("1.4.0-beta.0", ""), ("1.0.2", "second"), default="first"),  # type: ignore[arg-type]
        missing_plugin=(
            "{kind} {name} not found"
            if release >= at("1.4.0-beta.0")
            else "cannot get the plugin file path: invalid name {name}: not exist"
        ),
        missing_function=_first(
            release,
            ("1.6.0", "function {name} not found"),
            ("1.4.0-beta.0", "\nexternal service:service function {name} not found"),
            default="cannot get the plugin file path: invalid name {name}: not exist",
        ),
        forgets_unplanned=not since_planned,
        keeps_functions=release < at("1.6.0"),
        allows_slashes=release < at("1.13.0-beta.1"),
        validates="validate function {name} error: " if release >= at("2.4.0-alpha.2") else "",
        codes_unknown=coded or release < at("1.8.0-alpha.1"),
        lists_rows=release < at("2.0.0-alpha.2"),
    )


def _stopped(release: Release, machine: bool) -> str:
    if machine:
        return "canceled manually"
    manually = release >= Release.parse("1.8.0") or release < Release.parse("0.5.0")
    return f"Stopped: canceled manually{'' if manually else ' or by error'}."


def _first(release: Release, *since: tuple[str, str], default: str) -> str:
    """The value of the newest boundary that the release has passed."""
    return next((value for tag, value in since if release >= Release.parse(tag)), default)
