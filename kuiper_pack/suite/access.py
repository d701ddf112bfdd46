"""Whether a server lets the run in: its token, and the clock that says whether one expired."""

import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from kuiper_pack.client import Answer
from kuiper_pack.suite.reply import Reply

_CLOSED = (401, 403)
_NEARLY = 60.0
"""Seconds that two clocks may differ by."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS = ((31556952, "years"), (86400, "days"), (3600, "hours"), (60, "minutes"))


def is_closed(answer: Answer) -> bool:
    """Whether an answer says that who asked is not let in."""
    return answer.status in _CLOSED


def refusal(reply: Reply, *, has_token: bool) -> str:
    """Why a run is not let in, in one line, and what to do."""
    if not has_token:
        return f"the server wants a token: give it with --kuiper-token; it answered {reply.got}"
    clock = clock_is_off(reply.answer)
    remedy = f"{clock}, which decides what has expired" if clock else "give one that is valid"
    return f"the server does not take the token: {remedy}; it answered {reply.got}"


def clock_is_off(answer: Answer) -> str:
    """By how much the clock of a server differs from ours, in words; nothing where it does not."""
    off = time_of(answer) - time.time()
    if abs(off) <= _NEARLY:
        return ""
    unit, word = next((one for one in _UNITS if abs(off) >= 2 * one[0]), _UNITS[-1])
    where = "ahead of" if off > 0 else "behind"
    return f"its clock is {abs(off) / unit:.0f} {word} {where} that of this machine"


def time_of(answer: Answer) -> float:
    """The time by the clock of a server, in seconds since 1970; ours where it tells none."""
    try:
        return _seconds(parsedate_to_datetime(answer.headers["date"]))
    except (KeyError, ValueError, TypeError, OverflowError):
        return time.time()


def _seconds(told: datetime) -> float:
    """Since 1970, at any time: ``timestamp`` fails before that on some systems.

    A date without a zone is in that of Greenwich, as HTTP wants it.
    """
    zone = told.tzinfo or timezone.utc
    return (told.replace(tzinfo=zone) - _EPOCH).total_seconds()
