"""A sink: a file of JSON lines."""

from pathlib import Path
from typing import Any, TextIO

from ekuiper import Context, Sink


class Journal(Sink):
    """Appends what a rule gives, one line per message."""

    file: TextIO | None = None

    def configure(self, conf: dict[str, Any]) -> None:
        """Take the path; called once per rule, before open."""
        if not conf.get("path"):
            raise ValueError("journal: the action needs a path")
        self.path = Path(conf["path"])

    def open(self, ctx: Context) -> None:
        """Open the file, with the folders above it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a", encoding="utf-8")

    def collect(self, ctx: Context, data: Any) -> None:
        """Write one message; it comes as the bytes of a JSON document."""
        if self.file is not None:
            text = data.decode() if isinstance(data, bytes) else str(data)
            self.file.write(text + "\n")
            self.file.flush()

    def close(self, ctx: Context) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None
