"""What a server does with an exported symbol: the Go interfaces that it must be, or make."""

from typing import TYPE_CHECKING, NamedTuple

from kuiper_pack.profiles import CONTRACT, Profile

if TYPE_CHECKING:
    from kuiper_pack.goplugin.exports import Export


_FIRST_MODULE = "github.com/emqx/kuiper"
_ANY = "interface {}"
_MAP = f"map[string]{_ANY}"


class Interface(NamedTuple):
    """A Go interface: its package and name, and its methods with the types that they may have."""

    package: str
    name: str
    methods: dict[str, tuple[str, ...]]

    @property
    def constructor(self) -> str:
        """The type of a function that gives one, as Go writes it."""
        return f"func() {self.package}.{self.name}"


def api_of(facts: Profile) -> str:
    """The package whose interfaces the plugins of a release implement (pkg Y-07)."""
    if facts.contract is not None:
        return f"{CONTRACT}/api"
    return f"{facts.module}/{'xstream' if facts.module == _FIRST_MODULE else 'pkg'}/api"


def interface_of(word: str, facts: Profile) -> Interface:
    """The interface ``Source``, ``Sink``, ``Function`` or ``LookupSource`` of a release.

    From 2.0 on a symbol of a lookup source need only be a ``Source``.
    """
    api = api_of(facts)
    if facts.contract is not None:
        word = "Source" if word == "LookupSource" else word
        return Interface(api, word, _of_contract(api, word))
    return Interface(api, word, _of_module(api, word))


def _of_contract(api: str, word: str) -> dict[str, tuple[str, ...]]:
    """Package api of the contract, 2.0.0 and 2.3.1."""
    if word == "Function":
        return _function(f"func({api}.FunctionContext, []{_ANY}) ({_ANY}, bool)")
    context = f"{api}.StreamContext"
    # What rules hand to a sink, they hand to a collector of tuples or of bytes (planner_sink.go).
    collected = (f"func({context}, {api}.{one}) error" for one in ("MessageTuple", "RawTuple"))
    collect = {"Collect": tuple(collected)} if word == "Sink" else {}
    return {
        "Provision": (f"func({context}, {_MAP}) error",),
        "Connect": (f"func({context}, {api}.StatusChangeHandler) error",),
        "Close": (f"func({context}) error",),
        **collect,
    }


def _of_module(api: str, word: str) -> dict[str, tuple[str, ...]]:
    """xstream/api/stream.go, later pkg/api/stream.go, of 0.3 to 1.14."""
    if word == "Function":
        # Up to 0.5.1 there was no context.
        gives = f"({_ANY}, bool)"
        with_context = f"func([]{_ANY}, {api}.FunctionContext) {gives}"
        return _function(with_context, f"func([]{_ANY}) {gives}")
    context = f"{api}.StreamContext"
    close = {"Close": (f"func({context}) error",)}
    if word == "Sink":
        return {
            "Open": (f"func({context}) error",),
            "Configure": (f"func({_MAP}) error",),
            "Collect": (f"func({context}, {_ANY}) error",),
            **close,
        }
    configure = {"Configure": (f"func(string, {_MAP}) error",)}
    if word == "LookupSource":
        tuples = f"([]{api}.SourceTuple, error)"
        lookup = f"func({context}, []string, []string, []{_ANY}) {tuples}"
        return {"Open": (f"func({context}) error",), **configure, "Lookup": (lookup,), **close}
    opened = f"func({context}, chan<- {api}.SourceTuple, chan<- error)"
    return {"Open": (opened,), **configure, **close}


def _function(*exec_: str) -> dict[str, tuple[str, ...]]:
    return {
        "Validate": (f"func([]{_ANY}) error",),
        "Exec": exec_,
        "IsAggregate": ("func() bool",),
    }


def objection(export: "Export", wanted: Interface, plugin_path: str) -> str | None:
    """Why a server does not take ``export`` for ``wanted``; None where it does.

    Also None where the file does not tell: whether a structure without a name has methods. What a
    constructor gives, and what it does, no file tells; its type is all that servers look at here.
    """
    shown = _Shown(wanted.package, plugin_path)
    if export.kind == "func":
        if export.type == wanted.constructor:
            return None
        return f"it is a {shown(export.type)}"
    methods = {method.name: method.type for method in export.methods}
    if not methods:
        if export.type_kind == "struct" and export.type.startswith("struct {"):
            return None
        if export.type_kind in ("ptr", "interface", "func"):
            return f"it is a variable of type {shown(export.type)}, and servers get its address"
        return f"{shown(export.type)} has no methods"
    missing = [name for name in wanted.methods if name not in methods]
    if missing:
        return f"{shown(export.type)} has no method {', '.join(missing)}"
    for name, types in wanted.methods.items():
        if methods[name] and methods[name] not in types:
            has, right = shown(methods[name]), shown(types[0])
            return f"{shown(export.type)} has {_method(name, has)}, not {_method(name, right)}"
    return None


def _method(name: str, type_: str) -> str:
    return name + type_.removeprefix("func")


class _Shown:
    """Types as their authors write them: ``api`` and ``main`` for import paths."""

    def __init__(self, api: str, plugin_path: str) -> None:
        self._api, self._main = api, plugin_path

    def __call__(self, type_: str) -> str:
        short = type_.replace(f"{self._api}.", "api.").replace(f"{self._main}.", "main.")
        return short.replace("interface {}", "any")
