"""A portable plugin in the standard library alone: a source, a sink and a function.

``write()`` writes its package; the socket code of the host, ``sp.py``, is a part of it. A server
needs nothing but Python for it, and no SDK.
"""

import json
from importlib.resources import files as resources
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NAME = "mini"
SOURCE, SINK, FUNCTION = "miniCount", "miniLines", "miniEcho"


def write(path: Path, name: str = NAME) -> Path:
    """Write the package and return ``path``: a zip where that ends in ``.zip``, else a folder.

    A plugin of another ``name`` has symbols of that name.
    """
    if path.suffix != ".zip":
        for file, content in files(name).items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_bytes(content)
        return path
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for file, content in files(name).items():
            entry = ZipInfo(file)  # of 1980, so that the bytes depend on the content alone
            entry.external_attr = 0o644 << 16
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


SECOND = "second.py"
"""The program of another version, which counts from a million, and whose function adds one."""


def second_program() -> bytes:
    """That program; it takes the files of the package beside it."""
    return resources(__name__).joinpath(SECOND).read_bytes()


def files(name: str = NAME) -> dict[str, bytes]:
    """The files of the package, by name; see ``write``."""
    here = resources(__name__)
    sp = resources("kuiper_pack.portable").joinpath("sp.py").read_bytes()
    symbols = {kind: old.replace(NAME, name, 1) for kind, old in _SYMBOLS.items()}
    manifest = {
        "name": name,
        "version": "1.0.0",
        "language": "python",
        "executable": "main.py",
        **{kind: [symbol] for kind, symbol in symbols.items()},
    }
    return {
        f"{name}.json": json.dumps(manifest, indent=2).encode() + b"\n",
        "main.py": here.joinpath("main.py").read_bytes(),
        "plugin.py": here.joinpath("plugin.py").read_bytes(),
        "sp.py": sp,
        f"sources/{symbols['sources']}.yaml": b"default:\n  interval: 100\n",
    }


_SYMBOLS = {"sources": SOURCE, "sinks": SINK, "functions": FUNCTION}
