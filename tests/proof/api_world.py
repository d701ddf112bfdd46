"""What requests to the plugin API can name: packages, and the plugins that are in them."""

import json
import random
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from kuiper_pack.package.kind import Kind
from kuiper_pack.portable import miniplugin
from kuiper_pack.profiles import Release
from tests.proof.real_servers import Build

AUTHOR = "someone@example.com"
"""Who the packages say that wrote them."""
VARIANTS = ("good",) * 6 + (
    "no-json", "no-yaml", "extras", "script", "failing", "garbage", "empty", "nested", "bad-json",
    "other-so", "versioned",
)  # fmt: skip


@dataclass
class World:
    """Packages are in ``files``, which ``http`` hands out; portables begin with ``stem``."""

    build: Build
    files: Path
    http: str
    stem: str
    rng: random.Random

    @property
    def memory(self) -> tuple[str, ...]:
        """The source and the sink ``memory``, where the release has them."""
        return ("memory",) * 2 if self.build.release >= Release.parse("1.4.0") else ()

    @property
    def variants(self) -> tuple[str, ...]:
        """What is done to packages; a broken description hides others in early releases."""
        return (
            VARIANTS
            if self.build.facts.opens_so
            else tuple(one for one in VARIANTS if one != "bad-json")
        )

    @property
    def functions(self) -> tuple[str, ...]:
        """Functions of portables, where an update leaves no doubt whether there is a process."""
        facts = self.build.facts
        in_doubt = facts.portable_update and not facts.portable_restarts_killed
        return () if in_doubt else (f"{self.stem}aEcho",)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The plugins that the shared objects of a kind are for."""
        return tuple(path.stem for path in self.build.shared_objects[kind.plural])

    def package(self, kind: Kind, name: str, variant: str) -> str:
        """The file name of a package."""
        safe = "".join(one if one.isascii() and one.isalnum() else f"_{ord(one):x}" for one in name)
        path = self.files / f"{kind.plural}-{safe[:80]}-{variant}.zip"
        if not path.exists():
            path.write_bytes(_archive(self._entries(kind, name, variant)))
        return path.name

    def _entries(self, kind: Kind, name: str, variant: str) -> dict[str, bytes]:
        if kind is Kind.PORTABLE:
            entries = miniplugin.files(name)
        else:
            names = self.names(kind)
            so = self.build.shared_object(kind, names.index(name) if name in names else 0)
            file = f"{name}@v1.2.3.so" if variant == "versioned" else f"{name}.so"
            entries = {file: b"garbage" if variant == "garbage" else so}
            if kind is Kind.SOURCE and variant != "no-yaml":
                entries[f"{name}.yaml"] = b"default:\n  interval: 1000\n  password: secret\n"
            entries[f"{name}.json"] = _metadata(kind, name)
        if variant == "no-json":
            entries.pop(f"{name}.json")
        if variant == "bad-json":
            entries[f"{name}.json"] = b'{"about": '
        if variant == "extras":
            entries |= {"etc/extra.txt": b"extra", "README.md": b"read"}
        if variant == "nested":
            entries |= {"lib/deep/file.txt": b"deep"}
        if variant in ("script", "failing"):
            entries["install.sh"] = b"exit 3\n" if variant == "failing" else b"true\n"
        if variant == "other-so":
            entries = {one.replace(".so", "x.so"): data for one, data in entries.items()}
        return {} if variant == "empty" else entries


def _metadata(kind: Kind, name: str) -> bytes:
    hint = {"en_US": "how <often>", "zh_CN": "z"}
    field = {"name": "interval", "default": 1000, "control": "text", "type": "int", "hint": hint}
    fields = [field | {"label": {"en_US": "Interval"}}]
    about = {
        "trial": False,
        "author": {"name": "S", "email": AUTHOR, "company": "", "website": ""},
        "helpUrl": {"en_US": "u"},
        "description": {"en_US": f"{name} & co", "zh_CN": "z"},
    }
    if kind is Kind.FUNCTION:
        value: dict[str, object] = {
            "about": about,
            "functions": [{"name": name, "example": f"{name}(a)", "hint": {"en_US": "h"}}],
        }
    elif kind is Kind.SOURCE:
        value = {"about": about, "libs": [], "properties": {"default": fields}}
    else:
        value = {"about": about, "libs": ["x"], "properties": fields, "node": {"category": "sink"}}
    return json.dumps(value).encode()


def _archive(entries: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return stream.getvalue()
