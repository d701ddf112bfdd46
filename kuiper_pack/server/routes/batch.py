"""Many requests in one: ``/batch/req`` (api G-15)."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from kuiper_pack.package.jsonio import JSONSyntaxError, decode_stream
from kuiper_pack.package.node import Node
from kuiper_pack.planner.godecode import DecodeError, Struct, cannot_unmarshal, decode_node
from kuiper_pack.planner.request import go_version, text
from kuiper_pack.server.conventions import moved, read
from kuiper_pack.server.messages import Asked, Reply
from kuiper_pack.server.routes.section import Route, Section, refused, route

_REQUEST = Struct(
    "server", "EachRequest", {"method": "string", "path": "string", "body": "string"}, {}
)


class BatchRoutes(Section, ABC):
    """Requests that are answered one after the other."""

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """The reply of whatever route the request has, which ``Service`` knows."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if self.manners.batch:
            yield route("POST", "/batch/req", self.batch)

    def batch(self, asked: Asked) -> Reply:
        """POST /batch/req; each has the headers of the request around them. Raises Refused."""
        answers: list[dict[str, Any]] = []
        for one in self._requests(asked.body):
            if one.kind == "null" and not self.options.strict:
                return Reply(None)  # the servers follow a pointer to nothing
            try:
                values = decode_node(one, _REQUEST, go_version(self.profile))
            except DecodeError as error:
                raise refused(str(error)) from error
            target, body = text(values.get("path")), text(values.get("body"))
            method = text(values.get("method")) or "GET"
            reply = self._reply(method, target, asked, body.encode("utf-8", "surrogateescape"))
            if isinstance(reply, str):
                answers.append({"code": 0, "error": reply})
            elif reply.status is None:
                return reply
            else:
                said = {"response": reply.body.decode("utf-8", "replace")} if reply.body else {}
                answers.append({"code": reply.status, **said})
        return self.json_reply(answers)

    def _requests(self, body: bytes) -> tuple[Node, ...]:
        try:
            node = decode_stream(body)
        except JSONSyntaxError as error:
            raise refused(error.message) from error
        if node.kind not in ("array", "null"):
            raise refused(cannot_unmarshal(node, "Go value of type []*server.EachRequest"))
        return tuple(node.items) if node.kind == "array" else ()

    def _reply(self, method: str, target: str, around: Asked, body: bytes) -> Reply | str:
        """The reply to one of the requests, or what is wrong with it."""
        if not method.isalpha():
            return f'net/http: invalid method "{method}"'
        try:
            parts = urlsplit(target)
        except ValueError as error:
            return f'parse "{target}": {error}'
        path = parts.path if parts.path.startswith("/") else f"//{parts.path}"
        where = f"{path}?{parts.query}" if parts.query else path
        asked = read(method, where, dict(around.headers), body)
        if isinstance(asked, Reply):
            return f'parse "{target}": invalid URL escape {_bad_escape(target)}'
        return moved(asked, where) or self.answer(asked)


def _bad_escape(target: str) -> str:
    found = re.search("%(?![0-9A-Fa-f]{2}).{0,2}", target)
    return f'"{found.group()}"' if found else '""'
