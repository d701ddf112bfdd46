"""A sample of the matrix in tests/proof: what is predicted of Go plugins happens."""

import pytest

from kuiper_pack.goplugin.read import read_binary
from kuiper_pack.profiles import NEWEST, profile
from tests.goplugin import matrix
from tests.goplugin.flags import CGO, FLAGS, NO_CGO, Flags
from tests.goplugin.workshop import Workshop, go, installed_version, needs_go

pytestmark = [go, needs_go]
_SAMPLE = (
    "plain", "stripped", "untrimmed", "main-unoptimised", "other-constant", "other-body",
    "other-dependency", "vendored", "symbolic", "c-shared",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Workshop:
    return Workshop()


@pytest.fixture(scope="module")
def installed() -> str:
    return installed_version()


def opened(shop: Workshop, host: matrix.Subject, *files: matrix.Subject) -> list[str]:
    """What the files do in one process, each as predicted."""
    found = matrix.open_all(shop, host, files)
    assert [one.differ for one in found] == [""] * len(found)
    return [one.seen for one in found]


@pytest.mark.parametrize(
    "flags", [one for one in FLAGS if one.name in _SAMPLE], ids=lambda one: one.name
)
def test_how_a_plugin_was_built_decides(shop: Workshop, installed: str, flags: Flags) -> None:
    file = matrix.plugin(installed, flags)
    assert opened(shop, matrix.host(installed, CGO), file)
    assert opened(shop, matrix.host(installed, NO_CGO), file) == ["error"]


def test_the_go_version_decides(shop: Workshop, installed: str) -> None:
    versions = {installed, profile(NEWEST).go}
    if len(versions) < 2:
        pytest.skip(f"Go {installed} is the only one that is surely there")
    for mine in versions:
        for its in versions:
            found = opened(shop, matrix.host(mine, CGO), matrix.plugin(its))
            assert found == ["ok"] if mine == its else found[0] in ("error", "crash")


def test_what_is_no_whole_plugin_is_refused_or_ends_the_server(
    shop: Workshop, installed: str
) -> None:
    for file in matrix.odd(installed):
        assert opened(shop, matrix.host(installed, CGO), file)


def test_what_a_process_opened_before_decides_too(shop: Workshop, installed: str) -> None:
    host = matrix.host(installed, CGO)
    plain, second = matrix.plugin(installed), matrix.plugin(installed, package="second")
    stripped, untrimmed = (matrix.plugin(installed, FLAGS[number]) for number in (1, 2))
    assert opened(shop, host, plain, plain, second) == ["ok", "ok", "ok"]
    assert opened(shop, host, plain, stripped) == ["ok", "error"]
    assert opened(shop, host, untrimmed, untrimmed, plain) == ["error"] * 3


def test_a_library_of_another_kind_leaves_the_plugins_before_it_alone(
    shop: Workshop, installed: str
) -> None:
    host, plain = matrix.host(installed, CGO), matrix.plugin(installed)
    second = matrix.plugin(installed, package="second")
    c_shared = matrix.plugin(installed, next(one for one in FLAGS if one.mode == "c-shared"))
    c_library = matrix.odd(installed)[0]
    assert opened(shop, host, plain, c_shared, second) == ["ok", "error", "ok"]
    assert opened(shop, host, plain, c_library, second) == ["ok", "error", "ok"]


def test_a_plugin_by_another_go_hides_all_that_follow(shop: Workshop, installed: str) -> None:
    newest = profile(NEWEST).go
    host, plain = matrix.host(installed, CGO), matrix.plugin(installed)
    second = matrix.plugin(installed, package="second")
    if opened(shop, host, matrix.plugin(newest)) != ["crash"]:
        pytest.skip(f"Go {installed} and {newest} lay out their data alike")
    assert opened(shop, host, plain, matrix.plugin(newest), second) == ["ok", "error", "error"]


def test_a_panic_in_init_is_not_predicted(shop: Workshop, installed: str) -> None:
    panics = matrix.plugin(installed, package="panics")
    (found,) = matrix.open_all(shop, matrix.host(installed, CGO), [panics])
    assert (found.predicted, found.seen, found.panicked) == ("ok", "crash", True)


def test_files_are_read_as_the_go_command_and_pyelftools_read_them(
    shop: Workshop, installed: str
) -> None:
    oracle = pytest.importorskip("tests.goplugin.oracle")
    for file in (shop.plugin(installed), shop.host(installed)):
        assert oracle.read_differently(file, read_binary(file)) == []
