"""What a run is asked to do; the options of the command and of pytest are made from the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.spelling import did_you_mean

if TYPE_CHECKING:
    from kuiper_pack.suite.clause import Clause  # not imported by a pytest that judges no server

NATIVE_WORDS = ("auto", "stub", "build")
ALLOWED = {
    "remote": "a server on another machine",
    "stop": "clauses that let the server end",
    "scripts": "clauses that let the server run a script of a package",
}
"""What needs the user's word, and what it allows."""


class Option(NamedTuple):
    """An option: ``--NAME`` of ``kuiper-pack conformance``, ``--kuiper-NAME`` of pytest."""

    name: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    default: str = ""
    many: bool = False
    flag: bool = False
    variable: str = ""
    """The environment variable that is taken where the option is not given."""


OPTIONS = (
    Option("server", "Judge it as that release of eKuiper.", "RELEASE"),
    Option("level", "What fails the run.", choices=("must", "should"), default="must"),
    Option("reading", "Make one reading binding.", choices=("documented", "reference")),
    Option(
        "native",
        "The native plugins to install: files that cannot be loaded, plugins built here with Go, "
        "or the ready ones in a folder.",
        "auto|stub|build|DIR",
        default="auto",
    ),
    Option(
        "delivery",
        "How packages reach the server.",
        choices=("auto", "http", "file", "upload"),
        default="auto",
    ),
    Option("token", "Sent as Authorization.", "TOKEN", variable="KUIPER_TOKEN"),
    Option("token-file", "Where the token is.", "FILE"),
    Option(
        "expired-token",
        "A token that has expired: it has to be refused.",
        "TOKEN",
        variable="KUIPER_EXPIRED_TOKEN",
    ),
    Option("header", "Sent with every request.", "NAME: VALUE", many=True),
    Option(
        "restart-command",
        "A shell command that starts the server anew, after ending it where it runs.",
        "COMMAND",
    ),
    Option(
        "allow",
        "; ".join(f"{word}: {what}" for word, what in ALLOWED.items()) + ".",
        ",".join(ALLOWED),
    ),
    Option("expectations", "Known failures and excluded clauses, as TOML.", "FILE.toml"),
    Option("report", "Write verdicts and exchanges there, as JSON or JUnit XML.", "FILE.json|.xml"),
    Option("next", "Show the first clause that is not met, and nothing else.", flag=True),
    Option("seed", "Draw packages and sequences of requests from this word.", "WORD"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run.

    ``server`` is the release to judge by, ``level`` the gate, ``reading`` the binding reading,
    ``native`` is one of the words or a folder of ready shared objects, ``seed`` is the word that
    clauses draw from (None: drawn itself), ``next`` asks for the first clause that is not met and
    nothing else. Seconds are counted by ``timeout``, for an answer, by ``ends_within``, in which a
    server has to end, and by ``watched_for``, after which one that still answers does not end.
    """

    url: str
    server: str | None = None
    level: str = "must"
    reading: str | None = None
    native: str = "auto"
    delivery: str = "auto"
    token: str | None = None
    expired_token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    restart_command: str | None = None
    allow: frozenset[str] = frozenset()
    expectations: Path | None = None
    report: Path | None = None
    timeout: float = 30.0
    ends_within: float = 15.0
    watched_for: float = 3.0
    seed: str | None = None
    next: bool = False

    def gates(self, clause: "Clause") -> bool:
        """Whether a failure of the clause fails the run."""
        return clause.level.value in ("must", self.level)

    def check(self) -> None:
        """Raise KuiperPackError for a server that is not to be touched, or an unknown word."""
        from kuiper_pack.client.address import checked, is_loopback

        if unknown := self.allow - ALLOWED.keys():
            word = min(unknown)
            raise KuiperPackError(
                f'"{word}" is nothing that can be allowed: it is one of {", ".join(ALLOWED)}'
                f"{did_you_mean(word, [*ALLOWED])}"
            )
        checked(self.url)
        if "remote" not in self.allow and not is_loopback(self.url):
            raise KuiperPackError(
                f"{self.url} is not on this machine: clauses install and delete plugins; "
                "allow it with --kuiper-allow remote"
            )


def parse(url: str, given: Mapping[str, Any]) -> Options:
    """The options from what was given, by the names of the table; raises KuiperPackError."""
    from kuiper_pack.client.headers import parse_header
    from kuiper_pack.client.token import read_token

    def text(name: str) -> str | None:
        return str(given[name]) if given[name] else None

    def path(name: str) -> Path | None:
        return Path(given[name]) if given[name] else None

    return Options(
        url=url,
        server=text("server"),
        level=given["level"],
        reading=text("reading"),
        native=given["native"],
        delivery=given["delivery"],
        token=read_token(text("token"), text("token-file")),
        expired_token=read_token(text("expired-token"), None),
        headers=dict(parse_header(one) for one in given["header"] or ()),
        restart_command=text("restart-command"),
        allow=frozenset(word.strip() for word in (given["allow"] or "").split(",") if word.strip()),
        expectations=path("expectations"),
        report=path("report"),
        seed=text("seed"),
        next=bool(given["next"]),
    )
