"""The family Y, continued: what the shared object was built with, and what servers were.

A server opens a plugin only if every package that both have is the same, to the last line that
others can see of it. Which build is for which release is decided once for all rules here.
"""

from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.package import Package
from kuiper_pack.profiles import CONTRACT, Profile, Release, profile, ranges
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.interfaces import api_of
from kuiper_pack.rules.plugin_file import not_opened, plugin_binary
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target

if TYPE_CHECKING:
    from kuiper_pack.goplugin.host import Host
    from kuiper_pack.goplugin.prediction import Prediction
    from kuiper_pack.goplugin.read import Binary

_SANITIZERS = ("-race", "-msan", "-asan")


class Difference(Enum):
    """What of a build is not as it was for a server."""

    GO = "Go"
    API = "API"
    FLAGS = "flags"
    PACKAGES = "packages"


class OtherApi(Rule):
    """The plugin was built with another version of eKuiper's interfaces than the server.

    Plugins for 2.x share the module `github.com/lf-edge/ekuiper/contract/v2` with the server, and
    in exactly its version: 2.0.0 up to 2.2, 2.3.1 from 2.3.0 on. Those for 1.x share the module of
    the server itself, and only as the main module, so they are built inside of its source tree.
    From 1.6.0 on a server opens the shared object while it installs the package, and refuses any
    other:

    `plugin was built with a different version of package ...`

    Older ones install it, and every rule that uses the plugin fails.

    Bad: contract v2.0.0 for 2.4.0, `github.com/lf-edge/ekuiper/pkg/api` for 2.x. Good: contract
    v2.3.1 for 2.4.0.

    Run `go get` with the version that the server has, and build again; `kuiper-pack build --server`
    checks it before. Without `--server` only what fits no release of the current major version is
    an error.
    """

    code, severity, kinds = "KPY07", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry, binary, servers in _concerned(package, target, Difference.API):
            newest = profile(servers[-1])
            yield from not_opened(
                self,
                package,
                entry,
                f"it was built with {_api_used(binary, newest)}, and the server has "
                f"{_api_had(servers)}",
                servers,
                fix=_api_fix(servers[-1]),
            )


class OtherGo(Rule):
    """The plugin was built with another Go version than the server.

    A server opens only what the Go version made that made the server, to the last number in nearly
    all cases. From 1.6.0 on it opens the shared object while it installs the package, and refuses
    any other:

    `plugin was built with a different version of package ...`

    or, where the two versions lay out their own data otherwise, as Go 1.26 and 1.25 do, it ends at
    once: `fatal error: runtime: no plugin module data`. Older servers install it, and rules that
    use the plugin fail.

    The `go` line of go.mod is only a minimum: a newer Go on the machine is used all the same.

    Bad: Go 1.26.8 for 2.4.0. Good: Go 1.25.4 for 2.4.0, as `GOTOOLCHAIN=go1.25.4 go build` has it.

    Set GOTOOLCHAIN when you build; `kuiper-pack build --server` does. One build fits the releases
    that have the same Go and the same contract: without `--server` it is noted which ones it does
    not fit.
    """

    code, severity, kinds = "KPY09", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry, binary, servers in _concerned(package, target, Difference.GO):
            had = _listed({release: profile(release).go for release in servers})
            go = profile(servers[-1]).go
            yield from not_opened(
                self,
                package,
                entry,
                f"it was built with Go {_go(binary)}, and the server with Go {had}"
                f"{_deadly(binary, servers)}",
                servers,
                fix=f"for eKuiper {servers[-1]} build it with GOTOOLCHAIN=go{go}",
            )
        yield from self._others(package, target)
        yield from self._near(package, target)

    def _near(self, package: Package, target: Target) -> Iterator[Finding]:
        """Named releases whose Go is so near that only their packages would tell."""
        found = plugin_binary(package)
        if found is None or not target.named:
            return
        entry, binary = found
        servers = tuple(one for one in target.installing(package) if _is_near_go(binary, one))
        if servers:
            had = _listed({release: profile(release).go for release in servers})
            yield self.at(
                entry,
                f"it was built with Go {_go(binary)}, and the server with Go {had}, whose packages "
                "are seldom the same",
                severity=Severity.WARNING,
                servers=servers,
                fix=f"build it with GOTOOLCHAIN=go{profile(servers[-1]).go}",
            )

    def _others(self, package: Package, target: Target) -> Iterator[Finding]:
        """Where nobody named a release, those that a build does not fit which fits some."""
        found = plugin_binary(package)
        if target.named or found is None:
            return
        entry, binary = found
        installing = target.installing(package)
        fitting = [
            one
            for one in installing
            if not differences(binary, one) and not _is_near_go(binary, one)
        ]
        others = tuple(one for one in installing if one not in fitting)
        if fitting and others and binary.build is not None:
            yield self.at(
                entry,
                f"it was built for eKuiper {ranges(fitting)}, with Go {_go(binary)}; others do not "
                "open it",
                severity=Severity.NOTE,
                servers=others,
                fix="name the servers it is for with --server",
            )


class OtherFlags(Rule):
    """The plugin was built with other flags than the server.

    The official servers are built with `-trimpath` since 1.1.2. Without it the folders of the
    machine are part of every package, so no package is the server's; the race detector and other
    sanitizers change packages as well. From 1.6.0 on a server refuses such a shared object while it
    installs the package:

    `plugin was built with a different version of package internal/goarch`

    Older ones install it, and every rule that uses the plugin fails.

    Bad: `go build -buildmode=plugin`, `go build -trimpath -race -buildmode=plugin`. Good:
    `go build -trimpath -buildmode=plugin`.

    Build it with the flags of the server; `kuiper-pack build` does. For a server of your own that
    was built otherwise, leave this rule out.
    """

    code, severity, kinds, since = "KPY12", Severity.ERROR, NATIVE, "1.1.2"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry, binary, servers in _concerned(package, target, Difference.FLAGS):
            settings = binary.build.settings if binary.build else {}
            wrong = [flag for flag in _SANITIZERS if settings.get(flag) == "true"]
            trimmed = settings.get("-trimpath") == "true"
            said = " and ".join([*([] if trimmed else ["without -trimpath"]), *_with(wrong)])
            todo = [*([] if trimmed else ["with -trimpath"]), *(f"without {one}" for one in wrong)]
            yield from not_opened(
                self,
                package,
                entry,
                f"it was built {said}, the server was not",
                servers,
                fix=f"build it {' and '.join(todo)}",
            )


class OtherPackages(Rule):
    """The plugin has packages that differ from those of the server.

    The Go version, the contract and the flags are right, and still a package that both have is not
    the same: another version of a module that the server uses as well, or code that tags, flags or
    changes make another one. The server compares them when it opens the shared object, while it
    installs the package, and names the first one:

    `plugin was built with a different version of package ...`

    This is said only for releases whose packages are known; for those of your own server ask
    `kuiper-pack load --kuiperd`.

    Bad: `github.com/google/uuid` v1.5.0 for a server that has v1.6.0. Good: the versions in the
    go.mod of the release, or a module that the server does not have.

    Ask for the version of the server with `go get`, and build again.
    """

    code, severity, kinds = "KPY13", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        told: dict[tuple[str, str | None], tuple[Entry, list[Release]]] = {}
        for entry, binary, servers in _concerned(package, target, Difference.PACKAGES):
            for release in servers:
                prediction = _predicted(binary, release)
                cause = prediction.causes[0] if prediction.causes else None
                first = prediction.conflicts[0].package
                fix = cause.remedy if cause else None
                told.setdefault((first, fix), (entry, []))[1].append(release)
        for (first, fix), (entry, releases) in told.items():
            message = f"its package {first} is not the same as that of the server"
            yield from not_opened(self, package, entry, message, tuple(releases), fix=fix)


def differences(binary: "Binary", release: Release) -> frozenset[Difference]:
    """What of the build of a plugin keeps the official builds of ``release`` from opening it.

    Only what is certain counts: of a plugin without build info (Go writes it since 1.21) little is.
    A plugin for the interfaces of another generation has no nearer difference than that.
    """
    facts, found = profile(release), set[Difference]()
    if api_of(facts) not in binary.packages:
        return frozenset({Difference.API})
    if _is_other_go(binary, release):
        found.add(Difference.GO)
    if _is_other_api(binary, facts):
        found.add(Difference.API)
    if _are_other_flags(binary, facts):
        found.add(Difference.FLAGS)
    if not found and _predicted(binary, release).conflicts:
        found.add(Difference.PACKAGES)
    return frozenset(found)


def _concerned(
    package: Package, target: Target, difference: Difference
) -> Iterator["tuple[Entry, Binary, tuple[Release, ...]]"]:
    """The releases that do not open the plugin because of ``difference``.

    Where nobody named releases, a build that fits some has no difference, and one that fits none
    those that it has to the release that it is the nearest to, the newest of several.
    """
    found = plugin_binary(package)
    if found is None:
        return
    entry, binary = found
    all_ = {release: differences(binary, release) for release in target.installing(package)}
    if not all_:
        return
    if not target.named:
        nearest = min(reversed(all_.values()), key=len)
        if difference not in nearest:
            return
    servers = tuple(release for release, one in all_.items() if difference in one)
    if servers:
        yield entry, binary, servers


def _is_other_go(binary: "Binary", release: Release) -> bool:
    go = _go(binary)
    facts = profile(release)
    if not go or go == facts.go:
        return False
    if go.split(".")[:2] != facts.go.split(".")[:2]:
        return True
    # Some patch releases of Go differ in nothing that plugins share.
    host = _host(release, binary.elf.machine)
    return bool(host.packages) and bool(_predicted(binary, release).conflicts)


def _is_near_go(binary: "Binary", release: Release) -> bool:
    """Whether the patch version is another one, and it is not known what that changes."""
    go, facts = _go(binary), profile(release)
    if not go or go == facts.go or go.split(".")[:2] != facts.go.split(".")[:2]:
        return False
    return not _host(release, binary.elf.machine).packages


def _is_other_api(binary: "Binary", facts: Profile) -> bool:
    versions = _versions(binary)
    if facts.contract is None:
        # Only where the server is the main module have its packages no version, as its own have.
        return versions.get(facts.module, "(devel)") != "(devel)"
    return versions.get(CONTRACT, f"v{facts.contract}") != f"v{facts.contract}"


def _versions(binary: "Binary") -> dict[str, str]:
    from kuiper_pack.goplugin.host import module_versions

    return module_versions(binary.build) if binary.build else {}


def _are_other_flags(binary: "Binary", facts: Profile) -> bool:
    build = binary.build
    if build is None or not build.settings or not facts.trimpath:
        return False
    sanitized = any(build.settings.get(flag) == "true" for flag in _SANITIZERS)
    return sanitized or build.settings.get("-trimpath") != "true"


def _predicted(binary: "Binary", release: Release) -> "Prediction":
    from kuiper_pack.goplugin.predict import Candidate, predict

    host = _host(release, binary.elf.machine)
    return predict(host, [Candidate("plugin.so", binary)])[0]


@lru_cache(maxsize=1024)
def _host(release: Release, machine: str) -> "Host":
    from kuiper_pack.goplugin.hosts import host_of_release

    return host_of_release(release, machine)


def _go(binary: "Binary") -> str:
    return binary.build.go_number if binary.build else ""


def _deadly(binary: "Binary", servers: tuple[Release, ...]) -> str:
    """Words for what is worse than a refusal, "" where none of ``servers`` dies."""
    from kuiper_pack.goplugin.layouts import same_layout

    dying = [
        one
        for one in servers
        if profile(one).opens_so and same_layout(binary, _host(one, binary.elf.machine)) is False
    ]
    if not dying:
        return ""
    return ", which ends it" if len(dying) == len(servers) else f", which ends {ranges(dying)}"


def _api_used(binary: "Binary", facts: Profile) -> str:
    """What a plugin was built with in the place of what a release has."""
    versions = _versions(binary)
    if api_of(facts) in binary.packages:
        module = CONTRACT if facts.contract is not None else facts.module
        return f"{module} {versions.get(module, '')}".rstrip()
    known = [one for one in binary.packages if one.endswith(("ekuiper/pkg/api", "xstream/api"))]
    others = [f"{CONTRACT}/api"] if f"{CONTRACT}/api" in binary.packages else known
    return others[0] if others else "none of eKuiper's interfaces"


def _api_had(servers: tuple[Release, ...]) -> str:
    had = {}
    for release in servers:
        facts = profile(release)
        had[release] = f"contract v{facts.contract}" if facts.contract else f"{facts.module} itself"
    return _listed(had)


def _api_fix(release: Release) -> str:
    facts = profile(release)
    if facts.contract is None:
        return f"build it with kuiper-pack build --server {release}, or inside of its source tree"
    return f"for eKuiper {release} run go get {CONTRACT}@v{facts.contract}, and build it again"


def _listed(values: dict[Release, str]) -> str:
    """Each value once, in the order of the releases; where there are several, with these."""
    by_value: dict[str, list[Release]] = {}
    for release, value in values.items():
        by_value.setdefault(value, []).append(release)
    if len(by_value) == 1:
        return next(iter(by_value))
    return ", ".join(f"{value} ({ranges(releases)})" for value, releases in by_value.items())


def _with(flags: list[str]) -> list[str]:
    return [f"with {flag}" for flag in flags]
