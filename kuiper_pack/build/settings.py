"""The keys of kuiper-pack.toml: what each is called, what it holds, and how it is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kuiper_pack.build.deflate import COMPRESSIONS
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import ARCHITECTURES
from kuiper_pack.package.kind import Kind
from kuiper_pack.report import FORMATS
from kuiper_pack.rules.finding import THRESHOLDS
from kuiper_pack.spelling import did_you_mean

WHEELS = "wheels"
"""What ``bundle`` takes: everything the plugin needs goes along as wheels."""


class WrongValue(ValueError):
    """A value that a key cannot have; the text says what it can."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the field of Project it fills and how its value is read."""

    field: str
    read: Callable[[object], Any]


def text(value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValue("must be a text that is not empty")
    return value


def flag(value: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise WrongValue("must be true or false")
    return value


def texts(value: object) -> tuple[str, ...]:
    """One text or a list of them."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise WrongValue('must be a text or a list of texts, like ["2.4.0"]')
    return tuple(items)


def releases(value: object) -> tuple[str, ...]:
    """One release or a list of them, as on the command line."""
    from kuiper_pack.profiles import select

    found = texts(value)
    try:
        select(found)
    except KuiperPackError as error:
        raise WrongValue(str(error)) from None
    return found


def one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    """One of a few words."""

    def read(value: object) -> str:
        if value not in words:
            hint = did_you_mean(str(value), words)
            raise WrongValue(f"must be one of {', '.join(words)}{hint}")
        return str(value)

    return read


def shaped(pattern: str, example: str) -> Callable[[object], str]:
    """A text of a form; ``example`` is one."""

    def read(value: object) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise WrongValue(f'must be a text like "{example}"')
        return value

    return read


def kind(value: object) -> Kind:
    """The word for a kind of plugin."""
    return Kind(one_of(tuple(kind.value for kind in Kind))(value))


def as_is(value: object) -> object:
    """Anything: whoever uses it reads it."""
    return value


KEYS: Mapping[str, Key] = {
    "name": Key("name", text),
    "kind": Key("kind", kind),
    "version": Key("version", text),
    "server": Key("servers", releases),
    "image": Key("image", text),
    "arch": Key("arch", one_of(ARCHITECTURES)),
    "package": Key("package", text),
    "bundle": Key("bundle", one_of((WHEELS,))),
    "python": Key("python", shaped(r"3\.\d+", "3.12")),
    "platform": Key("platform", shaped(r"(?:many|musl)linux_\d+_\d+", "manylinux_2_36")),
    "exclude": Key("exclude", texts),
    "include": Key("include", texts),
    "output": Key("output", text),
    "compression": Key("compression", one_of(COMPRESSIONS)),
    "verify": Key("verify", flag),
    "fix-mod": Key("fix_mod", flag),
    "select": Key("select", texts),
    "ignore": Key("ignore", as_is),
    "fail-on": Key("fail_on", one_of(THRESHOLDS)),
    "format": Key("format", one_of(FORMATS)),
}
"""Every key of kuiper-pack.toml."""
