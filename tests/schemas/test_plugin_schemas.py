"""The schemas of the files that a package is made of: what editors and rules hold them to."""

import copy
import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema.exceptions import best_match

from kuiper_pack.build.scaffold import Scaffold, default_language, render
from kuiper_pack.package.kind import Kind
from kuiper_pack.schemas import load, names

EXAMPLES = Path(__file__).parents[2] / "examples"
METADATA = ("source-metadata", "sink-metadata", "function-metadata")

FIELD = {"name": "path", "control": "text", "type": "string", "label": {"en_US": "Path"}}
GOOD: dict[str, dict[str, Any]] = {
    "source-metadata": {"about": {}, "properties": {"default": [FIELD]}},
    "sink-metadata": {"about": {}, "properties": [FIELD]},
    "function-metadata": {"about": {}, "functions": [{"name": "echo"}]},
    "manifest": {"language": "python", "executable": "main.py", "functions": ["echo"]},
    "configuration": {"default": {"interval": 1000}, "fast": {"interval": 10}},
}


def problems(name: str, document: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(load(name))
    return [error.json_path for error in validator.iter_errors(document)]


def schema_of(path: str, kind: Kind) -> str | None:
    """The schema of a file of a project of ``kind``, by its place."""
    place = PurePosixPath(path)
    folder = place.parts[-2] if len(place.parts) > 1 else kind.plural
    if place.suffix == ".yaml" and folder == "sources":
        return "configuration"
    if place.suffix == ".json":
        return "manifest" if folder == "portables" else f"{folder.removesuffix('s')}-metadata"
    return None


def written_by_us() -> Iterator[tuple[str, Kind, str]]:
    for kind in Kind:
        for path, text in render(Scaffold(kind, "probe", default_language(kind))).items():
            yield path, kind, text
    for folder, kind in (
        ("native-functions", Kind.FUNCTION),
        ("native-source", Kind.SOURCE),
        ("python-portable", Kind.PORTABLE),
    ):
        for file in sorted((EXAMPLES / folder).rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                path = file.relative_to(EXAMPLES / folder).as_posix()
                yield path, kind, file.read_bytes().decode("utf-8", "replace")


def test_the_projects_of_init_and_the_examples_fit_them() -> None:
    seen = set()
    for path, kind, text in written_by_us():
        name = schema_of(path, kind)
        if name is not None and not path.startswith((".github", "etc/")):
            document = yaml.safe_load(text) if name == "configuration" else json.loads(text)
            assert problems(name, document) == [], path
            seen.add(name)
    assert seen == set(GOOD)


@pytest.mark.parametrize(("one", "other"), list(combinations(METADATA, 2)))
def test_what_two_kinds_of_metadata_share_is_the_same_in_both(one: str, other: str) -> None:
    left, right = load(one), load(other)
    for name in left["$defs"].keys() & right["$defs"].keys():
        assert left["$defs"][name] == right["$defs"][name]
    assert left["properties"]["libs"] == right["properties"]["libs"]


@pytest.mark.parametrize("name", GOOD)
def test_members_nobody_knows_and_a_schema_member_may_be_there(name: str) -> None:
    assert problems(name, GOOD[name]) == []
    if name != "configuration":
        assert problems(name, {**GOOD[name], "$schema": "x", "ours": 1}) == []


@pytest.mark.parametrize(
    ("name", "change", "place"),
    [
        ("source-metadata", {"about": None}, "$.about"),
        ("source-metadata", {"about": {"author": {"name": 3}}}, "$.about.author.name"),
        ("source-metadata", {"properties": {"default": [{}]}}, "$.properties.default[0]"),
        (
            "source-metadata",
            {"properties": {"default": [{**FIELD, "default": ["a"]}]}},
            "$.properties.default[0].default[0]",
        ),
        ("sink-metadata", {"properties": {"default": []}}, "$.properties"),
        ("sink-metadata", {"properties": [{**FIELD, "optional": "yes"}]}, "$.properties[0]"),
        ("sink-metadata", {"libs": "a@1"}, "$.libs"),
        ("function-metadata", {"functions": {}}, "$.functions"),
        ("function-metadata", {"functions": [{"example": "f()"}]}, "$.functions[0]"),
        ("manifest", {"language": "Python"}, "$.language"),
        ("manifest", {"executable": ""}, "$.executable"),
        ("manifest", {"functions": []}, "$"),
        ("manifest", {"functions": "echo"}, "$.functions"),
        ("manifest", {"virtualEnvType": "venv"}, "$.virtualEnvType"),
        ("manifest", {"virtualEnvType": "conda"}, "$"),
        ("configuration", {"default": 3}, "$.default"),
        ("configuration", {"fast": [1]}, "$.fast"),
    ],
)
def test_what_a_server_does_not_read_is_found_at_its_place(
    name: str, change: dict[str, Any], place: str
) -> None:
    document = copy.deepcopy(GOOD[name]) | change
    assert any(found.startswith(place) for found in problems(name, document))


def test_a_virtual_environment_with_its_name_and_an_empty_configuration_are_fine() -> None:
    conda = {**GOOD["manifest"], "virtualEnvType": "conda", "env": "plugins"}
    assert problems("manifest", conda) == []
    assert problems("configuration", None) == []
    assert problems("configuration", {"fast": {}}) == ["$"]


def test_the_page_on_editors_names_every_schema_and_no_other() -> None:
    page = (EXAMPLES.parent / "docs" / "editors.md").read_text(encoding="utf-8")
    table = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert sorted(re.findall(r"`([\w-]+)`", table)) == names()
    assert set(re.findall(r"([\w-]+)\.schema\.json", page)) <= set(names())


def test_functions_that_current_servers_show_need_no_about() -> None:
    assert problems("function-metadata", {"functions": [{"name": "echo"}]}) == []
    assert problems("sink-metadata", {"properties": []}) == ["$"]


def test_an_ignore_without_a_reason_is_told_as_such() -> None:
    document = {"ignore": [{"rule": "KPC01"}]}
    error = best_match(jsonschema.Draft202012Validator(load("kuiper-pack")).iter_errors(document))
    assert error is not None
    assert (error.json_path, error.message) == (
        "$.ignore[0]",
        "'reason' is a required property",
    )
