"""Writing what was found: one writer per format, found by name."""

import importlib
from collections.abc import Sequence
from typing import Protocol, TextIO, cast

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.spelling import did_you_mean

WRITERS = {"text": "kuiper_pack.report.text", "json": "kuiper_pack.report.json_document"}
"""The module of each format; each has a function ``write``."""

FORMATS = tuple(WRITERS)


class Writer(Protocol):
    """Writes all judgements to a text stream."""

    def __call__(self, judgements: Sequence[Judgement], stream: TextIO) -> None:
        """Write one whole document."""


def writer(name: str) -> Writer:
    """The writer of a format; raises KuiperPackError for one that is not in ``FORMATS``."""
    if name not in WRITERS:
        hint = did_you_mean(name, FORMATS)
        raise KuiperPackError(f'there is no format "{name}": {" or ".join(FORMATS)}{hint}')
    return cast(Writer, importlib.import_module(WRITERS[name]).write)
