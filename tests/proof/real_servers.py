"""Real servers on loopback, for the proofs that hold ours to them.

The environment variable ``KUIPER_PACK_SERVERS`` names a TOML file that says what is there, one
table a release; paths are relative to the file:

    [[server]]
    release = "2.4.0"
    kuiperd = "2.4.0/kuiperd"          # the server's program
    etc = "2.4.0/etc"                  # its etc folder, as it is shipped
    go = "1.25.4"                      # the Go version it is built with
    python = "venv/bin/python"         # with the SDK of the release; left out where there is none
    ready = "2.4.0/ready"              # a folder for --kuiper-native; left out where stubs will do
    [server.shared_objects]            # some that load, per kind
    sources = ["so/a.so", "so/b.so"]
    sinks = ["so/c.so", "so/d.so"]
    functions = ["so/e.so", "so/f.so"]

Only processes that were started here are ever ended.
"""

import contextlib
import http.client
import itertools
import json
import os
import posixpath
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Profile, Release, profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VARIABLE = "KUIPER_PACK_SERVERS"
OPEN = {"basic.enablePrivateNet": True, "basic.allowExternalFileAccess": True}
"""The settings with which every package on this machine reaches the server."""
_DEPTH = "a/b/c/d/e/kuiper"  # what climbs out of a package stays in the temporary folder
_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 10.0
_PAUSE = 0.01
_OWN = frozenset({"log", "files"})
_UNSET = ("KUIPER", "PYTHON", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Build:
    """One built server and what belongs to it."""

    release: Release
    kuiperd: Path
    etc: Path
    go: str
    python: Path | None = None
    shared_objects: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    ready: Path | None = None

    @property
    def facts(self) -> Profile:
        """What is known of the release."""
        return profile(self.release)

    @property
    def native(self) -> str:
        """``--kuiper-native``: plugins are built where that takes no source of the server."""
        if self.facts.contract is not None:
            return "build"
        return str(self.ready) if self.ready else "auto"

    def shared_object(self, kind: Kind, number: int = 0) -> bytes:
        """The bytes of one that loads; none for portables."""
        paths = self.shared_objects.get(kind.plural, ())
        return paths[number % len(paths)].read_bytes() if paths else b""


def builds() -> tuple[Build, ...]:
    """The described servers, newest first; none where the environment variable is not set."""
    described = os.environ.get(VARIABLE)
    if not described:
        return ()
    path = Path(described)
    with path.open("rb") as file:
        tables = tomllib.load(file)["server"]
    found = [
        Build(
            Release.parse(table["release"]),
            path.parent / table["kuiperd"],
            path.parent / table["etc"],
            table["go"],
            path.parent / table["python"] if "python" in table else None,
            {
                kind: tuple(path.parent / name for name in names)
                for kind, names in table["shared_objects"].items()
            },
            path.parent / table["ready"] if "ready" in table else None,
        )
        for table in tables
    ]
    return tuple(sorted(found, key=lambda build: build.release, reverse=True))


@dataclass
class RealServer:
    """A server with folders of its own; use it with ``with``.

    ``start_timeout`` is the time in seconds that a portable plugin has to shake hands, ``settings``
    are laid over the ``kuiper.yaml`` that is shipped.
    """

    build: Build
    start_timeout: int = 20
    settings: Mapping[str, object] = field(default_factory=lambda: OPEN)
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def __enter__(self) -> "RealServer":
        shared = Path("/dev/shm")
        folder = shared if os.access(shared, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="kuiper-", dir=folder))
        try:
            self.base = self._folder / _DEPTH
            for name in ("data", "log", "files", *(f"plugins/{kind}" for kind in self._kinds())):
                (self.base / name).mkdir(parents=True)
            shutil.copytree(self.build.etc, self.base / "etc")
            self._start_on_free_ports()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kinds(self) -> tuple[str, ...]:
        native = ("sources", "sinks", "functions")
        return (*native, "portable") if self.build.facts.portable else native

    def _start_on_free_ports(self) -> None:
        for attempts_left in (2, 1, 0):
            self._configure()
            try:
                self.start()
            except RuntimeError as error:
                if not attempts_left or "address already in use" not in str(error):
                    raise
            else:
                return

    def _configure(self) -> None:
        release = self.build.release
        rpc, self.port, other, metrics = _free_ports(4)
        settings: dict[str, object] = {
            "basic.port": rpc,
            "basic.restPort": self.port,
            "basic.prometheus": False,
            "basic.prometheusPort": metrics,
            "basic.pluginHosts": "http://127.0.0.1:1",
            "basic.ip": "127.0.0.1",
            "basic.restIp": "127.0.0.1",
            "source.httpServerIp": "127.0.0.1",
            "source.httpServerPort": other,
            **self.settings,
        }
        settings["portable.initTimeout"] = (
            f"{self.start_timeout}s" if release.major >= 2 else self.start_timeout * 1000
        )
        if self.build.python is not None:
            settings["portable.pythonBin"] = str(self.build.python)
        text = (self.build.etc / "kuiper.yaml").read_text(encoding="utf-8")
        for key, value in settings.items():
            text = _with_setting(text, key, value)
        (self.base / "etc" / "kuiper.yaml").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Start the process on the present folders and wait until it answers."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_UNSET) and not name.lower().endswith("_proxy")
        }
        if self.build.python is not None:
            # Early releases run the first python of the path.
            environment["PATH"] = f"{self.build.python.parent}{os.pathsep}{environment['PATH']}"
        with (self.base / "log" / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [self.build.kuiperd],
                cwd=self.base,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + _STARTS_WITHIN
        while not self._answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.build.release} ended: {self.output}")
            if time.monotonic() > end:
                raise RuntimeError(f"{self.build.release} does not answer: {self.output}")
            time.sleep(_PAUSE)

    def _answers(self) -> bool:
        try:
            self.request("GET", "/ping", timeout=2)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def kill(self) -> None:
        """End the server and what it started, which is in its session."""
        process, self.process = self.process, None
        if process is None:
            return
        end = time.monotonic() + _ENDS_WITHIN
        members = _session(process.pid) if process.poll() is None else []
        process.kill()
        process.wait()
        while members and time.monotonic() < end:
            for pid in members:
                if pid != process.pid:
                    _kill(pid)
            members = [pid for pid in _session(process.pid) if pid != process.pid]
            if members:
                time.sleep(_PAUSE)

    def restart(self) -> None:
        """Kill the process and start another on the same folders."""
        self.kill()
        self.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def output(self) -> str:
        """The end of what the process printed."""
        text = (self.base / "log" / "output").read_text(encoding="utf-8", errors="replace")
        return text[-2000:]

    def request(
        self, method: str, path: str, body: object = None, *, timeout: float = 60
    ) -> tuple[int | None, str]:
        """Status and text of an exchange; None where the server closes without an answer.

        ``body`` is sent as JSON.
        """
        data = None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, data)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "surrogateescape")
        except http.client.RemoteDisconnected:
            return None, ""
        finally:
            connection.close()

    def file_url(self, name: str, data: bytes) -> str:
        """Put a file beside the server, and its file URL."""
        path = self.base / "files" / name
        path.write_bytes(data)
        return f"file://{path}"

    def listing(self) -> frozenset[str]:
        """All files, and folders that hold nothing with a slash, in and around the folders.

        Relative to the base, as bytes decoded with surrogate escapes; what the server keeps for
        itself is left out.
        """
        found: set[str] = set()
        for folder, folders, files in os.walk(self._folder):
            here = os.path.relpath(folder, self.base)
            if here in _OWN:
                folders.clear()
                continue
            found.update(
                posixpath.normpath(f"{here}/{name}")
                for name in files
                if here != "data" or not name.startswith("sqlite")
            )
            if not folders and not files:
                found.add(f"{here}/")
        return frozenset(found)


def _with_setting(text: str, key: str, value: object) -> str:
    """The text of kuiper.yaml with ``section.key`` set, whether or not it was there."""
    section, name = key.split(".")
    line = f"  {name}: {json.dumps(value)}\n"
    head = re.search(rf"^{section}:[^\n]*\n", text, re.MULTILINE)
    if head is None:
        return f"{text.rstrip()}\n{section}:\n{line}"
    after = re.compile(r"^[A-Za-z]", re.MULTILINE).search(text, head.end())
    end = after.start() if after else len(text)
    body = text[head.end() : end]
    body = re.sub(rf"^  {re.escape(name)}:.*\n?", "", body, flags=re.MULTILINE)
    return text[: head.end()] + line + body + text[end:]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            _bind_below_ephemeral(one)
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _bind_below_ephemeral(one: socket.socket) -> None:
    """Bind to a port that no outgoing connection takes before the server does.

    Each worker of pytest has a range of its own and goes through it in order: a port is not given
    out again while its server starts. Where it begins depends on the process: of two proofs that
    run at a time none is to talk to the other's server.
    """
    while True:
        try:
            one.bind(("127.0.0.1", next(_PORTS)))
        except OSError:
            continue
        return


def _range_of_worker() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    return range(12000 + worker * 5000, 17000 + worker * 5000)


_PORTS = itertools.islice(itertools.cycle(_range_of_worker()), os.getpid() * 16 % 5000, None)


def _session(leader: int) -> list[int]:
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return found


def _kill(pid: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def flows(status: str) -> bool:
    """Whether a rule has handed something to its sink, by its status."""
    try:
        metrics = json.loads(status)
    except ValueError:
        return False
    return any(
        name.startswith("sink_") and name.endswith("_records_out_total") and value
        for name, value in metrics.items()
    )
