"""The family S, continued: what the dynamic linker of the server finds for the shared object."""

import re
from collections.abc import Iterator

from kuiper_pack.package.package import Package
from kuiper_pack.planner.native_files import SCRIPT
from kuiper_pack.profiles import Release
from kuiper_pack.profiles.images import Image, images_of
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.plugin_file import not_opened, plugin_binary
from kuiper_pack.rules.rule import NATIVE, Rule
from kuiper_pack.rules.target import Target

_ONLY_IN_GLIBC = re.compile(r"__\w+_chk|__isoc23_\w+")
"""Functions that headers of glibc put in the place of others, and that musl does not have."""
_SHOWN = 3
_IN_DEBIAN = frozenset({"libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"})
_IN_ALPINE = re.compile(r"lib(crypto|ssl)\.so\.[\d.]+|libz\.so\.1|libapk\.so\.[\d.]+")
"""Libraries that the base images bring, beside those of the C library."""
_BARE_ALPINE_SINCE = Release.parse("1.10.0")
"""Before, libzmq was installed there, with what it needs (deploy/docker/Dockerfile-alpine)."""
_LARGEST_PAGE = 64 << 10
_LARGER_PAGES = frozenset({"arm64"})


class OtherCLibrary(Rule):
    """The plugin is linked with another C library than the server's image has.

    The slim images have glibc, the alpine ones musl. A plugin that is linked with musl cannot be
    loaded where glibc is, for the library it names is not there:

    `libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory`

    The other way round musl takes itself for what glibc is called, and the plugin loads as long as
    it asks for nothing that only glibc has; compilers of some systems ask for that by default:

    `Error relocating ...: __fprintf_chk: symbol not found`

    What counts is the library that the file needs, not the loader that it names: builders on Alpine
    may name that of glibc.

    Bad: what gcc on Debian or Ubuntu links, with `--image alpine`. Good: what `musl-gcc`, Zig or
    gcc on Alpine links.

    Build it for the image: `kuiper-pack build --image` does. Without `--image` it is only noted
    that a plugin is for musl.
    """

    code, severity, kinds = "KPS09", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None or found[1].libc is None:
            return
        entry, binary = found
        others = [
            (release, image)
            for release, image in _images(package, target)
            if image.libc != binary.libc
        ]
        if others:
            servers, image = tuple(release for release, _ in others), others[0][1]
            message = (
                f"it is linked with {binary.libc}, and the image {image.name} has {image.libc}"
            )
            fix = f"build it for {image.libc}: kuiper-pack build --image {image.name}"
            strange = [name for name in binary.undefined if _ONLY_IN_GLIBC.fullmatch(name)]
            if image.libc == "musl" and not strange:
                message += ", which it loads with only as long as both have what it asks for"
                yield self.at(entry, message, severity=Severity.WARNING, servers=servers, fix=fix)
                return
            if strange:
                message += f", which lacks {', '.join(strange[:_SHOWN])}"
            yield from not_opened(self, package, entry, message, servers, fix)
        elif target.image is None and binary.libc == "musl":
            yield self.at(
                entry,
                "it is linked with musl, so only the alpine images can load it",
                severity=Severity.NOTE,
                fix="name the image with --image, or build it for glibc",
            )


class NewerCLibrary(Rule):
    """The plugin needs a newer glibc than the server's image has.

    What is linked on a newer system asks for versions of functions that an older glibc does not
    have. The slim images of 2.0 have glibc 2.31, those since 2.1 have 2.36:

    `/lib/x86_64-linux-gnu/libc.so.6: version 'GLIBC_2.34' not found (required by ...)`

    From 1.6.0 on the server loads the shared object while it installs the package, and refuses it.

    Bad: what Debian 12 links, with `--image slim --server 2.0.8`. Good: what Debian 11 links, or
    Zig with glibc 2.31 as its target.

    Build it for the image: `kuiper-pack build --image` does, with `kuiper-pack[cross]`.
    """

    code, severity, kinds = "KPS10", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None or found[1].libc != "glibc":
            return
        from kuiper_pack.goplugin.host import glibc_of

        entry, binary = found
        wanted, told = glibc_of(binary), dict[tuple[str, str], list[Release]]()
        for release, image in _images(package, target):
            if image.glibc and wanted > tuple(int(part) for part in image.glibc.split(".")):
                told.setdefault((image.name, image.glibc), []).append(release)
        needed = ".".join(map(str, wanted))
        for (name, glibc), servers in told.items():
            yield from not_opened(
                self,
                package,
                entry,
                f"it needs glibc {needed}, and the image {name} has glibc {glibc}",
                tuple(servers),
                fix=f"build it for glibc {glibc}: kuiper-pack build --image {name}",
            )


class LibraryMissing(Rule):
    """The plugin needs a library that its package does not bring.

    A shared object with C code names the libraries that it needs, and the server's system must have
    them where the linker looks. The packed ones are no help by themselves: an install.sh has to put
    them there. Where one is missing the shared object cannot be loaded:

    `libzmq.so.5: cannot open shared object file: No such file or directory`

    What the alpine images have is known; of other systems it is only noted what they need to have.

    Bad: a plugin that needs `libzmq.so.5`, without install.sh. Good: a plugin in Go alone, or an
    install.sh that installs the library.

    Install the library with install.sh, link it statically, or do without C.
    """

    code, severity, kinds = "KPS11", Severity.ERROR, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None or SCRIPT in package or found[1].search:
            return  # the script, or a folder that the file names, may have it
        from kuiper_pack.goplugin.linking import is_of_libc

        entry, binary = found
        foreign = [
            one
            for one in binary.needed
            if not is_of_libc(one, "glibc") and not is_of_libc(one, "musl")
        ]
        fix = "install it with install.sh, or link it statically"
        on_alpine = tuple(
            release
            for release, image in _images(package, target)
            if image.name == "alpine" and release >= _BARE_ALPINE_SINCE
        )
        missing = [one for one in foreign if not _IN_ALPINE.fullmatch(one)]
        if on_alpine and missing:
            message = f"it needs {', '.join(missing)}, which the image alpine does not have"
            yield from not_opened(self, package, entry, message, on_alpine, fix)
        unknown = [one for one in foreign if one not in _IN_DEBIAN]
        others = tuple(one for one in target.installing(package) if one not in on_alpine)
        if unknown and others:
            yield self.at(
                entry,
                f"it needs {', '.join(unknown)}, which the server's system has to have",
                severity=Severity.NOTE,
                servers=others,
                fix=fix,
            )


class SmallPages(Rule):
    """The plugin cannot be loaded where memory has larger pages.

    Parts of a shared object are laid out for pages up to some size, and Linux on arm64 comes with
    pages of 4, 16 or 64 KiB. Where they are larger than the file allows it is not loaded:

    `ELF load command alignment not page-aligned`

    Bad: a shared object for arm64 that is aligned to 4 KiB. Good: one that is aligned to 64 KiB, as
    linkers do for arm64 unless they are told otherwise.

    Link it with `-z max-page-size=65536`.
    """

    code, severity, kinds = "KPS12", Severity.NOTE, NATIVE

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        found = plugin_binary(package)
        if found is None or found[1].elf.machine not in _LARGER_PAGES:
            return
        entry, binary = found
        if 0 < binary.alignment < _LARGEST_PAGE:
            size = f"{binary.alignment >> 10} KiB"
            yield self.at(
                entry,
                f"it can only be loaded where pages have at most {size}",
                fix="link it with -ldflags '-extldflags -Wl,-z,max-page-size=65536'",
            )


def _images(package: Package, target: Target) -> list[tuple[Release, Image]]:
    """The image of the target at each release that comes to load the shared object."""
    if target.image is None:
        return []
    return list(images_of(target.image, target.installing(package)).items())
