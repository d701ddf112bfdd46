"""The types that a Go program describes for its own runtime, read as the text that Go writes.

Source: internal/abi/type.go of Go 1.21 to 1.26, runtime/type.go before; what is read here has been
the same since Go 1.7 but for the length of names, which had two bytes before Go 1.17.
"""

import struct
from typing import NamedTuple

from kuiper_pack.goplugin.buildinfo import read_varint
from kuiper_pack.goplugin.errors import Malformed
from kuiper_pack.goplugin.image import Image
from kuiper_pack.goplugin.relocations import Relocations

_KINDS = (
    "invalid", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16",
    "uint32", "uint64", "uintptr", "float32", "float64", "complex64", "complex128", "array", "chan",
    "func", "interface", "map", "ptr", "slice", "string", "struct", "unsafe.Pointer",
)  # fmt: skip
_UNCOMMON, _EXTRA_STAR, _NAMED = 1, 2, 4
_UNCOMMON_SIZE = 16
_LONGEST_NAME = 1024
_DEEPEST = 8
_MOST_METHODS = 1000
_MOST_FIELDS = 200
_DIRECTIONS = {1: "<-chan ", 2: "chan<- ", 3: "chan "}


class Method(NamedTuple):
    """A method that a type has: its name and its type (``func(int) error``).

    ``type`` is "" where the linker found that nobody can call it.
    """

    name: str
    type: str


class Described(NamedTuple):
    """One type: its kind as package reflect names it, and where its description goes on."""

    address: int
    kind: str
    flags: int
    text: str
    body: int
    """The address behind what all kinds have in common."""

    @property
    def named(self) -> bool:
        """Whether the type has a name."""
        return bool(self.flags & _NAMED)


class Types:
    """The descriptions of types in a file; offsets in them count from the address ``start``."""

    def __init__(
        self, image: Image, relocations: Relocations, start: int = 0, *, short_names: bool = False
    ) -> None:
        self._image, self._relocations = image, relocations
        self._start, self._short_names = start, short_names
        self._texts: dict[int, str] = {}

    def name(self, address: int) -> str:
        """The name whose flags, length and text stand at ``address``."""
        data = self._image.read(address, min(self._image.room(address), _LONGEST_NAME))
        try:
            if self._short_names:
                size, at = int.from_bytes(data[1:3], "big"), 3
            else:
                size, at = read_varint(data, 1)
        except IndexError:
            raise Malformed(f"the name at {address:#x} is cut off") from None
        if at + size > len(data):
            raise Malformed(f"the name at {address:#x} is cut off")
        return data[at : at + size].decode("utf-8", "replace")

    def named_at(self, offset: int) -> str:
        """The name at ``offset`` from the start of the types."""
        return self.name(self._start + offset)

    def at(self, offset: int) -> int:
        """The address of the type at ``offset`` from the start of the types."""
        return self._start + offset

    def describe(self, address: int) -> Described:
        """What all kinds of types have in common."""
        width, order = self._image.pointer_size, self._image.order
        at = address + 2 * width
        _, flags, _, _, kind = struct.unpack(f"{order}IBBBB", self._image.read(at, 8))
        at += 8 + 2 * width
        (name,) = struct.unpack(f"{order}i", self._image.read(at, 4))
        kind &= 31
        if kind >= len(_KINDS):
            raise Malformed(f"the type at {address:#x} is of no kind that Go has")
        text = self.named_at(name)
        return Described(
            address, _KINDS[kind], flags, text[1:] if flags & _EXTRA_STAR else text, at + 8
        )

    def text(self, address: int, depth: int = 0) -> str:
        """A type as Go writes it, with import paths for package names; short where nested deep."""
        if address not in self._texts:
            one = self.describe(address)
            package = self._package(one) if one.named else ""
            if package:
                text = f"{package}.{one.text.partition('.')[2]}"
            elif one.named or depth > _DEEPEST:
                text = one.text
            else:
                text = self._composed(one, depth)
            self._texts[address] = text
        return self._texts[address]

    def _composed(self, one: Described, depth: int) -> str:
        """A type without a name, put together from its elements."""
        width = self._image.pointer_size
        match one.kind:
            case "ptr":
                return "*" + self._element(one.body, depth)
            case "slice":
                return "[]" + self._element(one.body, depth)
            case "array":
                size = self._image.word(one.body + 2 * width)
                return f"[{size}]{self._element(one.body, depth)}"
            case "map":
                key = self._element(one.body, depth)
                return f"map[{key}]{self._element(one.body + width, depth)}"
            case "chan":
                direction = _DIRECTIONS.get(self._image.word(one.body + width), "chan ")
                return direction + self._element(one.body, depth)
            case "func":
                takes, gives = self.signature(one, depth + 1)
                results = gives[0] if len(gives) == 1 else f"({', '.join(gives)})" if gives else ""
                return f"func({', '.join(takes)}) {results}".rstrip()
        return one.text

    def _element(self, place: int, depth: int) -> str:
        return self.text(self._relocations.pointer(place), depth + 1)

    def element(self, pointer: Described) -> int:
        """The address of the type that a pointer type points to."""
        return self._relocations.pointer(pointer.body)

    def signature(self, function: Described, depth: int = 0) -> tuple[list[str], list[str]]:
        """What a function takes and gives; ``...T`` for the last one of a variadic function."""
        width, order = self._image.pointer_size, self._image.order
        takes, gives = struct.unpack(f"{order}HH", self._image.read(function.body, 4))
        variadic, gives = bool(gives & 0x8000), gives & 0x7FFF
        if depth > _DEEPEST or takes + gives > _MOST_FIELDS:
            raise Malformed(f"the function type at {function.address:#x} is too large")
        at = _aligned(function.body + 4, width)
        if function.flags & _UNCOMMON:
            at += _UNCOMMON_SIZE
        texts = [self._element(at + number * width, depth) for number in range(takes + gives)]
        if variadic and takes:
            texts[takes - 1] = "..." + texts[takes - 1].removeprefix("[]")
        return texts[:takes], texts[takes:]

    def methods(self, one: Described) -> tuple[Method, ...]:
        """The methods of a type with a name, or of a pointer to one, in the order of names.

        Those of an interface are what it asks for.
        """
        width, order = self._image.pointer_size, self._image.order
        found = []
        if one.kind == "interface":
            first = self._relocations.pointer(one.body + width)
            count = self._bounded(self._image.word(one.body + 2 * width), one)
            for number in range(count):
                name, type_ = struct.unpack(f"{order}ii", self._image.read(first + 8 * number, 8))
                found.append(Method(self.named_at(name), self.text(self.at(type_))))
            return tuple(found)
        uncommon = self._uncommon(one)
        if uncommon is None:
            return ()
        _, count, _, offset = struct.unpack(f"{order}iHHI", self._image.read(uncommon, 12))
        for number in range(self._bounded(count, one)):
            place = uncommon + offset + 16 * number
            name, type_, _, _ = struct.unpack(f"{order}iiii", self._image.read(place, 16))
            text = self.text(self.at(type_)) if type_ > 0 else ""
            found.append(Method(self.named_at(name), text))
        return tuple(found)

    def fields(self, address: int) -> dict[str, int]:
        """The fields of the structure described at ``address``, with their offsets in bytes."""
        width = self._image.pointer_size
        at = address + 4 * width + 16
        first = self._relocations.pointer(at + width)
        count = self._image.word(at + 2 * width)
        if count > _MOST_FIELDS:
            raise Malformed(f"the structure at {address:#x} has too many fields")
        found = {
            self.name(self._relocations.pointer(place)): self._image.word(place + 2 * width)
            for place in range(first, first + 3 * width * count, 3 * width)
        }
        # Before Go 1.19 the lowest bit told embedded fields, so that offsets were doubled.
        doubled = max(found.values(), default=0) >= self._image.word(address)
        return {name: offset >> 1 for name, offset in found.items()} if doubled else found

    def _bounded(self, count: int, one: Described) -> int:
        if count > _MOST_METHODS:
            raise Malformed(f"the type at {one.address:#x} has too many methods")
        return count

    def _package(self, one: Described) -> str:
        """The import path of the package that a type with a name is of, "" where not told."""
        if one.kind == "interface":
            place = self._relocations.pointer(one.body)
            return self.name(place) if place else ""
        uncommon = self._uncommon(one)
        if uncommon is None:
            return ""
        (offset,) = struct.unpack(f"{self._image.order}i", self._image.read(uncommon, 4))
        return self.named_at(offset) if offset else ""

    def _uncommon(self, one: Described) -> int | None:
        """Where the description of what only types with names have starts.

        None too for a map, whose own part has another size in Go 1.24 than before.
        """
        if not one.flags & _UNCOMMON or one.kind == "map":
            return None
        width = self._image.pointer_size
        sizes = {
            "ptr": width, "slice": width, "chan": 2 * width, "array": 3 * width,
            "func": _aligned(one.body + 4, width) - one.body,
            "struct": 4 * width, "interface": 4 * width,
        }  # fmt: skip
        return one.body + sizes.get(one.kind, 0)


def _aligned(address: int, width: int) -> int:
    return (address + width - 1) // width * width
