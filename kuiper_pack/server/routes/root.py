"""What the server says about itself: ``/`` and ``/ping``."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.messages import TEXT, Asked, Reply
from kuiper_pack.server.routes.section import Route, Section, route


class RootRoutes(Section):
    """``/`` and ``/ping``."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        yield route("GET POST", "/", self.root, waits=False)
        if self.manners.ping:
            yield route("GET", "/ping", self.ping, waits=False)

    def boot(self) -> None:
        """Begin to count the time."""
        self._started = time.monotonic()

    def root(self, _: Asked) -> Reply:
        """GET /."""
        about: dict[str, Any] = {"version": self.release.text, "os": sys.platform}
        if self.manners.root_arch:
            about["arch"] = host_architecture()
        about["upTimeSeconds"] = int(time.monotonic() - self._started)
        if self.manners.root_usage:
            about |= {"cpuUsage": "0.00%", "memoryUsed": "0", "memoryTotal": "0"}
        return Reply(200, {"Content-Type": TEXT}, dumps(about))

    def ping(self, _: Asked) -> Reply:
        """GET /ping."""
        return Reply(200)
