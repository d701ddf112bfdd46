"""Plugins whose module data are laid out in another way, alone and after others."""

from dataclasses import replace

import pytest

from kuiper_pack.goplugin.layouts import same_layout
from kuiper_pack.goplugin.moduledata import ModuleData
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.read import Binary
from tests.goplugin.synthetic import PACKAGES, Plugin
from tests.goplugin.test_predict import OTHER, plugin, server

LAYOUT = Plugin().layout
LONGER = plugin(layout=("new", *LAYOUT), path="example.test/longer")
FIRST, THIRD = plugin(path="example.test/first"), plugin(path="example.test/third")


def outcomes(*binaries: Binary) -> list[str]:
    files = [Candidate(f"{number}.so", one) for number, one in enumerate(binaries)]
    return [one.outcome for one in predict(server(), files)]


def test_after_a_good_plugin_it_is_not_found_and_neither_is_any_other() -> None:
    assert outcomes(LONGER) == ["crash"]
    assert outcomes(FIRST, LONGER, THIRD) == ["ok", "error", "error"]
    found = predict(
        server(), [Candidate(f"{at}.so", one) for at, one in enumerate((FIRST, LONGER, THIRD))]
    )
    assert [one.reason for one in found[1:]] == ["plugin already loaded"] * 2
    assert "restart the server" in found[2].causes[0].remedy


def test_after_a_refused_plugin_it_ends_the_server() -> None:
    refused = plugin(packages=OTHER, path="example.test/refused")
    assert outcomes(refused, LONGER) == ["error", "crash"]


def test_what_overwrites_the_mark_of_a_bad_plugin_cannot_be_told() -> None:
    swapped = plugin(layout=(*LAYOUT[:-2], "next", "bad"), path="example.test/swapped")
    assert outcomes(FIRST, swapped) == ["ok", "unknown"]


def test_a_library_shares_its_packages_and_hides_nothing() -> None:
    c_shared = replace(plugin(path="example.test/library"), plugin=None)
    assert outcomes(FIRST, c_shared, THIRD) == ["ok", "error", "ok"]


@pytest.mark.parametrize(
    ("magic", "hashes", "go", "same"),
    [
        (0xFFFFFFF0, 424, "1.18.10", True),
        (0xFFFFFFF0, 424, "1.19.13", True),
        (0xFFFFFFF0, 424, "1.27.0", False),
        (0xFFFFFFF1, 440, "1.20.14", True),
        (0xFFFFFFF1, 440, "1.25.4", False),
        (0xFFFFFFFA, 408, "1.17.13", True),
        (0xFFFFFFF1, 999, "1.25.4", None),
    ],
)
def test_plugins_before_go_1_21_are_known_by_their_module_data(
    magic: int, hashes: int, go: str, same: bool | None
) -> None:
    old = plugin(described=False, packages={**PACKAGES, "runtime": "00"})
    assert old.plugin is not None
    data = ModuleData(0, magic, hashes)
    old = replace(old, build=None, plugin=replace(old.plugin, data=data))
    assert same_layout(old, replace(server(), go=go)) is same
