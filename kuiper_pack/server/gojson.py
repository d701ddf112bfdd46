"""JSON as Go's encoding/json writes it: compact, and safe inside HTML."""

import json
from typing import Any

from kuiper_pack.portable.messages import as_go

_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
        **{chr(code): "\\ufffd" for code in range(0xD800, 0xE000)},
    }
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: Any) -> bytes:
    """The bytes; members in the order of ``value``, what is no Unicode as U+FFFD, 3.0 as 3."""
    text = _ENCODER.encode(value)
    if ".0" in text or "e+" in text:
        text = _ENCODER.encode(as_go(value))
    return text.translate(_ESCAPES).encode()
