"""Wheels, and Python projects that build one, with nothing from a network."""

import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

BACKEND = '''"""A build backend that packs src/, as PEP 517 asks."""

import pathlib
import zipfile

INFO = "meter_plugin-0.3.0.dist-info"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("left-behind").touch()
    name = "meter_plugin-0.3.0-@@tag@@.whl"
    requires = "".join(f"Requires-Dist: {one}\\n" for one in @@requires@@)
    head = "Metadata-Version: 2.1\\nName: meter-plugin\\nVersion: 0.3.0\\n"
    about = "Wheel-Version: 1.0\\nGenerator: hand (1)\\nRoot-Is-Purelib: true\\nTag: @@tag@@\\n"
    files = {f"{INFO}/METADATA": head + requires, f"{INFO}/WHEEL": about}
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path in pathlib.Path("src").rglob("*.py"):
            wheel.write(path, path.relative_to("src"))
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{INFO}/RECORD", "".join(f"{path},,\\n" for path in wheel.namelist()))
    return name
'''

PYPROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[tool.kuiper-pack]
kind = "portable"
name = "meter"
bundle = "wheels"
"""

FILES = {
    "meter.json": '{"version": "0.3.0", "language": "python", "executable": "main.py",'
    ' "functions": ["meter"]}',
    "main.py": "import meter_plugin\n\nprint(meter_plugin.text())\n",
    "functions/meter.json": '{"about": {}, "functions": []}',
    "src/meter_plugin/__init__.py": "def text():\n    import units\n\n    return units.NAME\n",
}


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
) -> Path:
    """A wheel of one module that says its version, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {one}\n" for one in requires)
    content = {
        **(files or {f"{name}.py": f"NAME = '{name} {version}'\n"}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{one},,\n" for one in (*content, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for one, text in content.items():
            wheel.writestr(one, text)
    return path


def make_project(
    folder: Path,
    *,
    settings: str = "",
    requires: Iterable[str] = ("units",),
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
) -> Path:
    """A portable plugin as a Python project whose wheel needs ``requires``."""
    backend = BACKEND.replace("@@requires@@", repr(list(requires))).replace("@@tag@@", tag)
    content = {
        **FILES,
        "backend.py": backend,
        "pyproject.toml": PYPROJECT + settings,
        **(files or {}),
    }
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
