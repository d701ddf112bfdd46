"""A package that was drawn, in the forms that tests need it in."""

import io
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes

_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class GeneratedPackage:
    """A package and the request that installs it.

    ``files`` are the entries in their order, with their content; names that end in "/" are folders,
    and a name may occur twice. ``programs`` are the names of those that may be executed, ``faults``
    what was done to spoil it, empty for a good one. ``keep`` is the share of the bytes of its zip
    that are left, less than 1 for one that was cut off.
    """

    kind: Kind
    name: str
    files: tuple[tuple[str, bytes], ...]
    programs: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    keep: float = 1.0

    @property
    def is_good(self) -> bool:
        """Whether nothing was done to spoil it."""
        return not self.faults

    def zip(self) -> bytes:
        """The package as the bytes of a zip; the same package gives the same bytes."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in self.files:
                info = zipfile.ZipInfo(name, _MOMENT)
                info.create_system = 3
                if name.endswith("/"):
                    info.external_attr = (stat.S_IFDIR | 0o755) << 16 | 0x10
                else:
                    mode = 0o755 if name in self.programs else 0o644
                    info.external_attr = (stat.S_IFREG | mode) << 16
                archive.writestr(info, content)
        data = stream.getvalue()
        return data if self.keep >= 1 else data[: int(len(data) * self.keep)]

    def write(self, folder: Path) -> Path:
        """Write the zip into ``folder`` and return its path, ``folder/{name}.zip``."""
        path = folder / f"{self.name}.zip"
        path.write_bytes(self.zip())
        return path

    def package(self) -> Package:
        """The package as rules and predictions take it.

        Raises KuiperPackError for one that was cut off so short that it is none.
        """
        return package_of_bytes(self.zip(), path=f"{self.name}.zip", kind=self.kind, name=self.name)
