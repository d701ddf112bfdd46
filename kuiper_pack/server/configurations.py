"""Configurations of sources and sinks: their keys, read, written, deleted (api M-05, M-06)."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from kuiper_pack.package.jsonio import JSONSyntaxError, parse
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.godecode import cannot_unmarshal
from kuiper_pack.planner.steps import Discard, Failure
from kuiper_pack.planner.steps import Store as Keep
from kuiper_pack.portable.messages import as_go
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.metadata import Metadata
from kuiper_pack.server.metadata_manners import MetadataManners

Keys = dict[str, Any]
"""The fields of a configuration's keys."""

_TABLE = "configurations"
_HIDDEN = "******"
_SECRETS = ("password", "token")
_DURATIONS = ("cacheTtl", "timeout", "expiration", "interval")


class Unknown(LookupError):
    """Nothing of that name has a configuration."""


class Unreadable(ValueError):
    """The body of a request says no fields."""


class Configurations:
    """The configurations of one process of a server; a new process has a new one."""

    def __init__(self, machine: Machine, manners: MetadataManners, metadata: Metadata) -> None:
        self._machine = machine
        self._manners = manners
        self._metadata = metadata
        self._known = {*self._kept()} if manners.brings_back else set()
        self._written: set[tuple[Kind, str, str]] = set()
        """Keys of this process: another one cannot tell those with a dot from others."""
        self._stuck: dict[tuple[Kind, str], str] = {}

    def shown(self, kind: Kind, name: str) -> Keys:
        """All keys, as the release shows them; raises Unknown."""
        self._check(kind, name)
        keys = self._shipped(kind, name)
        for key, fields in self._own(kind, name).items():
            before = keys.get(key, {}) if self._manners.overlays else {}
            keys[key] = {**before, **(fields or {})}
        if self._manners.hides:
            keys = {key: _hidden(fields) for key, fields in keys.items()}
        if self._manners.durations:
            keys = {key: _with_durations(fields) for key, fields in keys.items()}
        return keys

    def write(self, kind: Kind, name: str, key: str, body: bytes) -> str:
        """Write a key, for whatever has this name; why it is not kept. Raises Unreadable.

        Early releases write new keys of what is known, and tell nothing of all others.
        """
        if self._manners.tells_writes:
            return self._write(kind, name, key, body)
        if (kind, name) in self._metadata.keys and not self._own(kind, name).get(key):
            with suppress(Unreadable):
                self._write(kind, name, key, body)
        return ""

    def _write(self, kind: Kind, name: str, key: str, body: bytes) -> str:
        try:
            node = parse(body)
        except JSONSyntaxError as error:
            raise Unreadable(error.message) from error
        if node.kind not in ("object", "null"):
            raise Unreadable(cannot_unmarshal(node, "Go value of type map[string]interface {}"))
        fields = as_go(json.loads(json.dumps(node.plain()), parse_int=float))
        own = self._own(kind, name)
        if self._manners.hides and isinstance(fields, dict):
            before = own.get(key) or {}
            kept = [one for one in _SECRETS if fields.get(one) == _HIDDEN and one in before]
            fields |= {one: before[one] for one in kept}
        if self._manners.durations:
            fields = _with_durations(fields)
        self._known.add((kind, name))
        self._written.add((kind, name, key))
        return self._keep(kind, name, own | {key: fields}, key)

    def delete(self, kind: Kind, name: str, key: str) -> str:
        """Delete a key; what is wrong. Raises Unknown."""
        self._check(kind, name)
        own = self._own(kind, name)
        if key not in own and self._manners.kept_in == "store":
            # The servers try to delete it again with all that follows.
            self._stuck.setdefault((kind, name), f"{kind.plural}.{name}.{key} is not found")
            return self._stuck[kind, name]
        left = {one: fields for one, fields in own.items() if one != key}
        return self._keep(kind, name, left, key)

    def forget(self, kind: Kind, name: str) -> None:
        """Show no more of what is deleted; what is kept comes back with a new process."""
        self._known.discard((kind, name))
        self._written = {one for one in self._written if one[:2] != (kind, name)}
        self._stuck.pop((kind, name), None)

    def _check(self, kind: Kind, name: str) -> None:
        if self._manners.kept_in == "etc":
            if (kind, name) not in self._metadata.keys:
                raise Unknown(name)
        elif (kind, name) not in self._known and self._metadata.described(kind, name) is None:
            raise Unknown(name)

    def _shipped(self, kind: Kind, name: str) -> Keys:
        """The keys that nobody can delete; fields are written as their description writes them."""
        if self._manners.kept_in == "etc" or kind is Kind.SINK:
            return {}
        keys = self._metadata.configuration("etc", kind, name)
        names = {one.lower(): one for one in self._metadata.fields_of(kind, name)}
        return {
            key: {names.get(one.lower(), one.lower()): value for one, value in fields.items()}
            for key, fields in keys.items()
        }

    def _own(self, kind: Kind, name: str) -> Keys:
        """The keys that can be written and deleted."""
        if self._manners.kept_in == "etc":
            return self._metadata.keys.get((kind, name), {})
        if self._manners.kept_in == "data":
            return self._metadata.configuration("data", kind, name)
        start = f"{kind.plural}.{name}."
        kept = self._machine.kept(_TABLE).items()
        found = {
            key.removeprefix(start): json.loads(value)
            for key, (value,) in kept
            if key.startswith(start)
        }
        return {
            key: fields
            for key, fields in found.items()
            if "." not in key or (kind, name, key) in self._written
        }

    def _kept(self) -> Iterator[tuple[Kind, str]]:
        """What has keys in the store."""
        for where in self._machine.kept(_TABLE):
            kinds, _, rest = where.partition(".")
            yield (Kind.SOURCE if kinds == "sources" else Kind.SINK), rest.rpartition(".")[0]

    def _keep(self, kind: Kind, name: str, keys: Keys, changed: str) -> str:
        """Keep all keys, of which one was changed; what is wrong."""
        with self._machine.alone() as performer:
            if self._manners.kept_in == "store":
                where = f"{kind.plural}.{name}.{changed}"
                if changed in keys:
                    performer.perform(Keep(_TABLE, where, (json.dumps(keys[changed]),)))
                else:
                    performer.perform(Discard(_TABLE, where))
                return self._stuck.get((kind, name), "")
            if self._manners.kept_in == "etc":
                self._metadata.keys[kind, name] = keys
            folder = self._machine.folders.named(self._manners.kept_in)
            path = str(Path(folder, kind.plural, f"{name}.yaml"))
            text = yaml.safe_dump(keys, allow_unicode=True).encode()
            failure = performer.files.create(path, 0o666) or performer.files.write(text)
            performer.files.close()
            return f"open {path}: {failure.words}" if isinstance(failure, Failure) else ""


def _hidden(value: Any, name: str = "") -> Any:
    """The value without passwords and tokens."""
    if isinstance(value, dict):
        return {key: _hidden(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    if name.lower() in _SECRETS:
        return _HIDDEN
    if name.lower() == "url" and isinstance(value, str):
        return _without_password(value)
    return value


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return url
    if not password:
        return url
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:{_HIDDEN}@{where}").geturl()


def _with_durations(fields: Any) -> Any:
    """The fields with numbers of milliseconds as Go writes durations."""
    if not isinstance(fields, dict):
        return fields
    shown = dict(fields)
    for name in _DURATIONS:
        value = shown.get(name)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            shown[name] = _duration(int(value))
    return shown


def _duration(milliseconds: int) -> str:
    sign, left = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    if left < 1000:
        return f"{sign}{left}ms" if left else "0s"
    seconds, rest = divmod(left, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    text = f"{seconds % 60}{fraction}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else f"{sign}{text}"
