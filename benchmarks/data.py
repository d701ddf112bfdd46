"""Seeded test data that compresses like real plugins: machine code, text and noise."""

import json
import os
import random
import struct
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

POOL = 4 << 20
MIB = 1 << 20
SLICE = 96 << 10
"""Larger than the 32 KiB in which deflate looks back: slices of a pool do not repeat for it."""


def code(size: int, seed: int = 1) -> bytes:
    """Bytes of compiled programs: pieces of a real plugin, made-up ones without Go."""
    real, _ = plugin()
    return _spread(real or _code_pool(), size, seed)


def text(size: int, seed: int = 2) -> bytes:
    """Bytes like those of sources and documents."""
    return _spread(_text_pool(), size, seed)


@cache
def _code_pool() -> bytes:
    """Idioms of a compiler, each a few instructions long, with small operands between them."""
    letters = random.Random(1)
    instructions = [letters.randbytes(letters.choice([1, 2, 3, 3, 4, 5])) for _ in range(2000)]
    likely = [1 / (rank + 4) for rank in range(len(instructions))]
    idioms = [
        b"".join(letters.choices(instructions, likely, k=letters.randint(2, 9)))
        for _ in range(30_000)
    ]
    weights = [1 / (rank + 200) for rank in range(len(idioms))]
    return b"".join(
        idiom + letters.choice([b"", b"\0\0", bytes([letters.randrange(256), 0, 0])])
        for idiom in letters.choices(idioms, weights, k=POOL // 10)
    )


@cache
def _text_pool() -> bytes:
    letters = random.Random(2)
    words = [
        "".join(letters.choices("etaoinshrdlucmfw", k=letters.randint(2, 10))) for _ in range(4000)
    ]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    return " ".join(letters.choices(words, weights, k=POOL // 6)).encode()


def noise(size: int, seed: int = 3) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def _spread(pool: bytes, size: int, seed: int) -> bytes:
    letters = random.Random(seed)
    starts = (letters.randrange(len(pool) - SLICE) for _ in range(0, size, SLICE))
    return b"".join(pool[at : at + SLICE] for at in starts)[:size]


def shared_object(size: int) -> tuple[bytes, str]:
    """A plugin of ``size`` bytes, a real one where Go can compile it, and what it is."""
    real, what = plugin()
    start = real or _elf_header()
    rest = size - len(start)
    words, hiss = rest * 2 // 10, rest // 10
    return start + code(rest - words - hiss) + text(words) + noise(hiss), what


@cache
def plugin() -> tuple[bytes, str]:
    """A real plugin, or nothing where Go is missing, and what it is."""
    from kuiper_pack.build import scaffold
    from kuiper_pack.build.make import build
    from kuiper_pack.build.project import read_project
    from kuiper_pack.errors import KuiperPackError
    from kuiper_pack.package.kind import Kind

    with TemporaryDirectory(prefix="kuiper-pack-benchmarks-") as folder:
        project = Path(folder) / "plugin"
        try:
            scaffold.write(scaffold.render(scaffold.Scaffold(Kind.SOURCE, "large", "go")), project)
            (one,) = build(project, read_project(project))
            with ZipFile(one.path) as archive:
                return archive.read("Large@v0.1.0.so"), "of a real Go plugin, padded"
        except KuiperPackError as error:
            return b"", f"made up, for: {error}"


def small_object(seed: int = 1) -> bytes:
    """A shared object that is too small to load, and still one by its header."""
    return _elf_header() + code(536, seed)


def _elf_header() -> bytes:
    ident = b"\x7fELF\2\1\1" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 0, 0, 64, 56, 0, 64, 0, 0)


def native_zip(path: Path, name: str, so: bytes) -> None:
    """A source package."""
    properties = {"about": {"description": {"en_US": "x"}}, "properties": {"default": []}}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{name[:1].upper()}{name[1:]}@v1.0.0.so", so)
        archive.writestr(f"{name}.yaml", "default:\n  interval: 1s\n")
        archive.writestr(f"{name}.json", json.dumps(properties))


def project(folder: Path, size: int) -> None:
    """A portable project of ``size`` bytes: libraries, a model, and many small files."""
    manifest = {"version": "1", "language": "python", "executable": "main.py", "functions": ["f"]}
    small = {f"lib/package{n % 25}/module{n}.py": text(20 << 10, n) for n in range(500)}
    rest = size - 500 * (20 << 10)
    large = {
        "lib/native.so": code(rest * 6 // 10),
        "model/weights.bin": noise(rest // 10),
        "model/vocabulary.txt": text(rest - rest * 6 // 10 - rest // 10),
    }
    files = {"large.json": json.dumps(manifest).encode(), "main.py": b"pass\n", **small, **large}
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def many_entries(path: Path, count: int) -> None:
    """A portable package of many small files."""
    manifest = {"version": "1", "language": "python", "executable": "main.py", "functions": ["f"]}
    with ZipFile(path, "w", ZIP_STORED) as archive:
        archive.writestr("many.json", json.dumps(manifest))
        archive.writestr("main.py", "pass\n")
        archive.writestr("data/", "")
        for n in range(count):
            archive.writestr(f"data/file{n}", b"x" * 20)


def hostile(folder: Path) -> dict[str, Path]:
    """Packages made to fill the memory of whoever reads them, by what they do."""
    folder.mkdir()
    made = {
        "1 GiB of zeros in 1 MiB": ("zeros", _zeros),
        "100 MiB manifest": ("manifest", _huge_manifest),
        "manifest nested 2 million deep": ("deep", _deep_manifest),
        "65,000 entries with long names": ("names", _long_names),
        "1 GiB declared by 1,000 overlapping entries": ("overlap", _overlapping),
        "100 MiB of noise behind a zip header": ("noise", _noise),
    }
    paths = {}
    for title, (name, make) in made.items():
        paths[title] = folder / f"{name}.zip"
        make(paths[title])
    return paths


def _zeros(path: Path) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive, archive.open("X.so", "w") as entry:
        for _ in range(1024):
            entry.write(bytes(MIB))


def _huge_manifest(path: Path) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive, archive.open("x.json", "w") as entry:
        entry.write(b'{"language": "python", "executable": "')
        for _ in range(100):
            entry.write(b"x" * MIB)
        entry.write(b'"}')


def _deep_manifest(path: Path) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("x.json", '{"language":' + "[" * 2_000_000)


def _long_names(path: Path) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for n in range(65_000):
            archive.writestr(ZipInfo(f"{n:05}" + "n" * 1000), b"")


def _overlapping(path: Path) -> None:
    """Many central records that all name the same megabyte of zeros."""
    content = bytes(MIB)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflater.compress(content) + deflater.flush()
    sizes = (zlib.crc32(content), len(packed), len(content))
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, *sizes, 4, 0) + b"x.so"
    record = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, *sizes, 4, 0, 0, 0, 0, 0, 0)
    start = len(local) + len(packed)
    central = (record + b"x.so") * 1000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1000, 1000, len(central), start, 0)
    path.write_bytes(local + packed + central + end)


def _noise(path: Path) -> None:
    path.write_bytes(b"PK\3\4" + os.urandom(100 * MIB))
