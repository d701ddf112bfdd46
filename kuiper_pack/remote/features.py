"""What not every release can do, and what to do where it cannot."""

from collections.abc import Callable
from typing import NamedTuple

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import STABLE, Release, profile
from kuiper_pack.remote.asked import Asked


class Feature(NamedTuple):
    """Something that not every release has: its words, whether one has it, what to do without."""

    words: str
    has: Callable[[Release], bool]
    instead: str = ""


_AGAIN = "drop it, restart the server, and create it"
_REPLACES = "`{update}` replaces it, `kuiper-pack remote drop {name}` deletes it"
_PORTABLES = Feature("portable plugins", lambda one: profile(one).portable)
_FEATURES = {
    "update": Feature("updates of native plugins", lambda one: profile(one).native_update, _AGAIN),
    "udfs": Feature("list of functions", lambda one: profile(one).function_lists),
    "register": Feature("lists of functions", lambda one: profile(one).function_lists),
    "prebuild": Feature("list of ready plugins", lambda one: profile(one).prebuild != "none"),
    "status": Feature("status of plugins", lambda one: profile(one).portable_status),
    "upload": Feature("uploads", lambda one: bool(profile(one).uploads), "give the URL of the zip"),
}
_UPDATES = Feature(
    "updates of portable plugins", lambda one: profile(one).portable_update, "drop and create it"
)


def without_route(asked: Asked) -> str:
    """Why the server has no such route, and what to do; nothing where its release should."""
    feature = _FEATURES.get(asked.verb)
    if asked.kind is Kind.PORTABLE and asked.verb != "status":
        has_them = asked.release is None or _PORTABLES.has(asked.release)
        feature = _UPDATES if asked.verb == "update" and has_them else _PORTABLES
    if feature is None or (asked.release is not None and feature.has(asked.release)):
        return ""
    since = min(one for one in STABLE if feature.has(one))
    instead = f": {feature.instead}" if feature.instead else ""
    text = f"this server has no {feature.words}, which came with eKuiper {since}{instead}"
    if asked.release is None:
        text += "; or --url is not what stands before /plugins"
    return text


def how_to_replace(asked: Asked) -> str:
    """How a plugin that is there already is replaced."""
    feature = _UPDATES if asked.kind is Kind.PORTABLE else _FEATURES["update"]
    if asked.release is None or feature.has(asked.release):
        return _REPLACES
    return feature.instead
