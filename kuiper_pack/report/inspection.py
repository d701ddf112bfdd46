"""What is inside a package, and what each release would do with it."""

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from kuiper_pack.package.entry import Entry
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Prediction
from kuiper_pack.profiles import Release, ranges
from kuiper_pack.report import go_plugin
from kuiper_pack.rules.plugin_file import PluginFile, plugin_file
from kuiper_pack.schemas import identifier
from kuiper_pack.spelling import printable

_LISTS = {"sources": Kind.SOURCE, "sinks": Kind.SINK, "functions": Kind.FUNCTION}
_UNITS = ("B", "kB", "MB", "GB")
_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Inspection:
    """A package and the predictions for it; these are empty where its kind is not known."""

    package: Package
    predictions: Mapping[Release, Prediction]


def document(inspection: Inspection) -> dict[str, Any]:
    """The JSON document, as the schema ``inspect`` describes it."""
    package = inspection.package
    file = _plugin_file(package)
    return {
        "$schema": identifier("inspect"),
        "path": printable(str(package.path)),
        "kind": package.kind.value if package.kind else None,
        "name": printable(package.name),
        "version": printable(package.version),
        "entries": [_entry(entry) for entry in package.entries],
        "symbols": [{"kind": kind.value, "name": name} for kind, name in symbols(package)],
        "go": None if file is None else go_plugin.document(file.content),
        "install": {
            release.text: _prediction(prediction)
            for release, prediction in inspection.predictions.items()
        },
    }


def write_text(inspection: Inspection, stream: TextIO) -> None:
    """Write it for people: releases that do the same stand together."""
    stream.write("".join(f"{line}\n" for line in _lines(inspection)))


def symbols(package: Package) -> Iterator[tuple[Kind, str]]:
    """The sources, sinks and functions that the manifest of a portable names, in its order."""
    manifest = package.manifest if package.kind is Kind.PORTABLE else None
    if manifest is None or manifest.root is None:
        return
    for key, kind in _LISTS.items():
        listed = manifest.root.get(key)
        for item in listed.items if listed is not None else ():
            if item.kind == "string":
                yield kind, printable(str(item.value))


def _plugin_file(package: Package) -> PluginFile | None:
    native = package.kind is not None and package.kind is not Kind.PORTABLE
    return plugin_file(package) if native else None


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": printable(entry.name),
        "size": entry.size,
        "mode": f"{stat.S_IMODE(entry.mode):04o}",
        "directory": entry.is_dir,
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "outcome": prediction.outcome,
        "status": prediction.status,
        "text": None if prediction.status is None else printable(prediction.text),
        "cause": prediction.cause.value if prediction.cause else None,
        "assumes": list(prediction.assumes),
        "writes": [printable(path) for path in prediction.writes],
        "skips": [printable(name) for name, _ in prediction.skips],
        "left": [printable(path) for path in prediction.left],
        "script": prediction.script,
    }


def _lines(inspection: Inspection) -> Iterator[str]:
    package = inspection.package
    kind = package.kind.value if package.kind else "package of unknown kind"
    named = " ".join(part for part in (kind, package.name, package.version) if part)
    yield printable(f"{package.path}: {named}")
    yield from _entries(package.entries)
    for kind_, name in symbols(package):
        yield f"  {kind_.value} {name}"
    file = _plugin_file(package)
    if file is not None:
        yield ""
        yield printable(f"{file.entry.name}:")
        yield from map(printable, go_plugin.lines(file.content))
    for releases, prediction in _alike(inspection.predictions):
        yield ""
        yield from _fate(releases, prediction)


def _entries(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        size = "" if entry.is_dir else _size(entry.size)
        yield f"  {stat.filemode(entry.mode)} {size:>9}  {printable(entry.name)}"


def _size(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < _THOUSAND:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _THOUSAND
    return f"{size:.1f} {_UNITS[-1]}"


def _alike(
    predictions: Mapping[Release, Prediction],
) -> Iterator[tuple[list[Release], Prediction]]:
    groups: dict[Prediction, list[Release]] = {}
    for release, prediction in predictions.items():
        groups.setdefault(prediction, []).append(release)
    for prediction, releases in groups.items():
        yield releases, prediction


def _fate(releases: Sequence[Release], prediction: Prediction) -> Iterator[str]:
    if prediction.status is None:
        yield f"{ranges(releases)}: closes the connection without an answer"
    else:
        text = printable(prediction.text.rstrip("\n"))
        yield f"{ranges(releases)}: {prediction.outcome}, {prediction.status} {text}"
    for path in prediction.writes:
        yield f"  writes  {printable(path)}"
    for name, reason in prediction.skips:
        yield f"  skips   {printable(name)} ({printable(reason)})"
    if prediction.script:
        yield "  runs    install.sh"
    for path in prediction.left:
        yield f"  leaves  {printable(path)}"
    for assumption in prediction.assumes:
        yield f"  assumes {assumption}"
