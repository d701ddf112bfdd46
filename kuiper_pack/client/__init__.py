"""The plugin REST API as Python: one method per endpoint, one answer per request."""

from kuiper_pack.client.about import About, read_about
from kuiper_pack.client.address import is_loopback
from kuiper_pack.client.answer import Answer, printable
from kuiper_pack.client.client import Client
from kuiper_pack.client.endpoints import JSON, Endpoints, plugin_path, with_json
from kuiper_pack.client.unreachable import Unreachable

__all__ = [
    "JSON",
    "About",
    "Answer",
    "Client",
    "Endpoints",
    "Unreachable",
    "is_loopback",
    "plugin_path",
    "printable",
    "read_about",
    "with_json",
]
