"""How a plan ends, and the words for it."""

from collections.abc import Generator, Iterable, Sequence
from typing import Any, NamedTuple

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.goquote import quote
from kuiper_pack.planner.steps import Step
from kuiper_pack.profiles import Profile

UNDEFINED = 1000
NOT_FOUND = 1002


class Outcome(NamedTuple):
    """The answer of a server.

    ``status`` is None where the server closes the connection without an answer. ``text`` is the
    body, ``message`` what a refusal says before any JSON is put around it. ``cause`` says why it
    refuses, ``entry`` and ``subject`` name what it refuses. ``later`` are refusals that await
    whoever mends that one alone, as far as they can be known.
    """

    status: int | None
    text: str
    cause: Cause | None = None
    entry: str | None = None
    subject: str | None = None
    message: str = ""
    later: "tuple[Outcome, ...]" = ()

    @property
    def accepted(self) -> bool:
        """Whether the server did what it was asked."""
        return self.cause is None


Plan = Generator[Step, Any, Outcome]
"""Yields steps, is sent their results, returns the outcome."""


class Refused(Exception):
    """A plan ends here: ``message`` in the words of the plugin manager, without any prefix.

    ``code`` is the server's own error code; ``panics`` stands for a crash of the handler. ``later``
    would be raised next if this one were not.
    """

    def __init__(
        self,
        cause: Cause,
        message: str,
        *,
        entry: str | None = None,
        subject: str | None = None,
        code: int = UNDEFINED,
        panics: bool = False,
        later: "Iterable[Refused]" = (),
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.entry = entry
        self.subject = subject
        self.code = code
        self.panics = panics
        self.later = tuple(later)

    def with_prefix(self, prefix: str) -> "Refused":
        """The same refusal with ``prefix`` before its words."""
        return Refused(
            self.cause,
            prefix + self.message,
            entry=self.entry,
            subject=self.subject,
            code=self.code,
            panics=self.panics,
            later=[one.with_prefix(prefix) for one in self.later],
        )


def raise_first(found: Sequence[Refused]) -> None:
    """Raise the first of refusals that do not depend on each other, the others as its ``later``."""
    if found:
        found[0].later = tuple(found[1:])
        raise found[0]


def refusal(profile: Profile, refused: Refused, prefix: str = "") -> Outcome:
    """The HTTP answer of a release to a refusal (api G-03, G-04, G-05)."""
    if refused.panics:
        return Outcome(None, "", refused.cause, refused.entry, refused.subject)
    message = f"{prefix}: {refused.message}" if prefix else refused.message
    status = profile.not_found if refused.code == NOT_FOUND else 400
    if profile.error_body == "json":
        text = f'{{"error":{refused.code},"message":"{message}"}}'
    elif profile.error_body == "json-quoted":
        text = f'{{"error":{refused.code},"message":{quote(message)}}}'
    else:
        text = message
    body = f"{text}\n"
    later = tuple(refusal(profile, one, prefix) for one in refused.later)
    return Outcome(status, body, refused.cause, refused.entry, refused.subject, message, later)


ROUTE_MISSING = Outcome(404, "404 page not found\n", Cause.ROUTE)
METHOD_MISSING = Outcome(405, "", Cause.METHOD)
