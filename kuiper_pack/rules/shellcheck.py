"""The family I, continued: what shellcheck finds in install.sh, where it is installed."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile
from kuiper_pack.profiles.images import official
from kuiper_pack.rules.finding import TOLD, Finding, Severity
from kuiper_pack.rules.install_script import script_of, text_of_script
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.target import Target

_SECONDS = 10
_LONGEST = 32 << 10
"""Letters of a script that shellcheck is asked about: it takes ever longer for odd ones."""
_ANSWERS = (0, 1)
"""How it ends when it has read the script, without and with complaints."""
_OF_BASH = "SC3"
"""What only bash knows, which KPI02 may have told of the same line."""
_NOT_OF_BUSYBOX = "busybox", 3036
"""What shellcheck 0.10 says of the echo of dash, and of that of busybox by mistake."""


class Complaint(NamedTuple):
    """One thing that shellcheck says, with line and column from 1."""

    line: int
    column: int
    level: str
    code: str
    message: str


class ShellCheck(Rule):
    """shellcheck finds something in install.sh.

    Where the extra is installed, `pip install 'kuiper-pack[shell]'`, shellcheck reads the script as
    the shell that the server runs: dash, or the one of busybox for the alpine images. What it calls
    an error is a warning here, what it calls a warning is a note, and the rest is left out. The
    code in the message, like SC2164, has a page of its own in shellcheck's wiki.

    Bad: `cp $files/ /opt` where the names of files hold blanks. Good: `cp "$files"/* /opt`.

    Follow the page of the code, or say `# shellcheck disable=SC2164` in the line before, with the
    reason. Without the extra, and in scripts of more than 32 KiB, this rule finds nothing.
    """

    code, severity = "KPI17", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, _ = script_of(package)
        program = shellcheck() if entry is not None else None
        if entry is None or program is None:
            return
        from kuiper_pack.rules.bashisms import bashisms

        alpine = (official(target.image) or "").startswith("alpine")
        text = text_of_script(package, entry).replace("\r\n", "\n")
        if len(text) > _LONGEST:
            return
        told = {line for line, _, _ in bashisms(text)}
        found = [
            one
            for one in complaints(program, text, "busybox" if alpine else "dash")
            if not (one.code.startswith(_OF_BASH) and one.line in told)
        ]
        for one in found[:TOLD]:
            yield self.at(
                entry,
                f"{one.code}: {one.message}",
                severity=Severity.WARNING if one.level == "error" else Severity.NOTE,
                line=one.line,
                column=one.column,
            )
        if len(found) > TOLD:
            yield self.at(
                entry, f"shellcheck finds {len(found) - TOLD} more things", severity=Severity.NOTE
            )


@lru_cache(maxsize=1)
def shellcheck() -> str | None:
    """The program: that beside this Python, where the extra puts it, else the one on the path."""
    import shutil
    import sysconfig

    return shutil.which("shellcheck", path=sysconfig.get_path("scripts")) or shutil.which(
        "shellcheck"
    )


@lru_cache(maxsize=64)
def complaints(program: str, text: str, shell: str) -> tuple[Complaint, ...]:
    """What the shellcheck at ``program`` says of a script for ``shell``, ``dash`` or ``busybox``.

    One that is too old for the latter is asked about the former, but for what only dash lacks; one
    that takes too long says nothing. Raises RuntimeError where it does not answer.
    """
    import json
    import subprocess

    try:
        done = subprocess.run(
            [program, "--norc", f"--shell={shell}", "--severity=warning", "--format=json1", "-"],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            cwd=Path(program).parent,
        )
    except subprocess.TimeoutExpired:
        return ()
    if done.returncode not in _ANSWERS:
        if shell == "busybox":
            said = complaints(program, text, "dash")
            return tuple(one for one in said if not one.code.startswith(_OF_BASH))
        raise RuntimeError(f"{program}: {done.stderr.decode('utf-8', 'replace').strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["comments"]
    return tuple(
        Complaint(one["line"], one["column"], one["level"], f"SC{one['code']}", one["message"])
        for one in found
        if (shell, one["code"]) != _NOT_OF_BUSYBOX
    )
