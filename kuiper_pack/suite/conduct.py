"""How pytest conducts a run: collects clauses by their mark, and tells the verdicts."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Generator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.suite import catalogue, document, screen
from kuiper_pack.suite.clause import Clause, clause_of, in_order
from kuiper_pack.suite.discovery import NoPluginApi
from kuiper_pack.suite.ending import Ending
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.outcome import Outcome
from kuiper_pack.suite.run import Run
from kuiper_pack.suite.shelf import Progress
from kuiper_pack.suite.subject import TYPES
from kuiper_pack.suite.verdict import Result, Verdict

NAME = "kuiper-pack-conduct"


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


class Conduct(ABC):
    """The part of the pytest plugin that is there only where clauses are judged."""

    def __init__(self, wanted: Options) -> None:
        wanted.check()
        self.options = wanted
        self.run: Run | None = None
        self._folder = catalogue.folder()

    @abstractmethod
    def begin(self, clauses: list[Clause]) -> Run:
        """Start a run of these clauses; raises KuiperPackError."""

    @abstractmethod
    def fail(self, session: pytest.Session, error: KuiperPackError) -> None:
        """End the session, since nothing can be judged."""

    @abstractmethod
    def hand_over(self, outcome: Outcome) -> None:
        """Give the outcome to whoever ends the run."""

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
        """Collect our modules, and nothing else of them, whatever the user collects of others."""
        outcome = yield
        if self._is_ours(file_path):
            ours = [one for one in outcome.get_result() if isinstance(one, ClauseModule)]
            outcome.force_result(ours or [ClauseModule.from_parent(parent, path=file_path)])

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Make the ids of clauses known to ``-k``, and in the end put them after what they need."""
        for item in items:
            if clause := _clause_of(item):
                item.extra_keyword_matches.add(clause.id)
        yield
        found: dict[Clause, list[pytest.Item]] = {}
        others = []
        for item in items:
            if clause := _clause_of(item):
                found.setdefault(clause, []).append(item)
            else:
                others.append(item)
        items[:] = others + [item for clause in in_order(found) for item in found[clause]]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Find out what the server is, before the first clause."""
        clauses = [one for one in map(_clause_of, session.items) if one is not None]
        if session.config.option.collectonly or not clauses:
            return None
        try:
            self.run = self.begin(clauses)
            self._say(session.config, *self.run.discovery.notes)
            self._announce(self.run, session.items)
            self._say(session.config, *self.run.prepare(clauses, _progress(session.config)))
            ids = {one.id for one in catalogue.clauses()}
            if unknown := self.run.expected.unknown(ids):
                raise KuiperPackError(f"expectations name no clause: {', '.join(unknown)}")
        except KuiperPackError as error:
            self.fail(session, error)
            return True
        return None

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
        result = self.run.judge(clause, lambda: function(**given))
        pyfuncitem.user_properties += document.properties(result)
        self._tell(self.run, result)
        return True

    def _tell(self, run: Run, result: Result) -> None:
        said = document.plain(f"{result.verdict.value}: {result.reason}")
        match result.verdict:
            case Verdict.FAILED if run.options.gates(result.clause):
                pytest.fail(document.plain(screen.failure(run, result)), pytrace=False)
            case Verdict.UNEXPECTED_PASS:
                pytest.fail(f"{result.clause.id} {result.reason}", pytrace=False)
            case Verdict.FAILED | Verdict.KNOWN_DEFECT | Verdict.KNOWN_FAILURE:
                pytest.xfail(said)
            case Verdict.BLOCKED:
                pytest.skip(document.plain(f"blocked by {result.blocked_by}: {result.reason}"))
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
    def pytest_sessionfinish(self) -> None:
        """Tidy up."""
        if self.run is not None:
            self.run.finish()
            self.hand_over(self.run.outcome)

    def _say(self, config: pytest.Config, *lines: str) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            for line in lines:
                reporter.write_line(f"kuiper: {line}")


class Alone(Conduct):
    """Judges all clauses in one process."""

    def __init__(self, wanted: Options, ending: Ending) -> None:
        super().__init__(wanted)
        self._ending = ending

    def begin(self, clauses: list[Clause]) -> Run:
        """Start a run."""
        return Run(self.options)

    def fail(self, session: pytest.Session, error: KuiperPackError) -> None:
        """Raise it as pytest wants it, unless the next rung is asked for: it is the first."""
        if self.options.next and isinstance(error, NoPluginApi):
            types = catalogue.find(TYPES)
            self._ending.rung = Result(
                types, Verdict.FAILED, reason=str(error), exchanges=error.said
            )
            return
        raise pytest.UsageError(str(error)) from error

    def hand_over(self, outcome: Outcome) -> None:
        """Let the run end here."""
        self._ending.outcome = outcome


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


def _clause_of(item: pytest.Item) -> Clause | None:
    return clause_of(getattr(item, "obj", None))
