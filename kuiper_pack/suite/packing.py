"""The files of a script: written out where they are small, else made of files that are here."""

import base64
import hashlib
import io
import shlex
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path, PurePosixPath

from kuiper_pack.portable import miniplugin

WIDTH = 100
"""Characters of a line that is easily read."""
_SMALL = 4096
"""Bytes that are written into the script; what is larger comes from its file."""
_PROGRAMS = ("miniplugin/main.py", "miniplugin/plugin.py", "miniplugin/second.py", "sp.py")
"""The programs of portable plugins, below the folder that is ``$K``."""
FOLDER = """\
D=$(mktemp -d); H=; trap 'rm -r "$D"; [ -z "$H" ] || kill "$H"' EXIT; trap 'exit 1' INT TERM"""
FILE = """\
file() { mkdir -p "$(dirname "$D/$1")"; printf %s "$2" | base64 -d >"$D/$1"; }"""
TEXT = """\
text() { mkdir -p "$(dirname "$D/$1")"; printf %s "$2" >"$D/$1"; }"""
PACK = """\
pack() (cd "$D" && exec python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as to: [to.write(one) for one in sys.argv[2:]]' "$@")"""


class Folder:
    """The folder ``$D`` of a script, and the commands that fill it.

    ``ready`` are large files of this machine that may be wanted, as shared objects are.
    """

    def __init__(self, ready: Iterable[Path]) -> None:
        paths = {shlex.quote(str(path.resolve())): path for path in ready}
        paths |= {f'"$K"/{one}': _programs() / one for one in _PROGRAMS}
        self._words = {_digest(path.read_bytes()): word for word, path in paths.items()}
        self._there: dict[str, bytes] = {}

    @property
    def start(self) -> list[str]:
        """What comes before all commands of :meth:`put`, once these are known."""
        wanted = any('"$K"' in self._word(content) for content in self._there.values())
        return [FOLDER, *([f"K={shlex.quote(str(_programs()))}"] if wanted else [])]

    def put(self, name: str, content: bytes) -> Iterator[str]:
        """Commands after which ``content`` is there under ``name``."""
        if self._there.get(name) == content:
            return
        self._there[name] = content
        if len(content) <= _SMALL:
            yield _written(name, content)
            return
        entries = _entries(content)
        if not entries or any(
            len(inside) > _SMALL and not self._word(inside) for inside in entries.values()
        ):
            yield f'echo "put {name} ({len(content)} bytes) into $D, press enter"; read -r _'
            return
        new = {file: inside for file, inside in entries.items() if self._there.get(file) != inside}
        self._there |= new
        yield from self._copied(new)
        yield line("pack", *map(shlex.quote, [name, *entries]))

    def _copied(self, entries: Mapping[str, bytes]) -> Iterator[str]:
        alike = []
        for file, content in entries.items():
            word = self._word(content)
            if not word:
                yield _written(file, content)
            elif word.endswith(f"/{file}"):
                alike.append(word)
            else:
                yield f'cp {word} "$D"/{shlex.quote(file)}'
        if alike:
            yield line("cp", *alike, '"$D"')

    def _word(self, content: bytes) -> str:
        """The file that has it, as a word of the shell; empty where none has."""
        return self._words.get(_digest(content), "")


def _programs() -> Path:
    """Where the programs of portable plugins are installed."""
    return Path(str(files(miniplugin))).parent


def _entries(content: bytes) -> dict[str, bytes]:
    """The files of a package; none where it is more than regular files with sound names."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            found = {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, RuntimeError):  # encrypted, or unknown method
        return {}
    return found if len(found) == len(entries) and all(map(_is_sound, entries)) else {}


def _is_sound(entry: zipfile.ZipInfo) -> bool:
    path, mode = PurePosixPath(entry.filename), entry.external_attr >> 16
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == entry.filename
    return plain and (not mode or stat.S_ISREG(mode))


def _written(name: str, content: bytes) -> str:
    """The command that writes a small file: as text if it is one, in lines that are not long."""
    start = f"text {shlex.quote(name)} "
    if content and all(32 <= one < 127 or one == 10 for one in content):
        text = content.decode()
        first, step = WIDTH - len(start) - 4, WIDTH - 4  # room for quotes
        pieces = [text[:first], *(text[at : at + step] for at in range(first, len(text), step))]
        return start + "\\\n".join(map(shlex.quote, pieces))
    start = f"file {shlex.quote(name)} '"
    coded = base64.b64encode(content).decode()
    first = WIDTH - len(start) - 1
    rest = [coded[at : at + WIDTH - 1] for at in range(first, len(coded), WIDTH - 1)]
    return start + "\n".join([coded[:first], *rest]) + "'"


def line(first: str, *words: str) -> str:
    """A command, in as many lines as it takes."""
    lines = [first]
    for word in words:
        if len(lines[-1]) + len(word) < WIDTH - 2:  # room for a space and " \\"
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return " \\\n".join(lines)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
