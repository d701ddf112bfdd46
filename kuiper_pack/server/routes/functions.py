"""Functions of plugins: ``/plugins/udfs`` and ``register`` (api section 7)."""

from collections.abc import Iterator

from kuiper_pack.planner import native
from kuiper_pack.server.messages import Asked, Reply, outcome_reply
from kuiper_pack.server.routes.section import NAME, Route, Section, route


class FunctionRoutes(Section):
    """List and describe functions, and register those of a plugin."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if not (self.profile.native and self.profile.function_lists):
            return
        yield route("POST", f"/plugins/functions/{NAME}/register", self.register)
        yield route("GET", "/plugins/udfs", self.udfs, waits=False)
        yield route("GET", f"/plugins/udfs/{NAME}", self.describe_udf, waits=False)

    def register(self, asked: Asked, name: str) -> Reply:
        """POST /plugins/functions/{name}/register."""
        return outcome_reply(
            self.machine.change(lambda state: native.register(state, name, asked.body))
        )

    def udfs(self, _: Asked) -> Reply:
        """GET /plugins/udfs."""
        return self.names_reply(self.machine.state.symbols)

    def describe_udf(self, _: Asked, name: str) -> Reply:
        """GET /plugins/udfs/{name}."""
        plugin = self.machine.state.symbols.get(name)
        problem = self.problem(name, f"describe function {name} error", plugin is not None)
        return problem or self.json_reply({"name": name, "plugin": plugin})
