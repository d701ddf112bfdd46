"""What is built by which Go and how, and what is said of it and seen when it is opened."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kuiper_pack.goplugin.errors import BinaryError
from kuiper_pack.goplugin.host import Host, host_of
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.prediction import Prediction
from kuiper_pack.goplugin.read import Binary, read_binary
from tests.goplugin.flags import (
    CGO,
    FLAGS,
    INTERNAL_HOST,
    NO_CGO,
    PLAIN,
    RACE_HOST,
    STATIC_HOST,
    UNTRIMMED_HOST,
    Flags,
)
from tests.goplugin.workshop import Seen, Workshop, really_open

TOOLCHAINS = ("1.18.10", "1.21.13", "1.22.12", "1.23.4", "1.24.5", "1.25.4", "1.26.8")
"""Go versions that build with all flags, plugins and hosts."""
PLAIN_ONLY = ("1.15.15", "1.17.13", "1.20.14", "1.22.8", "1.23.1", "1.24.1", "1.26.4", "1.27rc1")
"""Those between and around them, of which plain plugins and hosts are enough."""
_ODD_HOSTS_OF = ("1.21.13", "1.25.4")
_LOOKED_UP = ("Make", "Count", "Speak", "hidden", "Missing")


@dataclass(frozen=True, slots=True)
class Subject:
    """A file to open, or a program that opens; ``file`` builds it."""

    go: str
    flags: str
    package: str
    file: Callable[[Workshop], Path]

    @property
    def label(self) -> str:
        """How tables and ledgers call it."""
        return " ".join(filter(None, (self.package, self.go, self.flags)))

    @property
    def panics(self) -> bool:
        """Whether it ends the server by itself, in init(), which no prediction looks at."""
        return self.package == "panics"


def plugin(go: str, flags: Flags = PLAIN, package: str = "plugin") -> Subject:
    """A plugin by one Go and one set of flags."""
    return Subject(go, flags.name, package, lambda shop: shop.plugin(go, flags, package))


def host(go: str, flags: Flags) -> Subject:
    """A program that opens plugins, likewise."""
    return Subject(go, flags.name, "host", lambda shop: shop.host(go, flags))


def odd(go: str) -> tuple[Subject, ...]:
    """What is no whole plugin; some of it is a plain one of this Go, cut short."""

    def cut(percent: int) -> Subject:
        name = f"cut at {percent} %"
        return Subject(go, name, "plugin", lambda shop: shop.cut(shop.plugin(go), percent))

    return (
        Subject("", "C library", "", lambda shop: shop.library()),
        Subject("", "empty", "", lambda shop: shop.written("empty.so", b"")),
        Subject("", "text", "", lambda shop: shop.written("text.so", b"#!/bin/sh\nexit 0\n" * 40)),
        cut(2), cut(50), cut(95),
    )  # fmt: skip


def subjects(all_flags: Sequence[str], plain_only: Sequence[str] = ()) -> Iterator[Subject]:
    """The files that each host opens."""
    for go in all_flags:
        yield from (plugin(go, flags) for flags in FLAGS if flags.known_to(go))
        yield plugin(go, package="plugin/main.go")
        yield plugin(go, package="second")
        yield plugin(go, package="panics")
    yield from map(plugin, plain_only)
    yield from odd(all_flags[-1])


def hosts(all_flags: Sequence[str], plain_only: Sequence[str] = ()) -> Iterator[Subject]:
    """The programs that open them."""
    for go in all_flags:
        yield from (host(go, flags) for flags in (CGO, NO_CGO, UNTRIMMED_HOST))
        if go in _ODD_HOSTS_OF:
            yield from (host(go, flags) for flags in (RACE_HOST, INTERNAL_HOST, STATIC_HOST))
    yield from (host(go, CGO) for go in plain_only)


@dataclass(frozen=True, slots=True)
class Opened:
    """One file of a process: what was said of it, what it did, and how the two differ.

    Attributes:
        predicted, seen: the outcomes.
        differ: what is wrong; "" for nothing.
        panicked: whether init() ended the process where nothing else would have.
        other_words: how the process died, where it was said to die in another way; or "".
    """

    predicted: str
    seen: str
    differ: str
    panicked: bool = False
    other_words: str = ""


def open_all(shop: Workshop, opener: Subject, files: Sequence[Subject]) -> list[Opened]:
    """Open the files one after another in a fresh process, and compare."""
    program = opener.file(shop)
    paths = [one.file(shop) for one in files]
    candidates = [Candidate(str(path), _binary(path)) for path in paths]
    predictions = predict(_host(program), candidates)
    seen = really_open(program, paths)
    found: list[Opened] = []
    for subject, path, prediction, real in zip(files, paths, predictions, seen, strict=False):
        if prediction.outcome == "unknown" and len(files) > 1:  # so what follows is, too
            return [*found, Opened("unknown", real.outcome, "")]
        panicked = subject.panics and prediction.outcome == "ok" and "from init" in real.words
        differ = "" if panicked else difference(prediction, real, _binary(path))
        other = "" if panicked else _other_death(prediction, real)
        found.append(Opened(prediction.outcome, real.outcome, differ, panicked, other))
        if panicked:
            return found
    alive = [one for one in predictions if "the server is gone" not in one.reason]
    if len(alive) != len(seen):
        found.append(Opened("", "", f"{len(seen)} files were opened, not {len(alive)}"))
    return found


def difference(prediction: Prediction, seen: Seen, binary: Binary | BinaryError) -> str:
    """What differs between a prediction and reality, "" for nothing."""
    if prediction.outcome != seen.outcome:
        said = f"{prediction.outcome} ({prediction.reason})"
        return f"{said} not {seen.outcome}: {_beginning(seen.words)}"
    if seen.outcome == "error" and prediction.reason not in seen.words:
        return f"said {prediction.reason!r} not {seen.words!r}"
    looked_up = {} if isinstance(binary, BinaryError) else _types(binary)
    if seen.outcome == "ok" and looked_up != seen.names:
        return f"names {looked_up} not {seen.names}"
    return ""


def _other_death(prediction: Prediction, seen: Seen) -> str:
    if prediction.outcome != "crash" or seen.outcome != "crash":
        return ""
    died_so = prediction.reason in seen.words
    return "" if died_so else f"{prediction.reason!r} not {_beginning(seen.words)!r}"


def _beginning(words: str) -> str:
    return "; ".join([line for line in words.splitlines() if line.strip()][:3])


def _types(binary: Binary) -> dict[str, str]:
    """What Go prints as the types of what can be looked up: with package names, not paths."""
    if binary.plugin is None:
        return {}
    found = {}
    for name in _LOOKED_UP:
        export = binary.plugin.export(name)
        if export is not None:
            written = export.type.replace(f"{binary.plugin.path}.", "main.")
            short = re.sub(r"[\w.-]*/(?:[\w.-]+/)*", "", written)
            found[name] = short if export.kind == "func" else f"*{short}"
    return found


@cache
def _binary(path: Path) -> Binary | BinaryError:
    try:
        return read_binary(path)
    except BinaryError as error:
        return error


@cache
def _host(path: Path) -> Host:
    return host_of(read_binary(path), path.name)
