"""Packages for the rules about what is in a Go plugin."""

from collections.abc import Iterator
from typing import NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from tests.rules import go_plugins as go
from tests.rules.go_plugins import go_plugin, modules

_PLAIN = go_plugin({"Random": go.SINK})
_NEWEST = ("2.4.0",)
_MIB = 1 << 20


class PluginCase(NamedTuple):
    """A package that fails a rule and one that passes it, and what they are judged for."""

    code: str
    bad: Package
    good: Package
    servers: tuple[str, ...] = _NEWEST
    image: str | None = None


def native(
    content: bytes, kind: Kind = Kind.SINK, *, file: str = "random.so", metadata: bytes = b""
) -> Package:
    """A package of the plugin ``random``."""
    files = {file: content}
    if kind is Kind.SOURCE:
        files["random.yaml"] = b"default: {}\n"
    if metadata:
        files["random.json"] = metadata
    return Package.of(files, kind=kind, name="random")


def cases() -> Iterator[PluginCase]:
    """One for each rule."""
    plain = native(_PLAIN)
    yield PluginCase("KPY01", native(go_plugin({"RANDOM": go.SINK})), plain)
    returns_pointer = go.func(gives=(go.pointer(go.STATE),))
    yield PluginCase("KPY02", native(go_plugin({"Random": returns_pointer})), plain)
    lookups = {"Random": go.SOURCE, "RandomLookup": go.SOURCE}
    wrong = {"Random": go.SOURCE, "RandomLookup": returns_pointer}
    yield PluginCase(
        "KPY03",
        native(go_plugin(wrong), Kind.SOURCE),
        native(go_plugin(lookups), Kind.SOURCE),
    )
    yield PluginCase(
        "KPY11",
        native(go_plugin(variables={"Random": go.pointer(go.function_with())}), Kind.FUNCTION),
        native(go_plugin(variables={"Random": go.function_with()}), Kind.FUNCTION),
    )
    yield PluginCase("KPY07", _sink(modules=modules(contract="v2.0.0")), plain)
    yield PluginCase("KPY09", _sink(go="go1.26.8"), plain)
    yield PluginCase("KPY12", _sink(modules=modules(flags="")), plain)
    yield PluginCase("KPY13", _sink(packages=go.packages(errors="0102030405060708")), plain)
    yield PluginCase("KPS09", _sink(needed=("libc.musl-x86_64.so.1",)), plain, image="slim")
    yield PluginCase(
        "KPS10",
        _sink(versions={"libc.so.6": ("GLIBC_2.38",)}),
        plain,
        image="slim",
    )
    yield PluginCase("KPS11", _sink(needed=("libzmq.so.5", "libc.so.6")), plain, image="alpine")
    yield PluginCase("KPS12", _sink(machine=183), _sink(machine=183, alignment=1 << 16))
    yield PluginCase("KPS13", _sink(packages={}, go=""), plain)
    yield PluginCase("KPS14", native(_PLAIN + bytes(9 * _MIB)), plain)
    yield PluginCase("KPS15", _sink(runpath="/home/me/lib"), _sink(runpath="$ORIGIN"))
    tagged = go_plugin({"Random": go.SINK}, modules=modules(main="v1.3.0"))
    yield PluginCase(
        "KPV08",
        native(tagged, file="random@1.2.0.so"),
        native(tagged, file="random@v1.3.0.so"),
    )


def _sink(**changed: object) -> Package:
    return native(go_plugin({"Random": go.SINK}, {}, **changed))
