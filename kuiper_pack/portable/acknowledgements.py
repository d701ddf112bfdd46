"""Whether a server waits until a sink has acknowledged a row, and what is easily got wrong there.

Seen on 1.14.7 and 2.4.0: the first heeds ``requiredACKs`` of a resource only, as it wants a whole
number and all numbers of a rule are floats; the second refuses a rule whose ``requireAck`` is no
boolean, and takes no heed of ``requiredACKs``.
"""

from collections.abc import Mapping
from typing import Any

from kuiper_pack.portable.errors import PluginError
from kuiper_pack.portable.messages import kind_of, member

_HOW = {
    "requireAck": "requireAck: true in the action",
    "requiredACKs": "requiredACKs: 1 in the section of the sink's yaml that resourceId names",
}
"""The options of the releases (profile fact ``portable_ack_option``), and how each is given."""


def waits(option: str, config: Mapping[str, Any]) -> bool:
    """Whether each row waits for its acknowledgement; raises PluginError where a rule is refused.

    A whole number in ``config`` is one from yaml, as JSON has none in Go.
    """
    if option == "requireAck":
        given = member({**config}, option.lower())
        if not isinstance(given, bool | None):
            raise PluginError(
                f"requireAck is {kind_of(given)}: the server refuses such a rule, say true or false"
            )
        return bool(given)
    count = config.get(option)
    return type(count) is int and count > 0


def misplaced(option: str, config: Mapping[str, Any]) -> str:
    """A note on an option of ``config`` that the release does not heed; empty where all is well."""
    for other in _HOW:
        if other in config and other != option:
            heeds = f"heeds {_HOW[option]}" if option else "reads no acknowledgements"
            return f"{other} means nothing to this server, which {heeds}"
    if isinstance(config.get("requiredACKs"), float):
        return f"requiredACKs of an action is not heeded: this server wants {_HOW[option]}"
    return ""


def unread(name: str, option: str) -> str:
    """The note on a sink that acknowledges rows to a server that does not wait for it."""
    return (
        f"sink {name} acknowledges rows, and the server reads that only with {_HOW[option]}: some "
        "400 rows on, the sink hangs"
    )
