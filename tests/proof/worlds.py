"""What only the world decides: whether scripts succeed, shared objects load and programs start."""

import re
from posixpath import normpath

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Assumptions
from kuiper_pack.planner.steps import Failure, ScriptResult
from tests.proof.oddities import SCRIPTS
from tests.proof.packages import LAUNCHER, PROGRAM, SHARED_OBJECT, Case
from tests.proof.real_servers import Build

_FAILED = "exit status "
_RESULTS = (
    ScriptResult(),
    ScriptResult(f"{_FAILED}3"),
    ScriptResult(f"{_FAILED}4", "out\n", "err\n"),
    None,  # depends on its first argument
    ScriptResult("signal: killed"),
    ScriptResult(f"{_FAILED}5", 'a"b\\c\n\x01'),
    ScriptResult(),
    ScriptResult(),
    None,  # says what is wrong with it in the words of the shell
    ScriptResult(f"{_FAILED}6", "grün \udcff"),
)
_SAID_BY_SHELL = re.compile(r"(exit status (?:2|127))(?: stdout:(.*?) stderr:(.*))?", re.DOTALL)
_OPEN_FAILED = re.compile(r"cannot open \S+: (.*)", re.DOTALL)
_DOWNLOAD_FAILED = re.compile(r"fail to download file .*?\.zip: (.*)", re.DOTALL)
_START_FAILED = re.compile(
    r"fail to install plugin: "
    r"(plugin (?:executable )?.* (?:stops with|control handshake).*|fail to start plugin.*conda.*)",
    re.DOTALL,
)


def assumptions(build: Build, case: Case, message: str) -> Assumptions:
    """What to tell the planner: known results, and of a failure that must come the words.

    ``message`` is what the server says.
    """
    return Assumptions(
        fetch=None if case.address == "{url}" else _words(_DOWNLOAD_FAILED, message),
        script=_script(build, case, message),
        open=None if _so_loads(case) else _words(_OPEN_FAILED, message),
        start=None if program_starts(case) else _words(_START_FAILED, message),
        go=build.go,
    )


def _script(build: Build, case: Case, message: str) -> ScriptResult:
    named = [item.data for item in case.items if item.name in (b"install.sh", b"./install.sh")]
    script = named[-1] if named else b""
    known = _RESULTS[SCRIPTS.index(script)] if script in SCRIPTS else None
    if known is not None:
        return known
    if script.startswith(b"test"):
        given = case.shell_paras[:1] if build.facts.shell_paras else ()
        return ScriptResult(None if given == ("yes",) else f"{_FAILED}1")
    said = _SAID_BY_SHELL.search(message)
    return ScriptResult(said[1], said[2] or "", said[3] or "") if said else ScriptResult()


def _so_loads(case: Case) -> bool:
    """Whether whatever may be loaded as a shared object is one."""
    return all(
        item.data == SHARED_OBJECT for item in case.items if b".so" in item.name and item.data
    ) and not any(b".so" in item.name and not item.data for item in case.items)


def program_starts(case: Case) -> bool:
    """Whether the program of a portable shakes hands if a server comes to start it."""
    if case.kind is not Kind.PORTABLE:
        return True
    programs = {
        normpath(item.name.decode("utf-8", "surrogateescape")): item.data for item in case.items
    }
    known = all(
        data in (PROGRAM, LAUNCHER)
        for name, data in programs.items()
        if name.endswith(("main.py", "mäin.py", "run")) or name.strip() != name
    )
    manifest = b"".join(item.data for item in case.items if item.name.endswith(b".json"))
    odd = b"conda" in manifest or b'"executable": "bin"' in manifest
    return known and not odd and "main.py" in programs


def _words(pattern: re.Pattern[str], message: str) -> Failure | None:
    match = pattern.search(message)
    return Failure(match[1]) if match else None
