"""The schemas: sound, named by their $id, and true of what is read and written."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from kuiper_pack.build.deflate import COMPRESSIONS
from kuiper_pack.build.project import read_project
from kuiper_pack.build.settings import KEYS, WHEELS
from kuiper_pack.cli import main
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.architecture import ARCHITECTURES
from kuiper_pack.package.kind import Kind
from kuiper_pack.report import FORMATS
from kuiper_pack.rules.finding import THRESHOLDS
from kuiper_pack.schemas import identifier, load, names

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_there_is_one_for_every_document() -> None:
    assert {"build", "inspect", "kuiper-pack", "rules", "validate"} <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_schema_is_one_and_is_named_by_its_id(name: str) -> None:
    schema = load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == identifier(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_settings_schema_knows_the_keys_that_are_read() -> None:
    assert set(load("kuiper-pack")["properties"]) == set(KEYS)
    assert load("kuiper-pack")["properties"]["format"]["enum"] == list(FORMATS)


def test_the_settings_schema_has_the_words_that_are_read() -> None:
    properties = load("kuiper-pack")["properties"]
    words = {name: tuple(one["enum"]) for name, one in properties.items() if "enum" in one}
    assert words == {
        "kind": tuple(kind.value for kind in Kind),
        "arch": ARCHITECTURES,
        "bundle": (WHEELS,),
        "compression": COMPRESSIONS,
        "fail-on": THRESHOLDS,
        "format": FORMATS,
    }


SETTINGS = [
    'name = "random"\nkind = "source"\nserver = ["2.4.0", "1.14"]\nfail-on = "warning"\n',
    'ignore = ["KPC01"]\nselect = "KP"\nexclude = ["*.md"]\nverify = true\n',
    '[[ignore]]\nrule = "KPC05"\nreason = "why"\nuntil = "2027-01-31"\npath = "*.yaml"\n',
    'fail-on = "never"\n',
    'compression = "zlib"\narch = "arm64"\nimage = "alpine"\n',
    'bundle = "wheels"\npython = "3.12"\nplatform = "musllinux_1_2"\n',
    'bundle = "eggs"\n',
    "python = 3.12\n",
    'python = "2.7"\n',
    'platform = "manylinux2014"\n',
    'kind = "sources"\n',
    'nome = "random"\n',
    "name = 3\n",
    'fail-on = "fatal"\n',
    '[[ignore]]\nrule = "KPC05"\n',
    '[[ignore]]\nrule = "KPC05"\nreason = "why"\nowner = "me"\n',
    "server = [2.4]\n",
    'verify = "yes"\n',
]


@pytest.mark.parametrize("text", SETTINGS)
def test_settings_that_are_read_fit_the_schema_and_others_do_not(text: str, tmp_path: Path) -> None:
    (tmp_path / "kuiper-pack.toml").write_text(text)
    assert fits(tomllib.loads(text), "kuiper-pack") == readable(tmp_path)


def fits(document: dict[str, Any], name: str) -> bool:
    return bool(jsonschema.Draft202012Validator(load(name)).is_valid(document))


def readable(folder: Path) -> bool:
    try:
        read_project(folder)
    except KuiperPackError:
        return False
    return True


@pytest.mark.parametrize("files", [{"a.so": b"", "a.yaml": b""}, {"a.so": b""}, {"b/c/d": b""}])
def test_what_inspect_writes_fits_its_schema(files: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    for options in ([], ["--kind", "portable", "--name", "a"]):
        result = CliRunner().invoke(main, ["inspect", str(path), "--format", "json", *options])
        jsonschema.validate(json.loads(result.stdout), load("inspect"))
