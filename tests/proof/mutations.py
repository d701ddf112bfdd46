"""What is done to good packages: to any, to native ones, to portables."""

import stat
from collections.abc import Sequence

from kuiper_pack.package.kind import Kind
from tests.proof.manifests import (
    EXECUTABLES,
    FIELDS,
    TEXTS,
    another_executable,
    another_manifest,
    go_program,
    manifest_as_text,
    second_manifest,
    symbols,
)
from tests.proof.oddities import ADDRESSES, ETC, LAYOUTS, MODES, NAMES, ODD_NAMES, SCRIPTS, SHIPPED
from tests.proof.packages import (
    BAD_PROGRAM,
    CONFIGURATION,
    GARBAGE,
    PROGRAM,
    SHARED_OBJECT,
    Draft,
    Mutation,
    is_so,
)
from tests.proof.rawzip import DOS, FAULTS, NTFS, SHAPES, STORED


def nothing(draft: Draft) -> None:
    """Stay good."""


def address(draft: Draft) -> None:
    draft.address = draft.pick(ADDRESSES)


def shipped_name(draft: Draft) -> None:
    """The name of a source that the server is shipped with."""
    old, draft.name = draft.plugin, draft.pick(SHIPPED)
    rename(draft, old, draft.name)


def layout(draft: Draft) -> None:
    for name in draft.pick(LAYOUTS):
        draft.add(name)


def odd_entry(draft: Draft) -> None:
    draft.put(draft.pick(NAMES))


def two_odd_entries(draft: Draft) -> None:
    odd_entry(draft)
    odd_entry(draft)


def odd_mode(draft: Draft) -> None:
    mode = draft.pick(MODES)
    if draft.rng.random() < 0.5:
        draft.put("special", b"target", mode=mode)
    else:
        victim = draft.rng.choice(draft.items) if draft.items else None
        draft.change(lambda one: one is victim, mode=mode)


def other_creator(draft: Draft) -> None:
    creator = draft.rng.choice((DOS, NTFS, 5, 11, 14, 19))
    draft.change(lambda _: True, creator=creator)


def fault(draft: Draft) -> None:
    victim = draft.rng.choice(draft.items) if draft.items else None
    draft.change(lambda one: one is victim, fault=draft.pick(FAULTS))


def fault_elsewhere(draft: Draft) -> None:
    draft.put("extra.txt", b"some text that is long enough to be cut\n" * 3)
    draft.change(lambda one: one.name == b"extra.txt", fault=draft.pick(FAULTS))


def shape(draft: Draft) -> None:
    draft.shape = draft.pick(SHAPES)


def script(draft: Draft) -> None:
    draft.put("install.sh", draft.pick(SCRIPTS))
    draft.shell_paras = draft.rng.choice(((), (), ("yes",), ("no", "a b"), ("",)))


def two_scripts(draft: Draft) -> None:
    draft.add("install.sh", draft.rng.choice(SCRIPTS[:3]))
    draft.add("install.sh", draft.rng.choice(SCRIPTS[:3]))


def paras(draft: Draft) -> None:
    draft.shell_paras = draft.rng.choice((("",), ("a", "b c"), ("%s", '"'), ("ä", "")))


def broken_script(draft: Draft) -> None:
    draft.put("install.sh", b"exit 0\n" * 9, fault=draft.pick(FAULTS))


def other_name(draft: Draft) -> None:
    """A request for another name than the one that the content is made for."""
    draft.name = draft.rng.choice(
        (draft.plugin[:1].upper() + draft.plugin[1:], draft.plugin.upper(), "other", "x")
    )


def odd_name(draft: Draft) -> None:
    """A name that is no identifier, for request and content alike."""
    old, new = draft.plugin, draft.pick(ODD_NAMES)
    draft.name = new
    if draft.rng.random() < 0.8:
        rename(draft, old, new.strip(" ") if draft.rng.random() < 0.9 else new)


def rename(draft: Draft, old: str, new: str) -> None:
    """Entries that begin with one name begin with another."""
    before = (old.encode(), (old[:1].upper() + old[1:]).encode())
    after = (new.encode(), (new[:1].upper() + new[1:]).encode())

    def renamed(name: bytes) -> bytes:
        for one, other in zip(before, after, strict=True):
            if name.startswith((one + b".", one + b"@")):
                return other + name[len(one) :]
        return name

    for one in list(draft.items):
        draft.change(lambda found, one=one: found is one, name=renamed(one.name))  # type: ignore[misc]


def twice(draft: Draft) -> None:
    if draft.items:
        draft.items.insert(draft.rng.randint(0, len(draft.items)), draft.rng.choice(draft.items))


def missing(draft: Draft) -> None:
    victim = draft.rng.choice(draft.items) if len(draft.items) > 1 else None
    draft.drop(lambda one: one is victim)


def in_folder(draft: Draft) -> None:
    victim = draft.rng.choice(draft.items)
    draft.change(lambda one: one is victim, name=b"sub/" + victim.name)
    if draft.rng.random() < 0.5:
        draft.items.insert(0, type(victim)(b"sub/"))


def as_folder(draft: Draft) -> None:
    """A file that servers look for is a directory."""
    victim = draft.rng.choice(draft.items)
    name = victim.name + b"/" if draft.rng.random() < 0.5 else victim.name
    draft.change(
        lambda one: one is victim, name=name, data=b"", mode=stat.S_IFDIR | 0o755, method=STORED
    )


def so_name(draft: Draft) -> None:
    name, upper = draft.plugin, draft.plugin[:1].upper() + draft.plugin[1:]
    wanted = draft.rng.choice(
        (
            f"{upper}@v1.so",
            f"{upper}@1.so",
            f"{name}@.so",
            f"{name}@v.so",
            f"{name}@a@b.so",
            f"{name}@1.so.so",
            f"{name}@v1/x.so",
            f"{name}@/../../x.so",
            f"{name}@../x.so",
            f"{name}@1/y/z.so",
            f"{name}.SO",
            f"lib{name}.so",
            f"{name}-1.so",
            f"{name}.so.1",
            f"{name.upper()}.so",
            f"{name}@\n.so",
            f"{name}@ .so",
            f"{name}@1.so/",
            f"./{name}.so",
            f"{name}@{'1' * 250}.so",
            f"{name}@ä.so",
            f"{name}@<b>.so",
        )
    )
    draft.change(is_so, name=wanted.encode())


def two_so(draft: Draft) -> None:
    name, upper = draft.plugin, draft.plugin[:1].upper() + draft.plugin[1:]
    for stem in draft.rng.choice(
        ((f"{name}@v2",), (upper,), (name,), (f"{upper}@v9", f"{name}@v10"), (f"{name}x",))
    ):
        draft.put(f"{stem}.so", draft.rng.choice((SHARED_OBJECT, GARBAGE)), method=STORED)


def garbage_so(draft: Draft) -> None:
    draft.change(is_so, data=draft.rng.choice((GARBAGE, b"")))


def configuration(draft: Draft) -> None:
    name = draft.plugin
    wanted = draft.rng.choice(
        (
            (f"{name}.yaml", f"{name}.yaml"),
            (f"{name[:1].upper()}{name[1:]}.yaml",),
            (f"{name}.yml",),
            (f"sources/{name}.yaml",),
            (f"{name}.yaml/",),
            (f"./{name}.yaml",),
        )
    )
    if draft.rng.random() < 0.6:
        draft.drop(lambda one: one.name.endswith(b".yaml"))
    for one in wanted:
        draft.put(one, CONFIGURATION)


def metadata(draft: Draft) -> None:
    name = f"{draft.plugin}.json"
    wanted = draft.rng.choice(((name,), (name, name), (f"{name}/",), (f"{name}/x", name)))
    facts = {"fault": draft.pick(FAULTS)} if draft.rng.random() < 0.5 else {}
    for one in wanted:
        draft.put(one, draft.rng.choice((b"{}", b"{", b"", b"[" * 9)), **facts)


def etc_folder(draft: Draft) -> None:
    for name in draft.pick(ETC):
        draft.add(name)


def functions(draft: Draft) -> None:
    name = draft.plugin
    draft.functions = draft.rng.choice(
        ((name,), ("a", "b"), ("a", "a"), ("",), (name, "abs", "ä"), ("x" * 300,))
    )


def bad_program(draft: Draft) -> None:
    draft.change(lambda one: one.data == PROGRAM, data=BAD_PROGRAM)


ANY: tuple[Mutation, ...] = (
    nothing,
    layout,
    odd_entry,
    fault,
    odd_name,
    two_odd_entries,
    shape,
    odd_mode,
    twice,
    missing,
    script,
    in_folder,
    layout,
    as_folder,
    odd_entry,
    fault_elsewhere,
    other_name,
    other_creator,
    odd_name,
    paras,
    address,
    broken_script,
    two_scripts,
    shape,
    script,
    address,
)
NATIVE: tuple[Mutation, ...] = (
    so_name,
    etc_folder,
    two_so,
    metadata,
    garbage_so,
    etc_folder,
    so_name,
)
PORTABLE: tuple[Mutation, ...] = (
    another_manifest,
    manifest_as_text,
    another_executable,
    go_program,
    symbols,
    second_manifest,
    another_manifest,
    bad_program,
    manifest_as_text,
    another_executable,
    another_manifest,
    another_manifest,
    another_manifest,
)
MUTATIONS: dict[Kind, tuple[Mutation, ...]] = {
    Kind.SOURCE: (*ANY, *NATIVE, configuration, shipped_name, configuration),
    Kind.SINK: (*ANY, *NATIVE),
    Kind.FUNCTION: (*ANY, *NATIVE, functions),
    Kind.PORTABLE: (*ANY, *PORTABLE),
}
CORNERS: tuple[tuple[Mutation, Sequence[object], tuple[Kind, ...]], ...] = (
    (layout, LAYOUTS, (Kind.SINK, Kind.PORTABLE)),
    (odd_entry, NAMES, (Kind.FUNCTION, Kind.PORTABLE)),
    (odd_mode, MODES, (Kind.SINK, Kind.PORTABLE)),
    (odd_name, ODD_NAMES, (Kind.SINK, Kind.PORTABLE)),
    (address, ADDRESSES, (Kind.FUNCTION, Kind.PORTABLE)),
    (script, SCRIPTS, (Kind.SINK, Kind.PORTABLE)),
    (fault, FAULTS, (Kind.SOURCE, Kind.PORTABLE)),
    (shape, SHAPES, (Kind.FUNCTION, Kind.PORTABLE)),
    (shipped_name, SHIPPED, (Kind.SOURCE,)),
    (etc_folder, ETC, (Kind.SOURCE,)),
    (another_manifest, FIELDS, (Kind.PORTABLE,)),
    (manifest_as_text, TEXTS, (Kind.PORTABLE,)),
    (another_executable, EXECUTABLES, (Kind.PORTABLE,)),
)
"""Tables whose every row is tried, and for which kinds."""
