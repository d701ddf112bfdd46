"""What rules ask the manifest of a portable package."""

from kuiper_pack.package.node import Member, Node
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Release
from kuiper_pack.rules.finding import Finding
from kuiper_pack.rules.rule import Rule


def in_manifest(
    rule: Rule,
    package: Package,
    message: str,
    value: Node | None,
    *,
    servers: tuple[Release, ...],
    fix: str | None = None,
) -> Finding:
    """A finding at ``value`` in the manifest, or at its beginning."""
    return rule.at(
        package.manifest.entry if package.manifest else None,
        message,
        line=value.line if value else 1,
        column=value.column if value else 1,
        servers=servers,
        fix=fix,
    )


def value_of(package: Package, key: str) -> Node | None:
    """What the server stores for a member of the manifest: keys fold, the last one counts."""
    document = package.manifest
    if document is None or document.root is None:
        return None
    members: tuple[Member, ...] = document.root.fold(key)
    return next((one.value for one in reversed(members) if one.value.kind != "null"), None)


def text_of(package: Package, key: str) -> str:
    """The same for a text; "" where there is none."""
    value = value_of(package, key)
    return value.value if value is not None and isinstance(value.value, str) else ""


def symbols(package: Package, key: str) -> tuple[str, ...]:
    """The names that ``sources``, ``sinks`` or ``functions`` list, each once."""
    listed = value_of(package, key)
    names = (item.value for item in (listed.items if listed else ()))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))
