"""The family V: the version in the name of a shared object."""

import re
from collections.abc import Iterator

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import Profile
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.plugin_file import plugin_binary
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target

_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)")


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


class OtherVersion(Rule):
    """The version in the file name is not the one that was built.

    Go writes the version of the module into the shared object when it is built from a tag. The
    server shows the one in the file name, and knows no other.

    Bad: `random@1.2.0.so`, built from the tag v1.3.0. Good: `random@1.3.0.so`.

    Rename the file, or build the version that its name says.
    """

    code, severity, kinds = "KPV08", Severity.NOTE, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        build = found[1].build if found is not None else None
        if found is None or build is None or build.main is None or build.main.replaced_by:
            return
        named = _RELEASE.fullmatch(found[0].name.removesuffix(".so").partition("@")[2])
        built = _RELEASE.fullmatch(build.main.version.partition("+")[0])
        if named and built and named[1] != built[1]:
            yield self.at(
                found[0],
                f"its name says {named[1]}, and it was built from {build.main.version} of "
                f"{build.main.path}",
                fix=f"name it {found[0].name.partition('@')[0]}@{built[1]}.so",
            )
