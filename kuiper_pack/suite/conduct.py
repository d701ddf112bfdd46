"""How pytest conducts a run: collects clauses by their mark, and tells the verdicts."""

import importlib
from collections.abc import Generator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite import catalogue, document, screen
from kuiper_pack.suite.clause import Clause, clause_of, in_order
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.shelf import Progress
from kuiper_pack.suite.summary import summary
from kuiper_pack.suite.verdict import Result, Verdict

NAME = "kuiper-pack-conduct"
OK, FAILED, CANNOT_TELL = 0, 1, 2
_NOT_TRIED = (Verdict.BLOCKED, Verdict.NOT_APPLICABLE, Verdict.EXCLUDED)


class ClauseModule(pytest.Module):
    """A module of clauses: what is collected is told by the mark, not by any name."""

    def _getobj(self) -> Any:
        try:
            return importlib.import_module(f"{catalogue.PACKAGE}.{self.path.stem}")
        except ValueError as error:
            raise self.CollectError(str(error)) from error

    def istestfunction(self, obj: object, name: str) -> bool:
        """Whether it is a clause."""
        return clause_of(obj) is not None

    def istestclass(self, obj: object, name: str) -> bool:
        """Clauses are functions."""
        return False


class Conduct:
    """The part of the pytest plugin that is there only while a server is judged."""

    def __init__(self, wanted: Options) -> None:
        wanted.check()
        self.options = wanted
        self.run: Run | None = None
        self.code = CANNOT_TELL
        self.catalogue: list[Clause] = []
        self._folder = catalogue.folder()

    def _is_ours(self, path: Path) -> bool:
        return (
            path.suffix == ".py"
            and path.name != "conftest.py"
            and not path.name.startswith("_")
            and path.parent.resolve() == self._folder
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Module | None:
        """Take our modules out of the hands of the user's name patterns."""
        if not self._is_ours(module_path):
            return None
        return ClauseModule.from_parent(parent, path=module_path)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, Any, None]:
        """Collect our modules where the user's ``python_files`` leaves them out."""
        outcome = yield
        collected = outcome.get_result()
        if not collected and self._is_ours(file_path):
            collected.append(ClauseModule.from_parent(parent, path=file_path))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put clauses after what they need, and make their ids known to ``-k``."""
        found: dict[str, list[pytest.Item]] = {}
        others = []
        self.catalogue = []
        for item in items:
            clause = _clause_of(item)
            if clause is None:
                others.append(item)
                continue
            if clause.id not in found:
                self.catalogue.append(clause)
            item.extra_keyword_matches.add(clause.id)
            found.setdefault(clause.id, []).append(item)
        items[:] = others + [one for each in in_order(self.catalogue) for one in found[each.id]]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Find out what the server is, before the first clause."""
        clauses = [one for one in map(_clause_of, session.items) if one is not None]
        if session.config.option.collectonly or not clauses:
            return
        try:
            self.run = Run(self.options)
            self._say(session.config, *self.run.discovery.notes)
            self._announce(self.run, session.items)
            self._say(session.config, *self.run.prepare(clauses, _progress(session.config)))
            ids = {one.id for one in catalogue.clauses()}
            if unknown := self.run.expected.unknown(ids):
                raise KuiperPackError(f"expectations name no clause: {', '.join(unknown)}")
        except KuiperPackError as error:
            raise pytest.UsageError(str(error)) from error

    def _announce(self, run: Run, items: list[pytest.Item]) -> None:
        """Let the clauses over a restart know of each other."""
        for item in items:
            clause = _clause_of(item)
            if clause is not None and clause.restarts and isinstance(item, pytest.Function):
                run.announce(clause, partial(item.obj, run.server))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Judge a clause; pytest is told what its summary shall count."""
        __tracebackhide__ = True
        clause = _clause_of(pyfuncitem)
        if clause is None or self.run is None:
            return None
        function = pyfuncitem.obj
        given = {name: pyfuncitem.funcargs[name] for name in signature(function).parameters}
        self._tell(self.run, self.run.judge(clause, lambda: function(**given)))
        return True

    def _tell(self, run: Run, result: Result) -> None:
        __tracebackhide__ = True
        said = f"{result.verdict.value}: {result.reason}"
        match result.verdict:
            case Verdict.FAILED if run.gates(result.clause):
                pytest.fail(screen.failure(run, result), pytrace=False)
            case Verdict.UNEXPECTED_PASS:
                pytest.fail(f"{result.clause.id} {result.reason}", pytrace=False)
            case Verdict.FAILED | Verdict.KNOWN_DEFECT | Verdict.KNOWN_FAILURE:
                pytest.xfail(said)
            case Verdict.BLOCKED:
                pytest.skip(f"blocked by {result.blocked_by}: {result.reason}")
            case Verdict.NOT_APPLICABLE | Verdict.EXCLUDED:
                pytest.skip(said)
            case Verdict.PASSED | Verdict.CHOICE:
                pass

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Let pytest's own list of what was skipped say where the clauses are, each reason once."""
        outcome = yield
        report = outcome.get_result()
        if _clause_of(item) is not None and isinstance(report.longrepr, tuple):
            reason = str(report.longrepr[2]).removeprefix("Skipped: ")
            report.longrepr = (str(self._folder), None, reason)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Tidy up, write the report, and let no run pass that judged nothing."""
        run, status = self.run, int(exitstatus)
        if run is None:
            return
        run.finish()
        if self.options.report is not None:
            interrupted = status == pytest.ExitCode.INTERRUPTED
            document.write(run, self.catalogue, self.options.report, interrupted=interrupted)
        results = run.results.values()
        failed = (run.residue and not run.unseen) or any(
            one.verdict is Verdict.UNEXPECTED_PASS
            or (one.verdict is Verdict.FAILED and run.gates(one.clause))
            for one in results
        )
        unsure = (
            bool(run.unseen)
            or all(one.verdict in _NOT_TRIED for one in results)
            or any(_is_open(run, one) and run.gates(one.clause) for one in results)
        )
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.code = CANNOT_TELL
        elif failed:
            self.code = FAILED
        elif unsure or status != pytest.ExitCode.OK:
            self.code = CANNOT_TELL
        else:
            self.code = OK
        if status == pytest.ExitCode.OK and self.code != OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Count verdicts, not tests."""
        if self.run is None:
            return
        terminalreporter.section("clauses")
        for line in summary(self.run):
            terminalreporter.line(line)
        others = len(self.run.residue) - len(self.run.left)
        for line in [*self.run.residue[:others], self.run.last_word]:
            if line:
                terminalreporter.line(line, red=True)

    def _say(self, config: pytest.Config, *lines: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            for line in lines:
                reporter.write_line(f"kuiper: {line}")


def _progress(config: pytest.Config) -> Progress:
    """Tells how many are built on a line that is written anew, and in a pipe nothing."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def told(done: int, number: int) -> None:
        if reporter is not None and reporter.isatty:
            line = f"kuiper: {done} of {number} shared objects are built"
            reporter.rewrite(line if done < number else "", erase=True)
            reporter.write("" if done < number else "\r", flush=True)

    return told


def run_of(config: pytest.Config) -> Run:
    """The run that clauses talk through, for the fixtures of the clauses."""
    conduct = config.pluginmanager.get_plugin(NAME)
    if not isinstance(conduct, Conduct) or conduct.run is None:
        raise KuiperPackError("clauses need a server: give --kuiper-url")
    return conduct.run


def _is_open(run: Run, result: Result) -> bool:
    """Whether a clause is blocked by anything but what is known to fail."""
    root = run.results.get(result.blocked_by or "")
    known = root is not None and root.verdict in (Verdict.KNOWN_FAILURE, Verdict.KNOWN_DEFECT)
    return result.verdict is Verdict.BLOCKED and not known


def _clause_of(item: pytest.Item) -> Clause | None:
    return clause_of(getattr(item, "obj", None))
