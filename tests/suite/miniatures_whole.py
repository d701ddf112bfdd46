"""A tiny server that has all that pages say of plugins, in memory; there are no rules."""

import io
import json
import zipfile
from email import message_from_bytes
from typing import Any, ClassVar, NamedTuple
from urllib.request import urlopen

from tests.suite.miniatures import Cabinet, Told, opened

UPLOADS = "/in/memory/"
RUNNING = {"refCount": {}, "status": "running", "errMsg": "", "pid": 7}


class Portable(NamedTuple):
    """What is kept of one."""

    version: str
    functions: list[str]


class Portables(Cabinet):
    """Portable plugins as documented: listed by name, with the status in the description.

    The names of functions are unique across all plugins.
    """

    portables: ClassVar[dict[str, Portable]]
    empty = {**Cabinet.empty, "portables": {}}  # noqa: RUF012

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        match self.command, path:
            case "GET", ["plugins", "portables"]:
                return 200, sorted(self.portables)
            case "POST", ["plugins", "portables"]:
                asked = json.loads(body)
                if asked["name"] in self.portables:
                    raise Told(409, {"why": "it is there"})
                self.portables[asked["name"]] = self.sound(asked)
                return 201, None
            case "GET", ["plugins", "udfs"]:
                _, native = super().act(path, body)
                return 200, [*native, *self.owners()]
            case "GET", ["plugins", "udfs", name] if name in self.owners():
                return 200, {"name": name, "plugin": self.owners()[name]}
            case method, ["plugins", "portables", name]:
                if name not in self.portables:
                    raise Told(404, {"why": f"there is no {name}"})
                if method == "PUT":
                    self.portables[name] = self.sound(json.loads(body))
                if method == "DELETE":
                    del self.portables[name]
                    return 204, None
                return 200, {"name": name, "version": self.portables[name].version, **RUNNING}
        return super().act(path, body)

    def owners(self) -> dict[str, str]:
        """The portable plugin of each function."""
        return {one: name for name, it in self.portables.items() for one in it.functions}

    def sound(self, asked: dict[str, Any]) -> Portable:
        """What is in a sound package."""
        package, name = self.opened(asked["file"]), asked["name"]
        told = json.loads(package.read(f"{name}.json"))
        if not name or not told["language"] or told["executable"] not in package.namelist():
            raise Told(400, {"why": "no language, no program, or no name"})
        functions = told.get("functions", [])
        if any(self.owners().get(one, name) != name for one in functions):
            raise Told(409, {"why": "a function of that name is there"})
        return Portable(str(told["version"]), functions)


class Whole(Portables):
    """Packages may be uploaded, too."""

    files: ClassVar[dict[str, bytes]]
    empty = {**Portables.empty, "files": {}}  # noqa: RUF012

    def act(self, path: list[str], body: bytes) -> tuple[int, Any]:
        match self.command, path:
            case "GET", ["config", "uploads"]:
                return 200, [UPLOADS + name for name in self.files]
            case "POST", ["config", "uploads"]:
                name, content = self.file_in(body)
                if not name or "/" in name:
                    raise Told(400, {"why": "that is no name"})
                self.files[name] = content
                return 201, UPLOADS + name
            case "DELETE", ["config", "uploads", name]:
                return 200, {"bytes": len(self.files.pop(name))}
        return super().act(path, body)

    def file_in(self, body: bytes) -> tuple[str, bytes]:
        """The one that is uploaded, by a form, as content or by a link."""
        kind = self.headers["Content-Type"]
        if kind.startswith("multipart/"):
            form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
            for part in form.walk():
                if part.get_param("name", header="content-disposition") == "uploadFile":
                    return str(part.get_filename()), bytes(part.get_payload(decode=True) or b"")
            raise Told(400, {"why": "no uploadFile"})
        asked = json.loads(body)
        if "content" in asked:
            return asked["name"], asked["content"].encode()
        with urlopen(asked["file"], timeout=10) as stream:
            return asked["name"], stream.read()

    def opened(self, url: str) -> zipfile.ZipFile:
        name = url.partition(f"file://{UPLOADS}")[2]
        return zipfile.ZipFile(io.BytesIO(self.files[name])) if name else opened(url)
