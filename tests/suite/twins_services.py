"""Other ways to do what is documented, in the place of handlers of the service."""

import json
from pathlib import Path

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.server.options import Options


class PortablesAsDocumented(Service):
    """Lists names, describes name and version, and tells the status in the description."""

    def list_portables(self, _: Asked) -> Reply:
        return self.names_reply(self.machine.state.portables)

    def describe_portable(self, asked: Asked, name: str) -> Reply:
        reply = super().describe_portable(asked, name)
        plugin = self.machine.state.portables.get(name)
        if plugin is None:
            return reply
        status = {**(self.runtime.status(name) or {}), "pid": 90}
        return self.json_reply({"name": name, "version": plugin.version, **status})

    def portable_status(self, _: Asked, name: str) -> Reply:
        return Reply(404)


class StartsPortablesLater(Service):
    """Answers before the program runs: the first status of each process is that it is to start."""

    def portable_status(self, asked: Asked, name: str) -> Reply:
        reply = super().portable_status(asked, name)
        asked_before: set[tuple[int, str]] = vars(self).setdefault("asked_before", set())
        process = id(self.runtime), name
        if reply.status != 200 or name not in self.machine.state.portables:
            return reply
        if process in asked_before:
            return reply
        asked_before.add(process)
        return self.json_reply({**json.loads(reply.body), "status": "initializing"})


class InAnyCase(Service):
    """Knows a plugin by its name in any case."""

    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        known = self.machine.state.native[Kind(kind.removesuffix("s"))]
        meant = next((one for one in known if one.lower() == name.lower()), name)
        return super().describe(asked, kind, meant)


class Upserting(Service):
    """Creates what is to be updated and is not there."""

    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        known = name in self.machine.state.native[Kind(kind.removesuffix("s"))]
        return super().update(asked, kind, name) if known else self.create(asked, kind)


class UpdatingLater(Service):
    """Describes an updated plugin as it was until it restarts, when the update takes effect."""

    def __init__(self, release: Release, base: Path, options: Options | None = None) -> None:
        super().__init__(release, base, options)
        self._old: dict[tuple[str, str], Reply] = {}

    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        return self._old.get((kind, name)) or super().describe(asked, kind, name)

    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        before = self.describe(asked, kind, name)
        reply = super().update(asked, kind, name)
        if reply.status == 200:
            self._old[kind, name] = before
        return reply

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        self._old.pop((kind, name), None)
        return super().delete(asked, kind, name)

    def restart(self) -> None:
        self._old.clear()
        super().restart()


class WaitingForARestart(Service):
    """Drops and creates by the letter of the documentation: with a restart between."""

    def __init__(self, release: Release, base: Path, options: Options | None = None) -> None:
        super().__init__(release, base, options)
        self._dropped: set[tuple[str, str]] = set()

    def create(self, asked: Asked, kind: str) -> Reply:
        try:
            name = str(json.loads(asked.body)["name"])
        except (ValueError, LookupError, TypeError, RecursionError):
            name = ""
        return Reply(409) if (kind, name) in self._dropped else super().create(asked, kind)

    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().delete(asked, kind, name)
        if reply.status == 200:
            self._dropped.add((kind, name))
        return reply

    def restart(self) -> None:
        super().restart()
        self._dropped.clear()
