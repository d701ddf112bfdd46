"""The family V: the version in the name of a shared object."""

from collections.abc import Iterator

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target


class VersionCannotBeFoundAgain(Rule):
    """The version in the file name is one that the server cannot find again.

    The version is what stands between `@` and `.so`. The server takes the name apart at these marks
    and later puts it together again; where the version is empty, or holds `@`, `.so` or `/`, the
    result is another name. The plugin installs and is described, but it can never be deleted or
    updated: the answer is then that no .so file was found for it.

    Bad: `random@.so`, `random@1@2.so`. Good: `random.so`, `random@1.2.0.so`.

    Rename the shared object.
    """

    code, severity, kinds = "KPV04", Severity.WARNING, NATIVE

    def holds(self, facts: Profile) -> bool:
        return facts.so_name == "any"

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        for entry in package.shared_objects:
            _, mark, rest = entry.name.partition("@")
            version = rest.removesuffix(".so")
            if mark and (not version or any(odd in version for odd in ("@", ".so", "/"))):
                yield self.at(
                    entry,
                    f'the version "{version}" makes a plugin that cannot be deleted or updated',
                    fix="write the version once, without @, .so or a slash, or leave out the @",
                )
