"""What a refusal says, and words in it that more than one reader looks for."""

import re
from contextlib import suppress

from kuiper_pack.client.answer import Answer, printable

OTHER_BUILD = r"different version of package|previous failure"
"""What Go says of a shared object that was built otherwise than the server."""
LOADED = r"already loaded"
"""What Go says of a shared object that the process has under another path."""
OTHER_SYSTEM = r"invalid ELF header|wrong ELF class|GLIBC_|Error relocating"
"""What the dynamic linker says of one for another processor or C library."""
NO_PYTHON = re.compile(r"\bpython3?\b.*executable file not found")
"""What Go says where a portable plugin is to be started and there is no interpreter."""

_ENVELOPE = re.compile(r'\{"error":\d+,"message":"(.*)"\}\s*', re.DOTALL)
_MARKUP = re.compile(
    r"<head\b.*?</head>|<style.*?</style>|<script.*?</script>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_MOST = 2000


def said(answer: Answer) -> str:
    """What an answer says, in one printable line without the JSON or HTML that may be around it.

    Releases from 1.13 to 1.14 do not escape what they put into their JSON (api G-04), so that it
    may be none. Only the note of the answer is left where there was no answer.
    """
    text = answer.text[: 4 * _MOST]
    if (envelope := _ENVELOPE.fullmatch(text)) is not None:
        text = envelope[1]
        with suppress(ValueError):
            text = str(answer.json()["message"])
    elif "html" in answer.content_type:
        text = _MARKUP.sub(" ", text)
    return printable(text)[:_MOST].rstrip() or printable(answer.reason) or answer.note
