"""What is in the shared object of a native package, for people and for programs."""

from collections.abc import Iterator
from typing import Any

from kuiper_pack.goplugin.buildinfo import BuildInfo, Module
from kuiper_pack.goplugin.errors import BinaryError
from kuiper_pack.goplugin.host import glibc_of
from kuiper_pack.goplugin.read import Binary
from kuiper_pack.spelling import printable

_TOLD = ("-trimpath", "-race", "-cover", "-tags", "-ldflags", "-gcflags", "CGO_ENABLED")
"""The settings of a build that are worth a line for people."""


def document(content: Binary | BinaryError) -> dict[str, Any]:
    """The member ``go`` of the document of ``inspect``."""
    if isinstance(content, BinaryError):
        return {"problem": printable(str(content))}
    build, plugin = content.build, content.plugin
    return {
        "machine": content.elf.machine,
        "bits": content.elf.bits,
        "libc": content.libc,
        "needed": [printable(one) for one in content.needed],
        "versions": {
            printable(need.library): [printable(one) for one in need.versions]
            for need in content.version_needs
        },
        "build": None if build is None else _build(build),
        "plugin": None
        if plugin is None
        else {
            "path": printable(plugin.path),
            "exports": [
                {"name": printable(one.name), "kind": one.kind, "type": printable(one.type)}
                for one in plugin.exports
            ],
            "packages": [
                {"package": printable(one.package), "hash": one.hash} for one in plugin.checks
            ],
        },
    }


def _build(build: BuildInfo) -> dict[str, Any]:
    return {
        "go": printable(build.go),
        "path": printable(build.path),
        "settings": {printable(name): printable(text) for name, text in build.settings.items()},
        "modules": [
            {"path": printable(one.path), "version": printable(one.version)}
            for one in build.dependencies
        ],
    }


def lines(content: Binary | BinaryError) -> Iterator[str]:
    """The same for people, line by line."""
    if isinstance(content, BinaryError):
        yield f"  cannot be read: {content}"
        return
    libc = f", {content.libc}" if content.libc else ""
    yield f"  for {content.elf.machine}{libc}"
    if content.needed:
        glibc = ".".join(str(part) for part in glibc_of(content))
        newest = f"; glibc {glibc} or newer" if glibc else ""
        yield f"  needs {', '.join(content.needed)}{newest}"
    if content.build is not None:
        settings = content.build.settings
        told = "".join(f" {name}={settings[name]}" for name in _TOLD if settings.get(name))
        yield f"  built by {content.build.go}{told}"
        yield from (f"  module {_module(one)}" for one in content.build.dependencies)
    if content.plugin is None:
        yield "  no Go plugin"
        return
    yield f"  plugin path {content.plugin.path}"
    for one in content.plugin.exports:
        space = "" if one.kind == "func" else " "
        yield f"  {one.kind} {one.name}{space}{one.type.removeprefix('func')}"


def _module(module: Module) -> str:
    instead = module.replaced_by
    used = f" => {instead.path} {instead.version}".rstrip() if instead else ""
    return f"{module.path} {module.version}{used}"
