"""The family E: the folder ``etc/`` of a native package."""

from collections.abc import Iterator

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile, profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target

_FOLDER = "etc/"


class EtcIsIgnored(Rule):
    """The server is too old for `etc/`.

    Native packages carry extra files in `etc/` since 1.1.2. Older servers unpack them to a
    temporary folder that is gone after the installation, so the plugin does not find them.

    Bad: `etc/labels.txt` for 1.0.2. Good: the same content compiled into the plugin.

    Do not rely on `etc/` for such servers, or let install.sh copy the files.
    """

    code, severity, kinds = "KPE01", Severity.WARNING, NATIVE

    def holds(self, facts: Profile) -> bool:
        return not facts.etc_folder

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if first := _first_of_etc(package):
            yield self.at(first, "files in etc/ are not installed")


class EtcIsElsewhere(Rule):
    """The files of `etc/` are not where the documentation says.

    Documentation says that `etc/` of a native package becomes `etc/{kind}/{name}/` of the server.
    From 1.7.0 to the last 1.14, without 1.11.5, it becomes `data/{kind}/{name}/`, and a plugin that
    opens the documented path fails there.

    Bad: only `etc/functions/labels/` is tried. Good: the plugin tries both folders.

    Look below the root path for `data/{kind}/{name}` as well, or narrow the releases that the
    package is for.
    """

    code, severity, kinds = "KPE02", Severity.WARNING, NATIVE

    def holds(self, facts: Profile) -> bool:
        return facts.etc_folder and "etc" not in facts.native_folders

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        if (first := _first_of_etc(package)) and package.kind:
            place = f"data/{package.kind.plural}/{package.name}/"
            yield self.at(first, f"files in etc/ go to {place}, not to etc/")


class EtcStays(Rule):
    """The files of `etc/` outlive the plugin.

    From 2.2.1 on `etc/` of a native package goes to `etc/{kind}/{name}/` and to
    `data/{kind}/{name}/` of the server, and deleting the plugin removes only the first. A later
    plugin of that name finds the old files in `data/`, beside those that it brings itself.

    Bad: a package whose next version leaves a file of `etc/` out, and a plugin that reads whatever
    it finds there. Good: a plugin that opens its files by name.

    Open the files below `etc/`, and remove those in `data/` by hand where it matters.
    """

    code, severity, kinds = "KPE04", Severity.NOTE, NATIVE

    def holds(self, facts: Profile) -> bool:
        return facts.etc_folder and len(facts.native_folders) > 1

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        first = _first_of_etc(package)
        if first is None:
            return
        releases = [one for one in target.releases if self.holds(profile(one))]
        for removal, servers in target.removals(package, releases).items():
            own = [path for path in removal.left if f"/{package.name}/" in path]
            if own and not removal.refused:
                folder = own[0].partition(f"/{package.name}/")[0].replace("{DATA}", "data")
                yield self.at(
                    first,
                    f"files in etc/ stay in {folder}/{package.name}/ when the plugin is deleted",
                    servers=servers,
                )


def _first_of_etc(package: Package) -> str | None:
    """The first file in ``etc/``; None without any."""
    return next(
        (
            entry.name
            for entry in package.entries
            if entry.name.startswith(_FOLDER) and not entry.is_dir
        ),
        None,
    )
