"""Tiny servers of other designs: nothing of ours is in them but the web server below."""

import copy
import io
import json
import re
import zipfile
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from tests.suite.web import Handler

BROKEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    HTTPException,
    RecursionError,
    zipfile.BadZipFile,
)


class Told(Exception):
    """Ends a request with a status and what is said."""


class Miniature(Handler):
    """Speaks JSON, whatever it says; ``empty`` is the state of one in which nothing is yet.

    One request at a time: a name is looked up and taken in one go.
    """

    empty: ClassVar[Mapping[str, Any]] = {}
    turn: ClassVar[Lock]

    @classmethod
    def fresh(cls) -> type[Any]:
        """One of its own, in which nothing is."""
        return type(cls.__name__, (cls,), {"turn": Lock(), **copy.deepcopy({**cls.empty})})

    @classmethod
    def restart(cls) -> None:
        """End, and start again with what is kept."""

    def answer(self, body: bytes) -> None:
        path = [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]
        try:
            with self.turn:
                status, said = self.act(path, body)
        except Told as told:
            status, said = told.args
        except BROKEN as error:
            status, said = 422, {"detail": str(error)}
        content = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @abstractmethod
    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        """What the design does and says."""


def opened(url: str) -> zipfile.ZipFile:
    """The package at a URL."""
    with urlopen(url, timeout=10) as stream:
        return zipfile.ZipFile(io.BytesIO(stream.read()))


def version_in(names: list[str], plugin: str) -> str | None:
    """The version in the name of the plugin's shared object, without the "v"."""
    for name in names:
        head, dot, _ = name.rpartition(".so")
        stem, _, version = head.partition("@")
        if dot and stem[:1].lower() + stem[1:] == plugin:
            return version.removeprefix("v")
    raise Told(422, {"detail": f"no {plugin}.so"})


class Shelf(Miniature):
    """Sources and sinks in two dictionaries; no functions, no updates, nothing else."""

    plugins: ClassVar[dict[str, dict[str, str | None]]]
    empty = {"plugins": {"sources": {}, "sinks": {}}}  # noqa: RUF012

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        match self.command, path:
            case "GET", ["plugins", kind]:
                return 200, sorted(self.plugins[kind])
            case "GET", ["plugins", kind, name]:
                return 200, {"name": name, "version": self.plugins[kind][name]}
            case "DELETE", ["plugins", kind, name]:
                return 200, {"was": self.plugins[kind].pop(name)}
            case "POST", ["plugins", kind]:
                asked = json.loads(body)
                self.create(kind, asked["name"], asked["file"])
                return 200, asked
        return 405, None

    def create(self, kind: str, name: str, url: str) -> None:
        if not name or name in self.plugins[kind]:
            raise Told(409, {"detail": "the name is taken, or empty"})
        names = opened(url).namelist()
        if kind == "sources" and f"{name}.yaml" not in names:
            raise Told(422, {"detail": "no configuration"})
        self.plugins[kind][name] = version_in(names, name)


@dataclass(frozen=True, slots=True)
class Record:
    """One plugin of the cabinet."""

    kind: str
    name: str
    version: str | None
    functions: tuple[str, ...] = ()
    gone: bool = False

    def is_called(self, kind: str, name: str) -> bool:
        """Whether it is the one of that type and name."""
        return (self.kind, self.name) == (kind, name)


def restarted(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """What is there after a restart."""
    return tuple(
        replace(one, functions=one.functions or (one.name,)) if one.kind == "functions" else one
        for one in records
        if not one.gone
    )


class Cabinet(Miniature):
    """All that is documented of 2.x, by the letter: what is dropped returns after a restart only.

    ``records`` is the whole state, and every change of it makes a new one.
    """

    records: ClassVar[tuple[Record, ...]]
    empty = {"records": ()}  # noqa: RUF012

    @classmethod
    def restart(cls) -> None:
        """A plugin that has no list of functions has one now, of its own name."""
        cls.records = restarted(cls.records)

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        if path[0] != "plugins":
            raise Told(404, None)
        match self.command, path[1:]:
            case "GET", ["udfs"]:
                return 200, [name for one in self.there() for name in one.functions]
            case "GET", ["udfs", name]:
                owner = next((one for one in self.there() if name in one.functions), None)
                return (200, {"name": name, "plugin": owner.name}) if owner else (404, None)
            case "GET", ["sources" | "sinks" | "functions" as kind]:
                return 200, [one.name for one in self.there() if one.kind == kind]
            case "POST", ["functions", name, "register"]:
                known = self.find("functions", name)
                self.put(replace(known, functions=tuple(json.loads(body)["functions"])), known)
                return 204, None
            case "POST", ["sources" | "sinks" | "functions" as kind]:
                asked = json.loads(body)
                if any(one.is_called(kind, asked["name"]) for one in self.records):
                    raise Told(409, {"why": "it is there, or gone only with the next restart"})
                self.put(self.made(kind, asked))
                return 201, None
            case method, [kind, name]:
                known = self.find(kind, name)
                if method == "GET":
                    return 200, {"name": known.name, "version": known.version}
                gone = method == "DELETE"
                self.put(
                    replace(known, gone=True) if gone else self.made(kind, json.loads(body)), known
                )
                return 200, {}
        raise Told(404, None)

    def there(self) -> list[Record]:
        return [one for one in self.records if not one.gone]

    def find(self, kind: str, name: str) -> Record:
        for one in self.there():
            if one.is_called(kind, name):
                return one
        raise Told(404, {"why": f"there is no {name}"})

    def made(self, kind: str, asked: dict[str, Any]) -> Record:
        name = asked["name"]
        if not re.fullmatch(r"\w+", name):
            raise Told(400, {"why": "that is no name"})
        names = self.opened(asked["file"]).namelist()
        if kind == "sources" and f"{name}.yaml" not in names:
            raise Told(400, {"why": "no configuration"})
        return Record(kind, name, version_in(names, name), tuple(asked.get("functions", ())))

    def opened(self, url: str) -> zipfile.ZipFile:
        return opened(url)

    def put(self, new: Record, old: Record | None = None) -> None:
        others = [one for one in self.records if one is not old]
        if any(set(new.functions) & set(one.functions) for one in others if not one.gone):
            raise Told(409, {"why": "a function of that name is there"})
        type(self).records = (*others, new)
