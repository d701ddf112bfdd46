"""Hypothesis strategies that draw packages and the files they are made of, good ones and bad ones.

What is good is no opinion of this module: a good package is one that the planner says the release
installs, a bad one what it says the release refuses. Documents are good where they fit their JSON
Schema. Every strategy draws both unless ``good`` says which.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from string import ascii_letters, ascii_lowercase, digits
from typing import Any

from hypothesis import strategies as st

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import predict
from kuiper_pack.profiles import NEWEST, Release, profile
from kuiper_pack.testing.generated import GeneratedPackage
from kuiper_pack.testing.stub import shared_object

__all__ = [
    "GeneratedPackage",
    "configurations",
    "manifests",
    "metadata",
    "names",
    "packages",
    "zips",
]

Document = dict[str, Any]
_Fault = Callable[[GeneratedPackage], GeneratedPackage]

_PROGRAM = """from ekuiper import PluginConfig, plugin

plugin.start(PluginConfig({name!r}, {{}}, {{}}, {{}}))
"""
_SCRIPT = b"#!/bin/sh\nexit 0\n"
_WORDS = st.builds(
    str.__add__,
    st.sampled_from(ascii_lowercase),
    st.text(ascii_letters + digits, max_size=8),
)
_TEXTS = st.text("abcXYZ 019.,:;#%-_{}[]äß漢字", max_size=8)
_SCALARS = st.one_of(st.booleans(), st.integers(-(2**31), 2**31), _TEXTS)
_LANGUAGES = st.fixed_dictionaries({"en_US": _TEXTS}, optional={"zh_CN": _TEXTS})
_SYMBOL_LISTS = ("sources", "sinks", "functions")


def names() -> st.SearchStrategy[str]:
    """Names that every release takes for a plugin of any kind."""
    return _WORDS.filter(lambda name: name not in ("prebuild", "con", "prn", "aux", "nul"))


def packages(
    kind: Kind | str | None = None,
    release: Release | str = NEWEST,
    *,
    good: bool | None = None,
    shared_object: bytes | None = None,
    named: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[GeneratedPackage]:
    """Packages of ``kind``, by default of every kind that ``release`` takes.

    Native ones hold ``shared_object``, by default a header that no server can load: give a real one
    where the server loads it. Portable ones are Python programs on the SDK, which start and do
    nothing. ``install.sh`` does nothing either. Names are drawn from ``named``, by default from
    :func:`names`. Raises ValueError for a kind that there is not, or
    that the release has no plugins of.
    """
    chosen = release if isinstance(release, Release) else Release.parse(release)
    facts = profile(chosen)
    taken = [one for one in Kind if (facts.native if one.is_native else facts.portable)]
    kinds = [one for one in taken if kind is None or one is Kind(kind)]
    if not kinds:
        raise ValueError(f"eKuiper {chosen} takes no packages of that kind")
    if good is None:
        return st.booleans().flatmap(
            lambda good: packages(kind, chosen, good=good, shared_object=shared_object, named=named)
        )
    if good:
        sound = st.sampled_from(kinds).flatmap(lambda one: _sound(one, shared_object, named))
        return sound.filter(lambda one: _installs(one, chosen))
    spoiled = st.sampled_from(kinds).flatmap(lambda one: _spoiled(one, shared_object, named))
    return spoiled.filter(lambda one: not _installs(one, chosen))


def zips(
    kind: Kind | str | None = None, release: Release | str = NEWEST, *, good: bool | None = None
) -> st.SearchStrategy[bytes]:
    """The bytes of :func:`packages`."""
    return packages(kind, release, good=good).map(GeneratedPackage.zip)


def manifests(*, good: bool | None = None) -> st.SearchStrategy[Document]:
    """Manifests of portable plugins in Python whose program is ``main.py``."""
    if good is None:
        return st.booleans().flatmap(lambda good: manifests(good=good))
    symbols = st.lists(_WORDS, min_size=1, max_size=3, unique=True)
    sound = st.fixed_dictionaries(
        {"language": st.just("python"), "executable": st.just("main.py")},
        optional={"version": st.sampled_from(["1.0.0", "v0.3.1", "2.0.0-beta.1"])},
    ).flatmap(
        lambda meta: st.dictionaries(
            st.sampled_from(_SYMBOL_LISTS), symbols, min_size=1, max_size=3
        ).map(lambda lists: {**meta, **lists})
    )
    if good:
        return sound
    return st.tuples(
        sound,
        st.sampled_from(
            [
                _without("language"),
                _without("executable"),
                _without(*_SYMBOL_LISTS),
                _with("language", "java"),
                _with("language", 3),
                _with("executable", ""),
                _with("sinks", "sink"),
                _with("functions", [1]),
                _with("name", ""),
                _with("virtualEnvType", "venv"),
            ]
        ),
    ).map(lambda drawn: drawn[1](drawn[0]))


def configurations(*, good: bool | None = None) -> st.SearchStrategy[bytes]:
    """Configurations of sources, as YAML (flow style, which is JSON)."""
    if good is None:
        return st.booleans().flatmap(lambda good: configurations(good=good))
    section = st.dictionaries(_WORDS, _SCALARS, max_size=3)
    sections = st.dictionaries(_WORDS, section, max_size=2)
    sound = st.tuples(sections, section).map(lambda both: {**both[0], "default": both[1]})
    if good:
        return sound.map(_json)
    return st.one_of(
        sound.map(_without("default")).map(lambda one: _json({**one, "other": {}})),
        st.tuples(sound, _SCALARS).map(lambda both: _json({**both[0], "default": both[1]})),
        sound.map(lambda one: b"default: [\n" + _json(one)),
        st.sampled_from([b"- default\n", b"3\n", b"\tdefault:\n", b"default: {a: 1\n"]),
    )


def metadata(kind: Kind | str, *, good: bool | None = None) -> st.SearchStrategy[Document]:
    """Descriptions of a source, a sink or functions; raises ValueError for another kind."""
    of = Kind(kind)
    if of is Kind.PORTABLE:
        raise ValueError("metadata are of a source, a sink or a function")
    if good is None:
        return st.booleans().flatmap(lambda good: metadata(of, good=good))
    sound = _metadata(of)
    if good:
        return sound
    part = "functions" if of is Kind.FUNCTION else "properties"
    wrong = [_with("about", None), _with(part, "text"), _with("libs", {"a": 1})]
    if of is not Kind.FUNCTION:
        wrong.append(_without("about"))
    if of is not Kind.SOURCE:
        wrong.append(_with(part, {"default": []}))
    return st.tuples(sound, st.sampled_from(wrong)).map(lambda drawn: drawn[1](drawn[0]))


def _metadata(kind: Kind) -> st.SearchStrategy[Document]:
    about = st.fixed_dictionaries(
        {"trial": st.booleans()}, optional={"description": _LANGUAGES, "helpUrl": _LANGUAGES}
    )
    field = st.fixed_dictionaries(
        {
            "name": _WORDS,
            "control": st.sampled_from(["text", "list", "radio", "select"]),
            "type": st.sampled_from(["string", "int", "bool", "list_string"]),
            "label": _LANGUAGES,
        },
        optional={"default": _SCALARS, "optional": st.booleans(), "hint": _LANGUAGES},
    )
    fields = st.lists(field, max_size=3)
    rest: dict[str, st.SearchStrategy[Any]]
    if kind is Kind.FUNCTION:
        function = st.fixed_dictionaries(
            {"name": _WORDS, "example": _TEXTS}, optional={"hint": _LANGUAGES}
        )
        rest = {"functions": st.lists(function, min_size=1, max_size=3)}
    elif kind is Kind.SINK:
        rest = {"properties": fields}
    else:
        rest = {"properties": st.fixed_dictionaries({"default": fields})}
    optional = {"libs": st.lists(_TEXTS, max_size=2)}
    return st.fixed_dictionaries({"about": about, **rest}, optional=optional)


def _sound(
    kind: Kind, library: bytes | None, named: st.SearchStrategy[str] | None
) -> st.SearchStrategy[GeneratedPackage]:
    return (names() if named is None else named).flatmap(
        lambda name: (
            _sound_portable(name) if kind is Kind.PORTABLE else _sound_native(kind, name, library)
        )
    )


@st.composite
def _sound_native(
    draw: st.DrawFn, kind: Kind, name: str, library: bytes | None
) -> GeneratedPackage:
    upper = name[:1].upper() + name[1:]
    version = draw(st.sampled_from(["", "@v1.0.0", "@v0.3", "@v2.1.0-beta.1"]))
    files = [(f"{upper}{version}.so", shared_object(name) if library is None else library)]
    if kind is Kind.SOURCE:
        files.append((f"{name}.yaml", draw(configurations(good=True))))
    if draw(st.booleans()):
        files.append((f"{name}.json", _json(draw(metadata(kind, good=True)))))
    return _with_extras(draw, GeneratedPackage(kind, name, tuple(files)))


@st.composite
def _sound_portable(draw: st.DrawFn, name: str) -> GeneratedPackage:
    manifest = draw(manifests(good=True))
    files = [
        (f"{name}.json", _json(manifest)),
        ("main.py", _PROGRAM.format(name=name).encode()),
    ]
    for kind in (Kind.SOURCE, Kind.SINK, Kind.FUNCTION):
        symbols = manifest.get(kind.plural, [])
        inside = []
        for symbol in symbols:
            if kind is Kind.SOURCE:
                content = draw(configurations(good=True))
                inside.append((f"{kind.plural}/{symbol}.yaml", content))
            if draw(st.booleans()):
                content = _json(draw(metadata(kind, good=True)))
                inside.append((f"{kind.plural}/{symbol}.json", content))
        files += [(f"{kind.plural}/", b""), *inside] if inside else []
    return _with_extras(draw, GeneratedPackage(Kind.PORTABLE, name, tuple(files)))


def _with_extras(draw: st.DrawFn, one: GeneratedPackage) -> GeneratedPackage:
    """The package with files that no release minds, in any order but folders first."""
    files = list(one.files)
    if draw(st.booleans()):
        files.append(("install.sh", _SCRIPT))
    if draw(st.booleans()):
        files.append(("NOTICE.txt", draw(_TEXTS).encode()))
    if one.kind is Kind.PORTABLE:
        return replace(one, files=tuple(files), programs=frozenset({"install.sh"}))
    order = draw(st.permutations(files))
    return replace(one, files=tuple(order), programs=frozenset({"install.sh"}))


def _spoiled(
    kind: Kind, library: bytes | None, named: st.SearchStrategy[str] | None
) -> st.SearchStrategy[GeneratedPackage]:
    of_kind = _FAULTS_OF_PORTABLES if kind is Kind.PORTABLE else _FAULTS_OF_NATIVE
    faults = {**of_kind, **_FAULTS_OF_ALL}
    if kind is Kind.SOURCE:
        faults["no configuration"] = _drop(lambda name: name.endswith(".yaml"))
    return st.tuples(st.sampled_from(sorted(faults)), _sound(kind, library, named)).map(
        lambda drawn: replace(faults[drawn[0]](drawn[1]), faults=(drawn[0],))
    )


def _drop(unwanted: Callable[[str], bool]) -> _Fault:
    def spoil(one: GeneratedPackage) -> GeneratedPackage:
        return replace(one, files=tuple(file for file in one.files if not unwanted(file[0])))

    return spoil


def _rename(change: Callable[[str], str]) -> _Fault:
    def spoil(one: GeneratedPackage) -> GeneratedPackage:
        return replace(one, files=tuple((change(name), data) for name, data in one.files))

    return spoil


def _manifest(change: Callable[[Document], Document]) -> _Fault:
    """Spoils the manifest of a portable package."""

    def spoil(one: GeneratedPackage) -> GeneratedPackage:
        name, data = one.files[0]
        return replace(one, files=((name, _json(change(json.loads(data)))), *one.files[1:]))

    return spoil


def _broken_manifest(one: GeneratedPackage) -> GeneratedPackage:
    name, data = one.files[0]
    return replace(one, files=((name, data[:-1]), *one.files[1:]))


def _without(*members: str) -> Callable[[Document], Document]:
    return lambda document: {key: one for key, one in document.items() if key not in members}


def _with(member: str, value: object) -> Callable[[Document], Document]:
    return lambda document: {**document, member: value}


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


_FAULTS_OF_ALL: dict[str, _Fault] = {
    "everything in a folder": _rename(lambda name: f"package/{name}"),
    "cut off": lambda one: replace(one, keep=0.6),
    "empty file": lambda one: replace(one, keep=0.0),
}
_FAULTS_OF_NATIVE: dict[str, _Fault] = {
    "no shared object": _drop(lambda name: name.endswith(".so")),
    "shared object of another name": _rename(
        lambda name: f"other{name}" if name.endswith(".so") else name
    ),
}
_FAULTS_OF_PORTABLES: dict[str, _Fault] = {
    "no manifest": lambda one: replace(one, files=one.files[1:]),
    "manifest of another name": lambda one: replace(
        one, files=((f"other{one.files[0][0]}", one.files[0][1]), *one.files[1:])
    ),
    "manifest is no JSON": _broken_manifest,
    "manifest names another plugin": _manifest(_with("name", "other-plugin")),
    "no language": _manifest(_without("language")),
    "unknown language": _manifest(_with("language", "java")),
    "no executable": _manifest(_without("executable")),
    "executable is not there": _manifest(_with("executable", "start.py")),
    "no symbols": _manifest(_without(*_SYMBOL_LISTS)),
    "source without configuration": _manifest(_with("sources", ["unconfigured-one"])),
}


def _installs(one: GeneratedPackage, release: Release) -> bool:
    try:
        return predict(one.package(), release).outcome == "installed"
    except KuiperPackError:
        return False  # no zip at all
