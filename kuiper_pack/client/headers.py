"""Headers as users write them, and the secrets in them, which nobody is shown."""

import re
from collections.abc import Collection, Mapping

from kuiper_pack.errors import KuiperPackError

MASK = "***"
_SHORTEST_SECRET = 4
_SECRETS = re.compile(
    r"authorization|token|secret|password|passwd|api[-_]?key|cookie", re.IGNORECASE
)


def parse_header(text: str) -> tuple[str, str]:
    """Read ``Name: value``; raises KuiperPackError."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise KuiperPackError(f'"{text}" is no header: write it as "Name: value"')
    return name.strip(), value.strip()


def is_secret(header: str) -> bool:
    """Whether the value of a header is nobody's business."""
    return _SECRETS.search(header) is not None


def secrets_of(token: str | None, headers: Mapping[str, str]) -> tuple[str, ...]:
    """The texts that nobody may be shown, the longest first."""
    values = [value for name, value in headers.items() if is_secret(name)] + [token or ""]
    hidden = {*values, *(value.split()[-1] for value in values if value.strip())}
    return tuple(sorted((one for one in hidden if len(one) >= _SHORTEST_SECRET), key=len))[::-1]


def masked(text: str, secrets: Collection[str]) -> str:
    """The text without the secrets; some servers repeat the token that they refuse."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
