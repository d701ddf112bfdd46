"""No name goes to a server that was not written down before."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import ReferenceServer
from kuiper_pack.suite.options import Options
from kuiper_pack.suite.places import CACHE, STATE, cache, state
from kuiper_pack.suite.run import Run
from tests.suite.bad_servers import bad_server


def test_a_name_that_cannot_be_written_down_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        ReferenceServer("2.4.0") as good,
        bad_server(lambda call: call.relay(good.url)) as server,
        Run(Options(server.url)) as run,
    ):
        server.lines.clear()
        with monkeypatch.context() as patch:
            patch.setattr("kuiper_pack.suite.journal.os.fsync", full)
            with pytest.raises(KuiperPackError, match="No space left") as caught:
                run.server.create(run.server.take(Kind.SINK))
        assert server.lines == []
    assert str(run.server.journal.path) in str(caught.value)
    assert STATE in str(caught.value)


@pytest.mark.parametrize(("folder", "variable"), [(state, STATE), (cache, CACHE)])
def test_a_user_without_a_home_is_told_which_variable_names_a_folder(
    folder: Callable[[], Path], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in (variable, "XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(KuiperPackError, match=f"no home: set {variable} to a folder"):
        folder()
