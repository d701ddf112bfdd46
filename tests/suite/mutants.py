"""Reference servers with one thing broken, and the clauses that must fail for it."""

import json
from dataclasses import dataclass
from typing import Any

from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.service import Asked


@dataclass(frozen=True, slots=True)
class Mutant:
    """``service`` answers for a server of that release; exactly the clauses in ``fails`` fail."""

    service: type[Service]
    fails: frozenset[str]
    release: str = "2.4.0"


def _json(reply: Reply) -> Any:
    return json.loads(reply.body)


class ListsObjects(Service):
    def list(self, asked: Asked, kind: str) -> Reply:
        reply = super().list(asked, kind)
        if kind != "sinks":
            return reply
        return self.json_reply([{"name": name} for name in _json(reply)])


class ListsNothing(Service):
    def list(self, asked: Asked, kind: str) -> Reply:
        return self.json_reply([])


class ListsAllTypes(Service):
    def list(self, asked: Asked, kind: str) -> Reply:
        lists = (super(ListsAllTypes, self).list(asked, one) for one in self.TYPES)
        return self.json_reply([name for reply in lists for name in _json(reply)])

    TYPES = ("sources", "sinks", "functions")


class ListsAsText(Service):
    def list(self, asked: Asked, kind: str) -> Reply:
        return super().list(asked, kind)._replace(headers={"Content-Type": "text/plain"})


class DescribesWithoutVersion(Service):
    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().describe(asked, kind, name)
        return self.json_reply({"name": name}) if reply.status == 200 else reply


class DescribesAnything(Service):
    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().describe(asked, kind, name)
        if reply.status == 404:
            return self.json_reply({"name": name, "version": ""})
        return reply


class DescribesUnknownAs400(Service):
    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().describe(asked, kind, name)
        return reply._replace(status=400) if reply.status == 404 else reply


class KeepsTheV(Service):
    def describe(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().describe(asked, kind, name)
        return reply._replace(body=reply.body.replace(b'"3.2.1"', b'"v3.2.1"'))


class CreatesOverwriting(Service):
    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        if b"duplicate" not in reply.body:
            return reply
        self.delete(Asked("DELETE", ""), kind, json.loads(asked.body)["name"])
        return super().create(asked, kind)


class CreatesWith200(Service):
    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        return reply._replace(status=200) if reply.status == 201 else reply


class CreatesFromNothing(Service):
    def create(self, asked: Asked, kind: str) -> Reply:
        return super().create(asked, kind) if asked.body else Reply(201)


class RefusesToCreate(Service):
    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        return reply._replace(status=503) if kind == "sources" and reply.status == 201 else reply


class RefusesInPlainText(Service):
    def create(self, asked: Asked, kind: str) -> Reply:
        reply = super().create(asked, kind)
        return reply._replace(body=b"no") if reply.status == 400 else reply


class DropsUnknown(Service):
    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().delete(asked, kind, name)
        return Reply(200) if reply.status == 404 else reply


class DropsWithoutWords(Service):
    def delete(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().delete(asked, kind, name)
        return Reply(204) if reply.status == 200 else reply


class UpdatesUnknown(Service):
    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        reply = super().update(asked, kind, name)
        return Reply(200) if reply.status == 404 else reply


class UpdatesWithoutEffect(Service):
    def update(self, asked: Asked, kind: str, name: str) -> Reply:
        version = self.describe(asked, kind, name)
        known = version.status == 200 and DELETED.encode() not in version.body
        return Reply(200) if known and asked.body != b"{" else super().update(asked, kind, name)


class FunctionsOfNobody(Service):
    def describe_udf(self, asked: Asked, name: str) -> Reply:
        reply = super().describe_udf(asked, name)
        return self.json_reply({"name": name, "plugin": ""}) if reply.status == 200 else reply


class FunctionsAreNotListed(Service):
    def udfs(self, asked: Asked) -> Reply:
        return self.json_reply([])


class RegistersNothing(Service):
    def register(self, asked: Asked, name: str) -> Reply:
        return super().register(asked, name) if asked.body == b"{" else Reply(200)


class IsNotEKuiper(Service):
    """Has a defect of eKuiper, and is not excused for it."""

    def root(self, asked: Asked) -> Reply:
        return Reply(200, {"Content-Type": "text/plain"}, b"hello")


def _mutant(service: type[Service], *fails: str) -> Mutant:
    return Mutant(service, frozenset(fails))


MUTANTS = [
    _mutant(ListsObjects, "native.list.array"),
    _mutant(ListsNothing, "native.list.installed"),
    _mutant(ListsAllTypes, "native.list.own-type"),
    _mutant(ListsAsText, "native.list.content-type"),
    _mutant(DescribesWithoutVersion, "native.describe.members"),
    _mutant(DescribesAnything, "native.describe.unknown"),
    _mutant(DescribesUnknownAs400, "native.describe.unknown-404"),
    _mutant(KeepsTheV, "native.describe.version-without-v"),
    _mutant(CreatesOverwriting, "native.create.duplicate-name"),
    _mutant(CreatesWith200, "native.create.status"),
    _mutant(CreatesFromNothing, "native.create.malformed-json"),
    _mutant(RefusesToCreate, "native.create.accepted"),
    _mutant(RefusesInPlainText, "native.create.error-body"),
    _mutant(DropsUnknown, "native.drop.unknown"),
    _mutant(DropsWithoutWords, "native.drop.says-restart"),
    _mutant(UpdatesUnknown, "native.update.unknown"),
    _mutant(UpdatesWithoutEffect, "native.update.version", "native.update.refused-changes-nothing"),
    _mutant(FunctionsOfNobody, "native.udfs.plugin"),
    _mutant(FunctionsAreNotListed, "native.udfs.listed"),
    _mutant(
        RegistersNothing,
        "native.register.accepted",
        "native.register.unknown",
        "native.register.empty-list",
        "native.register.unique",
    ),
    _mutant(IsNotEKuiper, "native.update.refused-changes-nothing"),
]
