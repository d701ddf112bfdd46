"""One plugin over all its processes, while rules come and go."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from kuiper_pack.planner.state import Portable
from kuiper_pack.portable import Host
from kuiper_pack.portable.messages import Meta
from kuiper_pack.portable.program import Program
from kuiper_pack.server.instance import Instance
from kuiper_pack.server.uses import Rows
from tests.server.hosts import NoProcess


def test_a_rule_that_starts_while_its_plugin_does_waits_until_it_has_shaken_hands() -> None:
    begun, go = threading.Event(), threading.Event()
    heard: list[str] = []

    class Slow(NoProcess):
        def restart(self, program: Program) -> None:
            begun.set()
            assert go.wait(10)
            heard.append("handshake")
            super().restart(program)

        def source(self, _: str, **how: Any) -> NoProcess.Counting:
            heard.append("start")
            return super().source(_, **how)

    program = Program(Path("p"), Portable("p", "python", "p.py"))
    instance = Instance("p", lambda made, on_end: cast("Host", Slow(made, on_end=on_end)))
    assert instance.start(program) == ""
    instance.host.kill()
    threads = [
        threading.Thread(target=instance.start, args=(program,)),
        threading.Thread(target=Rows, args=(instance, "s", Meta("r", "s"), "", {}, str)),
    ]
    for thread in threads:
        thread.start()
        assert begun.wait(10)
    threads[1].join(0.05)  # it would have come through
    go.set()
    for thread in threads:
        thread.join()
    instance.close()
    assert heard == ["handshake", "start"]


def test_a_plugin_that_sees_another_tmp_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    class Isolated(NoProcess):
        isolated = True

    instance = Instance("p", lambda made, on_end: cast("Host", Isolated(made, on_end=on_end)))
    assert instance.start(Program(Path("p"), Portable("p", "python", "p.py"))) == ""
    instance.close()
    assert "plugin p: another plugin, or a server or host beside this one" in caplog.text
