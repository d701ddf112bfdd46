"""What commonly goes wrong between a plugin and its server: the cause and the remedy."""

import re
from collections.abc import Sequence
from contextlib import suppress

from kuiper_pack.portable.messages import Symbol
from kuiper_pack.portable.program import Program
from kuiper_pack.profiles import Profile, Release
from kuiper_pack.spelling import printable

_SHOWN_LOG = 12
_LONGEST = 300
_MISSING_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_REPORT = re.compile(r" - (?:DEBUG|INFO|WARNING): ")
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)(?::|$)")
_OWN_NAME = re.compile(r"PluginConfig\(\s*(?:name\s*=\s*)?[\"']([^\"']+)[\"']")
_DIALED = re.compile(r"ipc:///tmp/plugin_(\S+)\.ipc")
_USES_SDK = re.compile(r"^\s*(?:import|from)\s+ekuiper\b", re.MULTILINE)

EMPTY_ROW = (
    "a row has no message, as ctx.emit_error() sends it: the server passes on a row of nothing"
)
"""The note on a row without a message."""


def refusal(answer: str, symbol: Symbol, release: Release, profile: Profile) -> str:
    """Why a command was answered with something else than ``ok``."""
    last = printable(answer.strip().rpartition("\n")[2])[:_LONGEST]
    if answer.startswith("h"):
        return (
            "the plugin repeats its handshake when it is idle (SDK 2.4.0 and later), which "
            f"{release} takes for a refusal: use the SDK of the server's line, or a server since "
            "2.1.3"
        )
    if last.startswith("KeyError") and symbol.name in last:
        return f'the program has no "{symbol.name}": add it to its PluginConfig'
    if symbol.kind == "sink" and "ConnectionRefused" in last and not profile.portable_ack_option:
        return (
            f"the SDK wants to acknowledge rows (1.14 and later), and {release} takes none: use "
            "the SDK of the server's line"
        )
    return f"the plugin refuses: {last or '(an empty answer)'}"


def silence(program: Program, log: Sequence[str], *, lives: bool) -> str:
    """What keeps a plugin from shaking hands, as far as its log and its program show."""
    names = _DIALED.findall("\n".join(log)) or _OWN_NAME.findall(_text(program))
    if names and program.name not in names:
        return (
            f': the program calls itself "{names[0]}" in its PluginConfig and the manifest '
            f'"{program.name}": make the two the same'
        )
    late = ", and all that it imports and loads before counts" if lives else ""
    return f": the program has to connect to plugin_{program.name}.ipc{late}{printed(log)}"


def death(program: Program, status: int, log: Sequence[str], python: str, *, early: bool) -> str:
    """Why a process ended by itself; ``early``: before any symbol was started."""
    if found := _MISSING_MODULE.search("\n".join(log)):
        return f": {found[0]}: install it with `{python} -m pip install {found[1]}`"
    if status == 0 and early:
        return silence(program, log, lives=False)
    return printed(log)


def datasource(program: Program) -> str:
    """A note on the datasource that a source is to get; empty where it gets it."""
    if not _USES_SDK.search(_text(program)):
        return ""
    return (
        'the Python SDK up to 2.4.2 reads "datasource" where servers send "dataSource": '
        "configure() gets an empty one; put it into the configuration as well"
    )


def printed(log: Sequence[str]) -> str:
    """The end of a line about a plugin: what it printed last that may be the reason.

    That is the error below the last traceback, else the last line that is no report of the SDK
    about what it does.
    """
    said = [line.strip() for line in log[-_SHOWN_LOG:] if line.strip()]
    said = [line for line in said if not _REPORT.search(line)]
    errors = [line for line in said if _ERROR.match(line)]
    last = (errors or said)[-1:]
    return f"; it printed last: {printable(last[0])[:_LONGEST]}" if last else ""


def _text(program: Program) -> str:
    """The files of a Python program that name the plugin, as text."""
    texts = []
    if program.manifest.language == "python":
        with suppress(OSError):
            texts = [
                path.read_text(encoding="utf-8", errors="replace")
                for path in sorted(program.executable.parent.glob("*.py"))
            ]
    return "\n".join(texts)
