"""The four kinds of plugin packages."""

from enum import Enum


class Kind(Enum):
    """What a package installs as; the value is the word used on the command line."""

    SOURCE = "source"
    SINK = "sink"
    FUNCTION = "function"
    PORTABLE = "portable"

    @classmethod
    def _missing_(cls, value: object) -> None:
        words = ", ".join(kind.value for kind in cls)
        raise ValueError(f'"{value}" is no kind of plugin: it is one of {words}')

    @property
    def plural(self) -> str:
        """The path segment in URLs: ``sources``, ``sinks``, ``functions``, ``portables``."""
        return f"{self.value}s"

    @property
    def folder(self) -> str:
        """The folder below ``plugins/`` on a server; portables live in ``portable``."""
        return self.value if self is Kind.PORTABLE else self.plural

    @property
    def is_native(self) -> bool:
        """Whether the package holds a Go shared object."""
        return self is not Kind.PORTABLE
