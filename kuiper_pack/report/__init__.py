"""Writing what was found: one writer per format, found by name."""

import importlib
from collections.abc import Sequence
from typing import Protocol, TextIO, cast

from kuiper_pack.rules.validation import Judgement

WRITERS = {"text": "kuiper_pack.report.text", "json": "kuiper_pack.report.json_document"}
"""The module of each format; each has a function ``write``."""

FORMATS = tuple(WRITERS)


class Writer(Protocol):
    """Writes all judgements to a text stream."""

    def __call__(self, judgements: Sequence[Judgement], stream: TextIO) -> None:
        """Write one whole document."""


def writer(name: str) -> Writer:
    """The writer of a format in ``FORMATS``."""
    return cast(Writer, importlib.import_module(WRITERS[name]).write)
