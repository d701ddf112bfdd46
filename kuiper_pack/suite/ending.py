"""The end of a run under pytest: the report is written, the exit code set, the summary told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from kuiper_pack.suite import catalogue, document, progress
from kuiper_pack.suite.ladder import next_rung, shown, top
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.outcome import CANNOT_TELL, FAILED, OK, Outcome
from kuiper_pack.suite.summary import summary
from kuiper_pack.suite.verdict import Result

NAME = "kuiper-pack-ending"
_RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
_NONE_COLLECTED = (
    "no clause was judged: only other tests were collected; name the clauses with "
    f"--pyargs {catalogue.PACKAGE}"
)


class Ending:
    """Ends the run whose ``outcome`` it was given; without one there is nothing to end.

    ``code`` says more than that of pytest; ``notes`` and ``trouble`` are told with the summary.
    Raises KuiperPackError where no report can be written.
    """

    def __init__(self, options: Options, config: pytest.Config) -> None:
        if options.report is not None:
            document.check(options.report)
        self.options = options
        self.rung: Result | None = None
        """The first clause that is not met, where a run has found no more than that."""
        if options.next:
            plugins = config.pluginmanager
            plugins.unregister(plugins.get_plugin("terminalreporter"))
        self.outcome: Outcome | None = None
        self.trouble: list[str] = []
        self.notes: Sequence[str] = ()
        self.code = CANNOT_TELL

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Show the clause at work, where somebody looks."""
        progress.show(session)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, and let no run pass that judged nothing."""
        outcome, status = self.outcome, int(exitstatus)
        if outcome is not None and self.options.report is not None:
            self._write(outcome, self.options.report, status)
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            self.trouble.append(_none_chosen(session.config))
        elif outcome is None and self._only_others_ran(session, status):
            self.trouble.append(_NONE_COLLECTED)
            session.exitstatus = status or pytest.ExitCode.NO_TESTS_COLLECTED
        if self.options.next:
            self._show_next_rung()
        if self.rung is not None and outcome is None:
            self.code, session.exitstatus = FAILED, pytest.ExitCode.TESTS_FAILED
        if outcome is None:
            return
        if status in _RAN and not self.trouble:
            self.code = outcome.code
        if self.code == OK and status != pytest.ExitCode.OK:
            self.code = CANNOT_TELL
        if self.code != OK and status == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _only_others_ran(self, session: pytest.Session, status: int) -> bool:
        """Whether tests were run, and no clause was begun."""
        return status in _RAN and self.rung is None and not session.config.option.collectonly

    def _write(self, outcome: Outcome, path: Path, status: int) -> None:
        interrupted = status == pytest.ExitCode.INTERRUPTED
        try:
            document.write(outcome, list(catalogue.clauses()), path, interrupted=interrupted)
        except OSError as error:
            self.trouble.append(f"there is no report: {path}: {error.strerror}")

    def _show_next_rung(self) -> None:
        lines: list[str] = []
        outcome = self.outcome
        if outcome is not None:
            self.rung = next_rung(outcome, catalogue.clauses())
            lines = [] if self.rung else [top(outcome), *outcome.residue]
        if self.rung is not None:
            lines += shown(self.rung, outcome.discovery.notes if outcome else ())
        for line in [*lines, *self.trouble]:
            click.echo(line)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Count verdicts, not tests."""
        outcome = self.outcome
        if outcome is not None:
            terminalreporter.section("clauses")
            for line in self.notes:
                terminalreporter.line(f"kuiper: {line}")
            for line in summary(outcome):
                terminalreporter.line(line)
            others = len(outcome.residue) - len(outcome.left)
            for line in [*outcome.residue[:others], outcome.last_word]:
                if line:
                    terminalreporter.line(line, red=True)
        for line in self.trouble:
            terminalreporter.line(line, red=True)


def _none_chosen(config: pytest.Config) -> str:
    """Why a run judged nothing, though there are clauses."""
    where = f", also in {config.inipath}" if config.inipath and config.inipath.is_file() else ""
    return (
        "no clause was chosen: -k takes ids, which kuiper-pack clauses lists; look at -k, -m and "
        f"--deselect{where}"
    )
