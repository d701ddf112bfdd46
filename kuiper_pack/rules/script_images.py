"""The family I, continued: whether install.sh can do its work in the image that is named."""

from collections.abc import Iterator
from posixpath import basename, dirname

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile
from kuiper_pack.profiles.images import Image, images_of
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.install_script import script_of, told
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.script_commands import ACCOUNTS, CHANGES, MANAGERS
from kuiper_pack.rules.shell import Command, Script, Word
from kuiper_pack.rules.target import Target

_PROGRAM_FOLDERS = ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin")
_SYSTEM = ("/bin", "/etc", "/home", "/lib", "/opt", "/root", "/sbin", "/srv", "/usr", "/var")
_OWNED = ("/usr/local/taos", "/var/tmp")  # noqa: S108 - those of the image
"""What everybody may write to in these folders, or the user of the images."""
_TO_LAST = frozenset({"cp", "mv", "install", "ln"})
_TO_ALL = frozenset({"chgrp", "chmod", "chown", "mkdir", "tee", "touch"})


class CommandMissing(Rule):
    """install.sh runs a command that the image does not have.

    The official images hold little beside the server: alpine has neither bash nor Python nor
    apt-get, slim has neither curl nor a compiler. The command ends with 127, and the installation
    fails where the script lets it; what was printed is only in the server's log.

    Bad: `apt-get install -y libzmq5` for alpine, `curl -O ...` for slim. Good: `wget -O ...`, which
    both have.

    Use what is there, test with `command -v` before, or make an image of your own.
    """

    code, severity = "KPI12", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        images = images_of(target.image, target.releases)
        for name, word in _programs(script).items() if images else ():
            servers = tuple(
                one for one, image in images.items() if _is_missing(name, image, script)
            )
            if servers:
                yield self.at(
                    entry,
                    f"{name} is not in the image {target.image}",
                    servers=servers,
                    line=word.line,
                    column=word.column,
                )


class RootNeeded(Rule):
    """install.sh does what only root may, and the server of the image is not root.

    From 1.1.2 on the alpine images run the server, and so the script, as the user kuiper. It may
    write to `/kuiper`, `/tmp` and `/usr/local/taos`; to install packages or to write to folders of
    the system ends in `Permission denied`.

    Bad: `apk add libzmq`, `cp libtide.so /usr/lib/` for alpine. Good: a shared object that is
    linked against nothing that the image lacks.

    Put what is needed into an image of your own, or name an image whose server is root, like slim.
    """

    code, severity = "KPI13", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        servers = tuple(
            one for one, image in images_of(target.image, target.releases).items() if not image.root
        )
        if entry is None or not servers:
            return
        several = len(_managers(script)) > 1  # it asks which distribution it is on
        first: dict[str, Word] = {}
        for command in script.commands:
            if command.caught or (several and not command.sure and command.name.text != "apk"):
                continue
            if what := _of_root(script, command):
                first.setdefault(what, command.name)
        found = [
            (word, f"{what} needs root, which the server of {target.image} is not")
            for what, word in first.items()
        ]
        yield from told(self, entry, found, more="more commands need root", servers=servers)


def _programs(script: Script) -> dict[str, Word]:
    """The programs that a script runs and does not look for first, and where it first does."""
    found: dict[str, Word] = {}
    for command in script.commands:
        for text in () if command.caught else (*command.wrappers, command.name.text):
            folder, name = dirname(text), basename(text)
            if folder in _PROGRAM_FOLDERS and name not in script.functions | script.guarded:
                found.setdefault(name, command.name)
    return found


def _is_missing(name: str, image: Image, script: Script) -> bool:
    if name not in image.lacks:
        return False
    managers = _managers(script)
    if name == "sudo" or managers <= image.lacks:
        return name not in MANAGERS or len(managers) < _SWITCH
    return False  # it asks which distribution it is on, or installs what it needs


def _managers(script: Script) -> frozenset[str]:
    return MANAGERS.intersection(basename(one.name.text) for one in script.commands)


_SWITCH = 3
"""So many package managers in one script are there to choose from, not to be run."""


def _of_root(script: Script, command: Command) -> str:
    """What a command does that only root may; "" for nothing."""
    name = basename(command.name.text)
    if name == "apk" and any(one.text in CHANGES for one in command.plain):
        return "apk"
    if name in ACCOUNTS:
        return name
    values = [script.value(one) for one in command.plain]
    written = values[-1:] if name in _TO_LAST else values if name in _TO_ALL else []
    for path in written:
        if _is_below(path, _SYSTEM) and not _is_below(path, _OWNED):
            return f"to write to {path}"
    return ""


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in folders)
