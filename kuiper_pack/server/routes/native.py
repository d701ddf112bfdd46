"""Sources, sinks and functions: ``/plugins/{sources|sinks|functions}`` (api sections 2 to 6)."""

from collections.abc import Iterator
from typing import Any

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import native
from kuiper_pack.server.messages import Asked, Reply, outcome_reply
from kuiper_pack.server.routes.section import NAME, Route, Section, route

KINDS = {kind.plural: kind for kind in Kind if kind.is_native}
"""The native kinds by their word in URLs."""
PLUGINS = f"/plugins/({'|'.join(KINDS)})"
"""The pattern of their collections."""


class NativeRoutes(Section):
    """List, describe, create, update and delete native plugins."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if not self.profile.native:
            return
        yield route("GET", PLUGINS, self.list, waits=False)
        yield route("POST", PLUGINS, self.create)
        yield route("GET", f"{PLUGINS}/{NAME}", self.describe, waits=False)
        yield route("DELETE", f"{PLUGINS}/{NAME}", self.delete)
        if self.profile.native_update:
            yield route("PUT", f"{PLUGINS}/{NAME}", self.update)

    def list(self, _: Asked, kind: str) -> Reply:
        """GET /plugins/{kind}."""
        return self.names_reply(self.machine.state.native[KINDS[kind]])

    def describe(self, _: Asked, kind: str, name: str) -> Reply:
        """GET /plugins/{kind}/{name}."""
        version = self.machine.state.native[KINDS[kind]].get(name)
        problem = self.problem(name, f"describe {kind} plugin {name} error", version is not None)
        if problem is not None:
            return problem
        if self.profile.so_name == "any":
            version = (version or "").removeprefix("v")
        about: dict[str, Any] = {"name": name, "version": version}
        functions = self.machine.state.function_lists.get(name)
        if kind == "functions" and functions and self.profile.function_lists:
            about = {"functions": [*functions], **about}
        return self.json_reply(about)

    def create(self, asked: Asked, kind: str) -> Reply:
        """POST /plugins/{kind}."""
        return outcome_reply(
            self.machine.change(lambda state: native.create(state, KINDS[kind], asked.body))
        )

    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        """PUT /plugins/{kind}/{name}."""
        return outcome_reply(
            self.machine.change(lambda state: native.update(state, KINDS[kind], name, asked.body))
        )

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        """DELETE /plugins/{kind}/{name}."""
        word = "stop"
        if self.options.strict and self.manners.documents_restart:
            word = "restart"
        stop = asked.query.values.get(word, [""])[0] == "1"
        return outcome_reply(
            self.machine.change(lambda state: native.delete(state, KINDS[kind], name, stop=stop))
        )
