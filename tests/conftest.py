"""What every test runs under: seeded properties, Go where it is needed, nothing left behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kuiper_pack.profiles import NEWEST, profile

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("proof", parent=settings.get_profile("ci"), max_examples=2000)
settings.load_profile("dev")

# A job in the background of a script ignores SIGINT, and so would every program it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def temporary_folder_is_empty_in_the_end(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give the tests a temporary folder of their own, and find it empty after the last one."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        # each pytest that a test starts would import it, which takes longer than what is tested
        patch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis")
        yield
    left = sorted(path.name for path in folder.iterdir())
    assert not left, f"tests left behind in the temporary folder: {', '.join(left)}"


@pytest.fixture(scope="session", autouse=True)
def checkout_stays_as_it_was() -> Iterator[None]:
    """Find no new file in the checkout; asked under tox, where nobody else works in it."""
    before = _untracked()
    yield
    new = _untracked() - before
    assert not new, f"tests left behind in the checkout: {', '.join(sorted(new))}"


def _untracked() -> set[str]:
    if "TOX_ENV_NAME" not in os.environ:
        return set()
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(listed.stdout.splitlines())


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Find no child process and no listening socket that was not there before the test."""
    children, sockets = _children(), _listening()
    yield
    new_children, new_sockets = _children() - children, _listening() - sockets
    assert not new_children, f"the test left processes behind: {sorted(new_children)}"
    assert not new_sockets, f"the test left listening sockets behind: {sorted(new_sockets)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what compiles with Go where there is no Go, or none like the newest server's."""
    reason = None
    for item in items:
        if item.get_closest_marker("go") is None:
            continue
        if reason is None:
            reason = _why_no_go()
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def _why_no_go() -> str:
    if shutil.which("go") is None:
        return "Go is not installed"
    if shutil.which("gcc") is None:
        return "gcc, which links Go plugins, is not installed"
    environment = {**os.environ, "GOTOOLCHAIN": f"go{profile(NEWEST).go}"}
    done = subprocess.run(
        ["go", "version"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"Go {profile(NEWEST).go} cannot be had: {done.stderr.strip()}"
    return ""


if sys.platform == "linux":

    def _children() -> set[str]:
        found: set[str] = set()
        for task in Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError):  # a thread that has ended has no children
                found.update(task.read_text().split())
        return found

    def _listening() -> set[str]:
        """Those of this process, asked one by one: the table of the system has all that ended."""
        found: set[str] = set()
        for descriptor in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # the descriptor of this listing is closed by now
                name = str(descriptor.readlink())
                if name.startswith("socket:") and _listens(int(descriptor.name)):
                    found.add(name)
        return found

    def _listens(descriptor: int) -> bool:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            inet = one.family in (socket.AF_INET, socket.AF_INET6)
            return inet and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))

else:

    def _children() -> set[str]:
        return set()

    def _listening() -> set[str]:
        return set()
