"""Setting the go.mod of a plugin to what its servers have."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from kuiper_pack.build.gomod import GoModule, go_module, numbers
from kuiper_pack.build.gotool import Go, is_go_source
from kuiper_pack.build.group import Group, groups_of
from kuiper_pack.build.project import Project
from kuiper_pack.build.servertree import required, source_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import CONTRACT, ranges, select


def fix_module(folder: Path, project: Project, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Set the go.mod of the project in ``folder`` to its servers; returns a line per change.

    That is its go line, where it asks for a newer Go, and the contract; for releases without a
    contract, the server's own module and all modules that it has as well. Raises
    :class:`KuiperPackError` where the servers have different ones, and where it is no Go project.
    """
    if not is_go_source(folder, project.package):
        raise KuiperPackError(f"{folder}: no go.mod is there; --fix-mod is for plugins in Go")
    groups = groups_of(select(project.servers))
    if len({(group.shared, group.version or group.newest) for group in groups}) > 1:
        apart = " and ".join(ranges(group.releases) for group in reversed(groups))
        raise KuiperPackError(
            f"no one go.mod fits the servers {apart}; name those of one contract with --server"
        )
    group = min(groups, key=lambda one: numbers(one.go))
    module = go_module(folder, project.package)
    with tempfile.TemporaryDirectory(prefix="kuiper-pack-") as scratch:
        home = Path(scratch)
        go = Go.exactly(group.go, home, environment, home, {})
        return tuple(_fixed(go, group, module, folder / (project.package or "."), home))


def _fixed(go: Go, group: Group, module: GoModule, package: Path, home: Path) -> Iterator[str]:
    file = str(module.path.resolve())
    if group.asks_too_much(module):
        go.run(home, "mod", "edit", f"-go={group.go}", file)
        yield f"{module.path}: go {'.'.join(map(str, module.go))} -> {group.go}"
    if not group.version:
        yield from _as_the_server(go, group, module, home)
        return
    used = module.required(CONTRACT)
    if used != group.version:
        # Go loads no module that asks for a newer Go: first the file has to be right.
        wanted = f"{CONTRACT}@{group.version}"
        go.run(home, "mod", "edit", f"-dropreplace={CONTRACT}", f"-require={wanted}", file)
        go.run(package, "get", wanted)
        yield f"{module.path}: {CONTRACT} {used or 'none'} -> {group.version}"


def _as_the_server(go: Go, group: Group, module: GoModule, home: Path) -> Iterator[str]:
    source, _ = source_of(go, group.newest, group.shared, module, home)
    wanted = required(go, source / "go.mod")
    if module.replacement(group.shared) is None:
        wanted = {**wanted, group.shared: f"v{group.newest}"}
    for name, version in required(go, module.path).items():
        if wanted.get(name, version) != version:
            file = str(module.path.resolve())
            go.run(home, "mod", "edit", f"-require={name}@{wanted[name]}", file)
            yield f"{module.path}: {name} {version} -> {wanted[name]}"
