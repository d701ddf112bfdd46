"""Why packages differ, in terms of the build: what the Go command wrote into both files."""

import re
from collections.abc import Iterator, Sequence

from kuiper_pack.goplugin.host import Host, module_versions
from kuiper_pack.goplugin.prediction import Cause, Conflict
from kuiper_pack.goplugin.read import Binary
from kuiper_pack.profiles import CONTRACT

_INSTRUMENTS = ("-race", "-msan", "-asan")
"""Flags that change the runtime, and with it what every package is made of."""
_FLAGS = (*_INSTRUMENTS, "-cover", "-covermode", "-gcflags", "-compiler", "GOEXPERIMENT")
_REVISION = re.compile(r"\d+\.\d+")


def explain(binary: Binary, host: Host, conflicts: Sequence[Conflict]) -> tuple[Cause, ...]:
    """What was different between the builds of a plugin and of what it conflicts with.

    Without conflicts, what is known to make the plugin fail anyway.
    """
    others = {one.other for one in conflicts} - {host.name}
    if others and not any(one.other == host.name for one in conflicts):
        earlier = ", ".join(sorted(others))
        return (
            Cause(
                f"the server is as the plugin wants it, but {earlier}, opened before, is not",
                "restart the server; build all plugins with the same module versions",
            ),
        )
    causes = [*_go(binary, host), *_flags(binary, host), *_modules(binary, host, conflicts)]
    if binary.build is None and host.go:
        causes.append(
            Cause(
                "how it was built is not written in it: Go does that in plugins since 1.21",
                f"build it with GOTOOLCHAIN=go{host.go}, and with the flags of the server",
            )
        )
    if conflicts and not causes:
        causes.append(
            Cause(
                "the Go version, the flags and the module versions that are recorded are the same",
                "look for replaced modules, build tags, a changed GOROOT, and flags that are not "
                "recorded",
            )
        )
    return tuple(causes)


def differences(binary: Binary, host: Host) -> tuple[Cause, ...]:
    """What makes packages differ for certain, where the hashes of the server are not known."""
    mine, its = host.go, binary.build.go_number if binary.build else None
    minor = bool(mine and its and minor_version(mine) != minor_version(its))
    causes = [*(_go(binary, host) if minor else ()), *_flags(binary, host, _INSTRUMENTS)]
    wanted = host.modules.get(CONTRACT)
    causes += [one for one in _modules(binary, host, None) if wanted]
    return tuple(causes)


def _go(binary: Binary, host: Host) -> Iterator[Cause]:
    if binary.build is None or host.go is None or binary.build.go_number == host.go:
        return
    yield Cause(
        f"it was built with Go {binary.build.go_number}, {host.name} with Go {host.go}",
        f"build it with GOTOOLCHAIN=go{host.go}",
    )


def _flags(binary: Binary, host: Host, names: Sequence[str] = _FLAGS) -> Iterator[Cause]:
    if binary.build is None or not binary.build.settings or not host.settings:
        return
    mine, its = host.settings, binary.build.settings
    if mine.get("-trimpath") != its.get("-trimpath"):
        with_, flag = ("with", "build it with -trimpath")
        if its.get("-trimpath"):
            with_, flag = ("without", "build it without -trimpath, in the folders of the server")
        yield Cause(f"{host.name} was built {with_} -trimpath, the plugin was not so", flag)
    for name in names:
        of_host, of_plugin = mine.get(name, ""), its.get(name, "")
        if of_host != of_plugin and (of_host or name != "-compiler"):
            yield _flag(name, of_plugin, of_host, host.name)


def _flag(name: str, its: str, mine: str, host: str) -> Cause:
    def said(value: str) -> str:
        return f"with {name}={value}" if value else f"without {name}"

    return Cause(f"it was built {said(its)}, {host} {said(mine)}", f"build it {said(mine)}")


def _modules(binary: Binary, host: Host, conflicts: Sequence[Conflict] | None) -> Iterator[Cause]:
    """Modules that both have in different versions; with conflicts, those that have some."""
    if binary.build is None:
        return
    for path, version in module_versions(binary.build).items():
        mine = host.modules.get(path)
        if mine is None or mine == version:
            continue
        if conflicts is not None and not any(
            one.package == path or one.package.startswith(f"{path}/") for one in conflicts
        ):
            continue
        remedy = f"go get {path}@{mine}" if " " not in mine else f"replace {path} by {mine}"
        yield Cause(f"it was built with {path} {version}, {host.name} with {mine}", remedy)


def minor_version(go: str) -> str:
    """``1.25`` for ``1.25.4``, and for a release candidate like ``1.25rc1``."""
    found = _REVISION.match(go)
    return found[0] if found else go
