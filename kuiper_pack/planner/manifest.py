"""The manifest of a portable plugin, as releases decode and check it."""

from collections.abc import Container, Iterator

from kuiper_pack.package.node import Node
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.godecode import DecodeError, Struct, Value, decode
from kuiper_pack.planner.outcome import Refused, raise_first
from kuiper_pack.planner.request import go_version, text
from kuiper_pack.planner.state import Portable
from kuiper_pack.profiles import Profile

_META = {"name": "string", "version": "string", "language": "string", "executable": "string"}
_ENVIRONMENT = {"virtualEnvType": "*string", "env": "*string"}
_SYMBOLS = {"sources": "[]string", "sinks": "[]string", "functions": "[]string"}
_LANGUAGES = ("go", "python")


def decode_manifest(profile: Profile, name: str, data: bytes) -> Portable:
    """The manifest in ``data``; ``name`` stands in where it has none (pkg P-03).

    Raises Refused in the words of encoding/json.
    """
    try:
        values = decode(data, _struct(profile), go_version(profile))
    except DecodeError as error:
        raise Refused(Cause.MANIFEST_INVALID, str(error)) from error
    return Portable(
        name=text(values.get("name", name)),
        version=text(values.get("version")),
        language=text(values.get("language")),
        executable=text(values.get("executable")),
        sources=_symbols(values.get("sources")),
        sinks=_symbols(values.get("sinks")),
        functions=_symbols(values.get("functions")),
        virtual_env_type=_optional(values.get("virtualEnvType")),
        env=_optional(values.get("env")),
    )


def misfit(profile: Profile, data: bytes) -> Node | None:
    """The value for which ``decode_manifest`` refuses what is JSON; None where there is none."""
    try:
        decode(data, _struct(profile), go_version(profile))
    except DecodeError as error:
        return error.node
    return None


def check_manifest(plugin: Portable, expected: str) -> None:
    """Raise Refused where a manifest lacks something."""
    raise_first(list(faults(plugin, expected)))


def faults(plugin: Portable, expected: str) -> Iterator[Refused]:
    """What a manifest lacks, in the order of the servers, which stop at the first (api P-07)."""
    words = "invalid plugin, "
    if plugin.name != expected:
        yield Refused(
            Cause.MANIFEST_NAME, f"{words}expect name '{expected}' but got '{plugin.name}'"
        )
    if not plugin.language:
        yield Refused(Cause.LANGUAGE_MISSING, f"{words}missing language")
    if not plugin.executable:
        yield Refused(Cause.EXECUTABLE_MISSING, f"{words}missing executable")
    if not (plugin.sources or plugin.sinks or plugin.functions):
        yield Refused(Cause.NO_SYMBOLS, f"{words}must define at lease one source, sink or function")
    if plugin.language and plugin.language not in _LANGUAGES:
        yield Refused(
            Cause.LANGUAGE_UNSUPPORTED, f"{words}language '{plugin.language}' is not supported"
        )


def missing_files(plugin: Portable, expected: str, files: Container[str]) -> Iterator[Refused]:
    """What ``files`` of a package lack that a manifest needs, in the order of the servers."""
    sources = [f"sources/{source}.yaml" for source in plugin.sources or ()]
    for one in dict.fromkeys((f"{expected}.json", plugin.executable, *sources)):
        if one and one not in files:
            yield Refused(Cause.REQUIRED_FILE_MISSING, f"missing {one}", subject=one)


def _struct(profile: Profile) -> Struct:
    meta = _META | _ENVIRONMENT if profile.virtual_env else _META
    return Struct("portable", "PluginInfo", meta | _SYMBOLS, dict.fromkeys(meta, "PluginMeta"))


def _symbols(value: Value) -> tuple[str, ...] | None:
    return value if isinstance(value, tuple) else None


def _optional(value: Value) -> str | None:
    return value if isinstance(value, str) else None
