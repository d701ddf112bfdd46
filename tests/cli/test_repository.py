"""``kuiper-pack repository`` as a person or a script meets it."""

import json
import zipfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.schemas import load
from tests.shared_objects import ELF

PLACE = "kuiper-plugins/2.4.0/debian/sources/random_amd64.zip"
METADATA = '{"about": {"trial": false}, "properties": {"default": []}}'


def package(folder: Path, name: str = "random", **more: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.zip"
    files = {f"{name}.yaml": "default: {}\n", f"{name}.json": METADATA, **more}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name[:1].upper()}{name[1:]}@v1.0.0.so", ELF)
        for file, text in files.items():
            archive.writestr(file, text)
    return path


def repository(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["repository", *map(str, arguments), "--arch", "amd64"])


def test_each_file_is_a_line(tmp_path: Path) -> None:
    host, zipped = tmp_path / "host", package(tmp_path / "zips")
    first = repository(host, zipped, "--server", "2.4.0")
    assert (first.exit_code, first.stdout) == (0, f"{host / PLACE}  added\n")
    assert (host / PLACE).read_bytes() == zipped.read_bytes()
    assert repository(host, zipped, "--server", "2.4.0").stdout == f"{host / PLACE}  same\n"


def test_the_json_is_that_of_its_schema(tmp_path: Path) -> None:
    options = ("--server", "2.4.0", "--server", "1.4.0", "--format", "json")
    result = repository(tmp_path / "host", package(tmp_path / "zips", "tide"), *options)
    document = json.loads(result.stdout)
    jsonschema.validate(document, load("repository"))
    assert [(one["server"], one["listed"]) for one in document["files"]] == [
        ("1.4.0", True),
        ("2.4.0", False),
    ]
    assert "eKuiper 2.4.0 lists only names that it knows, and the source tide is none" in (
        result.stderr
    )


def test_nothing_is_written_where_one_package_fails(tmp_path: Path) -> None:
    good, bad = package(tmp_path / "zips"), package(tmp_path / "zips", "tide")
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("tide.yaml", "")
    result = repository(tmp_path / "host", good, bad, "--server", "2.4.0", "--kind", "source")
    assert result.exit_code == 1
    assert "KPL" in result.stderr
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "host").exists()


def test_what_cannot_be_read_or_told_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("no zip")
    assert repository(tmp_path / "host", tmp_path / "no.zip", "--server", "2.4.0").exit_code == 2
    without = repository(tmp_path / "host", package(tmp_path / "zips"))
    assert without.exit_code == 2
    assert "like --server 2.4.0" in without.stderr
    assert not (tmp_path / "host").exists()


@pytest.mark.parametrize("option", [[], ["--kind", "sink"]])
def test_a_kind_that_files_do_not_tell_is_asked_for(tmp_path: Path, option: list[str]) -> None:
    path = tmp_path / "zmq.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Zmq.so", ELF)
    result = repository(tmp_path / "host", path, "--server", "2.4.0", *option)
    assert result.exit_code == (0 if option else 2)
    if not option:
        assert result.stderr.endswith("say --kind\n")
