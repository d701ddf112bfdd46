"""What users do to one server, one thing after another, from a seed."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import native, portable
from kuiper_pack.planner.outcome import Plan
from kuiper_pack.planner.state import ServerState
from tests.proof.packages import CONFIGURATION, GARBAGE, PROGRAM, item
from tests.proof.rawzip import STORED, Item

BUILDS = (b"<one shared object>", b"<another shared object>")
"""Stand for shared objects that load; each release has its own."""
FAILING = b"exit 3\n"


@dataclass(frozen=True, slots=True)
class Action:
    """One request, or a restart.

    ``what`` is ``create``, ``update``, ``delete``, ``register`` or ``restart``; ``name`` is that of
    the path or, for a creation, of the body.
    """

    what: str
    kind: Kind = Kind.FUNCTION
    name: str = ""
    body: dict[str, object] | None = None
    items: tuple[Item, ...] = ()

    def __str__(self) -> str:
        names = " ".join(one.name.decode() for one in self.items)
        return f"{self.what} {self.kind.plural} {self.name} {self.body or ''} {names}".strip()


def actions(kinds: tuple[Kind, ...], count: int, seed: str, stem: str) -> Iterator[Action]:
    """The first ``count`` actions of a seed; portables and functions begin with ``stem``."""
    rng = random.Random(seed)
    for _ in range(count):
        yield one_action(rng, kinds, stem, kinds[len(seed) % len(kinds)])


def one_action(
    rng: random.Random, kinds: tuple[Kind, ...], stem: str, favourite: Kind | None = None
) -> Action:
    """An action, as likely as not about the ``favourite`` kind if there is one."""
    names = ("a", "b", "A", "ab")
    what = rng.choices(("create", "update", "delete", "register", "restart"), (8, 4, 4, 1, 1.2))[0]
    kind = rng.choice(kinds) if favourite is None or rng.random() < 0.4 else favourite
    name = rng.choice(names)
    if kind is Kind.PORTABLE:
        name = stem + name
    if what == "register":
        return Action(what, Kind.FUNCTION, name, {"functions": _functions(rng)})
    if what in ("delete", "restart"):
        return Action(what, kind, name)
    path = name
    if what == "update" and rng.random() < 0.2:
        name = stem + "b" if kind is Kind.PORTABLE else rng.choice(names)
    items = _portable(rng, name) if kind is Kind.PORTABLE else _native(rng, kind, name)
    body: dict[str, object] = {"name": name}
    if kind is Kind.FUNCTION and rng.random() < 0.5:
        body["functions"] = _functions(rng)
    return Action(what, kind, path, body, items)


def planned(state: ServerState, action: Action, body: bytes) -> Plan:
    """The plan of an action."""
    kind, name = action.kind, action.name
    if action.what == "register":
        return native.register(state, name, body)
    if kind is Kind.PORTABLE:
        if action.what == "create":
            return portable.create(state, body)
        if action.what == "update":
            return portable.update(state, name, body)
        return portable.delete(state, name)
    if action.what == "create":
        return native.create(state, kind, body)
    if action.what == "update":
        return native.update(state, kind, name, body)
    return native.delete(state, kind, name)


def _functions(rng: random.Random) -> list[str]:
    return rng.sample(["f", "g", "a", "h"], rng.choice((0, 1, 1, 2, 3)))


def _native(rng: random.Random, kind: Kind, name: str) -> tuple[Item, ...]:
    stem = rng.choice((name, name[:1].upper() + name[1:], name.lower()))
    stem += rng.choice(("", "", "@1", "@v2", "@10"))
    content = rng.choice((*BUILDS, *BUILDS, *BUILDS, GARBAGE))
    items = [item(f"{stem}.so", content, method=STORED)]
    if kind is Kind.SOURCE and rng.random() < 0.85:
        items.insert(rng.randint(0, 1), item(f"{name}.yaml", CONFIGURATION))
    if rng.random() < 0.3:
        items.insert(rng.randint(0, len(items)), item(f"{name}.json", b"{}"))
    if rng.random() < 0.3:
        items.append(item("etc/a.conf", b"a"))
    if rng.random() < 0.15:
        items.append(item("install.sh", rng.choice((b"exit 0\n", FAILING))))
    if rng.random() < 0.1:
        items.pop(0)
    return tuple(items)


def _portable(rng: random.Random, name: str) -> tuple[Item, ...]:
    manifest: dict[str, object] = {
        "language": "python",
        "executable": "main.py",
        "functions": rng.choice((["pf"], [f"{name}f"], [])),
        "sources": rng.choice(([], ["ps"], [f"{name}s"])),
        "sinks": rng.choice(([], ["pk"])),
    }
    items = [
        item(f"{name}.json", json.dumps(manifest).encode()),
        item("main.py", PROGRAM.replace(b"<the name>", repr(name).encode())),
        item("sources/ps.yaml", CONFIGURATION),
    ]
    if rng.random() < 0.8:
        items.append(item(f"sources/{name}s.yaml", CONFIGURATION))
    if rng.random() < 0.5:
        items += [item("sinks/pk.yaml", b""), item("sinks/pk.json", b"{}")]
    if rng.random() < 0.4:
        items.append(item("functions/pf.json", b"{}"))
    if rng.random() < 0.2:
        items.append(item("install.sh", rng.choice((b"exit 0\n", FAILING))))
    if rng.random() < 0.1:
        items.pop(rng.randint(0, 2))
    return tuple(items)
