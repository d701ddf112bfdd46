"""The sources whose configurations each release is shipped with, from ``etc/sources`` upstream."""

from bisect import bisect_right
from functools import cache

from kuiper_pack.profiles.release import Release

_SINCE_1_12 = "edgex file httppull httppush memory neuron redis redisSub simulator websocket"
_SHIPPED = {  # since which release
    "0.3.0": "edgex random zmq",
    "0.4.0": "edgex random test zmq",
    "0.4.1": "edgex httppull random test zmq",
    "1.2.0": "edgex file httppull random test zmq",
    "1.4.0-beta.0": "edgex file httppull memory random test zmq",
    "1.5.0": "edgex file httppull memory neuron random sql test zmq",
    "1.7.0": "edgex file httppull httppush memory neuron redis",
    "1.12.0-alpha.1": "edgex file httppull httppush memory neuron redis redisSub",
    "1.12.0-alpha.4": "edgex file httppull httppush kafka memory neuron redis redisSub",
    "1.12.0-beta.1": f"{_SINCE_1_12} kafka",
    "1.13.0-beta.5": _SINCE_1_12,
    "2.0.0-alpha.6": f"{_SINCE_1_12} sql",
    "2.0.0-beta.2": _SINCE_1_12,
    "2.1.0-alpha.1": f"{_SINCE_1_12} dirwatch",
    "2.1.0-alpha.2": _SINCE_1_12,
}

_SINCES = [Release.parse(since) for since in _SHIPPED]
_NAMES = tuple(tuple(sorted(names.split())) for names in _SHIPPED.values())


def shipped_sources(release: Release) -> tuple[str, ...]:
    """The names, sorted; none before there was a plugin API."""
    first_later = bisect_right(_SINCES, release)
    return _NAMES[first_later - 1] if first_later else ()


@cache
def every_shipped_source() -> frozenset[str]:
    """The names that any release is shipped with."""
    return frozenset(name for names in _NAMES for name in names)
