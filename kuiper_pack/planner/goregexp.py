"""Regular expressions as Go's regexp reads them, as Python's re can match them."""

import re

_TOKEN = re.compile(
    r"""
    \\Q(?P<quoted>.*?)(?:\\E|$)
  | \\(?P<property>[pP](?:\{\^?\w+\}|[A-Z]))
  | \\(?P<number>x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|0[0-7]{0,2}|[1-7][0-7]{1,2})
  | \\(?P<escape>.)
  | \[(?P<negated>\^?)(?P<members>\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*)\]
  | \(\?(?:P?<(?P<group>\w+)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))
  | (?P<repeat>[*+?]|\{\d+(?:,\d*)?\})(?P<lazy>\??)
  | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAME = frozenset("dDsSwWbBAafnrtv")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
}
_CLASS = re.compile(r"\[:(\^?)(\w+):\]")
_MOST_REPEATS = 1000
_NEVER = r"[^\s\S]"


def translate(pattern: str) -> str:
    """The pattern in Python's syntax, for re.ASCII; raises re.error where Go refuses it.

    Of the Unicode properties, which no name of a plugin needs, only ``L`` matches anything.
    """
    parts: list[str] = []
    flags = [0]  # groups made of flags like (?i), per open group
    repeatable = repeated = False
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise re.error("trailing backslash")
        at = match.end()
        if match["repeat"] is not None:
            if repeated or not repeatable or _too_often(match["repeat"]):
                raise re.error("invalid repetition")
            parts.append(match[0])
            repeated = True
            continue
        text = _part(match)
        if match["end"] == ")":
            flags[-1] += 1
        elif text.startswith("("):
            flags.append(0)
        elif match["plain"] == ")":
            text *= 1 + flags.pop()
            if not flags:
                raise re.error("unexpected )")
        parts.append(text)
        repeated, repeatable = False, not text.startswith(("(", "|"))
    return "".join(parts)


def _part(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return re.escape(match["quoted"])
    if match["property"] is not None:
        return r"[^\W\d_]" if match["property"].strip("p{}") == "L" else _NEVER
    if match["number"] is not None:
        digits = match["number"]
        code = int(digits[1:].strip("{}"), 16) if digits[0] == "x" else int(digits, 8)
        return re.escape(chr(code))
    if match["escape"] is not None:
        return _escape(match["escape"])
    if match["members"] is not None:
        return f"[{match['negated']}{_members(match['members'])}]"
    if match["group"] is not None:
        return "("
    if match["end"] is not None:
        flags = match["flags"].replace("U", "").strip("-")
        return f"(?{flags}:"
    return _plain(match["plain"])


def _plain(character: str) -> str:
    if character == "[":
        raise re.error("missing closing ]")
    return rf"\{character}" if character in "{}]" else character if character != "$" else r"\Z"


def _escape(character: str) -> str:
    if character in _SAME:
        return rf"\{character}"
    if character == "z":
        return r"\Z"
    if character == "C":
        return "."
    if not character.isascii() or character.isalnum():
        raise re.error("invalid escape sequence")
    return re.escape(character)


def _members(members: str) -> str:
    def named(match: re.Match[str]) -> str:
        if match[1] or match[2] not in _CLASSES:
            raise re.error("invalid character class range")
        return _CLASSES[match[2]]

    escaped = _CLASS.sub(lambda match: f"\0{match[0]}\0", members).split("\0")
    return "".join(
        _CLASS.sub(named, part) if _CLASS.fullmatch(part) else part.replace("[", r"\[")
        for part in escaped
    )


def _too_often(repeat: str) -> bool:
    counts = [int(count) for count in re.findall(r"\d+", repeat)]
    return any(count > _MOST_REPEATS for count in counts) or counts != sorted(counts)
