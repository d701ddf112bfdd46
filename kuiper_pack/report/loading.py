"""What a server does with Go plugins, for people and for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from kuiper_pack.goplugin.prediction import Conflict, Outcome, Prediction
from kuiper_pack.schemas import identifier
from kuiper_pack.spelling import printable

_GRAVITY: tuple[Outcome, ...] = ("crash", "error", "unknown", "ok")
_SHOWN = 5
_SAID: dict[Outcome, str] = {
    "ok": "opens",
    "error": "is refused",
    "crash": "ends the server",
    "unknown": "cannot be told",
}


@dataclass(frozen=True, slots=True)
class Loading:
    """The files that one server opens, in their order, and what it does with each."""

    server: str
    files: tuple[str, ...]
    predictions: tuple[Prediction, ...]

    @property
    def gravest(self) -> Prediction:
        """The first prediction with the gravest outcome: it is that of all together."""
        return min(self.predictions, key=lambda one: _GRAVITY.index(one.outcome))


def document(loading: Loading) -> dict[str, Any]:
    """The JSON document, as the schema ``load`` describes it."""
    return {
        "$schema": identifier("load"),
        "server": printable(loading.server),
        **_verdict(loading.gravest),
        "plugins": [
            {"path": printable(file), **_verdict(prediction)}
            for file, prediction in zip(loading.files, loading.predictions, strict=True)
        ],
    }


def _verdict(prediction: Prediction) -> dict[str, Any]:
    return {
        "outcome": prediction.outcome,
        "reason": printable(prediction.reason),
        "conflicts": [_conflict(one) for one in prediction.conflicts],
        "causes": [
            {"text": printable(one.text), "remedy": printable(one.remedy)}
            for one in prediction.causes
        ],
        "missing": [printable(one) for one in prediction.missing],
        "assumes": [printable(one) for one in prediction.assumes],
    }


def _conflict(conflict: Conflict) -> dict[str, str]:
    return {
        "package": printable(conflict.package),
        "plugin": conflict.plugin_hash,
        "other": conflict.other_hash,
        "of": printable(conflict.other),
    }


def write_text(loading: Loading, stream: TextIO) -> None:
    """Write it for people."""
    stream.write("".join(f"{printable(line)}\n" for line in _lines(loading)))


def _lines(loading: Loading) -> Iterator[str]:
    for file, prediction in zip(loading.files, loading.predictions, strict=True):
        said = f"{file}: {prediction.outcome}: {_SAID[prediction.outcome]}"
        yield f"{said} in {loading.server}: {prediction.reason}"
        yield from _conflicts(prediction.conflicts)
        for cause in prediction.causes:
            yield f"  because  {cause.text}"
            yield f"  do       {cause.remedy}"
        for missing in prediction.missing:
            yield f"  missing  {missing}"
        for assumption in prediction.assumes:
            yield f"  assumes  {assumption}"


def _conflicts(conflicts: Sequence[Conflict]) -> Iterator[str]:
    for conflict in conflicts[:_SHOWN]:
        yield f"  differs  {conflict.package}, from that of {conflict.other}"
    if len(conflicts) > _SHOWN:
        yield f"  differs  and {len(conflicts) - _SHOWN} more packages"
