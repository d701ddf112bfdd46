"""Go plugins whose exports have the types that a test is about, made without Go."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from kuiper_pack.goplugin.hosts import known_builds
from tests.goplugin.synthetic import Linker, Plugin, shared_object

CONTRACT = "github.com/lf-edge/ekuiper/contract/v2"
API = f"{CONTRACT}/api"
PATH = "example.org/random"
_RELEASE = "2.4.0"
_UNCOMMON, _EXTRA_STAR, _NAMED = 1, 2, 4


@dataclass(frozen=True)
class Type:
    """A Go type: a ``kind``, perhaps a name in a package, and what it is made of."""

    kind: str
    name: str = ""
    package: str = ""
    elements: tuple["Type", ...] = ()
    gives: tuple["Type", ...] = ()
    methods: tuple[tuple[str, "Type"], ...] = ()
    """Those of a pointer to it."""


def func(*takes: Type, gives: tuple[Type, ...] = ()) -> Type:
    """A function type."""
    return Type("func", elements=takes, gives=gives)


def pointer(element: Type) -> Type:
    """A pointer type."""
    return Type("ptr", elements=(element,))


def api(name: str, kind: str = "interface", package: str = API) -> Type:
    """A type of the package that plugins share with servers."""
    return Type(kind, name, package)


ERROR = Type("interface", "error")
BOOL = Type("bool", "bool")
ANY = Type("interface")
ANYS = Type("slice", elements=(ANY,))
VALIDATE = func(ANYS, gives=(ERROR,))
EXEC = func(api("FunctionContext"), ANYS, gives=(ANY, BOOL))
OLD_EXEC = func(ANYS, api("FunctionContext"), gives=(ANY, BOOL))
IS_AGGREGATE = func(gives=(BOOL,))
STATE = Type("struct", "state", PATH)
SOURCE = func(gives=(api("Source"),))
SINK = func(gives=(api("Sink"),))
FUNCTION = func(gives=(api("Function"),))


def function_with(exec_: Type = EXEC) -> Type:
    """A type that has the methods of a function."""
    methods = (("Exec", exec_), ("IsAggregate", IS_AGGREGATE), ("Validate", VALIDATE))
    return Type("struct", "function", PATH, methods=methods)


def modules(
    contract: str = "v2.3.1",
    main: str = "(devel)",
    more: str = "",
    flags: str = "build\t-trimpath=true\n",
) -> str:
    """What Go writes into a plugin about its build."""
    return (
        f"path\t{PATH}\nmod\t{PATH}\t{main}\t\ndep\t{CONTRACT}\t{contract}\th1:sum=\n{more}"
        f"build\t-buildmode=plugin\n{flags}build\tCGO_ENABLED=1\n"
    )


def packages(**others: str) -> dict[str, str]:
    """Packages as a server of 2.4.0 has them."""
    (known,) = (one for one in known_builds() if (one.release, one.machine) == (_RELEASE, "amd64"))
    return {path: known.packages[path] for path in ("errors", API, "runtime")} | others


def go_plugin(
    exports: Mapping[str, Type] = {}, variables: Mapping[str, Type] = {}, **changed: object
) -> bytes:
    """A plugin for 2.4.0, of amd64 and glibc, that exports functions and variables."""
    right = Plugin(described=False, path=PATH, packages=packages(), modules=modules(), runpath="")
    plugin = dataclasses.replace(right, **changed)  # type: ignore[arg-type]
    types = {**exports, **{name: pointer(type_) for name, type_ in variables.items()}}
    return shared_object(plugin, lambda linker: _table(linker, types))


def _table(linker: Linker, types: Mapping[str, Type]) -> tuple[int, int]:
    made: dict[Type, int] = {}
    entries = b""
    for name, type_ in sorted(types.items()):
        address = _made(linker, type_, made)
        entries += linker.pack("ii", linker.go_name(name) - linker.types, address - linker.types)
        linker.symbol(f"{linker.plugin.path}.{name}", address, linker.width)
    return linker.put(entries), len(types)


def _made(linker: Linker, type_: Type, made: dict[Type, int]) -> int:
    """The address of the description of a type."""
    if type_ in made:
        return made[type_]
    parts = [_made(linker, one, made) for one in (*type_.elements, *type_.gives)]
    flags = _NAMED if type_.name else 0
    pointed = type_.elements[0] if type_.kind == "ptr" else None
    if type_.package and type_.kind != "interface":
        flags |= _UNCOMMON
    if pointed is not None and pointed.methods:
        flags |= _UNCOMMON
    text = f"main.{type_.name}" if type_.package else type_.name or _text(type_)
    body = b""
    if type_.kind == "func":
        body = linker.pack("HH", len(type_.elements), len(type_.gives))
    address = linker.type(type_.kind, text, flags=flags, body=body)
    made[type_] = address
    at, width = address + linker.body, linker.width
    sizes = {"func": width, "ptr": width, "struct": 4 * width}
    uncommon = at + sizes.get(type_.kind, 0)
    if type_.kind == "interface" and type_.package:
        linker.point(at, linker.go_name(type_.package))
    start = at
    if type_.kind == "func":
        start = uncommon + (16 if flags & _UNCOMMON else 0)
    for number, part in enumerate(parts):
        linker.point(start + number * width, part)
    if flags & _UNCOMMON:
        methods = pointed.methods if pointed is not None else ()
        _uncommon(linker, uncommon, type_.package or PATH, methods, made)
    return address


def _uncommon(
    linker: Linker,
    place: int,
    package: str,
    methods: tuple[tuple[str, Type], ...],
    made: dict[Type, int],
) -> None:
    rows = b""
    for name, type_ in methods:
        address = _made(linker, type_, made)
        name_at = linker.go_name(name)
        rows += linker.pack("iiii", name_at - linker.types, address - linker.types, 0, 0)
    table = linker.put(rows)
    package_at = linker.go_name(package) - linker.types
    count = len(methods)
    linker.content[place : place + 12] = linker.pack(
        "iHHI", package_at, count, count, table - place
    )


def _text(type_: Type) -> str:
    return "interface {}" if type_.kind == "interface" else "struct { }"
