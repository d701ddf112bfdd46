"""What ``plugin.Open`` does, without running any of it.

The steps are those of plugin/plugin_dlopen.go and runtime/plugin.go of Go 1.15 to 1.26: what the
dynamic linker refuses, then the module data, the plugin path, the hashes of packages. What a plugin
does in its own ``init`` is not looked at.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kuiper_pack.goplugin.errors import BinaryError, Malformed
from kuiper_pack.goplugin.host import Host
from kuiper_pack.goplugin.layouts import next_of, same_layout
from kuiper_pack.goplugin.linking import link, unreadable
from kuiper_pack.goplugin.moduledata import is_standard
from kuiper_pack.goplugin.prediction import Cause, Conflict, Prediction
from kuiper_pack.goplugin.read import Binary, Plugin
from kuiper_pack.goplugin.why import differences, explain

NOT_IMPLEMENTED = "plugin: not implemented"
ALREADY_LOADED = "plugin already loaded"
OTHER_VERSION = "plugin was built with a different version of package"
NO_MODULE_DATA = "fatal error: runtime: no plugin module data"
SEGMENTATION_VIOLATION = "SIGSEGV: segmentation violation"
BUS_ERROR = "SIGBUS: bus error"

_INIT = "nothing that the plugin does in init() ends the server"


class Candidate(NamedTuple):
    """A plugin that a server is to open: the path of its file, and what was read of it.

    ``real_path`` is the path without links, by which a process knows again what it has opened;
    without it ``file`` is taken for it.
    """

    file: str
    binary: Binary | BinaryError
    real_path: str = ""


def predict(host: Host, candidates: Sequence[Candidate]) -> tuple[Prediction, ...]:
    """What ``host`` does with each of the candidates, opened in this order by one process."""
    process = _Process(host)
    return tuple(process.open(one) for one in candidates)


class _Process:
    """A server that runs: what it has loaded so far, refused plugins included."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._scope = {package: (hash_, host.name) for package, hash_ in host.packages.items()}
        self._answers: dict[str, Prediction] = {}
        self._paths: dict[str, str] = {}
        self._follows = False  # whether a plugin that the server finds was loaded before
        self._last_is_good = False  # whether the last of these is one that it opened
        self._lost = False  # whether it finds no plugin any more, see _strange
        self._died_of = ""

    def open(self, candidate: Candidate) -> Prediction:
        """What the process answers to ``plugin.Open``."""
        if self._died_of:
            return _unknown(f"the server is gone, because of {self._died_of}")
        path = candidate.real_path or candidate.file
        before = self._answers.get(path)
        if before is not None:
            return _again(before)
        prediction, kept = self._first_time(candidate)
        if kept:
            self._answers[path] = prediction
        if prediction.outcome == "crash":
            self._died_of = candidate.file
        return prediction

    def _first_time(self, candidate: Candidate) -> tuple[Prediction, bool]:
        """The answer, and whether the process keeps it: what is no library at all is asked anew."""
        file, binary, host = candidate.file, candidate.binary, self._host
        obstacle = _obstacle(host)
        if obstacle is not None:
            return obstacle, False
        if isinstance(binary, Malformed):
            return _unknown(f"what the file is: {binary}"), False
        if isinstance(binary, BinaryError):
            return _unreadable(file, binary, host), False
        linked = link(file, binary, host)
        if linked.refusal:
            return self._refused_by_linker(linked.refusal, binary), False
        if host.opens == "by-crashing":
            # A second runtime does not even start in a static program.
            starts = _mode(binary) != "c-shared" or host.libc is not None
            return Prediction(
                "crash",
                NO_MODULE_DATA if starts else SEGMENTATION_VIOLATION,
                causes=(
                    Cause(
                        f"{host.name} does not let plugins find its packages: it is a static "
                        "program, or was not linked by the C linker",
                        "build the server with cgo, and without -linkmode internal and -static",
                    ),
                ),
            ), False
        if binary.plugin is None:
            self._share(file, binary)
            return self._no_plugin(binary), True
        prediction = self._not_found(binary) or self._entered(binary, binary.plugin)
        self._enter(file, binary, binary.plugin, prediction)
        return _doubted(prediction, linked.doubts), True

    def _refused_by_linker(self, words: str, binary: Binary) -> Prediction:
        """The refusal, and what the runtime would not like either: one build can mend both."""
        causes = _causes_of_linker(words, binary, self._host)
        conflicts = self._conflicts(binary.plugin) if binary.plugin else ()
        if conflicts:
            causes += explain(binary, self._host, conflicts)
        return Prediction("error", words, causes=causes)

    def _no_plugin(self, binary: Binary) -> Prediction:
        """Anything else that can be loaded leaves the runtime with the module that was last."""
        return self._last_again((_not_go(binary),))

    def _last_again(self, causes: tuple[Cause, ...]) -> Prediction:
        """What the runtime says where the last of its modules is none of the file just loaded."""
        if self._last_is_good:
            return Prediction("error", ALREADY_LOADED, causes=causes)
        return Prediction("crash", NO_MODULE_DATA, causes=causes)

    def _not_found(self, binary: Binary) -> Prediction | None:
        """What the runtime does where it does not find the module data; None where it does."""
        if self._lost:
            lost = Cause(
                "a plugin by another Go version was opened before, and the server finds no plugin "
                "any more",
                "restart the server, without that plugin",
            )
            return self._last_again((lost,))
        return self._strange(binary) if same_layout(binary, self._host) is False else None

    def _strange(self, binary: Binary) -> Prediction:
        """What comes of module data with another layout.

        The plugin hangs it behind the one before it, where its own runtime has ``next``. Where that
        is not the server's ``next``, the server finds neither this one nor any that follows.
        """
        causes = explain(binary, self._host, ())
        if _crash(binary, self._host) != NO_MODULE_DATA:
            return Prediction("crash", SEGMENTATION_VIOLATION, causes=causes)
        if self._follows and _marks_as_bad(binary, self._host) is not False:
            return _unknown("what it overwrites in the module data of the plugin before it")
        self._lost = True
        return self._last_again(causes)

    def _entered(self, binary: Binary, plugin: Plugin) -> Prediction:
        """What the runtime does with a Go plugin that is linked."""
        host = self._host
        same = same_layout(binary, host)
        if plugin.path in self._paths:
            return Prediction(
                "error",
                ALREADY_LOADED,
                causes=(
                    Cause(
                        f"its plugin path is {plugin.path}, as that of {self._paths[plugin.path]}",
                        "give one of them another module path, or another folder, and build it "
                        "by its folder",
                    ),
                ),
            )
        shared = [check for check in plugin.checks if check.package in self._scope]
        conflicts = self._conflicts(plugin)
        if conflicts:
            text = f"{OTHER_VERSION} {conflicts[0].package}"
            causes = explain(binary, host, conflicts)
            if same is None:
                return Prediction(
                    "unknown", text, conflicts, causes, ("how the plugin lays out its data",)
                )
            return Prediction("error", text, conflicts, causes, compared=len(shared))
        if not host.packages:
            return _by_build(binary, host)
        if same is None:
            return _unknown("how the plugin lays out its data")
        unsure = self._not_compared(binary, plugin)
        if host.known == "standard":
            others = [package for package in unsure if not is_standard(package)]
            if others:
                return _unknown(f"whether {host.name} has {_some(others)}, and in which version")
        assumes = [_INIT]
        if host.doubt:
            assumes.append(host.doubt)
        if unsure and host.known != "all":
            assumes.append(f"{host.name} has none of {_some(unsure)}, or the same")
        return Prediction(
            "ok",
            f"{len(shared)} of its {len(plugin.checks)} packages are in the server, all the same",
            assumes=tuple(assumes),
            compared=len(shared),
        )

    def _conflicts(self, plugin: Plugin) -> tuple[Conflict, ...]:
        """The packages that differ, in the order in which the runtime compares them."""
        return tuple(
            Conflict(check.package, check.hash, *self._scope[check.package])
            for check in plugin.checks
            if self._scope.get(check.package, (check.hash,))[0] != check.hash
        )

    def _not_compared(self, binary: Binary, plugin: Plugin) -> list[str]:
        """The packages that are not known to be in the server, without the plugin's own."""
        module = binary.build.main.path if binary.build and binary.build.main else plugin.path
        return [
            check.package
            for check in plugin.checks
            if check.package not in self._scope
            and not f"{check.package}/".startswith(f"{module}/")
            and check.package != plugin.path
        ]

    def _enter(self, file: str, binary: Binary, plugin: Plugin, prediction: Prediction) -> None:
        """What stays of a plugin: its packages, even where the runtime refused it."""
        self._share(file, binary)
        if self._lost:
            return
        self._follows = True
        self._last_is_good = prediction.outcome in ("ok", "unknown")
        if self._last_is_good:
            self._paths.setdefault(plugin.path, file)

    def _share(self, file: str, binary: Binary) -> None:
        for package, hash_ in binary.packages.items():
            self._scope.setdefault(package, (hash_, file))


def _obstacle(host: Host) -> Prediction | None:
    """What keeps a server from opening any plugin."""
    if host.opens == "nothing":
        return Prediction(
            "error",
            NOT_IMPLEMENTED,
            causes=(
                Cause(
                    f"{host.name} was built with CGO_ENABLED=0",
                    "use a server that was built with cgo, or a portable plugin",
                ),
            ),
        )
    if host.opens == "not-seen":
        return _unknown(f"what is in {host.name}, which is packed: unpack it with upx -d")
    if host.opens == "not-go":
        return _unknown(f"how {host.name} was built: it is no Go program")
    return None


def _unreadable(file: str, error: BinaryError, host: Host) -> Prediction:
    words = unreadable(file, error, host)
    cause = Cause(str(error), "build it, or copy it, again")
    if words:
        return Prediction("error", words, causes=(cause,))
    return Prediction("crash", BUS_ERROR, causes=(cause,))


def _causes_of_linker(words: str, binary: Binary, host: Host) -> tuple[Cause, ...]:
    causes = []
    if host.machine is not None and binary.elf.machine != host.machine:
        causes.append(
            Cause(
                f"it is for {binary.elf.machine}, the server for {host.machine}",
                f"build it for {host.machine}",
            )
        )
    elif host.libc and binary.libc and host.libc != binary.libc:
        causes.append(
            Cause(
                f"it is linked with {binary.libc}, the server with {host.libc}",
                f"build it with a C compiler for {host.libc}",
            )
        )
    elif "not found (required by" in words:
        causes.append(
            Cause(
                "it is linked with a newer C library than the server has",
                "build it on a system as old as that of the server's image",
            )
        )
    elif binary.elf.type == "executable" or binary.pie:
        causes.append(Cause("it is a program", "build it with -buildmode=plugin"))
    return tuple(causes)


def _mode(binary: Binary) -> str | None:
    return binary.build.settings.get("-buildmode") if binary.build else None


def _not_go(binary: Binary) -> Cause:
    mode = _mode(binary)
    if mode and mode != "plugin":
        return Cause(f"it was built with -buildmode={mode}", "build it with -buildmode=plugin")
    if binary.packages:
        return Cause(
            "it was linked so that it cannot find the packages of the server (-Bsymbolic)",
            "leave out the flags of the C linker",
        )
    return Cause("it is no Go plugin", "build it with -buildmode=plugin")


def _crash(binary: Binary, host: Host) -> str:
    """How the runtime dies of module data whose layout is another than its own."""
    mine, its = next_of(host), next_of(binary)
    return NO_MODULE_DATA if mine is None or mine != its else SEGMENTATION_VIOLATION


def _marks_as_bad(binary: Binary, host: Host) -> bool | None:
    """Whether ``next`` of the one layout is where the other says that a module is no good."""
    next_ = next_of(binary)
    if host.layout is None or next_ is None:
        return None
    return host.layout.offsets.get("bad") in range(next_, next_ + (host.bits or 64) // 8)


def _by_build(binary: Binary, host: Host) -> Prediction:
    """What is certain where no hashes of the server are known, but how it was built."""
    certain = differences(binary, host)
    if certain:
        return Prediction("error", f"{OTHER_VERSION} ...", causes=certain)
    return Prediction(
        "unknown",
        f"the hashes of the packages of {host.name} are not known",
        causes=explain(binary, host, ()),
        missing=(f"the hashes of the packages of {host.name}: name its kuiperd",),
    )


def _doubted(prediction: Prediction, doubts: Sequence[str]) -> Prediction:
    """What stays certain where the dynamic linker might refuse the file before."""
    if not doubts or prediction.outcome in ("error", "crash"):
        return prediction
    return Prediction(
        "unknown",
        prediction.reason if prediction.outcome == "unknown" else "; ".join(doubts),
        prediction.conflicts,
        prediction.causes,
        (*prediction.missing, *doubts),
        prediction.assumes,
        prediction.compared,
    )


def _again(before: Prediction) -> Prediction:
    """The same file once more: a process keeps what it said of a path until it ends."""
    if before.outcome != "error":
        return before
    causes = (
        Cause(
            "this path was refused before, and a process keeps that until it ends",
            "restart the server",
        ),
    )
    return Prediction("error", f"{before.reason} (previous failure)", before.conflicts, causes)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _unknown(what: str) -> Prediction:
    return Prediction("unknown", what, missing=(what,))
