"""The family S, continued: whether the shared object is a Go plugin, and what else is in it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kuiper_pack.goplugin.errors import Truncated
from kuiper_pack.package.elf import HEADERS
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.plugin_file import (
    PluginFile,
    loaded_part,
    not_opened,
    plugin_binary,
    plugin_file,
)
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target

if TYPE_CHECKING:
    from kuiper_pack.goplugin.read import Binary

_MUCH = 8 << 20
_HOMES = re.compile(r"/(?:home|root|Users)/")
_NO_PLUGIN = "build it with -buildmode=plugin, from package main"


class NoGoPlugin(Rule):
    """The shared object is no whole Go plugin.

    A program, an object file or a library in C can be an ELF file as well, and so can a plugin
    whose end was lost on its way. From 1.6.0 on a server opens the file while it installs the
    package, and refuses a program; of a library without a plugin in it, and of a file that is cut
    off, the server itself ends:

    `fatal error: runtime: no plugin module data`

    Older servers install it, and every rule that uses the plugin fails. A file that is nothing but
    the header of a shared object, as tests have it, is left alone.

    Bad: what `go build` or `go build -buildmode=c-shared` writes. Good: what
    `go build -buildmode=plugin` writes.

    Build it as a plugin, or copy it again; `kuiper-pack build` builds and packs it.
    """

    code, severity, kinds = "KPS13", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        file = plugin_file(package)
        wrong = _what_it_is(file) if file is not None else None
        if file is not None and wrong is not None:
            message, fix = wrong
            servers = target.installing(package)
            yield from not_opened(self, package, file.entry, message, servers, fix)
        elif file is not None and _is_strange(file):
            yield self.at(
                file.entry,
                "it is not known whether it is a Go plugin: what it says leads nowhere",
                severity=Severity.NOTE,
                fix=_NO_PLUGIN,
            )


class DebugInformation(Rule):
    """Much of the shared object is debug information, which servers do not use.

    Symbols and line tables for debuggers come along unless the linker leaves them out. Servers load
    the same plugin without them, and traces of a panic have their lines all the same.

    Bad: a shared object of 60 MB with 20 MB of debug information. Good: the same, built with
    `-ldflags "-s -w"`.

    Leave them out, if nobody is to debug the plugin on the server.
    """

    code, severity, kinds = "KPS14", Severity.NOTE, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None:
            return
        entry, _ = found
        unused = entry.size - loaded_part(package.read(entry, limit=HEADERS), entry)
        if unused >= _MUCH:
            yield self.at(
                entry,
                f"{unused >> 20} of its {entry.size >> 20} MiB are never loaded",
                fix='build it with -ldflags "-s -w"',
            )


class PathsOfBuildMachine(Rule):
    """The shared object names folders of the machine that it was built on.

    A library that is looked for in a folder of the build machine is not found on the server, or is
    another one. A module that was replaced by a folder is in the plugin as it happened to be, and
    nobody can build it again; the name of the folder can tell more than is meant for others.

    Bad: `-ldflags "-extldflags -Wl,-rpath,/home/me/lib"`, `replace example.org/x => /home/me/x`.
    Good: `$ORIGIN` as the folder of libraries, versions of modules that others can get.

    Leave out the flag or the replacement for what you publish.
    """

    code, severity, kinds = "KPS15", Severity.NOTE, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None:
            return
        entry, binary = found
        for message, fix in list(_paths(binary))[:TOLD]:
            yield self.at(entry, message, fix=fix)


def _what_it_is(file: PluginFile) -> tuple[str, str] | None:
    """What a file is that surely is no Go plugin, and what to do; None where it may be one."""
    again = "build it, or copy it, again"
    if isinstance(file.content, Truncated):
        return "its end is missing, and a server that opens it ends", again
    binary = file.binary
    if binary is None:
        return None
    if binary.elf.type == "relocatable":
        return "it is an object file", _NO_PLUGIN
    if binary.elf.type == "executable" or binary.pie:
        return "it is a program", _NO_PLUGIN
    if binary.plugin is not None or binary.packages or binary.elf.type != "shared":
        return None
    if binary.build is not None:
        mode = binary.build.settings.get("-buildmode", "")
        what = f", built with -buildmode={mode}" if mode else ""
        return f"it is a library in Go{what}, and a server that opens it ends", _NO_PLUGIN
    return "it is a library without a Go plugin, and a server that opens it ends", _NO_PLUGIN


def _is_strange(file: PluginFile) -> bool:
    return file.binary is None or file.binary.plugin is None


def _paths(binary: "Binary") -> Iterator[tuple[str, str]]:
    for folders in binary.search:
        for folder in folders.split(":"):
            if _HOMES.match(folder):
                yield f"it looks for libraries in {folder}", "link it without -rpath, or by $ORIGIN"
    for module in binary.build.dependencies if binary.build else ():
        instead = module.replaced_by
        if instead is not None and instead.path.startswith(("/", "./", "../")):
            yield (
                f"its module {module.path} was replaced by the folder {instead.path}",
                "use a version of it that others can get",
            )
