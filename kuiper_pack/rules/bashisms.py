"""What a shell script has that bash knows and other shells need not."""

import re
from collections.abc import Iterator

from kuiper_pack.rules.shell import code_of

ASH_KNOWS = frozenset({"[[ ... ]]", "function NAME", "source FILE", "&>", "set -o pipefail"})
"""What the sh of Alpine images takes from bash."""

_BEGINS = r"(?:^|[;&|]|\b(?:if|while|until|elif|then|do|else)\b)"
"""Where a command can begin."""

_PATTERNS = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("[[ ... ]]", _BEGINS + r"[\s(!]*(\[\[)\s"),
        ("function NAME", r"^\s*(function)\s+[A-Za-z_]\w*"),
        ("an array", r"^\s*(?:local\s+|declare\s+-\w+\s+)?([A-Za-z_]\w*\+?=\()"),
        ("source FILE", _BEGINS + r"\s*(source)\s+\S"),
        ("declare", _BEGINS + r"\s*(declare)\s"),
        ("<<<", r"(<<<)"),
        ("<( ... )", r"(?:^|\s)([<>]\()"),
        ("&>", r"(&>)"),
        ("pushd or popd", _BEGINS + r"\s*(pushd|popd)\b"),
        ("set -o pipefail", _BEGINS + r"\s*(set)\s+-\w*o\s+pipefail"),
        ("(( ... ))", _BEGINS + r"\s*(\(\()"),
    )
)
"""The group is what is found."""

_TELLS = re.compile(
    r"\[\[|\bfunction\b|=\(|\bsource\b|\bdeclare\b|<<<|[<>]\(|&>|\b(?:push|pop)d\b|pipefail|\(\("
)
"""What stands in every line that has one of these: other lines, nearly all, are not looked at."""


def bashisms(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and name of each, at most one of a kind on a line.

    Quoted text, comments and here-documents are left out; what cannot be told apart without a whole
    shell parser is not reported.
    """
    for number, line in enumerate(code_of(text).split("\n"), 1):
        if not _TELLS.search(line):
            continue
        for what, pattern in _PATTERNS:
            if found := pattern.search(line):
                yield number, found.start(1) + 1, what
