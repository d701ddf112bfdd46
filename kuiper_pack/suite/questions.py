"""What clauses ask of plugins of any kind again and again."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.packages import Plugin, Portable
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import Server
from kuiper_pack.suite.verdict import Unmet


def refuses(server: Server, kind: Kind, name: str, url: str) -> Reply:
    """Ask that a create is refused and that nothing of that name is there afterwards."""
    __tracebackhide__ = True
    reply = server.post(kind, name, url).refused()
    server.describe(kind, name).refused()
    return reply


def has_version(server: Server, plugin: Plugin | Portable, *versions: str) -> None:
    """Ask that a plugin is there with one of the versions; nobody prescribes other members."""
    __tracebackhide__ = True
    reply = server.describe(plugin.kind, plugin.name)
    if reply.members().get("version") not in versions:
        wanted = " or ".join(f'"{version}"' for version in versions)
        raise Unmet(f"version {wanted}", reply.got)
