"""A folder is listed as the package it makes, and nothing outside it is looked at."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.folder import excluded, list_folder
from kuiper_pack.package.package import open_package


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
    write(tmp_path, "data", "runs")
    (tmp_path / "data").chmod(0o600)
    (tmp_path / "runs").chmod(0o700)
    modes = {entry.name: stat.S_IMODE(entry.mode) for entry in list_folder(tmp_path)}
    assert modes == {
        "d/": 0o755, "data": 0o644, "install.sh": 0o755, "program": 0o755, "runs": 0o755,
    }  # fmt: skip


def test_what_is_not_for_packages_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path, ".git/config", "__pycache__/a.pyc", "dist/p.zip", "build/x", "src/build/x",
        "p.egg-info/a", "kuiper-pack.toml", ".venv/x", "node_modules/x", "notes~", "keep.py",
        "secret.key",
    )  # fmt: skip
    names = [entry.name for entry in list_folder(tmp_path, ["*.key"])]
    assert names == ["keep.py", "src/", "src/build/", "src/build/x"]


def test_patterns_match_names_and_paths() -> None:
    assert excluded("a/b/__pycache__")
    assert excluded("dist")
    assert not excluded("a/dist")
    assert excluded("a/b.log", ["a/*.log"])
    assert not excluded("b.log", ["a/*.log"])


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
