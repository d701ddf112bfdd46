"""A folder is listed as the package it makes, and nothing outside it is looked at."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import list_folder, output_patterns
from kuiper_pack.package.package import Package, open_package
from kuiper_pack.package.walk import fits


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_sorted_with_every_folder_before_its_content(tmp_path: Path) -> None:
    write(tmp_path, "b/z/1", "b/a", "a.txt", "B", "b.txt")
    names = [entry.name for entry in list_folder(tmp_path)]
    assert names == ["B", "a.txt", "b/", "b/a", "b/z/", "b/z/1", "b.txt"]


def test_modes_are_by_need_not_by_umask(tmp_path: Path) -> None:
    (tmp_path / "install.sh").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "program").write_bytes(b"\x7fELF...")
    (tmp_path / "d").mkdir(mode=0o700)
    (tmp_path / "empty").mkdir()
    write(tmp_path, "data", "runs", "d/x")
    (tmp_path / "data").chmod(0o600)
    (tmp_path / "runs").chmod(0o700)
    modes = {entry.name: stat.S_IMODE(entry.mode) for entry in list_folder(tmp_path)}
    assert modes == {
        "d/": 0o755, "d/x": 0o644, "data": 0o644,
        "install.sh": 0o755, "program": 0o755, "runs": 0o755,
    }  # fmt: skip


def test_what_is_not_for_packages_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path, ".git/config", "__pycache__/a.pyc", "dist/p.zip", "build/x", "src/build/x",
        "p.egg-info/a", "kuiper-pack.toml", ".venv/x", "node_modules/x", "notes~", "keep.py",
        "secret.key", ".p.zip.0a1b.tmp",
    )  # fmt: skip
    (tmp_path / "kuiper-pack.toml").write_text("")
    names = [entry.name for entry in list_folder(tmp_path, ["*.key"])]
    assert names == ["keep.py", "src/", "src/build/", "src/build/x"]


def test_what_ci_and_tools_keep_at_the_top_is_no_part_of_the_package(tmp_path: Path) -> None:
    write(
        tmp_path, ".pre-commit-config.yaml", ".gitlab-ci.yml", ".envrc", ".env.local",
        ".circleci/x", ".editorconfig", ".dockerignore", "Jenkinsfile", "uv.lock", "tox.ini",
        "lib/.env", "lib/.libs/openblas.so", "data/.gitkeep", "data/tox.ini", "main.py",
    )  # fmt: skip
    assert [name for name in names(tmp_path) if not name.endswith("/")] == [
        "data/.gitkeep", "data/tox.ini", "lib/.libs/openblas.so", "main.py",
    ]  # fmt: skip


def test_a_file_that_the_settings_include_is_packed_whatever_it_is_called(tmp_path: Path) -> None:
    write(tmp_path, ".data/model.bin", ".data/x.pyc", ".netrc", "tox.ini", "main.py")
    settings = tmp_path / "kuiper-pack.toml"
    settings.write_text('include = [".data", "/tox.ini", ".netrc"]\nexclude = [".netrc"]\n')
    assert names(tmp_path) == [".data/", ".data/model.bin", "main.py", "tox.ini"]


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("[tool.ruff]\n", False),
        ("[tool.kuiper-pack]\nname = 'p'\n", False),
        ("[tool.kuiper-pack]\ninclude = 'pyproject.toml'\n", True),
        ("[project]\nname = 'p'\n", True),
        (
            "[tool.kuiper-pack]\ninclude = ['/pyproject.toml', '*.whl']\nbundle = 'wheels'\n",
            True,
        ),
        ("[build-system]\nrequires = []\n", True),
        ("[project]\nname = 'p'\n[tool.kuiper-pack]\nbundle = 'wheels'\n", False),
    ],
)
def test_a_pyproject_goes_along_where_install_sh_could_install_it(
    tmp_path: Path, text: str, packed: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    write(tmp_path, "main.py")
    assert ("pyproject.toml" in names(tmp_path)) is packed


def test_beside_bundled_wheels_no_others_are_packed(tmp_path: Path) -> None:
    write(tmp_path, "wheelhouse/docopt-0.6.2-py3-none-any.whl", "main.py")
    assert "wheelhouse/" in names(tmp_path)
    (tmp_path / "kuiper-pack.toml").write_text('bundle = "wheels"\n')
    assert names(tmp_path) == ["main.py"]


def test_patterns_match_names_and_paths() -> None:
    assert fits("a/b/__pycache__", ["__pycache__"])
    assert fits("dist", ["/dist"])
    assert not fits("a/dist", ["/dist"])
    assert not fits("a/b.log", ["/*.log"])
    assert fits("a/b.log", ["a/*.log"])
    assert not fits("b.log", ["a/*.log"])


def test_links_are_followed_inside_and_never_out(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    write(folder, "real/file")
    write(outside, "secret")
    (folder / "alias").symlink_to("real/file")
    (folder / "folder").symlink_to("real")
    (folder / "loop").symlink_to(".")
    (folder / "secret").symlink_to(outside / "secret")
    (folder / "escape").symlink_to(outside)
    (folder / "dangling").symlink_to("nowhere")
    entries = {entry.name: entry for entry in list_folder(folder)}
    assert entries["alias"].problem is None
    assert "folder/file" in entries
    assert entries["secret"].problem == "a link out of the folder"
    assert entries["escape"].problem == "a link out of the folder"
    assert entries["dangling"].problem == "a link to nothing"
    assert "loop/real/" not in entries
    package = open_package(folder)
    assert package.read("secret") == b""
    assert package.read("alias") == b"x"


if sys.platform != "win32":

    def test_pipe_is_listed_and_not_opened(tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        (entry,) = list_folder(tmp_path)
        assert (entry.problem, stat.S_ISFIFO(entry.mode)) == ("no regular file", True)


def test_too_large_a_folder_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, *(f"{index}" for index in range(20)))
    with pytest.raises(KuiperPackError, match="more than 10 files"):
        list_folder(tmp_path, max_entries=10)
    with pytest.raises(KuiperPackError, match="cannot be listed"):
        list_folder(tmp_path / "missing")


def zipped(path: Path, **files: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)


def names(folder: Path) -> list[str]:
    return [entry.name for entry in list_folder(folder)]


@pytest.mark.parametrize(
    ("file", "head"), [("kuiper-pack.toml", ""), ("pyproject.toml", "[tool.kuiper-pack]\n")]
)
def test_what_the_settings_exclude_or_put_out_is_no_part_of_the_package(
    tmp_path: Path, file: str, head: str
) -> None:
    write(tmp_path, "main.py", "tests/test.py", "notes.md", "out/packages/report.txt")
    (tmp_path / file).write_text(f'{head}exclude = ["/tests", "*.md"]\noutput = "out/packages"\n')
    assert [name for name in names(tmp_path) if name != "pyproject.toml"] == ["main.py"]
    package = open_package(tmp_path)
    assert "main.py" in package
    assert "notes.md" not in package


def test_packages_of_the_plugin_are_left_out_and_other_zips_stay(tmp_path: Path) -> None:
    write(tmp_path, "tide.json", "Wave@v1.so")
    zipped(tmp_path / "out/tide-1.0.zip", tide_json='{"Executable": "x"}')
    zipped(tmp_path / "deep/in/any.ZIP", tide_json='{"executable" : "x"}')
    zipped(tmp_path / "native.zip", **{"wave@v0.so": ""})
    zipped(tmp_path / "data/tide-model.zip", weights_bin="", tide_json='{"points": 1}')
    zipped(tmp_path / "data/other.zip", other_json='{"executable": "x"}')
    write(tmp_path, "data/no.zip")
    assert names(tmp_path) == [
        "Wave@v1.so", "data/", "data/no.zip", "data/other.zip", "data/tide-model.zip", "tide.json",
    ]  # fmt: skip


def test_the_name_in_the_settings_tells_packages_too(tmp_path: Path) -> None:
    write(tmp_path, "plugin.go")
    (tmp_path / "kuiper-pack.toml").write_text('name = "wave"\n')
    zipped(tmp_path / "out.zip", **{"Wave@v0.so": ""})
    assert names(tmp_path) == ["plugin.go"]


def test_the_output_is_told_from_where_the_settings_stand(tmp_path: Path) -> None:
    assert output_patterns(tmp_path, None) == ("/dist",)
    assert output_patterns(tmp_path, "a/../b[1]/") == ("/b[[]1]",)
    assert fits("b[1]", output_patterns(tmp_path, "b[1]"))
    assert output_patterns(tmp_path, "..") == output_patterns(tmp_path, ".") == ()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_not_utf_8_is_no_package_unless_it_is_excluded(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).touch()
    with pytest.raises(KuiperPackError, match=r"the name of the file .* is not UTF-8; rename it"):
        list_folder(tmp_path)
    assert list_folder(tmp_path, ["*.txt"]) == ()


def test_a_file_that_cannot_be_read_is_no_package_unless_it_is_excluded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "secret")
    opened = Path.open

    def refuse(self: Path, *arguments: Any, **more: Any) -> Any:
        if self.name == "secret":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(KuiperPackError, match="secret: cannot be read: Permission denied; make"):
        open_package(tmp_path)
    assert list_folder(tmp_path, ["secret"]) == ()


def go_project(folder: Path, manifest: str | None = None) -> Package:
    (folder / "cmd").mkdir()
    (folder / "cmd" / "tool.go").touch()
    for name in ("go.mod", "go.sum", "tide.go", "notes.txt"):
        (folder / name).touch()
    (folder / "tide.json").write_text(manifest or '{"about": {}}')
    return open_package(folder)


def test_the_package_of_a_go_project_holds_what_is_compiled_and_not_the_sources(
    tmp_path: Path,
) -> None:
    package = go_project(tmp_path)
    assert [entry.name for entry in package.entries] == ["notes.txt", "tide.json"]
    assert set(package.go_sources) == {"cmd/tool.go", "go.mod", "go.sum", "tide.go"}
    assert "tide.go" not in package


@pytest.mark.parametrize(("language", "packs_sources"), [("go", False), ("python", True)])
def test_a_portable_in_go_is_compiled_and_one_in_python_is_not(
    tmp_path: Path, language: str, packs_sources: bool
) -> None:
    package = go_project(tmp_path, f'{{"language": "{language}", "functions": ["f"]}}')
    assert ("tide.go" in package) is packs_sources
    assert bool(package.go_sources) is not packs_sources
