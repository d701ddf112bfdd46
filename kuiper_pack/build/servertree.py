"""Plugins for releases without a contract, which share the whole module of the server.

A server opens no plugin whose packages differ from its own in anything, and the version of the
module that they come from is part of them. In an official build the packages of eKuiper have none:
eKuiper is the main module there. So it is the main module here as well, and the module of the
plugin one that it requires.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kuiper_pack.build.gomod import GoModule
from kuiper_pack.build.gotool import Go
from kuiper_pack.build.tool import ToolOutput, run_tool
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import Release

_TAGS_WITH_V = Release.parse("1.14.0-alpha.1")


@dataclass(frozen=True, slots=True)
class ServerTree:
    """The source of a server, set up to compile a plugin beside it.

    ``folder`` is its module, ``modfile`` what is used as its go.mod, ``package`` the import path of
    the plugin, ``title`` says for reports what source it is.
    """

    folder: Path
    modfile: Path
    package: str
    title: str

    @property
    def options(self) -> tuple[str, ...]:
        """What every go command in ``folder`` is told."""
        return ("-mod=mod", f"-modfile={self.modfile}")


def server_tree(
    go: Go, release: Release, server: str, module: GoModule, package: Path, scratch: Path
) -> ServerTree:
    """Set up the source of ``release``, whose module is ``server``, in ``scratch``.

    ``package`` is the folder of the Go package, in that of ``module``.
    The source is the folder that the plugin's go.mod replaces ``server`` by, else what the module
    proxy has. Raises :class:`KuiperPackError` where there is neither.
    """
    scratch.mkdir(parents=True)
    source, title = source_of(go, release, server, module, scratch)
    tree, plugin = scratch / "server", scratch / "plugin"
    _same(source, tree)
    _same(module.folder, plugin)
    modfile = scratch / "go.mod"
    shutil.copyfile(source / "go.mod", modfile)
    sums = [folder / "go.sum" for folder in (source, module.folder)]
    lines = {line for file in sums if file.is_file() for line in file.read_text().splitlines()}
    (scratch / "go.sum").write_text("".join(f"{line}\n" for line in sorted(lines)))
    edits = [*_own_edits(_parsed(go, source / "go.mod"), source), *_edits(go, module, server)]
    go.run(scratch, "mod", "edit", *edits, str(modfile))
    inside = package.resolve().relative_to(module.folder.resolve()).as_posix()
    path = module.name if inside == "." else f"{module.name}/{inside}"
    return ServerTree(tree, modfile, path, title)


def check_versions(go: Go, tree: ServerTree) -> None:
    """Raise KuiperPackError where the plugin has lifted a module that the server has as well."""
    server, used = required(go, tree.folder / "go.mod"), required(go, tree.modfile)
    lifted = {name for name, version in server.items() if used.get(name, version) != version}
    if not lifted:
        return
    form = "{{with .Module}}{{.Path}}{{end}}"
    linked = go.run(tree.folder, "list", *tree.options, "-deps", "-f", form, tree.package)
    for name in sorted(lifted & set(linked.splitlines())):
        raise KuiperPackError(
            f"{tree.title} has {name} {server[name]}, this plugin needs {used[name]}, and a server "
            f"opens no plugin with another: go get {name}@{server[name]}"
        )


def required(go: Go, file: Path) -> dict[str, str]:
    """The modules that a go.mod requires, with their versions."""
    return {one["Path"]: one["Version"] for one in _parsed(go, file).get("Require") or ()}


def source_of(
    go: Go, release: Release, server: str, module: GoModule, scratch: Path
) -> tuple[Path, str]:
    """Where the source of ``release`` is, and what it is for reports; errors as above."""
    replaced = module.replacement(server)
    if replaced is not None:
        if not (replaced / "go.mod").is_file():
            raise KuiperPackError(f"{module.path}: {server} => {replaced}: no Go module is there")
        _check_tag(go, release, module, replaced)
        return replaced, f"eKuiper in {replaced.name}"
    tag = f"v{release}" if release >= _TAGS_WITH_V else release.text
    try:
        said = go.run(scratch, "mod", "download", "-json", f"{server}@{tag}")
    except KuiperPackError as error:
        raise KuiperPackError(
            f"plugins for eKuiper {release} are compiled with its source, and the module proxy "
            f"does not give {server}@{tag}; clone it at the tag {tag}, and go mod edit "
            f"-replace={server}=THAT_FOLDER"
        ) from error
    return Path(json.loads(said)["Dir"]), f"eKuiper {release}"


def _check_tag(go: Go, release: Release, module: GoModule, source: Path) -> None:
    """Raise KuiperPackError where the source is a clone at the tag of another release."""
    if not (source / ".git").exists():
        return
    try:
        said = run_tool(["git", "tag", "--points-at", "HEAD"], source, go.environment)
    except (ToolOutput, OSError):
        return  # without git, or with a clone of somebody else's, nobody knows
    tags = said.split()
    if tags and not {release.text, f"v{release}"} & set(tags):
        raise KuiperPackError(
            f"{module.path}: {source} is eKuiper {', '.join(tags)}, and the plugin is for "
            f"{release}: git checkout the tag of {release} there"
        )


def _same(source: Path, folder: Path) -> None:
    """Make ``folder`` hold what ``source`` does: paths that are the same everywhere get into bytes.

    It is a folder of its own, for Go takes paths apart and follows no links while it does.
    """
    folder.mkdir()
    for path in source.iterdir():
        target = folder / path.name
        try:
            target.symlink_to(path, target_is_directory=path.is_dir())
        except OSError:  # Windows, without the right to make links
            copy = shutil.copytree if path.is_dir() else shutil.copyfile
            copy(path, target)


def _own_edits(server: dict[str, Any], source: Path) -> Iterator[str]:
    """Folders that take the place of modules stay where they are; those that are not there go."""
    for old, new in _replaced(server):
        if new.startswith("."):
            if (source / new / "go.mod").is_file():
                yield f"-replace={old}={(source / new).resolve()}"
            else:
                yield f"-dropreplace={old}"
                yield f"-droprequire={old.partition('@')[0]}"


def _edits(go: Go, module: GoModule, server: str) -> Iterator[str]:
    """The plugin is required, and what its go.mod replaces is replaced."""
    for old, new in _replaced(_parsed(go, module.path)):
        if old.partition("@")[0] != server:
            at = (module.folder / new).resolve() if new.startswith(".") else new
            yield f"-replace={old}={at}"
    major = re.search(r"/v(\d+)\Z", module.name)
    yield f"-require={module.name}@v{major[1] if major else 0}.0.0"
    yield f"-replace={module.name}=../plugin"


def _parsed(go: Go, file: Path) -> dict[str, Any]:
    found = json.loads(go.run(file.parent, "mod", "edit", "-json", str(file.absolute())))
    return found if isinstance(found, dict) else {}


def _replaced(parsed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for one in parsed.get("Replace") or ():
        yield (
            "@".join(part for part in (one["Old"]["Path"], one["Old"].get("Version")) if part),
            "@".join(part for part in (one["New"]["Path"], one["New"].get("Version")) if part),
        )
