"""Which kind of plugin a package holds, and its name, where nobody says so.

In this order; what is given is never questioned:

1. A root ``{x}.json`` that reads as a manifest makes a portable named x: an object with a
   ``language`` or ``executable``, or with ``sources``, ``sinks`` or ``functions`` that list names.
   Of several, the one whose executable is in the package, else the first. Where a name is given,
   the manifest is ``{name}.json``, in other case if need be, or any other if no shared object lies
   at the root. Last, a root ``{x}.json`` that is no JSON makes one too where the rest looks like a
   portable: no shared object at the root, and a program or a folder of symbols.
2. A root ``.so`` makes a native plugin; its name is the part before ``@`` or ``.so`` with the
   first letter lowered. Of several, the one with a ``{name}.yaml`` or ``{name}.json``, else the
   first.
3. The kind of a native plugin: source if ``{name}.yaml`` is at the root, else by ``{name}.json``:
   an array ``functions`` makes a function, ``properties`` a sink if an array, a source if an
   object. Otherwise it stays unknown: the file names of sinks and functions are alike.
4. With no ``.so`` at all, a root ``{x}.yaml`` makes a source named x (its ``.so`` is missing),
   and a ``{x}.json`` is read as in 3.
5. The last resort for the name is the file name of the package, up to ``@`` or the first ``-``
   followed by a digit or ``v`` and a digit.
"""

from __future__ import annotations

import re

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.files import Files
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.node import Node, fold

_SYMBOLS = ("sources", "sinks", "functions")
_FOLDERS = tuple(f"{kind}/" for kind in _SYMBOLS)
_CANDIDATES, _CANDIDATE_BYTES = 16, 256 << 10
"""Root documents that are tried, and their bytes; a package with more has its name elsewhere."""


def plugin_name(so_name: str) -> str:
    """The plugin a shared object is for: ``Random@v1.0.0.so`` is for ``random``."""
    stem = so_name.removesuffix(".so").split("@", 1)[0]
    return stem[:1].lower() + stem[1:]


def is_manifest(root: Node | None) -> bool:
    """Whether a JSON document looks like the manifest of a portable plugin."""
    if root is None or root.kind != "object":
        return False
    for member in root.members:
        key = fold(member.key)
        if key in ("language", "executable"):
            return True
        if key in _SYMBOLS and _lists_names(member.value):
            return True
    return False


def _lists_names(node: Node) -> bool:
    # The functions of a metadata file are objects.
    return node.kind == "array" and all(item.kind == "string" for item in node.items)


def find_kind_and_name(
    files: Files, stem: str, kind: Kind | None, name: str | None
) -> tuple[Kind | None, str]:
    """The kind and the name, by the order in the module's docstring.

    ``stem`` is the package's own name without its ending. The name is "" only if everything fails.
    """
    if kind is not None and name is not None:
        return kind, name
    root = {
        entry.name: entry for entry in files.entries if "/" not in entry.name and not entry.is_dir
    }
    if kind in (None, Kind.PORTABLE):
        found = _portable(root, files, name)
        if found is not None:
            return Kind.PORTABLE, name if name is not None else found
    if kind is Kind.PORTABLE:
        return kind, name if name is not None else _of_file(stem)
    if name is None:
        name = _native_name(root, stem)
    return kind or _native_kind(root, files, name), name


def _portable(root: dict[str, Entry], files: Files, name: str | None) -> str | None:
    wanted = [file for file in root if file.endswith(".json")]
    if name is not None:
        own = f"{name}.json"
        if own not in wanted and any(file.endswith(".so") for file in root):
            return None
        alike = [file for file in wanted if file.casefold() == own.casefold()]
        wanted = [own] if own in wanted else alike or wanted
    first, broken, left = None, None, _CANDIDATE_BYTES
    for file in wanted[:_CANDIDATES]:
        left -= root[file].size
        if left < 0:
            if not any(one.endswith(".so") for one in root):
                files.json(file)  # nothing else can say what it is: that it is too large is known
            break
        document = files.glimpse(root[file])
        if document is None or document.root is None:
            broken = broken or file.removesuffix(".json")
            continue
        if not is_manifest(document.root):
            continue
        for member in document.root.fold("executable"):
            executable = member.value.value
            if isinstance(executable, str) and files.entry(executable):
                return file.removesuffix(".json")
        first = first or file.removesuffix(".json")
    if first is None and broken is not None and _looks_portable(root, files):
        return broken
    return first


def _looks_portable(root: dict[str, Entry], files: Files) -> bool:
    """Whether everything but the manifest says portable."""
    if any(file.endswith((".so", ".yaml", ".yml", ".wasm")) for file in root):
        return False
    for entry in files.entries:
        if entry.name.startswith(_FOLDERS):
            return True
        program = entry.name.endswith((".py", ".exe")) or entry.mode & 0o111
        if program and not entry.is_dir and entry.name != "install.sh":
            return True
    return False


def _native_name(root: dict[str, Entry], stem: str) -> str:
    names = [plugin_name(file) for file in root if file.endswith(".so")]
    for name in names:
        if f"{name}.yaml" in root or f"{name}.json" in root:
            return name
    if names:
        return names[0]
    for suffix in (".yaml", ".json"):
        for file in root:
            if file.endswith(suffix):
                return file.removesuffix(suffix)
    return _of_file(stem)


def _native_kind(root: dict[str, Entry], files: Files, name: str) -> Kind | None:
    if f"{name}.yaml" in root:
        return Kind.SOURCE
    entry = root.get(f"{name}.json")
    metadata = None if entry is None else files.glimpse(entry)
    if metadata is None or metadata.root is None:
        return None
    functions, properties = metadata.root.get("functions"), metadata.root.get("properties")
    if functions is not None and functions.kind == "array":
        return Kind.FUNCTION
    if properties is not None and properties.kind in ("array", "object"):
        return Kind.SINK if properties.kind == "array" else Kind.SOURCE
    return None


def _of_file(stem: str) -> str:
    stem = stem.split("@", 1)[0]
    version = re.search(r"[-_]v?[0-9]", stem)
    return stem[: version.start()] if version and version.start() else stem
