"""The clause at work on a line of the terminal that is written anew; a pipe has pytest's dots."""

import shutil
from collections.abc import Generator
from typing import Any

import pytest


def show(session: pytest.Session) -> None:
    """Show the progress of a session, if somebody looks who asked neither for less nor for more."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.isatty and reporter.verbosity == 0:
        session.config.pluginmanager.register(ClauseAtWork(session, reporter))


class ClauseAtWork:
    """Tells which clause is being judged, in the place of a letter for each that was.

    ``reporter`` is that of pytest's terminal.
    """

    def __init__(self, session: pytest.Session, reporter: Any) -> None:
        self._session = session
        self._reporter = reporter
        self._begun = 0
        reporter.showfspath = False
        reporter._show_progress_info = False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name what begins."""
        self._begun += 1
        module, _, function = nodeid.rpartition("::")
        section = module.rpartition("/")[2].removesuffix(".py")
        what = f"{section}: {function.removeprefix('test_')}".replace("_", " ")
        line = f"{self._begun}/{self._session.testscollected} {what}"
        self._reporter.rewrite(line[: shutil.get_terminal_size().columns - 1], erase=True)
        self._reporter.flush()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, Any, None]:
        """Print no letters; what they mean is counted all the same."""
        outcome = yield
        category, _, word = outcome.get_result()
        outcome.force_result((category, "", word))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave no line behind."""
        self._reporter.rewrite("", erase=True)
