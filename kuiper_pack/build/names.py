"""How the names of a native plugin, its symbol, its shared object and its package hang together."""

import re

from kuiper_pack.errors import KuiperPackError


def symbol_of(name: str) -> str:
    """The exported Go symbol of a plugin: its name with an upper-case first letter."""
    return name[:1].upper() + name[1:]


def shared_object_name(name: str, version: str) -> str:
    """``Name@v1.0.0.so``, or ``Name.so`` without a version.

    Raises :class:`KuiperPackError` for a version that a server could not find again.
    """
    if not version:
        return f"{symbol_of(name)}.so"
    if "@" in version or ".so" in version or "/" in version or "\\" in version:
        raise KuiperPackError(
            f'the version "{version}" must not contain "@", "/" or ".so": no server could '
            "update or delete the plugin"
        )
    return f"{symbol_of(name)}@v{version.removeprefix('v')}.so"


def shared_object_pattern(name: str) -> re.Pattern[str]:
    """File names that servers take for the shared object of the plugin."""
    upper, lower = re.escape(symbol_of(name)), re.escape(name)
    return re.compile(rf"(?:{lower}|{upper})(?P<version>@.*)?\.so")


def package_file_name(name: str, version: str, label: tuple[str, ...]) -> str:
    """``{name}-{version}[-{label}...].zip``, with parts that no file name can hold replaced."""
    parts = [name, version, *label]
    return "-".join(re.sub(r"[^\w.+-]", "_", part) for part in parts if part) + ".zip"
