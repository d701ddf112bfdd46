"""Portable plugins: ``/plugins/portables`` (api section 8)."""

from collections.abc import Iterator
from typing import Any

from kuiper_pack.planner import portable
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.outcome import NOT_FOUND, Refused, refusal
from kuiper_pack.planner.state import Portable
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.messages import TEXT, Asked, Reply, outcome_reply
from kuiper_pack.server.portables import Portables
from kuiper_pack.server.routes.section import NAME, Route, Section, route

_PORTABLES = "/plugins/portables"


class PortableRoutes(Section):
    """List, describe, create, update and delete portable plugins, and tell their status."""

    @property
    def runtime(self) -> Portables:
        """What runs of the portable plugins."""
        return self.machine.portables

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if not self.profile.portable:
            return
        yield route("GET", _PORTABLES, self.list_portables, waits=False)
        yield route("POST", _PORTABLES, self.create_portable)
        yield route("GET", f"{_PORTABLES}/{NAME}", self.describe_portable, waits=False)
        yield route("DELETE", f"{_PORTABLES}/{NAME}", self.delete_portable)
        if self.profile.portable_update:
            yield route("PUT", f"{_PORTABLES}/{NAME}", self.update_portable)
        if self.profile.portable_status:
            yield route("GET", f"{_PORTABLES}/{NAME}/status", self.portable_status)

    def list_portables(self, _: Asked) -> Reply:
        """GET /plugins/portables."""
        plugins = [*self.machine.state.portables.values()]
        self.order.shuffle(plugins)
        return self.json_reply([_described(plugin) for plugin in plugins])

    def describe_portable(self, _: Asked, name: str) -> Reply:
        """GET /plugins/portables/{name}."""
        plugin = self.machine.state.portables.get(name)
        if plugin is None:
            return self._unknown(name, f"describe portable plugin {name} error")
        return self.json_reply(_described(plugin))

    def portable_status(self, _: Asked, name: str) -> Reply:
        """GET /plugins/portables/{name}/status."""
        status = self.runtime.status(name)
        if status is None:
            return self._unknown(name, f"portable plugin {name} not found")
        return Reply(200, {"Content-Type": TEXT}, dumps(status))

    def create_portable(self, asked: Asked) -> Reply:
        """POST /plugins/portables."""
        return outcome_reply(self.machine.change(lambda state: portable.create(state, asked.body)))

    def update_portable(self, asked: Asked, name: str) -> Reply:
        """PUT /plugins/portables/{name}."""
        return outcome_reply(
            self.machine.change(lambda state: portable.update(state, name, asked.body))
        )

    def delete_portable(self, _: Asked, name: str) -> Reply:
        """DELETE /plugins/portables/{name}."""
        return outcome_reply(self.machine.change(lambda state: portable.delete(state, name)))

    def _unknown(self, name: str, prefix: str) -> Reply:
        unknown = Refused(Cause.NOT_FOUND, "not found", code=NOT_FOUND, subject=name)
        return outcome_reply(refusal(self.profile, unknown, prefix))


def _described(plugin: Portable) -> dict[str, Any]:
    """A plugin as servers describe it: what the manifest lacks is null, or not there."""
    environment = {"virtualEnvType": plugin.virtual_env_type, "env": plugin.env}
    return {
        "name": plugin.name,
        "version": plugin.version,
        "language": plugin.language,
        "executable": plugin.executable,
        **{key: value for key, value in environment.items() if value is not None},
        "sources": plugin.sources,
        "sinks": plugin.sinks,
        "functions": plugin.functions,
    }
