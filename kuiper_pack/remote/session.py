"""One server for the length of a command: its answers, taken as what was asked for or as a no."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from kuiper_pack.client import About, Answer, Client, Unreachable, read_about
from kuiper_pack.client.headers import masked, secrets_of
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.profiles import Release
from kuiper_pack.remote.asked import Asked
from kuiper_pack.remote.refusals import refusal

_LOOKS, _PAUSE = 5, 0.2
"""How often, and how many seconds apart, it is asked whether a server still lives."""


class Session:
    """A client, and what is known about its server; ``shown`` hides what is secret in a text."""

    def __init__(self, url: str, token: str | None, headers: Mapping[str, str], timeout: float):
        self.client = Client(url, token, headers, timeout)
        self._secrets = secrets_of(token, headers)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @cached_property
    def about(self) -> About | None:
        """What it says it is; None where it is no eKuiper. Raises Unreachable."""
        return read_about(self.client.root())

    @property
    def release(self) -> Release | None:
        """The release that it says it is, where that is a known one. Raises Unreachable."""
        return self.about.release if self.about is not None else None

    def shown(self, text: str) -> str:
        """The text without the token and the like; some servers repeat the token they refuse."""
        return masked(text, self._secrets)

    def granted(self, answer: Answer, asked: Asked) -> Answer:
        """The answer, if it is a success.

        Raises Rejected where it is none, and KuiperPackError where a success cannot be what was
        asked for: half an answer, or a web page.
        """
        if not answer.ok:
            ended = answer.status is None and self._is_gone()
            known = not ended or "about" in vars(self)  # who is gone is not asked any more
            release = self.release if known else None
            raise refusal(answer, replace(asked, release=release), ended=ended)
        if answer.cut:
            raise KuiperPackError(f"{answer.url}: the answer is not whole: {answer.note}")
        if "html" in answer.content_type:
            raise KuiperPackError(
                f"{answer.url} is a web page, no plugin API: --url is what stands before /plugins, "
                "with the path of a proxy"
            )
        return answer

    def _is_gone(self) -> bool:
        """Whether the server answers no more, some time after it gave no answer."""
        try:
            for _ in range(_LOOKS):
                self.client.root()
                time.sleep(_PAUSE)
        except Unreachable:
            return True
        return False
