"""Ways to build Go plugins and the programs that open them, right and wrong ones."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flags:
    """One way to build.

    Attributes:
        name: how tables call it.
        arguments, environment: of ``go build``, on top of a clean environment.
        mode: its ``-buildmode``.
        modfile: ``go.mod``, or ``newer.mod`` with another version of the dependency.
        tree: ``source``; ``vendored`` with the dependency in the folder of the module; or one where
            the shared package is another.
        moved_go: whether the same Go is called by another path.
        since: the first Go that can do so.
    """

    name: str
    arguments: tuple[str, ...] = ("-trimpath",)
    environment: tuple[tuple[str, str], ...] = ()
    mode: str = "plugin"
    modfile: str = "go.mod"
    tree: str = "source"
    moved_go: bool = False
    since: tuple[int, int] = (1, 15)

    def known_to(self, version: str) -> bool:
        """Whether a Go version like ``1.25.4`` can build so."""
        major, minor = re.findall(r"\d+", version)[:2]
        return (int(major), int(minor)) >= self.since


PLAIN = Flags("plain")
UNTRIMMED = Flags("untrimmed", ())
FLAGS = (
    PLAIN,
    Flags("stripped", ("-trimpath", "-ldflags=-s -w")),
    UNTRIMMED,
    Flags("race", ("-trimpath", "-race")),
    Flags("cover", ("-trimpath", "-cover", "-coverpkg=./..."), since=(1, 20)),
    Flags("unoptimised", ("-trimpath", "-gcflags=all=-N -l")),
    Flags("main-unoptimised", ("-trimpath", "-gcflags=-N -l")),
    Flags("unrelated-tag", ("-trimpath", "-tags=unrelated")),
    Flags("tag-of-dependency", ("-trimpath", "-tags=other")),
    Flags("other-constant", tree="other-constant"),
    Flags("other-body", tree="other-body"),
    Flags("other-lines", tree="other-lines"),
    Flags("other-dependency", modfile="newer.mod"),
    Flags("vendored", tree="vendored"),
    Flags("moved-go", moved_go=True),
    Flags("newer-processor", environment=(("GOAMD64", "v3"),), since=(1, 18)),
    Flags("symbolic", ("-trimpath", "-ldflags=-extldflags=-Wl,-Bsymbolic")),
    Flags("c-shared", mode="c-shared"),
    Flags("program", mode="pie"),
)
"""How plugins are built."""

CGO = Flags("cgo", mode="exe")
NO_CGO = Flags("no-cgo", environment=(("CGO_ENABLED", "0"),), mode="exe")
UNTRIMMED_HOST = Flags("untrimmed", (), mode="exe")
RACE_HOST = Flags("race", ("-trimpath", "-race"), mode="exe")
INTERNAL_HOST = Flags("internal", ("-trimpath", "-ldflags=-linkmode=internal"), mode="exe")
STATIC_HOST = Flags("static", ("-trimpath", "-ldflags=-extldflags=-static"), mode="exe")
