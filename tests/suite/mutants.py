"""Reference servers with one thing broken, and the clauses that must fail for it.

A mutant is a function in a module ``mutants_*.py`` that answers in the place of one handler of the
service; ``call.sound()`` is what a sound server does and answers. To add one takes three lines.
"""

import importlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import Portable
from kuiper_pack.profiles import Release
from kuiper_pack.server import Reply, Service
from kuiper_pack.server.messages import Asked
from kuiper_pack.server.options import Options

_NOTHING = Asked("", "")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a broken handler; ``names`` are those in the path of the request.

    ``sound()`` does and returns what a sound server does, and ``sound(other)`` for another request.
    """

    service: Service
    asked: Asked
    names: tuple[str, ...]
    handler: Callable[..., Reply]

    def sound(self, other: Asked | None = None) -> Reply:
        """What a sound server does and answers."""
        return (
            self.handler(other or self.asked, *self.names) if self.asked.method else self.handler()
        )

    @property
    def kind(self) -> Kind:
        """The type of plugins in the path."""
        return next(kind for kind in Kind if kind.plural == self.names[0])

    @property
    def name(self) -> str:
        """The name in the path."""
        return self.names[-1]

    @property
    def body(self) -> dict[str, Any]:
        """The members of the body, name and file as texts; none if it is no JSON object."""
        try:
            found = json.loads(self.asked.body)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return found | {key: str(found[key]) for key in ("name", "file") if key in found}

    @property
    def package(self) -> Path:
        """The file that the body names."""
        return Path(url2pathname(urlsplit(self.body.get("file", "")).path))

    @property
    def entries(self) -> list[str]:
        """The names in the package; none if there is no zip."""
        return zipfile.ZipFile(self.package).namelist() if zipfile.is_zipfile(self.package) else []

    @property
    def known(self) -> dict[Kind, dict[str, str]]:
        """The plugins that the server knows: of each type, the version of each name."""
        return self.service.machine.state.native

    @property
    def portables(self) -> dict[str, Portable]:
        """The portable plugins that the server knows."""
        return self.service.machine.state.portables

    @property
    def tried(self) -> set[str]:
        """The portable plugins that this process has ever started, or tried to."""
        return {*self.service.machine.portables._instances}

    @property
    def memory(self) -> set[str]:
        """What the broken server keeps in mind, over restarts too."""
        found: set[str] = vars(self.service).setdefault("memory", set())
        return found

    @property
    def versions(self) -> dict[str, str]:
        """Those of the type in the path."""
        return self.known[self.kind]

    def shared_object(self, name: str, version: str = "") -> Path:
        """Where a plugin of the type in the path has its file."""
        folder = Path(self.service.machine.folders.plugins, self.kind.plural)
        return folder / (f"{name}@{version}.so" if version else f"{name}.so")

    @property
    def functions(self) -> dict[str, str]:
        """What the server knows of functions: the plugin of each name."""
        return self.service.machine.state.symbols

    def json(self, value: Any) -> Reply:
        """200 with JSON."""
        return self.service.json_reply(value)


Breaks = Callable[[Call], Reply | None]
"""Answers in the place of a handler; one that answers no request returns nothing."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reference server that is broken in one ``handler``; exactly the clauses in ``fails`` fail.

    ``reading`` is the one that its run makes binding, ``delivery`` the way that packages come. One
    that is a ``stranger`` is no eKuiper, and not excused for any defect of it. ``token`` and
    ``expired_token`` are those of its run.
    """

    breaks: Breaks
    handler: str
    fails: frozenset[str]
    release: str = "2.4.0"
    strict: bool = False
    reading: str | None = None
    delivery: str = "file"
    stranger: bool = False
    token: str | None = None
    expired_token: str | None = None

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return self.breaks.__name__.replace("_", " ")

    def make(self, release: Release, base: Path, options: Options) -> Service:
        """The broken service, for ``ReferenceServer(make=...)``."""
        return _Broken(self, release, base, options)


def mutant(handler: str, *fails: str, **more: Any) -> Callable[[Breaks], Mutant]:
    """Make a mutant of the function that answers for a method of ``Service``."""
    return lambda breaks: Mutant(breaks, handler, frozenset(fails), **more)


class _Broken(Service):
    def __init__(self, one: Mutant, release: Release, base: Path, options: Options) -> None:
        sound = getattr(self, one.handler)

        def broken(asked: Asked = _NOTHING, *names: str) -> Reply | None:
            if isinstance(asked, Asked) and asked.stream:  # as forms come by a socket
                asked.stream.seek(0)
                asked = asked._replace(body=asked.stream.read(), stream=None)
            return one.breaks(Call(self, asked, names, sound))

        setattr(self, one.handler, broken)
        if one.stranger:
            about = {"version": "of another product", "os": "linux", "upTimeSeconds": 1}
            setattr(self, "root", lambda _: self.json_reply(about))  # noqa: B010 - as above
        super().__init__(release, base, options)


@cache
def mutants() -> tuple[Mutant, ...]:
    """All there are."""
    return tuple(_found())


def _found() -> Iterator[Mutant]:
    for path in sorted(Path(__file__).parent.glob("mutants_*.py")):
        module = importlib.import_module(f"{__package__ or 'tests.suite'}.{path.stem}")
        yield from (one for one in vars(module).values() if isinstance(one, Mutant))
