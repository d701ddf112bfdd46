"""The family I, continued: what the commands of install.sh do."""

from collections.abc import Iterator
from posixpath import basename

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.install_script import script_of, told
from kuiper_pack.rules.rule import Rule
from kuiper_pack.rules.shell import Command, Script, Word
from kuiper_pack.rules.target import Target

MANAGERS = frozenset(
    {"apk", "apt", "apt-get", "aptitude", "brew", "dnf", "pacman", "snap", "yum", "zypper"}
)
"""What installs packages of a distribution."""
CHANGES = frozenset(
    {
        "add", "autoremove", "create", "del", "dist-upgrade", "full-upgrade", "install", "purge",
        "remove", "update", "upgrade",
    }
)  # fmt: skip
"""What one asks of such a program, and of others like it, to change something."""
ACCOUNTS = frozenset({"addgroup", "adduser", "groupadd", "useradd"})
_ASKING = frozenset({"apt", "apt-get", "aptitude", "conda", "dnf", "yum"})
_PROMISES = frozenset({"--yes", "--assume-yes", "--assumeyes", "--quiet=2", "--force-yes"})
_PIP = frozenset({"pip", "pip3"})
_PYTHON = frozenset({"python", "python3"})
_OFFLINE = frozenset({"--no-index", "--no-deps", "--no-network", "--offline"})
_OF_SYSTEM = frozenset(
    {
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root",
        "/run", "/sbin", "/srv", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/local",
        "/usr/local/bin", "/usr/local/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib",
    }
)  # fmt: skip
_OF_SERVER = frozenset(
    {
        "/kuiper", "/kuiper/bin", "/kuiper/data", "/kuiper/etc", "/kuiper/etc/functions",
        "/kuiper/etc/sinks", "/kuiper/etc/sources", "/kuiper/log", "/kuiper/plugins",
        "/kuiper/plugins/functions", "/kuiper/plugins/portable", "/kuiper/plugins/sinks",
        "/kuiper/plugins/sources",
    }
)  # fmt: skip
_SOCKETS = "/tmp"  # noqa: S108 - that of the server
_ENDING = frozenset({"halt", "poweroff", "reboot", "shutdown"})


class CommandAsks(Rule):
    """install.sh runs a command that asks a question.

    Nobody is there to answer: the script has no terminal and an empty input. A package manager
    without `-y` gives up where it would ask, and `read` fails at once.

    Bad: `apt-get install libzmq5`, `read answer`. Good: `apt-get install -y libzmq5`, a value from
    the `shellParas` of the create request.

    Add `-y`, or take the answer from the parameters of the script.
    """

    code, severity = "KPI09", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        names = {one.name.text for one in script.commands}
        if entry is None or "yes" in names:
            return
        found = [
            (one.name, f"{_spoken(one)} asks a question, and nobody answers")
            for one in script.commands
            if _asks(one)
        ]
        fix = "add -y, or take the answer from the parameters of the script"
        yield from told(self, entry, found, more="more commands ask questions", fix=fix)


class NetworkNeeded(Rule):
    """install.sh needs the network.

    It fetches something while the plugin is installed, on a server that may stand where there is no
    way out, behind a proxy, or before a registry that has changed since. There is no time limit.

    Bad: `curl -LO https://example.org/model.bin`, `pip install numpy`. Good: the file in the
    package, or `pip install --no-index --find-links wheels numpy`.

    Put what the plugin needs into the package where its size allows it.
    """

    code, severity = "KPI14", Severity.NOTE

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        found = [one for one in script.commands if _fetches(one)]
        if entry is not None and found:
            more = f", and {len(found) - 1} more commands do" if len(found) > 1 else ""
            place = found[0].name
            yield self.at(
                entry,
                f"{_spoken(found[0])} needs the network while it is installed{more}",
                line=place.line,
                column=place.column,
            )


class Destructive(Rule):
    """install.sh removes what is not its own.

    It deletes a folder of the system or of the server, or ends the server that is just running it.
    `/tmp` belongs to the server as well: the sockets of its portable plugins, `/tmp/plugin_*.ipc`,
    are there, and a plugin that is started anew does not reach the server without its own.

    Bad: `rm -rf /tmp/*`, `rm -rf /kuiper/data`, `pkill kuiperd`. Good: `rm -rf /tmp/tide-build`.

    Remove only what the script itself has made.
    """

    code, severity = "KPI15", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        if entry is not None:
            yield from told(
                self,
                entry,
                [found for one in script.commands for found in _destroyed(script, one)],
                more="more commands remove what is not the script's own",
            )


class NotTwice(Rule):
    """install.sh fails when it is run for a second time.

    It makes something outside of its own folder that must not be there yet. The plugin installs
    once; when it is updated, or deleted and created again, the command fails because its own work
    is there, and the installation with it.

    Bad: `mkdir /opt/tide` after `set -e`. Good: `mkdir -p /opt/tide`, `ln -sf`, and a look with
    `id` before `useradd`.

    Let the script live with what it has done before.
    """

    code, severity = "KPI16", Severity.WARNING

    def holds(self, facts: Profile) -> bool:
        return facts.install_script

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        entry, script = script_of(package)
        if entry is None:
            return
        last = script.commands[-1:]
        found = [
            (one.name, f"{what} fails when the script runs again")
            for one in script.commands
            if one.sure and (script.strict or one in last)
            if (what := _made_once(script, one))
        ]
        yield from told(self, entry, found, more="more commands fail when it runs again")


def _spoken(command: Command) -> str:
    """A command in as many words as it takes to know it."""
    verb = next((one.text for one in command.arguments if one.text in CHANGES), "")
    return f"{command.name.text} {verb}".rstrip()


def _asks(command: Command) -> bool:
    name = basename(command.name.text)
    words = {one.text for one in command.arguments}
    if any(one.startswith("$") for one in words):
        return False  # an option may be in there
    if name in _ASKING:
        changes = not words.isdisjoint(CHANGES - {"update"} if name.startswith("apt") else CHANGES)
        told_so = "y" in command.flags or "q" in command.flags.replace("q", "", 1)
        return changes and not told_so and words.isdisjoint(_PROMISES)
    if name == "read":
        return command.sure and not command.reads and not command.piped
    if name in _PIP:
        return "uninstall" in words and "y" not in command.flags and "--yes" not in words
    return name == "passwd" and not command.piped


def _fetches(command: Command) -> bool:
    name = basename(command.name.text)
    words = {one.text for one in command.arguments}
    if name in _PYTHON and {"-m", "pip"} <= words:
        name = "pip"
    if not words.isdisjoint(_OFFLINE):
        return False
    if name in _PIP:
        wanted = [one.text for one in command.plain if one.text not in ("pip", "install")]
        local = all(one.startswith((".", "/", "$")) or one.endswith(".whl") for one in wanted)
        return "install" in words and (not local or "r" in command.flags)
    if name in MANAGERS:
        return not words.isdisjoint({"add", "install", "update", "upgrade", "dist-upgrade"})
    if name in ("curl", "wget"):
        return any(one.startswith(("http:", "https:", "ftp:", "$")) for one in words)
    verbs = {
        "git": {"clone", "fetch", "pull"},
        "go": {"get", "install", "mod"},
        "npm": {"ci", "install"},
        "conda": {"create", "install", "update"},
    }
    return not words.isdisjoint(verbs.get(name, set()))


def _destroyed(script: Script, command: Command) -> Iterator[tuple[Word, str]]:
    name = basename(command.name.text)
    if name == "rm" and not {"r", "R"}.isdisjoint(command.flags):
        for word in command.plain:
            path = script.value(word).removesuffix("*").rstrip("/") or script.value(word)[:1]
            if path == _SOCKETS:
                yield word, "it removes the sockets of the server's portable plugins, in /tmp"
            elif path in _OF_SERVER:
                yield word, f"it removes {path}, which is the server's"
            elif path in _OF_SYSTEM:
                yield word, f"it removes {path}, which is the system's"
    elif name in ("pkill", "killall") and any("kuiper" in one.text for one in command.plain):
        yield command.name, "it ends the server that runs it"
    elif name in _ENDING:
        yield command.name, "it ends the system that it runs on"


def _made_once(script: Script, command: Command) -> str:
    """What a command makes that must not be there; "" for none."""
    name = basename(command.name.text)
    values = [script.value(one) for one in command.plain]
    outside = [one for one in values if one.startswith("/") and not one.startswith(_SOCKETS)]
    if name == "mkdir" and "p" not in command.flags and outside:
        options = {one.text for one in command.arguments}
        return "" if "--parents" in options else f"mkdir {outside[0]}"
    if name == "ln" and "s" in command.flags and "f" not in command.flags:
        return f"ln -s ... {values[-1]}" if values[-1:] == outside[-1:] and outside else ""
    if name in ACCOUNTS and values and "f" not in command.flags:
        return f"{name} {values[-1]}"
    if name == "git" and values[:1] == ["clone"] and len(outside) == 1:
        return f"git clone into {outside[0]}"
    return ""
