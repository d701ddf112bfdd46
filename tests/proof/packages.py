"""Packages made from a seed: good ones, and ones with every fault that servers tell apart."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from kuiper_pack.package.kind import Kind
from tests.proof.rawzip import STORED, Item, write_zip

T = TypeVar("T")
SHARED_OBJECT = b"<the shared object of the release>"
GARBAGE = b"\x7fELF that is none"
PROGRAM = b"""import os
from ekuiper import PluginConfig, plugin

plugin.start(PluginConfig(<the name>, {}, {}, {}))
"""
BAD_PROGRAM = b"raise SystemExit(0)\n"
LAUNCHER = b"""#!/bin/sh
exec <the python> "$(dirname "$0")/main.py" "$@"
"""
CONFIGURATION = b"default:\n  interval: 1000\n"
KINDS = (Kind.SOURCE, Kind.SINK, Kind.FUNCTION, Kind.PORTABLE)


@dataclass(frozen=True, slots=True)
class Case:
    """A package and the request that installs it; ``what`` names what was done to it."""

    key: str
    kind: Kind
    name: str
    items: tuple[Item, ...]
    shape: str
    functions: tuple[str, ...]
    shell_paras: tuple[str, ...]
    scheme: str
    address: str
    """The URL of the request; ``{url}`` stands for the place of the package, ``{folder}`` for its
    folder and ``{file}`` for its file name."""
    what: tuple[str, ...]

    def last(self, name: str) -> Item | None:
        """The last item of this name."""
        wanted = name.encode("utf-8", "surrogateescape")
        return next((item for item in reversed(self.items) if item.name == wanted), None)

    def has(self, content: bytes) -> bool:
        """Whether an item has this content."""
        return any(item.data == content for item in self.items)

    def archive(self, shared_object: bytes, python: str) -> bytes:
        """The bytes of the package for one release."""
        name = repr(self.name.strip(" ")).encode()

        def fill(item: Item) -> Item:
            if item.data == SHARED_OBJECT:
                return replace(item, data=shared_object)
            data = item.data.replace(b"<the name>", name)
            return replace(item, data=data.replace(b"<the python>", python.encode()))

        return write_zip(tuple(map(fill, self.items)), self.shape)

    @property
    def body(self) -> dict[str, object]:
        """The request without its URL."""
        body: dict[str, object] = {"name": self.name}
        if self.functions:
            body["functions"] = self.functions
        if self.shell_paras:
            body["shellParas"] = self.shell_paras
        return body


@dataclass(slots=True)
class Draft:
    """A case while it is made."""

    kind: Kind
    plugin: str
    """The name that the content is made for."""
    rng: random.Random
    name: str = ""
    """The name of the request."""
    items: list[Item] = field(default_factory=list)
    manifest: dict[str, object] = field(default_factory=dict)
    shape: str = ""
    functions: tuple[str, ...] = ()
    shell_paras: tuple[str, ...] = ()
    address: str = "{url}"
    row: object = None
    """What is to be picked, where it is in a table; by chance where it is None."""

    def pick(self, table: Sequence[T]) -> T:
        """A row of a table."""
        wanted = [one for one in table if one is self.row]
        return wanted[0] if wanted else self.rng.choice(table)

    @property
    def native(self) -> bool:
        """Whether it is no portable."""
        return self.kind is not Kind.PORTABLE

    def put(self, name: str | bytes, data: bytes = b"text\n", **facts: object) -> None:
        """Add an entry at a random place."""
        self.items.insert(self.rng.randint(0, len(self.items)), item(name, data, **facts))

    def add(self, name: str | bytes, data: bytes = b"text\n", **facts: object) -> None:
        """Add an entry at the end."""
        self.items.append(item(name, data, **facts))

    def change(self, wanted: Callable[[Item], bool], **facts: object) -> None:
        """Change all items that are wanted."""
        self.items = [
            replace(one, **facts) if wanted(one) else one  # type: ignore[arg-type]
            for one in self.items
        ]

    def drop(self, wanted: Callable[[Item], bool]) -> None:
        """Leave out all items that are wanted."""
        self.items = [one for one in self.items if not wanted(one)]

    def finish(self) -> None:
        """Write the manifest where its place is kept."""
        text = json.dumps(self.manifest).encode()
        self.items = [
            replace(one, data=one.data.replace(b"<manifest>", text)) for one in self.items
        ]


Mutation = Callable[[Draft], None]


def item(name: str | bytes, data: bytes, **facts: object) -> Item:
    """An item; text names are UTF-8 with surrogate escapes."""
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    if raw.endswith(b"/"):
        data = b""
    return Item(raw, data, **facts)  # type: ignore[arg-type]


def is_so(one: Item) -> bool:
    """Whether it is the shared object."""
    return one.data == SHARED_OBJECT


def cases(kinds: tuple[Kind, ...], count: int, seed: str, stem: str) -> Iterator[Case]:
    """The first ``count`` cases of a seed; ``stem`` begins every plugin's name.

    Each kind goes through its mutations in order, with up to two more chosen by the seed.
    """
    from tests.proof.mutations import MUTATIONS

    for number in range(count):
        kind = kinds[number % len(kinds)]
        rng = random.Random(f"{seed} {number}")
        draft = base(kind, f"{stem}n{number}", rng)
        mutations = MUTATIONS[kind]
        first = mutations[number // len(kinds) % len(mutations)]
        chosen: list[Mutation] = [first, *rng.choices(mutations, k=rng.choice((0, 0, 0, 1, 1, 2)))]
        for mutation in chosen:
            mutation(draft)
        yield _case(draft, f"{seed} {number}", chosen)


def corners(kinds: tuple[Kind, ...], seed: str, stem: str) -> Iterator[Case]:
    """One case for every row of every table, and every kind that it means something to."""
    from tests.proof.mutations import CORNERS

    number = 0
    for mutation, table, concerned in CORNERS:
        for row in table:
            for kind in concerned:
                if kind not in kinds:
                    continue
                key = f"{seed} corner {number}"
                draft = base(kind, f"{stem}c{number}", random.Random(key))
                draft.row = row
                mutation(draft)
                yield _case(draft, key, [mutation])
                number += 1


def _case(draft: Draft, key: str, mutations: list[Mutation]) -> Case:
    draft.finish()
    return Case(
        key,
        draft.kind,
        draft.name,
        tuple(draft.items),
        draft.shape,
        draft.functions,
        draft.shell_paras,
        draft.rng.choice(("http", "file")),
        draft.address,
        tuple(mutation.__name__ for mutation in mutations),
    )


def base(kind: Kind, name: str, rng: random.Random) -> Draft:
    """A good package."""
    draft = Draft(kind, name, rng, name)
    if kind is Kind.PORTABLE:
        draft.manifest = {
            "version": "v1.0.0",
            "language": "python",
            "executable": "main.py",
            "functions": [f"{name}f"],
        }
        draft.add(f"{name}.json", b"<manifest>")
        draft.add("main.py", PROGRAM)
        if rng.random() < 0.5:
            draft.manifest["sources"] = [f"{name}s"]
            draft.add(f"sources/{name}s.yaml", CONFIGURATION)
        if rng.random() < 0.3:
            draft.manifest["sinks"] = [f"{name}k"]
            draft.add(f"sinks/{name}k.json", b"{}")
        if rng.random() < 0.3:
            draft.add(f"functions/{name}f.json", b"{}")
        return draft
    upper = name[:1].upper() + name[1:]
    stem = rng.choice((name, upper, f"{name}@1.2", f"{upper}@v1.0.0", f"{name}@v2"))
    draft.add(f"{stem}.so", SHARED_OBJECT, method=STORED)
    if kind is Kind.SOURCE:
        draft.put(f"{name}.yaml", CONFIGURATION)
    if rng.random() < 0.3:
        draft.put(f"{name}.json", b'{"about": {}}')
    if kind is Kind.FUNCTION and rng.random() < 0.3:
        draft.functions = (f"{name}x", f"{name}y")
    return draft
