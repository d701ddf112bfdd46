"""New plugin projects: the templates, and what is filled in."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.build.names import symbol_of
from kuiper_pack.build.templating import fill, templates
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import NEWEST, STABLE, Release, profile

_NAME = re.compile(r"[a-z][a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True)
class Scaffold:
    """What to start: the kind, the name of the plugin, its language, and the servers it is for.

    ``releases`` are empty for the default: the newest release for a native plugin, every release of
    the current major version for a portable one.
    """

    kind: Kind
    name: str
    language: str
    releases: tuple[Release, ...] = ()


def default_language(kind: Kind) -> str:
    """Python for portables, Go for the rest."""
    return "python" if kind is Kind.PORTABLE else "go"


def name_from(folder: Path) -> str:
    """A plugin name made of the name of a folder: ``my-plugin`` becomes ``myPlugin``."""
    words = re.findall(r"[A-Za-z0-9]+", folder.name) or ["plugin"]
    name = words[0] + "".join(symbol_of(word) for word in words[1:])
    name = name[:1].lower() + name[1:]
    return name if _NAME.fullmatch(name) else f"plugin{name}"


def render(scaffold: Scaffold) -> dict[str, str]:
    """The files of the project, by path; NAME and ``dot-`` in those of templates are replaced.

    Raises :class:`KuiperPackError` for a name that cannot be one, and for what cannot be started:
    Python for a native plugin, Go for a portable one.
    """
    _check(scaffold)
    values = _values(scaffold)
    sets = ("portable",) if scaffold.kind is Kind.PORTABLE else ("native", scaffold.kind.value)
    return {
        path.replace("NAME", scaffold.name).replace("dot-", "."): fill(text, values)
        for folder in sets
        for path, text in templates(folder)
    }


def write(rendered: dict[str, str], folder: Path) -> None:
    """Write the project; raises :class:`KuiperPackError` where the folder is not empty."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise KuiperPackError(f"{folder}: not empty; name a new folder, or empty this one")
        for path, text in rendered.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise KuiperPackError(f"{folder}: {error.strerror or error}") from None


def _check(scaffold: Scaffold) -> None:
    name = scaffold.name
    if not _NAME.fullmatch(name):
        raise KuiperPackError(
            f'"{name}" cannot name a plugin: a lower-case letter, then letters and digits; '
            f'"{name_from(Path(name))}" can'
        )
    if keyword.iskeyword(name):
        raise KuiperPackError(f'"{name}" is a word of Python; choose another name')
    if scaffold.kind is Kind.PORTABLE and scaffold.language == "go":
        raise KuiperPackError(
            "no portable plugin in Go can be started: the Go SDK of eKuiper is in no module "
            "registry; use --language python, or a native kind"
        )
    if scaffold.kind is not Kind.PORTABLE and scaffold.language == "python":
        raise KuiperPackError(
            f"a {scaffold.kind.value} in Python belongs into a portable plugin: use --kind portable"
        )


def _values(scaffold: Scaffold) -> dict[str, str]:
    portable = scaffold.kind is Kind.PORTABLE
    releases = scaffold.releases or (() if portable else (NEWEST,))
    servers = [release.text for release in releases] or [str(NEWEST.major)]
    values = {
        "name": scaffold.name,
        "Name": symbol_of(scaffold.name),
        "kind": scaffold.kind.value,
        "servers": ", ".join(f'"{server}"' for server in servers),
    }
    return values if portable else {**values, **_module(releases)}


def _module(releases: tuple[Release, ...]) -> dict[str, str]:
    """Contract version, and the oldest Go of all releases that have it."""
    contracts = {profile(release).contract for release in releases}
    (contract,) = contracts if len(contracts) == 1 else (None,)
    if contract is None:
        raise KuiperPackError(
            "no one Go module fits all these servers; name one release from 2.0.0 on, "
            "like --server 2.4.0"
        )
    having = [release for release in STABLE if profile(release).contract == contract]
    oldest = min((profile(release).go for release in having or releases), key=_numbers)
    return {"contract": f"v{contract.removeprefix('v')}", "go": oldest}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
