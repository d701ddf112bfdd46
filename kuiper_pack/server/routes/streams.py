"""Streams: ``/streams``. Tables are not there."""

from collections.abc import Iterator
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.godecode import DecodeError, Struct, decode
from kuiper_pack.planner.goquote import html
from kuiper_pack.planner.outcome import NOT_FOUND
from kuiper_pack.planner.request import go_version, text
from kuiper_pack.planner.steps import Discard, Store
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.messages import Asked, Reply, text_reply
from kuiper_pack.server.routes.book import BookSection
from kuiper_pack.server.routes.section import NAME, Route, route
from kuiper_pack.server.rules.book import Book
from kuiper_pack.server.rules.statements import Stream

_STREAM = 3000
_FAILED = "Stream command error"
_STATEMENT = Struct("server", "statementDescriptor", {"sql": "string"}, {})
_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_SHORT = {
    "DATASOURCE": "datasource",
    "KEY": "key",
    "FORMAT": "format",
    "CONF_KEY": "confKey",
    "TYPE": "type",
    "STRICT_VALIDATION": "strictValidation",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_FORMAT": "timestampFormat",
    "SHARED": "shared",
    "SCHEMAID": "schemaId",
}
_ALL: dict[str, Any] = {
    "DATASOURCE": "",
    "KEY": "",
    "FORMAT": "",
    "CONF_KEY": "",
    "TYPE": "",
    "STRICT_VALIDATION": True,
    "TIMESTAMP": "",
    "TIMESTAMP_FORMAT": "",
    "RETAIN_SIZE": 0,
    "SHARED": False,
}
_BOOLEAN = ("STRICT_VALIDATION", "SHARED")


class StreamRoutes(BookSection):
    """Create, list, describe, replace and drop streams."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        facts = self.ways
        yield route("GET", "/streams", self.list_streams)
        yield route("POST", "/streams", self.create_stream)
        yield route("GET", f"/streams/{NAME}", self.describe_stream)
        yield route("DELETE", f"/streams/{NAME}", self.drop_stream)
        if facts.replaces:
            yield route("PUT", f"/streams/{NAME}", self.replace_stream)
        if facts.tells_all:
            yield route("GET", "/streamdetails", self.list_stream_details)

    def boot(self) -> None:
        """Bring back the streams and the rules of the folder."""
        self.book = Book(
            self.profile,
            self.ways,
            _Shelf(self.machine),
            lambda: self.machine.state,
            lambda: self.machine.portables,
        )
        self.book.open()

    def halt(self) -> None:
        """Stop all rules; plugins end first, so that none waits for them."""
        self.machine.portables.close()
        self.book.close()

    def list_streams(self, _: Asked) -> Reply:
        """GET /streams."""
        names = [*self.book.streams]
        return self.json_reply(names) if self.ways.keeps_order else self.names_reply(names)

    def list_stream_details(self, _: Asked) -> Reply:
        """GET /streamdetails."""
        return self.json_reply(
            [
                {
                    "name": one.name,
                    "type": one.type.lower(),
                    "format": (one.options.get("FORMAT") or "json").lower(),
                }
                for one in [*self.book.streams.values()]
            ]
        )

    def create_stream(self, asked: Asked) -> Reply:
        """POST /streams."""
        sql = self._statement(asked.body)
        if isinstance(sql, Reply):
            return sql
        try:
            stream = self.book.add_stream(sql)
        except KuiperPackError as error:
            return self.refused(str(error), _STREAM, _FAILED)
        return text_reply(201, html(f"Stream {stream.name} is created."))

    def describe_stream(self, _: Asked, name: str) -> Reply:
        """GET /streams/{name}."""
        self.check_name(name)
        stream = self.book.streams.get(name)
        if stream is not None:
            return self.json_reply(self._described_stream(stream))
        if self.ways.options == "given":
            return self.refused(f"Stream {name} is not found.", NOT_FOUND, "describe stream error")
        return self.refused(
            f"Describe stream fails, {name} is not found.", _STREAM, "describe stream error"
        )

    def drop_stream(self, asked: Asked, name: str) -> Reply:
        """DELETE /streams/{name}."""
        self.check_name(name)
        forced = asked.query.values.get("force", [""])[0] in _TRUE
        if self.ways.keeps_streams_in_use and not forced and self.book.is_read(name):
            return self.refused(f"stream {name} has been referenced by other rules")
        if not self.book.drop_stream(name):
            what = f"stream {name}" if self.profile.checks_ids else name
            return self.refused(f"{what} is not found", NOT_FOUND, "delete stream error")
        return text_reply(200, f"Stream {name} is dropped.")

    def replace_stream(self, asked: Asked, name: str) -> Reply:
        """PUT /streams/{name}."""
        self.check_name(name)
        sql = self._statement(asked.body)
        if isinstance(sql, Reply):
            return sql
        try:
            self.book.replace_stream(name, sql)
        except KuiperPackError as error:
            return self.refused(str(error), _STREAM, _FAILED)
        return text_reply(200, f"Stream {name} is replaced.")

    def _statement(self, body: bytes) -> str | Reply:
        try:
            values = decode(body, _STATEMENT, go_version(self.profile), stream=True)
        except DecodeError as error:
            prefix = "Invalid body: Error decoding the statement descriptor"
            return self.refused(str(error), prefix=prefix)
        return text(values.get("sql"))

    def _described_stream(self, stream: Stream) -> dict[str, Any]:
        fields = [field.as_json() for field in stream.fields] or None
        about: dict[str, Any] = {"Name": stream.name, "StreamFields": fields}
        given = {
            key: value.lower() == "true" if key in _BOOLEAN else value
            for key, value in stream.options.items()
        }
        if self.ways.options == "given":
            options = stream.options
            return about | {"Options": {key: options[key] for key in sorted(options)}}
        if self.ways.options == "all":
            shown = {key: given.get(key, value) for key, value in _ALL.items()}
        else:
            shown = {short: given[key] for key, short in _SHORT.items() if given.get(key)}
        return about | {"Options": shown, "StreamType": 0, "Statement": None}


class _Shelf:
    """The store of a machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def put(self, table: str, key: str, value: tuple[str, ...]) -> None:
        with self._machine.alone() as performer:
            performer.perform(Store(table, key, value))

    def discard(self, table: str, key: str) -> None:
        with self._machine.alone() as performer:
            performer.perform(Discard(table, key))

    def lists(self, table: str) -> dict[str, tuple[str, ...]]:
        return self._machine.kept(table)
