"""The commands of a shell script, as far as they can be told without running it.

No whole shell: what stands in here-documents, in ``eval`` and behind variables is not followed.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_QUOTES = re.compile(
    r"\\.|'[^']*'?|\"(?:[^\"\\]|\\.)*\"?|(?P<comment>(?:(?<=[\s;&|(])|(?<![^\n]))#[^\n]*)"
    r"|<<<|<<-?[ \t]*(?P<here>\\?(?!\d)[^\s;&|<>()'\"\\$`#]+(?![^\s;&|<>])|"
    r"'[^'\n]+'|\"[^\"\n]+\")|\n",
    re.DOTALL,
)


def code_of(text: str, *, expands: bool = False) -> str:
    """``text`` with quoted characters as underscores, and comments and here-documents as blanks.

    Lines and columns stay what they are. With ``expands``, what stands between double quotes is
    kept: variables are replaced there too.
    """
    parts: list[str] = []
    waiting: list[str] = []
    at = 0
    while found := _QUOTES.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        piece = found[0]
        if found["here"]:
            waiting.append(found["here"].strip("\\'\""))
            parts.append(piece)
        elif piece == "\n":
            parts.append(piece)
            for end in waiting:
                body = _here_document(text, at, end)
                parts.append(_masked(text[at:body], " "))
                at = body
            waiting = []
        elif found["comment"]:
            parts.append(_masked(piece, " "))
        else:
            mask = " " if piece == "\\\n" else "_"
            kept = piece == "<<<" or (expands and piece.startswith('"'))
            parts.append(piece if kept else _masked(piece, mask))
    parts.append(text[at:])
    return "".join(parts)


def _here_document(text: str, at: int, end: str) -> int:
    """Where the here-document that begins at ``at`` and ends with the line ``end`` is over."""
    while at < len(text):
        start, feed = at, text.find("\n", at)
        line = text[start:] if feed < 0 else text[start:feed]
        at = len(text) if feed < 0 else feed + 1
        if line.strip("\t").rstrip("\r") == end:
            break
    return at


def _masked(text: str, mask: str) -> str:
    return "\n".join(mask * len(line) for line in text.split("\n"))


class Word(NamedTuple):
    """A word of a command: its text without quotes, and where it begins, both from 1."""

    text: str
    line: int
    column: int


class Command(NamedTuple):
    """A simple command.

    ``name`` is the program, without what only runs another one (``sudo``, ``exec``), and
    ``arguments`` are its words; ``wrappers`` are those programs. ``reads`` are the files that are
    redirected into it, ``piped`` tells that the output of a command, or a here-document, is.
    ``sure`` tells that it is run whenever the script gets there, and that its failure is seen: it
    stands in no branch, on neither side of ``||``, not behind ``&&`` and not before ``|``.
    ``caught`` tells that the script is prepared for its failure: it is a condition, or stands
    before ``||``.
    """

    name: Word
    arguments: tuple[Word, ...]
    wrappers: tuple[str, ...]
    reads: tuple[Word, ...]
    piped: bool
    sure: bool
    caught: bool

    @property
    def flags(self) -> str:
        """The letters of its short options."""
        return "".join(
            one.text[1:] for one in self.arguments if re.fullmatch(r"-[A-Za-z]+", one.text)
        )

    @property
    def plain(self) -> tuple[Word, ...]:
        """The arguments that are no options."""
        return tuple(one for one in self.arguments if not one.text.startswith("-"))


class Script(NamedTuple):
    """All commands, in the order of the text, and the functions that the script defines.

    ``guarded`` are the programs that it looks for itself (``command -v``), ``variables`` what is
    assigned to each name that gets one value only.
    """

    commands: tuple[Command, ...]
    functions: frozenset[str]
    guarded: frozenset[str]
    variables: Mapping[str, str]

    @property
    def strict(self) -> bool:
        """Whether it ends where a command fails (``set -e``)."""
        return any(one.name.text == "set" and "e" in one.flags for one in self.commands)

    def value(self, word: Word) -> str:
        """The text of a word, a variable at its beginning replaced by what is assigned to it."""
        found = _VARIABLE.match(word.text)
        value = self.variables.get(found[1] or found[2]) if found else None
        if found is None or value is None:
            return word.text
        return value + word.text[found.end() :]


_WRAPPERS = frozenset({"sudo", "exec", "command", "nohup", "env", "nice", "time", "busybox"})
_BEGINS = frozenset({"if", "while", "until"})
_BETWEEN = frozenset({"then", "else", "elif", "do", "!"})
_ENDS = frozenset({"fi", "done", "esac"})
_LOOKS = frozenset({"which", "type", "hash"})
_DEEPEST = 5
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_BRACKET = re.compile(r"[()]")
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r]+)"
    r"|(?P<end>\n|;;&?|;&|&&|\|\||\|&?|;|&(?!>))"
    r"|(?P<round>[()])"
    r"|(?P<redirect>\d*(?:<<<|<<-?|>>|>\||<>|>&|<&|&>>?|>|<))"
    r"|(?P<word>(?:\$\{[^}\n]{0,200}\}|`[^`]*`?|[^\s;&|()<>`$]+|\$(?!\())+)"
    r"|(?P<inner>\$\()"
    r"|.",
    re.DOTALL,
)


@lru_cache(maxsize=8)
def read_script(text: str) -> Script:
    """The commands in ``text``."""
    reader = _Reader(text)
    reader.read(0, len(text), 0)
    reader.found.sort(key=lambda one: (one.name.line, one.name.column))
    return Script(
        tuple(reader.found),
        frozenset(reader.functions),
        frozenset(reader.guarded),
        {name: values[0] for name, values in reader.variables.items() if len(values) == 1},
    )


class _Reader:
    """Reads one script; ``found`` grows."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.code = code_of(text)
        self.found: list[Command] = []
        self.functions: set[str] = set()
        self.guarded: set[str] = set()
        self.variables: dict[str, list[str]] = {}
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def read(self, at: int, end: int, depth: int) -> None:
        """Read the commands between two places; inside of others at ``depth``."""
        state = _State(branch=depth > 0)
        while at < end:
            token = _TOKEN.match(self.code, at, end)
            if token is None:
                return
            kind, start, at = token.lastgroup, at, token.end()
            if kind in ("word", "inner"):
                at = self._word_end(start, end, depth)
                self._word(state, start, at)
            elif kind == "end":
                if token[0] == "\n" and self.text[start - 1 : start] == "\\":
                    continue
                self._finish(state, token[0])
            elif kind == "round":
                self._round(state, token[0])
            elif kind == "redirect":
                state.redirect = token[0].lstrip("0123456789")
        self._finish(state, "\n")

    def _word_end(self, start: int, end: int, depth: int) -> int:
        """Where a word ends; what stands in its ``$( )`` is read on the way."""
        at = start
        while at < end:
            token = _TOKEN.match(self.code, at, end)
            if token is None or token.lastgroup not in ("word", "inner"):
                break
            at = token.end()
            if token.lastgroup == "inner":
                closing = self._closing(at, end)
                if depth < _DEEPEST and not self.code.startswith("(", at):
                    self.read(at, closing, depth + 1)
                at = min(closing + 1, end)
        return at

    def _closing(self, at: int, end: int) -> int:
        """The bracket that closes the one before ``at``, or the end."""
        depth = 1
        for found in _BRACKET.finditer(self.code, at, end):
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return found.start()
        return end

    def _word(self, state: "_State", start: int, end: int) -> None:
        raw = self.text[start:end]
        if state.redirect:
            if state.redirect == "<":
                state.reads.append(self._made(raw, start))
            state.fed = state.fed or state.redirect.startswith("<<")
            state.redirect = ""
        elif state.ignoring:
            if state.ignoring == "case" and raw == "in":
                state.ignoring, state.pattern = "", True
            elif state.ignoring == "function":
                self.functions.add(raw)
                state.ignoring, state.defining = "", True
        elif state.pattern:
            if raw == "esac":
                state.leave(raw)
        elif not state.words and raw in _BEGINS:
            state.condition = True
            state.enter(raw)
        elif not state.words and raw in ("for", "case", "function"):
            state.ignoring = raw
            if raw != "function":
                state.enter(raw)
        elif not state.words and raw in _ENDS | {"}"}:
            state.leave(raw)
        elif not state.words and raw == "{":
            state.enter("function" if state.defining else "{")
            state.defining = False
        elif not state.words and raw in _BETWEEN:
            state.condition = raw == "elif" or (raw == "!" and state.condition)
        else:
            state.words.append(self._made(raw, start))

    def _round(self, state: "_State", bracket: str) -> None:
        if bracket == "(" and len(state.words) == 1 and not state.pattern:
            self.functions.add(state.words[0].text)  # the closing bracket follows
            state.words, state.defining = [], True
        elif bracket == "(" and not state.pattern:
            self._finish(state, "(")
            state.enter("(")
        elif bracket == ")" and state.pattern:
            state.pattern = False
        elif bracket == ")" and not state.defining:
            self._finish(state, ")")
            state.leave("(")

    def _finish(self, state: "_State", operator: str) -> None:
        words = state.words
        while words and (assigned := _ASSIGNED.fullmatch(words[0].text)):
            if len(words) == 1:
                values = self.variables.setdefault(assigned[1], [])
                if assigned[2] not in values:
                    values.append(assigned[2])
            words = words[1:]
        if words:
            self._command(state, words, operator)
        state.next(operator)

    def _command(self, state: "_State", words: list[Word], operator: str) -> None:
        wrappers: list[str] = []
        while len(words) > 1 and words[0].text in _WRAPPERS:
            if words[0].text == "command" and words[1].text.startswith("-"):
                break
            wrappers.append(words[0].text)
            words = words[1:]
            while len(words) > 1 and (words[0].text.startswith("-") or "=" in words[0].text):
                words = words[1:]
        name, arguments = words[0], tuple(words[1:])
        looks = name.text in _LOOKS or name.text == "command"
        if looks:
            self.guarded.update(one.text for one in arguments if not one.text.startswith("-"))
        sure = not state.branch and not state.inside and operator not in ("||", "|", "|&")
        sure = sure and state.before not in ("&&", "||")
        reads = tuple(state.reads)
        caught = state.condition or operator == "||"
        if state.condition:
            self.guarded.add(name.text)
        self.found.append(
            Command(name, arguments, tuple(wrappers), reads, state.piped or state.fed, sure, caught)
        )

    def _made(self, raw: str, start: int) -> Word:
        from bisect import bisect_right

        line = bisect_right(self.lines, start)
        return Word(_unquoted(raw), line, start - self.lines[line - 1] + 1)


class _State:
    """Where the reader is: the words of the command so far, and what stands around it."""

    def __init__(self, *, branch: bool) -> None:
        self.branch = branch
        self.words: list[Word] = []
        self.reads: list[Word] = []
        self.before = ""
        self.condition = False
        self.piped = False
        self.fed = False
        self.redirect = ""
        self.ignoring = ""
        self.pattern = False
        self.defining = False
        self.stack: list[str] = []

    @property
    def inside(self) -> bool:
        """Whether a branch, a loop or a function is open."""
        return any(one not in ("(", "{") for one in self.stack)

    def enter(self, what: str) -> None:
        """Something opens."""
        self.stack.append(what)

    def leave(self, what: str) -> None:
        """Something closes; what does not fit is let be."""
        opening = {"fi": "if", "esac": "case", "}": "{", "(": "("}.get(what)
        if self.stack and (opening is None or self.stack[-1] in (opening, "function")):
            self.stack.pop()
        self.pattern, self.ignoring = False, "rest"

    def next(self, operator: str) -> None:
        """A command is over."""
        if operator.startswith(";;"):
            self.pattern = True
        if operator != "(":
            self.piped = operator in ("|", "|&")
            self.before = self.before if self.piped else operator
        self.words, self.reads, self.redirect, self.ignoring = [], [], "", ""
        self.fed = False


def _unquoted(raw: str) -> str:
    if not any(mark in raw for mark in "\\'\""):
        return raw
    parts = re.findall(r"\\(.)|'([^']*)'?|\"((?:[^\"\\]|\\.)*)\"?|([^\\'\"]+)", raw, re.DOTALL)
    return "".join("".join(part) for part in parts).replace("\\\n", "")
