"""The query of a URL as Go's net/url reads it."""

import re
from typing import NamedTuple
from urllib.parse import unquote_plus

from kuiper_pack.planner.goquote import quote

BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""A percent sign that escapes nothing."""


class Query(NamedTuple):
    """The values by name, without those that cannot be read; ``problem`` is what net/url says."""

    values: dict[str, list[str]]
    problem: str = ""


NO_QUERY = Query({})


def read_query(text: str) -> Query:
    """The query that stands after the question mark."""
    values: dict[str, list[str]] = {}
    problem = ""
    for part in filter(None, text.split("&")):
        if ";" in part:
            problem = "invalid semicolon separator in query"
            continue
        name, _, value = part.partition("=")
        bad = BAD_ESCAPE.search(name) or BAD_ESCAPE.search(value)
        if bad is not None:
            escape = bad.string[bad.start() : bad.start() + 3]
            problem = problem or f"invalid URL escape {quote(escape)}"
            continue
        values.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return Query(values, problem)
