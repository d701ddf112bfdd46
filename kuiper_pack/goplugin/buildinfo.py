"""What the Go command wrote into a file about how it was built, as ``go version -m`` shows it.

Source: debug/buildinfo and runtime/debug of the Go standard library, 1.13 to 1.26.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kuiper_pack.goplugin.errors import Malformed
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.relocations import Relocations
from kuiper_pack.package.elf import Buffer

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_LONGEST = 4 << 20
_MOST_MARKS = 1000
"""Places with the mark that are looked at; a program that reads build info has a second one."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Module:
    """A module that was built: ``version`` is (devel) or "" for the own one, ``sum`` may be "".

    ``replaced_by`` is what stood in for it, where go.mod said so.
    """

    path: str
    version: str = ""
    sum: str = ""
    replaced_by: "Module | None" = None


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """How a file was built.

    ``go`` is the version as ``go version`` says it (``go1.25.4``), ``path`` the package of the
    plugin or program, ``settings`` are the flags and variables of the build in their order, like
    ``-trimpath: true``; Go writes them since 1.18.
    """

    go: str
    path: str = ""
    main: Module | None = None
    dependencies: tuple[Module, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def go_number(self) -> str:
        """The version without its prefix and without experiments: ``1.25.4``."""
        return self.go.partition(" ")[0].partition("-X:")[0].removeprefix("go")

    def module(self, path: str) -> Module | None:
        """What was built of the module ``path``, the own one or a dependency."""
        own = (self.main,) if self.main else ()
        return next((one for one in (*own, *self.dependencies) if one.path == path), None)


def read_build_info(image: Image, relocations: Callable[[], Relocations]) -> BuildInfo | None:
    """The build info of a file, None for none; ``relocations`` are only read for Go < 1.18."""
    # Go writes it into a part that is writable; where that is not so it may be anywhere.
    for segment in sorted(image.loaded, key=lambda one: not one.flags & 2):
        start, end = segment.offset, segment.offset + segment.size
        at = image.data.find(_MAGIC, start, end)
        for _ in range(_MOST_MARKS):
            if at < 0:
                break
            address = segment.address + at - start
            if address % _ALIGNMENT == 0 and at + _HEADER <= end:
                try:
                    found = _read_at(image, relocations, address, at, end)
                except (Malformed, IndexError):
                    found = None
                if found is not None:
                    return found
            at = image.data.find(_MAGIC, at + 1, end)
    return None


def _read_at(
    image: Image, relocations: Callable[[], Relocations], address: int, start: int, end: int
) -> BuildInfo | None:
    width, flags = image.data[start + 14], image.data[start + 15]
    if flags & 2:
        version, at = _counted_text(image.data, start + _HEADER, end)
        modules, _ = _counted_text(image.data, at, end)
    elif width == image.pointer_size:
        pointers = relocations()
        version = pointers.text(pointers.pointer(address + 16))
        place = pointers.pointer(address + 16 + width)
        modules = pointers.text(place) if place else b""
    else:
        return None
    if not version:
        return None
    # 16 bytes on each side tell the runtime where the text starts and ends.
    framed = len(modules) >= 33 and modules[-17:-16] == b"\n"
    text = modules[16:-16].decode("utf-8", "replace") if framed else ""
    return _parse(version.decode("utf-8", "replace"), text)


def _counted_text(data: Buffer, at: int, end: int) -> tuple[bytes, int]:
    """The text at ``at`` whose length stands before it, and where it ends."""
    size, at = read_varint(data, at)
    if at + size > min(end, at + _LONGEST):
        raise Malformed("the build info is cut off")
    return data[at : at + size], at + size


def read_varint(data: Buffer, at: int) -> tuple[int, int]:
    """The number at ``at`` in the variable length that Go writes, and where it ends.

    Raises:
        IndexError: the data end within the number.
        Malformed: it is larger than any length.
    """
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 35:
            raise Malformed("a length is too large")


def _parse(go: str, text: str) -> BuildInfo:
    path, settings = "", {}
    modules: list[tuple[str, Module]] = []
    for line in text.split("\n"):
        word, _, rest = line.partition("\t")
        if word == "path":
            path = rest
        elif word in ("mod", "dep"):
            modules.append((word, _module(rest)))
        elif word == "=>" and modules:
            kind, replaced = modules.pop()
            instead = Module(replaced.path, replaced.version, replaced.sum, _module(rest))
            modules.append((kind, instead))
        elif word == "build":
            name, value = _setting(rest)
            settings[name] = value
    return BuildInfo(
        go,
        path,
        next((module for kind, module in modules if kind == "mod"), None),
        tuple(module for kind, module in modules if kind == "dep"),
        settings,
    )


def _module(text: str) -> Module:
    fields = [*text.split("\t"), "", ""]
    return Module(fields[0], fields[1], fields[2])


def _setting(text: str) -> tuple[str, str]:
    quoted = _QUOTED.match(text)
    if quoted:
        return _unquote(quoted[0]), _unquote(text[quoted.end() + 1 :])
    name, _, value = text.partition("=")
    return name, _unquote(value)


def _unquote(text: str) -> str:
    """What a Go string literal says; anything else says itself."""
    if text[:1] == "`" == text[-1:] and len(text) > 1:
        return text[1:-1]
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text
