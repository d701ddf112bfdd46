"""Rules: ``/rules``, as far as they show what a running rule means for its plugins."""

from collections.abc import Iterator
from typing import Any

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.outcome import NOT_FOUND, Refused
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.messages import JSON, TEXT, Asked, Reply, text_reply
from kuiper_pack.server.routes.book import BookSection
from kuiper_pack.server.routes.section import NAME, Route, route
from kuiper_pack.server.rules.book import NotRestarted
from kuiper_pack.server.rules.planning import RuleError
from kuiper_pack.server.rules.rule import Rule

_RULE = f"/rules/{NAME}"


class RuleRoutes(BookSection):
    """Create, list, describe, start, stop, restart and drop rules, and tell their status."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        facts = self.ways
        yield route("GET", "/rules", self.list_rules)
        yield route("POST", "/rules", self.create_rule)
        if facts.tells_all:
            yield route("GET", "/rules/status/all", self.tell_all_rules)
        yield route("GET", _RULE, self.describe_rule)
        yield route("DELETE", _RULE, self.drop_rule)
        if facts.replaces:
            yield route("PUT", _RULE, self.replace_rule)
        yield route("GET", f"{_RULE}/status", self.tell_rule)
        yield route("POST", f"{_RULE}/start", self.start_rule)
        yield route("POST", f"{_RULE}/stop", self.stop_rule)
        yield route("POST", f"{_RULE}/restart", self.restart_rule)
        yield route("GET", f"{_RULE}/topo", self.tell_topology)
        if facts.connections:
            yield route("GET", f"/v2{_RULE}/status", self.tell_rule_members)

    def list_rules(self, _: Asked) -> Reply:
        """GET /rules."""
        return self.json_reply([self._listed(*one) for one in self.book.listed()])

    def create_rule(self, asked: Asked) -> Reply:
        """POST /rules."""
        body = self._text(asked)
        try:
            definition, problem = self.book.add_rule(body)
        except RuleError as error:
            return self.refused(str(error), error.code)
        if problem and self.ways.tells_problem:
            return text_reply(201, problem)
        return text_reply(201, f"Rule {definition.id} was created successfully.")

    def describe_rule(self, _: Asked, name: str) -> Reply:
        """GET /rules/{name}."""
        self.check_name(name)
        rule = self.book.rules.get(name)
        if rule is None:
            prefix = self._prefix("describe rule error")
            return self.refused(f"Rule {name} is not found.", NOT_FOUND, prefix)
        newline = b"\n" if self.manners.json_newline else b""
        return Reply(200, {"Content-Type": JSON}, self.book.described(rule) + newline)

    def drop_rule(self, _: Asked, name: str) -> Reply:
        """DELETE /rules/{name}."""
        self.check_name(name)
        if self.book.drop_rule(name):
            return text_reply(200, f"Rule {name} is dropped.")
        prefix = self._prefix("delete rule error")
        if self.ways.status == "machine":
            return self.refused(f"rule {name} not found", prefix=prefix)
        return self.refused(f"{name} is not found", NOT_FOUND, prefix)

    def replace_rule(self, asked: Asked, name: str) -> Reply:
        """PUT /rules/{name}."""
        self.check_name(name)
        if name not in self.book.rules and not self.ways.upserts:
            prefix = "Rule not found" if self.ways.capital else "not found this rule"
            return self.refused(f"Rule {name} is not found.", NOT_FOUND, prefix)
        body = self._text(asked)
        try:
            self.book.put_rule(name, body)
        except NotRestarted as error:
            return self.refused(str(error), error.code, "restart rule error")
        except RuleError as error:
            return self.refused(str(error), error.code, "Update rule error")
        return text_reply(200, f"Rule {name} was updated successfully.")

    def tell_rule(self, _: Asked, name: str) -> Reply:
        """GET /rules/{name}/status."""
        rule = self.book.rules.get(name)
        if rule is None:
            return self._unknown_rule(f"Rule {name} is not found", "get rule status error")
        body, _is_json = rule.status()
        kind = TEXT if self.ways.status == "text" else JSON
        return Reply(200, {"Content-Type": kind}, body)

    def tell_rule_members(self, _: Asked, name: str) -> Reply:
        """GET /v2/rules/{name}/status; text, for the status is written before the header."""
        rule = self.book.rules.get(name)
        if rule is None:
            return self._unknown_rule(f"Rule {name} is not found", "get rule status error")
        return Reply(200, {"Content-Type": TEXT}, dumps(rule.members()))

    def tell_all_rules(self, _: Asked) -> Reply:
        """GET /rules/status/all."""
        found = {}
        for name, rule in self.book.listed():
            if rule is not None:
                total, last = rule.exceptions()
                found[name] = {
                    "status": rule.word(),
                    "last_exception": last,
                    "exceptions_total": total,
                }
        return Reply(200, {"Content-Type": JSON}, dumps(found))

    def tell_topology(self, _: Asked, name: str) -> Reply:
        """GET /rules/{name}/topo."""
        rule = self.book.rules.get(name)
        if rule is None:
            return self._unknown_rule(f"Rule {name} is not found", "get rule topo error")
        found = rule.topology()
        if found is None:
            return self.refused(
                f"Fail to get rule {name}'s topo, make sure the rule has been started before",
                prefix="get rule topo error",
            )
        return Reply(200, {"Content-Type": JSON}, dumps(found))

    def start_rule(self, _: Asked, name: str) -> Reply:
        """POST /rules/{name}/start."""
        rule = self.book.rules.get(name)
        if rule is None:
            return self._not_in_registry(name, "start rule error")
        try:
            self.book.start_rule(rule)
        except RuleError as error:
            return self.refused(str(error), error.code, "start rule error")
        return text_reply(200, f"Rule {name} was started")

    def stop_rule(self, _: Asked, name: str) -> Reply:
        """POST /rules/{name}/stop."""
        rule = self.book.rules.get(name)
        if rule is None and self.ways.status == "machine":
            return self._not_in_registry(name, "stop rule error")
        if rule is None and self.ways.stop_refuses:
            return self._unknown_rule(f"Rule {name} was not found.", "stop rule error")
        if rule is not None and (self.book.stop_rule(rule) or self.ways.stops_again):
            return text_reply(200, f"Rule {name} was stopped.")
        return text_reply(200, f"Rule {name} was not found.")

    def restart_rule(self, _: Asked, name: str) -> Reply:
        """POST /rules/{name}/restart."""
        rule = self.book.rules.get(name)
        if rule is None:
            return self._not_in_registry(name, "restart rule error")
        try:
            self.book.restart_rule(rule)
        except RuleError as error:
            return self.refused(str(error), error.code, "restart rule error")
        return text_reply(200, f"Rule {name} was restarted")

    def _listed(self, name: str, rule: Rule | None) -> dict[str, Any]:
        word = rule.word() if rule is not None else f"error: Rule {name} is not found in registry"
        about: dict[str, Any] = {"id": name}
        if self.ways.names:
            about["name"] = (rule.definition.name if rule is not None else "") or name
        about["status"] = word
        if self.ways.tags:
            about["tags"] = rule.definition.tags if rule is not None else None
        if self.ways.traces:
            about["trace"] = False
        if self.ways.tags:
            about["version"] = rule.definition.version if rule is not None else ""
        return about

    def _prefix(self, words: str) -> str:
        return words.capitalize() if self.ways.capital else words

    def _unknown_rule(self, message: str, prefix: str) -> Reply:
        return self.refused(message, NOT_FOUND, prefix)

    def _not_in_registry(self, name: str, prefix: str) -> Reply:
        message = self.ways.unknown.format(name=name)
        if self.ways.codes_unknown:
            return self._unknown_rule(message, prefix)
        return self.refused(message, prefix=prefix)

    def _text(self, asked: Asked) -> str:
        """The body; raises Refused for a ``null``, which no server survives to answer."""
        if asked.body.strip(b" \t\r\n") == b"null":
            raise Refused(Cause.BODY, "a rule that is null", panics=not self.options.strict)
        return asked.body.decode("utf-8", "surrogateescape")
