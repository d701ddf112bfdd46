"""The REST API of one server: a request in, a reply out, no sockets."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.outcome import Refused, refusal
from kuiper_pack.planner.request import go_version
from kuiper_pack.profiles import Release, profile
from kuiper_pack.server.conventions import (
    ANY_ORIGIN,
    BODIES_OF_HEAD,
    MALFORMED,
    has_body,
    moved,
    page_refused,
    preflight,
    read,
)
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.manners import manners
from kuiper_pack.server.messages import Asked, Reply, outcome_reply, text_reply
from kuiper_pack.server.options import Options
from kuiper_pack.server.routes.batch import BatchRoutes
from kuiper_pack.server.routes.functions import FunctionRoutes
from kuiper_pack.server.routes.metadata import MetadataRoutes
from kuiper_pack.server.routes.native import NativeRoutes
from kuiper_pack.server.routes.portables import PortableRoutes
from kuiper_pack.server.routes.prebuild import PrebuildRoutes
from kuiper_pack.server.routes.root import RootRoutes
from kuiper_pack.server.routes.rules import RuleRoutes
from kuiper_pack.server.routes.section import Route, Section
from kuiper_pack.server.routes.streams import StreamRoutes
from kuiper_pack.server.routes.uploads import UploadRoutes
from kuiper_pack.server.tokens import OPEN, Tokens


class Service(
    RootRoutes,
    UploadRoutes,
    BatchRoutes,
    MetadataRoutes,
    PrebuildRoutes,
    FunctionRoutes,
    PortableRoutes,
    NativeRoutes,
    StreamRoutes,
    RuleRoutes,
):
    """One reference server without sockets: the sections of the API, which are its base classes.

    ``base`` holds all that outlives it. ``exit_code`` is set once the server was asked to end.
    ``handle`` may be called from several threads.
    """

    def __init__(self, release: Release, base: Path, options: Options | None = None) -> None:
        self.release = release
        self.profile = profile(release)
        self.manners = manners(release)
        self.options = options or Options()
        self._tokens = self._tokens_of(self.options.public_keys)
        self._no_body_of_head = go_version(self.profile) < BODIES_OF_HEAD
        self.machine = Machine(release, base, self.options)
        self.order = random.Random(0)  # noqa: S311 - only that no order is promised
        self._boot()
        self._routes: dict[str, list[Route]] = {}
        for section in _SECTIONS:
            for route in section.routes(self):
                for method in route.methods:
                    self._routes.setdefault(method, []).append(route)

    @property
    def exit_code(self) -> int | None:
        """The code that the process is to end with, or None."""
        return self.machine.performer.exit_code

    def close(self) -> None:
        """Wait for the plan that runs, and let go of the folder."""
        self._halt()
        self.machine.close()

    def restart(self) -> None:
        """What a new process on the same folder would be."""
        self._halt()
        self.machine.restart()
        self._boot()

    def waits(self, method: str, path: str) -> bool:
        """Whether ``handle`` may take its time; what is only read from memory does not."""
        found = self._found(method, path)
        return found is None or found[0].waits

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | BinaryIO = b"",
    ) -> Reply:
        """The reply to a request; ``target`` is what stands in the request line."""
        held = body if isinstance(body, bytes) else b""
        asked = read(method, target, headers or {}, held)
        if isinstance(asked, Reply):
            return asked
        if method == "HEAD" and self._no_body_of_head and has_body(asked):
            return MALFORMED
        if not isinstance(body, bytes):
            asked = asked._replace(stream=body)
        if method == "OPTIONS" and self.manners.cors:
            return preflight(self.manners, asked)
        refused = page_refused(asked, self.options.allowed_origins)
        reply = refused or moved(asked, target) or self.answer(asked)
        if self.manners.cors and "origin" in asked.headers:
            return reply._replace(headers={**reply.headers, **ANY_ORIGIN})
        return reply

    def answer(self, asked: Asked) -> Reply:
        """The reply of the route; a path without one is 404, a method without one 405."""
        found = self._found(asked.method, asked.path)
        if found is None:
            known = any(self._found(method, asked.path) for method in self._routes)
            return Reply(405) if known else text_reply(404, "404 page not found\n")
        problem = self._token_problem(asked)
        if problem is not None:
            return text_reply(401, f"{problem}\n")
        route, names = found
        try:
            return self._handled(route, asked, *names)
        except Refused as refused:
            return outcome_reply(refusal(self.profile, refused))
        except KuiperPackError as error:
            return text_reply(500, f"{error}\n")

    def _found(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """The route that answers, and the names that stand in the path."""
        for route in self._routes.get(method, ()):
            if match := route.pattern.fullmatch(path):
                return route, match.groups()
        return None

    def _handled(self, route: Route, asked: Asked, *names: str) -> Reply:
        try:
            return route.handler(asked, *names)
        finally:
            if asked.method != "GET":
                for section in _SECTIONS:
                    section.changed(self)

    def _tokens_of(self, folder: Path | None) -> Tokens | None:
        if folder is None:
            return None
        if not self.manners.tokens:
            raise KuiperPackError(f"release {self.release} knows no tokens: leave the keys out")
        if not folder.is_dir():
            raise KuiperPackError(f"{folder}: there is no such folder: put public keys into one")
        return Tokens(folder, go_version(self.profile), coded=self.manners.tokens == "coded")

    def _token_problem(self, asked: Asked) -> str | None:
        if self._tokens is None or asked.path in OPEN:
            return None
        return self._tokens.problem(asked.headers.get("authorization", ""))

    def _boot(self) -> None:
        for section in _SECTIONS:
            section.boot(self)

    def _halt(self) -> None:
        for section in _SECTIONS:
            section.halt(self)


_SECTIONS: tuple[type[Section], ...] = Service.__bases__
