"""The token that a server wants, as users give it."""

import sys
from pathlib import Path

from kuiper_pack.errors import KuiperPackError


def read_token(token: str | None, file: str | None) -> str | None:
    """The token in ``file``, - for the standard input, or else ``token``; None where there is none.

    White space around it does not belong to it. Raises KuiperPackError where the file cannot be
    read or has no token.
    """
    if not file:
        return (token or "").strip() or None
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise KuiperPackError(f"{file}: {why}: name the file that has the token") from error
    if not text.strip():
        raise KuiperPackError(f"{file}: there is no token in it")
    return text.strip()
