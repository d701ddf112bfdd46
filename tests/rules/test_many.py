"""Packages with very many of one thing get few findings, each thing looked at once."""

import json

from kuiper_pack.package.package import Package
from kuiper_pack.rules.configuration import configurations
from tests.rules.rule_cases import findings, portable, source


def messages(package: Package, code: str) -> list[str]:
    return [one.message for one in findings(package) if one.rule == code]


def test_a_source_that_a_manifest_lists_often_has_one_configuration() -> None:
    manifest = {"language": "python", "executable": "mirror.py", "sources": ["tide"] * 20_000}
    files = {"sources/tide.yaml": b"fast: {interval: 10}\n", "sources/tide.json": b"{}"}
    package = portable(json.dumps(manifest).encode(), files)
    assert len(list(configurations(package))) == 1
    assert len(messages(package, "KPC02")) == 1
    assert len(messages(package, "KPC06")) == 1


def test_of_many_unused_sections_the_first_are_told_and_the_rest_counted() -> None:
    text = "".join(f"s{number}: 1\n" for number in range(100))
    told = messages(source({"random.yaml": f"default: {{}}\n{text}".encode()}), "KPC04")
    assert len(told) == 21
    assert sum(message.startswith("80 more sections") for message in told) == 1


def test_of_many_lost_keys_the_first_are_told_and_the_rest_counted() -> None:
    text = "".join(f"  aB{number}: 1\n" for number in range(100))
    told = messages(source({"random.yaml": f"default:\n{text}".encode()}), "KPC05")
    assert len(told) == 21
    assert sum("80 more keys" in message for message in told) == 1
