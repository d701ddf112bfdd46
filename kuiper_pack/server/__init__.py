"""The reference server: the planner's plans, performed on disk, with the REST API on top."""

from kuiper_pack.server.messages import Reply
from kuiper_pack.server.options import Options
from kuiper_pack.server.reference import ReferenceServer
from kuiper_pack.server.service import Service

__all__ = ["Options", "ReferenceServer", "Reply", "Service"]
