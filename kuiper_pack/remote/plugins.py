"""What is on a server: the plugins of each kind, and of which kind one is."""

from collections.abc import Iterable
from typing import Any

from kuiper_pack.client import Answer
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.remote.asked import Asked, Rejected
from kuiper_pack.remote.session import Session
from kuiper_pack.spelling import did_you_mean

_NO_ROUTE = (404, 405)


def lists(session: Session, kind: Kind | None = None) -> dict[Kind, Answer]:
    """The lists of one kind, or of every kind that the server has; raises Rejected."""
    found: dict[Kind, Answer] = {}
    missing: Rejected | None = None
    for one in Kind if kind is None else (kind,):
        answer = session.client.list(one)
        try:
            found[one] = session.granted(answer, Asked("list", one))
        except Rejected as refusal:
            if kind is not None or answer.status not in _NO_ROUTE:
                raise
            missing = missing or refusal
    if not found and missing is not None:
        raise missing
    return found


def kind_of(session: Session, verb: str, name: str) -> Kind:
    """The kind of the plugin ``name``, by the lists.

    Raises Rejected where there is none, and KuiperPackError where there are several.
    """
    names = {
        kind: [name_of(one) for one in entries(answer)] for kind, answer in lists(session).items()
    }
    kinds = [kind for kind, those in names.items() if name in those]
    if len(kinds) > 1:
        words = " or ".join(f"--kind {kind.value}" for kind in kinds)
        raise KuiperPackError(f'there is more than one plugin "{name}": say {words}')
    if not kinds:
        known = [one for those in names.values() for one in those]
        hint = did_you_mean(name, known) or "; `kuiper-pack remote list` shows what is there"
        raise Rejected(f'nothing to {verb}: there is no plugin "{name}"{hint}')
    return kinds[0]


def portable_names(session: Session) -> list[str]:
    """The names of the portable plugins; raises Rejected."""
    answer = session.granted(session.client.list(Kind.PORTABLE), Asked("list", Kind.PORTABLE))
    return sorted(name_of(entry) for entry in entries(answer))


def members(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer as an object; raises KuiperPackError."""
    found = _decoded(answer)
    if not isinstance(found, dict):
        raise KuiperPackError(f"{answer.url} answers no object: is that the plugin API?")
    return found


def entries(answer: Answer) -> Iterable[Any]:
    """The JSON of an answer as a list, which null stands for as well; raises KuiperPackError."""
    found = _decoded(answer)
    if found is None:
        return []
    if not isinstance(found, list):
        raise KuiperPackError(f"{answer.url} answers no list: is that the plugin API?")
    return found


def name_of(entry: Any) -> str:
    """The name of an entry: native plugins are names, portable ones objects (api section 8.1)."""
    return str(entry.get("name", "")) if isinstance(entry, dict) else str(entry)


def _decoded(answer: Answer) -> Any:
    """The JSON of an answer; raises KuiperPackError where it is none."""
    try:
        return answer.json()
    except ValueError as error:
        raise KuiperPackError(f"{answer.url} answers no JSON: is that the plugin API?") from error
