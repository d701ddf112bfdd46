"""The plugin REST API as Python: one method per endpoint, one answer per request."""

from kuiper_pack.client.address import is_loopback
from kuiper_pack.client.answer import Answer
from kuiper_pack.client.client import Client
from kuiper_pack.client.endpoints import Endpoints
from kuiper_pack.client.unreachable import Unreachable

__all__ = ["Answer", "Client", "Endpoints", "Unreachable", "is_loopback"]
