"""Writing what was found: one writer per format, found by name."""

import importlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TextIO, cast

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.rules.validation import Judgement
from kuiper_pack.spelling import did_you_mean


class Format(NamedTuple):
    """A format: the module with its function ``write``, and what it is, in a line."""

    module: str
    about: str


TABLE = {
    "text": Format("text", "Lines for people, in colour on a terminal."),
    "json": Format("json_document", "Everything, as the JSON Schema `validate` describes it."),
    "sarif": Format("sarif", "SARIF 2.1.0, for code scanning and editors."),
    "junit": Format("junit", "JUnit XML: a test case for each package."),
    "github": Format("github", "Workflow commands: annotations in GitHub Actions."),
    "gitlab": Format("gitlab", "A Code Quality report for GitLab."),
}
"""Every format of ``kuiper-pack validate``; the option, the settings and the docs go by it."""

FORMATS = tuple(TABLE)


class Writer(Protocol):
    """Writes all judgements to a text stream."""

    def __call__(self, judgements: Sequence[Judgement], stream: TextIO) -> None:
        """Write one whole document."""


def writer(name: str) -> Writer:
    """The writer of a format; raises KuiperPackError for one that is not in ``FORMATS``."""
    if name not in TABLE:
        hint = did_you_mean(name, FORMATS)
        known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        raise KuiperPackError(f'there is no format "{name}": {known}{hint}')
    return cast(Writer, importlib.import_module(f"{__name__}.{TABLE[name].module}").write)
