"""Tiny servers that do less, and one that lets another do it."""

import json
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.suite.miniatures import Miniature, Told
from tests.suite.miniatures_whole import Portables

BUILT_IN = {"sources": ("file", "memory"), "sinks": ("log",), "functions": ("sum",)}


class NotThere(Miniature):
    """Answers 404, whatever is asked."""

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        return 404, None


class ReadOnly(Miniature):
    """Shows what is built in, and lets nobody change it."""

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        match self.command, path:
            case "GET", ["plugins", "sources" | "sinks" | "functions" as kind]:
                return 200, BUILT_IN[kind]
            case "GET", ["plugins", "sources" | "sinks" | "functions" as kind, name]:
                if name in BUILT_IN[kind]:
                    return 200, {"name": name, "version": "1"}
                return 404, {"why": f"there is no {name}"}
        return (404 if self.command == "GET" else 405), None


class PortablesOnly(Portables):
    """No native plugin can be had; the machine has no loader for them."""

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        if path[:2] != ["plugins", "portables"]:
            raise Told(404, None)
        return super().act(path, body)


class Gateway(Miniature):
    """Asks the server behind it, and says in words of its own what went wrong there."""

    behind: ClassVar[str]

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        request = Request(self.behind + self.path, body or None, method=self.command)
        try:
            with urlopen(request, timeout=10) as answer:
                said = answer.read()
                return 200, json.loads(said) if said else None
        except HTTPError as error:
            with error:
                status = 404 if error.code == 404 else 400
                return status, {"error": 1000 + error.code, "message": error.reason}
