"""Running the command line, and packages to run it on."""

import zipfile
from pathlib import Path

from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from tests.shared_objects import ELF

SOURCE = {"random.so": ELF, "random.yaml": b"default:\n  interval: 10\n"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def pack(path: str, files: dict[str, bytes]) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def lay_out(folder: str, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
