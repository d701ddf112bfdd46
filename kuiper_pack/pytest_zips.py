"""Packages as pytest items: with ``--kuiper-zips GLOB`` each file that matches is judged."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kuiper_pack.build.orders import Options, Orders
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.report.text import plain_lines
from kuiper_pack.rules.validation import validate
from kuiper_pack.spelling import printable

NAME = "kuiper-pack-zips"
"""The name that the plugin is registered by."""


class Refused(Exception):
    """A package fails, or cannot be read; the message is the text report."""


class Zips:
    """The plugin of one run: adds an item for each package to those that pytest collects.

    ``patterns`` are globs, from ``folder`` on; ``servers`` go before the settings of a package's
    project. Raises KuiperPackError where a pattern fits no file, or for what is no release.
    """

    def __init__(self, patterns: Sequence[str], folder: Path, servers: tuple[str, ...]) -> None:
        self.paths = sorted({path for one in patterns for path in _matches(one, folder)})
        self.folder = folder
        self.orders = Orders(Options(servers=servers))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add the items, before other plugins choose among all of them."""
        for path in self.paths:
            shown = printable(path.as_posix())
            file = PackageFile.from_parent(
                session, path=self.folder / path, name=shown, nodeid=shown
            )
            file.given, file.orders = path, self.orders
            session.ihook.pytest_collectstart(collector=file)
            report = session.ihook.pytest_make_collect_report(collector=file)
            session.ihook.pytest_collectreport(report=report)
            items += report.result


class PackageFile(pytest.File):
    """A package; ``given`` is its path as it was found."""

    given: Path
    orders: Orders

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its one item."""
        yield PackageItem.from_parent(self, name="validate")


class PackageItem(pytest.Item):
    """Judges the package; it fails where ``kuiper-pack validate`` does not exit with 0."""

    parent: PackageFile

    def runtest(self) -> None:
        """Raise Refused with the text report; what does not fail is a section of the report."""
        (judgement,) = validate([self.parent.given], self.parent.orders.order_for)
        text = "\n".join(plain_lines([judgement]))
        if not judgement.passed:
            raise Refused(text) from judgement.crash
        self.add_report_section("call", "kuiper-pack", text)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The text report alone: a traceback through kuiper-pack helps nobody."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the item is said to be, in characters that any report can hold."""
        return Path(printable(str(self.path))), None, self.parent.name


def _matches(pattern: str, folder: Path) -> list[Path]:
    """What ``pattern`` fits, relative where the pattern is."""
    if (folder / pattern).exists():
        return [Path(pattern)]
    found = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 (may be absolute)
    if not found:
        raise KuiperPackError(
            f'--kuiper-zips: no file matches "{pattern}" in {os.fspath(folder)}; '
            "build the packages first"
        )
    return [Path(one) for one in found]
