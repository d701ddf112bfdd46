"""What a Go plugin is linked for: a processor, and the C library of the image of its servers."""

from collections.abc import Iterable
from dataclasses import dataclass

from kuiper_pack.package.architecture import MACHINES
from kuiper_pack.profiles import Release
from kuiper_pack.profiles.images import images_of

MUSL, GLIBC = "musl", "glibc"

_SYSTEMS = {
    ("arm", MUSL): "linux-musleabihf",
    ("arm", GLIBC): "linux-gnueabihf",
}
_MACHINES = {**MACHINES, "arm": "arm"}


@dataclass(frozen=True, slots=True)
class CTarget:
    """A processor, as Go calls it, and a C library.

    ``library`` is None for an image that nobody knows; ``glibc`` is the oldest glibc that has to
    do, as a version, None where that is not known or the library is musl.
    """

    arch: str
    library: str | None
    glibc: str | None = None

    @property
    def triple(self) -> str:
        """What C compilers call it: ``aarch64-linux-gnu``."""
        library = self.library or GLIBC
        default = "linux-musl" if library == MUSL else "linux-gnu"
        machine = _MACHINES.get(self.arch, self.arch)
        return f"{machine}-{_SYSTEMS.get((self.arch, library), default)}"

    @property
    def title(self) -> str:
        """For people: ``linux/arm64 with glibc 2.31``."""
        library = f" with {self.library}" if self.library else ""
        return f"linux/{self.arch}{library}{f' {self.glibc}' if self.glibc else ''}"


def target_of(arch: str, image: str | None, releases: Iterable[Release]) -> CTarget:
    """What a plugin is linked for that all of ``releases`` shall open in ``image``.

    An image of somebody's own tells of its C library only where it is named after Alpine.
    """
    known = images_of(image, releases).values()
    libraries = {one.libc for one in known}
    if len(libraries) == 1:
        versions = [one.glibc for one in known if one.glibc]
        return CTarget(arch, libraries.pop(), min(versions, key=version_of, default=None))
    return CTarget(arch, MUSL if image and "alpine" in image else None)


def version_of(text: str) -> tuple[int, ...]:
    """``2.31`` as (2, 31); () for what is no version."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
