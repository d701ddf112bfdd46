"""Releases that open the same plugins, and what the module of a plugin has to be for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuiper_pack.build.gomod import GoModule, numbers
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import CONTRACT, NEWEST, Release, profile, ranges


@dataclass(frozen=True, slots=True)
class Group:
    """Releases, oldest first, that open what Go ``go`` makes with what they share with plugins.

    That is the module ``shared``: the contract at ``version``, or, where ``version`` is empty, the
    whole server. ``more`` says that others are built for as well.
    """

    releases: tuple[Release, ...]
    go: str
    shared: str
    version: str
    more: bool

    @property
    def newest(self) -> Release:
        """The release that stands for all of them."""
        return self.releases[-1]

    @property
    def flags(self) -> tuple[str, ...]:
        """What makes of Go source a plugin that these servers, as they are released, open.

        They are built with -trimpath (Makefile upstream); the state of a repository, which Go
        writes into files since 1.18, would only make the bytes differ.
        """
        stamps = ("-buildvcs=false",) if numbers(self.go) >= (1, 18) else ()
        return ("-buildmode=plugin", "-trimpath", *stamps)

    def check_file(self, module: GoModule) -> None:
        """Raise KuiperPackError where the module file says that these servers are not its own."""
        self.check_contract(module, module.required(CONTRACT) or self.version)
        if self.asks_too_much(module):
            oldest = ".".join(map(str, module.go))
            raise KuiperPackError(
                f"{module.path}: eKuiper {self.newest} is built with Go {self.go}, and this "
                f"module asks for Go {oldest}: {self._remedy(f'go mod edit -go={self.go}')}"
            )

    def asks_too_much(self, module: GoModule) -> bool:
        """Whether the go line of the module file wants a newer Go than these servers have.

        Before 1.21 Go took that line for a wish.
        """
        return module.go > numbers(self.go) >= (1, 21)

    def check_contract(self, module: GoModule, used: str) -> None:
        """Raise KuiperPackError where the module uses another contract than these servers."""
        if self.version and used != self.version:
            raise KuiperPackError(
                f"{module.path}: eKuiper {self.newest} has {CONTRACT} {self.version}, this "
                f"plugin has {used or 'none'}, and a server opens no plugin with another: "
                f"{self._remedy(f'go get {CONTRACT}@{self.version}')}"
            )

    def _remedy(self, command: str) -> str:
        if not self.more:
            return f"{command}, or kuiper-pack build --fix-mod"
        return f"leave out --server {ranges(self.releases)}, or build apart for it after {command}"


def groups_of(releases: Iterable[Release]) -> tuple[Group, ...]:
    """The groups of ``releases``, the newest first; of the newest release where there are none.

    Raises :class:`KuiperPackError` for releases that no plugin can be compiled for here.
    """
    alike: dict[tuple[str, str, str], list[Release]] = {}
    for release in sorted(set(releases) or {NEWEST}, reverse=True):
        alike.setdefault(_key(release), []).append(release)
    return tuple(_grouped(alike))


def _grouped(alike: dict[tuple[str, str, str], list[Release]]) -> Iterator[Group]:
    for (go, shared, version), releases in alike.items():
        plain = version if shared == CONTRACT else ""
        yield Group(tuple(sorted(releases)), go, shared, plain, len(alike) > 1)


def _key(release: Release) -> tuple[str, str, str]:
    facts = profile(release)
    if not facts.trimpath:
        raise KuiperPackError(
            f"eKuiper {release} is built without -trimpath: it opens only plugins that were "
            "compiled where it was, inside its source tree; build the .so there and put it into "
            "the folder"
        )
    if facts.contract is not None:
        return facts.go, CONTRACT, f"v{facts.contract.removeprefix('v')}"
    return facts.go, facts.module, release.text
