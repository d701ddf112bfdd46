"""How a server asks its plugin: by the answer to a request, as each generation does it."""

import time

from kuiper_pack.portable.errors import PluginError
from kuiper_pack.portable.rep import Rep


def ask(rep: Rep, body: bytes, seconds: float, *, repeats: bool) -> bytes | None:
    """Send ``body`` and return what the plugin says next; None once it has ended.

    With ``repeats`` a request that begins with ``h`` is taken for a handshake, after which the
    question is asked again; without it the handshake is what the caller gets. Raises TimedOut,
    BadMessage, and PluginError where nothing came that could be answered.
    """
    with rep.turn:
        return _asked(rep, body, time.monotonic() + seconds, repeats)


def _asked(rep: Rep, body: bytes, deadline: float, repeats: bool) -> bytes | None:
    if not rep.can_answer:
        # what a plugin says when it connects, or the late answer to an earlier question
        if rep.receive(_left(deadline)) is None:
            return None
        if not rep.can_answer:
            raise PluginError("the plugin is not connected")
    while True:
        rep.answer(body, _left(deadline))
        answer = rep.receive(_left(deadline))
        if answer is None or not (repeats and answer.startswith(b"h")):
            return answer


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
