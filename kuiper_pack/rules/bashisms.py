"""What a shell script has that bash knows and other shells need not."""

import re
from collections.abc import Iterator

from kuiper_pack.rules.shell import code_of

ASH_KNOWS = frozenset(
    {
        "[[ ... ]]", "function NAME", "source FILE", "&>", "set -o pipefail", "==", "let",
        "${NAME/...}", "${NAME:...}",
    }
)  # fmt: skip
"""What the sh of Alpine images takes from bash."""

_BEGINS = r"(?:^|[;&|{(]|\b(?:if|while|until|elif|then|do|else)\b)"
"""Where a command can begin."""
_NAME = r"[A-Za-z_]\w*"

_PATTERNS = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("[[ ... ]]", _BEGINS + r"[\s(!]*(\[\[)\s"),
        ("function NAME", r"^\s*(function)\s+[A-Za-z_]\w*"),
        (
            "an array",
            rf"(?:{_BEGINS}|\b(?:local|readonly|export|(?:declare|typeset)(?:\s+-\w+)?)\s)"
            rf"\s*({_NAME}\+?=\()",
        ),
        ("source FILE", _BEGINS + r"\s*(source)\s+\S"),
        ("declare", _BEGINS + r"\s*(declare)\s"),
        ("typeset", _BEGINS + r"\s*(typeset)\s"),
        ("shopt", _BEGINS + r"\s*(shopt)\s"),
        ("let", _BEGINS + r"\s*(let)\s+[_A-Za-z]\w*[-+*/%]?="),
        ("select", _BEGINS + rf"\s*(select)\s+{_NAME}\s+in\s"),
        ("<<<", r"(<<<)"),
        ("<( ... )", r"(?:^|\s)([<>]\()"),
        ("&>", r"(&>)"),
        ("|&", r"(?<!\|)(\|&)(?!&)"),
        ("pushd or popd", _BEGINS + r"\s*(pushd|popd)\b"),
        ("set -o pipefail", _BEGINS + r"\s*(set)\s(?:[-+\w]+\s+)*-\w*o\s+pipefail"),
        ("trap ... ERR", _BEGINS + r"\s*(trap)\s[^;\n]*\s(?:ERR|DEBUG|RETURN)\b"),
        ("(( ... ))", rf"(?:{_BEGINS}|\bfor)\s*(\(\()"),
        ("==", _BEGINS + r"[\s!]*(?:\[|test)\s[^\]\n;&|]*?\s(==)\s"),
        ("NAME+=", rf"{_BEGINS}\s*({_NAME}\+=)(?!\()"),
        ("{...,...}", r"(?<![^\s/=])(\{[\w./*-]*(?:,|\.\.)[\w./*,-]*\})(?![^\s/;])"),
    )
)
"""The group is what is found."""

_EXPANSIONS = tuple(
    (what, re.compile(rf"(?<!\\)(\$\{{{pattern})"))
    for what, pattern in (
        ("${NAME[...]}", rf"[!#]?{_NAME}\["),
        ("${NAME/...}", rf"{_NAME}/"),
        ("${NAME:...}", rf"{_NAME}:[^-=?+}}]"),
        ("${NAME^} or ${NAME,}", rf"{_NAME}[\^,]"),
        ("${!NAME}", rf"!{_NAME}[}}:]"),
    )
)
"""These also act between double quotes."""

_TELLS = re.compile(
    r"\[\[|\b(?:function|source|declare|typeset|shopt|let|select|trap|pipefail)\b|=\(|<<<|[<>]\("
    r"|[|]&|&>|\b(?:push|pop)d\b|\(\(|==|\+=|,|\.\."
)
"""What stands in every line that has one of these: other lines, nearly all, are not looked at."""

_COPES = re.compile(r"\bBASH_VERSION\b|\bbash\b[^\n;|]*\$\{?0\b")
"""What a script has that asks which shell runs it, or has bash run it anew."""
_TRIES_PIPEFAIL = re.compile(r"\(\s*set\s[^()\n]*pipefail[^()\n]*\)")


def bashisms(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and name of each, at most one of a kind on a line.

    Quoted text, comments and here-documents are left out; what cannot be told apart without a whole
    shell parser is not reported, and nothing is where the script finds out for itself.
    """
    code, expanding = code_of(text), code_of(text, expands=True)
    if _COPES.search(expanding):
        return
    guarded = {"set -o pipefail"} if _TRIES_PIPEFAIL.search(code) else set()
    expanded = expanding.split("\n") if "${" in expanding else ()
    for number, line in enumerate(code.split("\n"), 1):
        if _TELLS.search(line):
            for what, pattern in _PATTERNS:
                if what not in guarded and (found := pattern.search(line)):
                    yield number, found.start(1) + 1, what
        if expanded and "${" in (line := expanded[number - 1]):
            for what, pattern in _EXPANSIONS:
                if found := pattern.search(line):
                    yield number, found.start(1) + 1, what
