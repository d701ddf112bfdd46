"""Whether a plugin and a server mean the same by the module data that the one hands the other."""

from kuiper_pack.goplugin.host import Host
from kuiper_pack.goplugin.read import Binary
from kuiper_pack.goplugin.why import minor_version

USED = (
    "next", "bad", "pluginpath", "pkghashes", "typemap", "text", "etext", "bss", "ebss", "data",
    "edata", "types", "etypes", "ptab",
)  # fmt: skip
"""The fields that the runtime looks at until it has compared packages (runtime/plugin.go)."""

_GENERATIONS = {
    ("1.15",): 448, ("1.16", "1.17"): 528, ("1.18", "1.19"): 544, ("1.20",): 560,
    ("1.21", "1.22"): 584, ("1.23", "1.24", "1.25"): 576, ("1.26",): 584, ("1.27",): 560,
}  # fmt: skip
"""Go versions whose layouts are alike in these fields, on 64 bits, and where they have ``next``."""

_MADE_BY = {
    (0xFFFFFFFB, 328): "1.15", (0xFFFFFFFA, 408): "1.16", (0xFFFFFFF0, 424): "1.18",
    (0xFFFFFFF1, 440): "1.20",
}  # fmt: skip
"""What module data tells of a Go version that writes no build info into plugins, those before 1.21:
the magic number it leads to, and where it has the table of package hashes, on 64 bits."""


def same_layout(binary: Binary, host: Host) -> bool | None:
    """Whether the runtime of ``host`` finds in the plugin what it looks for; None if not known.

    Where a file does not describe the layout, an equal hash of package runtime or the Go versions
    tell; before Go 1.21 plugins do not name theirs, and what their module data looks like does.
    """
    if binary.layout and host.layout:
        mine, its = host.layout.offsets, binary.layout.offsets
        return all(mine.get(field) == its.get(field) for field in USED)
    here, there = host.packages.get("runtime"), binary.packages.get("runtime")
    if here is not None and here == there:
        return True
    version = _go_of(binary)
    if host.go is None or version is None:
        return None
    return host.go == version or _generation(host.go) == _generation(version)


def next_of(described: Binary | Host) -> int | None:
    """Where a runtime has the pointer to the next module data; None if not known."""
    if described.layout is not None:
        return described.layout.offsets.get("next")
    version = described.go if isinstance(described, Host) else _go_of(described)
    return _GENERATIONS.get(_generation(version)) if version else None


def _go_of(binary: Binary) -> str | None:
    """The Go version that built a plugin, or one with the same layout."""
    if binary.build is not None:
        return binary.build.go_number
    data = binary.plugin.data if binary.plugin else None
    return _MADE_BY.get((data.magic, data.hashes)) if data else None


def _generation(go: str) -> tuple[str, ...]:
    minor = minor_version(go)
    return next((one for one in _GENERATIONS if minor in one), (minor,))
