"""Whatever is done to a server, it stays what the model says: answers, lists, statuses, files."""

import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kuiper_pack.client import Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, ReferenceServer, Service
from tests.proof.rawzip import write_zip
from tests.proof.sequences import Action, one_action
from tests.server.hosts import no_processes
from tests.server.model import BASE, ApiModel, Reader, files_of, request, unplanned, with_code
from tests.server.stand_in import interpreter
from tests.server.worlds import waited_for

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

RELEASES = (
    "0.4.1",
    "0.9.1",
    "1.1.2",
    "1.4.4",
    "1.10.2",
    "1.12.0",
    "1.14.7",
    "2.0.8",
    "2.2.1",
    "2.4.0",
)
"""One of each generation at least."""
_OPEN_FAILED = re.compile(r'cannot open \S+: (.*?)"?\}?\n?\Z', re.DOTALL)
_FILES = ("a.zip", "b.txt", "c")
RUNS = 100
"""Of 50 steps, for each release, in the proof."""
Send = Callable[[str, str, bytes, dict[str, str]], tuple[int | None, str]]


class SideBySide(RuleBasedStateMachine):
    """A server and its model."""

    release: ClassVar[str]
    over_http = False
    strict = False
    python: ClassVar[Path | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()).resolve()
        self.base = self.folder / "kuiper"
        options = Options(
            loader="elf", strict=self.strict, allow_install_scripts=True, python=self.python
        )
        release = Release.parse(self.release)
        self.server: ReferenceServer | None = None
        self.send: Send
        if self.over_http:
            self.server = ReferenceServer(release, data=self.base, options=options)
            self.server.start()
            self.service = self.server.service
            self.client = Client(self.server.url)
            self.send = self._send_over_http
        else:
            self.service = Service(release, self.base, options)
            self.send = self._handle
        self.model = ApiModel(release, strict=self.strict)
        self.fresh = files_of(self.base)
        self.stem = f"m{os.getpid()}x"

    def teardown(self) -> None:
        if self.server is not None:
            self.client.close()
            self.server.stop()
        else:
            self.service.close()
        shutil.rmtree(self.folder)

    # What users do.

    @rule(rng=st.randoms(use_true_random=True))  # as hypothesis would have it, little is ever drawn
    def step(self, rng: random.Random) -> None:
        facts, names = self.model.facts, self.model.rules
        native = [kind for kind in self._kinds() if kind is not Kind.PORTABLE]
        steps: list[tuple[float, Callable[[], None]]] = [
            (6, lambda: self._act(one_action(rng, tuple(native), self.stem)))
        ]
        if facts.portable:
            steps.append((5, lambda: self._act(one_action(rng, (Kind.PORTABLE,), self.stem))))
        if self.model.facts.uploads:
            steps += [(1, lambda: self._upload(rng)), (0.5, lambda: self._delete_upload(rng))]
        if facts.portable_status and self.model.symbols("sources"):
            steps.append((2, lambda: self._create_rule(rng)))
        if names:
            change = rng.choice((self._stop_rule, self._start_rule, self._drop_rule))
            steps.append((1.5, lambda: change(rng.choice(sorted(names)))))
        rng.choices([act for _, act in steps], [weight for weight, _ in steps])[0]()

    def _restart(self) -> None:
        (self.server or self.service).restart()
        self.model.restart()
        waited_for(self._statuses_agree)  # rules and their plugins start after the server

    def _upload(self, rng: random.Random) -> None:
        name, content = rng.choice(_FILES), "".join(rng.choices("ab\n", k=rng.randint(1, 9)))
        body, kind = json.dumps({"name": name, "content": content}), "application/json"
        if rng.random() < 0.5:
            kind = "multipart/form-data; boundary=line"
            told = f'form-data; name="uploadFile"; filename="{name}"'
            body = f"--line\r\nContent-Disposition: {told}\r\n\r\n{content}\r\n--line--\r\n"
        answer = self.send("POST", "/config/uploads", body.encode(), {"Content-Type": kind})
        assert answer == (201, self._uploaded(name))
        self.model.uploads[name] = content.encode()

    def _delete_upload(self, rng: random.Random) -> None:
        name = rng.choice(_FILES)
        status, _ = self.send("DELETE", f"/config/uploads/{name}", b"", {})
        assert status == (400 if self.model.uploads.pop(name, None) is None else 200)

    def _create_rule(self, rng: random.Random) -> None:
        name = rng.choice(("one", "two"))
        if name in self.model.rules:
            self._drop_rule(name)
        rule = Reader(
            rng.choice(self.model.symbols("sources")),
            rng.choice([None, *self.model.symbols("sinks")]),
        )
        self.send("DELETE", f"/streams/{name}s", b"", {})
        stream = f'CREATE STREAM {name}s () WITH (DATASOURCE="d", TYPE="{rule.source}")'
        body = {"id": name, "sql": f"SELECT * FROM {name}s", "actions": [{rule.sink or "log": {}}]}
        for path, asked in (("/streams", {"sql": stream}), ("/rules", body)):
            status, text = self.send("POST", path, json.dumps(asked).encode(), {})
            assert status == 201, text
        self.model.rules[name] = rule
        self.model.start_rule(name)

    def _stop_rule(self, name: str) -> None:
        status, text = self.send("POST", f"/rules/{name}/stop", b"", {})
        assert status == 200, text
        self.model.stop_rule(name)

    def _start_rule(self, name: str) -> None:
        if name in self.model.stopped and self.model.can_start(name):
            status, text = self.send("POST", f"/rules/{name}/start", b"", {})
            assert status == 200, text
            self.model.start_rule(name)

    def _drop_rule(self, name: str) -> None:
        status, text = self.send("DELETE", f"/rules/{name}", b"", {})
        assert status == 200, text
        del self.model.rules[name]
        self.model.stop_rule(name)

    # What has to hold.

    @invariant()
    def the_lists_agree(self) -> None:
        for kind in self._kinds():
            names = self.model.names(kind)
            listed = self._json(f"/plugins/{kind.plural}")
            if kind is Kind.PORTABLE:
                told = {one["name"]: one for one in listed}
                assert told == {name: self.model.described(kind, name) for name in names}
                listed = list(told)
            assert sorted(listed) == sorted(names)
            for name in names | {"a", f"{self.stem}a"}:
                status, text = self.send("GET", f"/plugins/{kind.plural}/{name}", b"", {})
                described = self.model.described(kind, name)
                if described is None:
                    assert status in (400, 404)
                else:
                    assert (status, json.loads(text)) == (200, described)
        if self.model.facts.function_lists:
            symbols = self.model.state.symbols
            assert sorted(self._json("/plugins/udfs")) == sorted(symbols)
            for symbol, plugin in symbols.items():
                told = self._json(f"/plugins/udfs/{symbol}")
                assert told == {"name": symbol, "plugin": plugin}

    @invariant()
    def the_statuses_agree(self) -> None:
        assert self._statuses() == self._planned_statuses()
        if self.model.facts.portable_status:
            assert {one["id"] for one in self._json("/rules")} == {*self.model.rules}

    @invariant()
    def the_files_agree(self) -> None:
        plans = self.model.plugins.disk.listing(), self.model.fresh
        assert not unplanned(files_of(self.base), self.fresh, *plans)
        if self.model.facts.uploads:
            listed = [*map(self._uploaded, sorted(self.model.uploads))]
            assert self._json("/config/uploads") == listed
            for name, content in self.model.uploads.items():
                path = self._uploaded(name).replace(BASE, str(self.base), 1)
                assert Path(path).read_bytes() == content

    def _statuses(self) -> dict[str, Any]:
        if not self.model.facts.portable_status:
            return {}
        told = {}
        for name in {*self.model.running.told, f"{self.stem}a"}:
            status, text = self.send("GET", f"/plugins/portables/{name}/status", b"", {})
            told[name] = json.loads(text) if status == 200 else status
        return told

    def _planned_statuses(self) -> dict[str, Any]:
        if not self.model.facts.portable_status:
            return {}
        names = {*self.model.running.told, f"{self.stem}a"}
        return {name: self.model.status(name) or 404 for name in names}

    def _statuses_agree(self) -> bool:
        return self._statuses() == self._planned_statuses()

    def _act(self, drawn: Action) -> None:
        if drawn.what == "restart":
            self._restart()
            return
        action = with_code(drawn)
        package = self.folder / "package.zip"
        archive = write_zip(action.items)
        package.write_bytes(archive)
        method, target, body = request(action, package.as_uri())
        status, text = self.send(method, target, body, {})
        seen = _OPEN_FAILED.search(text.replace('\\"', '"'))
        planned = self.model.act(action, body, archive, seen[1] if seen else "")
        assert (status, text) == (planned.status, planned.text)

    def _kinds(self) -> Iterator[Kind]:
        yield from (Kind.SOURCE, Kind.SINK, Kind.FUNCTION)
        if self.model.facts.portable:
            yield Kind.PORTABLE

    def _uploaded(self, name: str) -> str:
        return f"{BASE}/{self.model.facts.uploads}/uploads/{name}"

    def _json(self, path: str) -> Any:
        status, text = self.send("GET", path, b"", {})
        assert status == 200, text
        return json.loads(text)

    def _handle(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int | None, str]:
        reply = self.service.handle(method, target, headers, body)
        text = reply.body.decode("utf-8", "surrogateescape")
        return reply.status, text.replace(str(self.base), BASE)

    def _send_over_http(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int | None, str]:
        answer = self.client.send(method, target, body=body, headers=headers)
        return answer.status, answer.text.replace(str(self.base), BASE)


def agree(release: str, runs: int, steps: int, **facts: Any) -> None:
    """Run sequences of steps on a release, from a seed."""
    machine = type("Sequence", (SideBySide,), {"release": release, **facts})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("release", RELEASES)
def test_a_server_stays_what_the_model_says(release: str) -> None:
    with no_processes():
        agree(release, 4, 20)


@pytest.mark.parametrize("release", ["0.9.1", "1.14.7", "2.4.0"])
def test_also_when_it_is_strict(release: str) -> None:
    with no_processes():
        agree(release, 4, 20, strict=True)


@pytest.mark.parametrize("release", ["1.4.4", "2.4.0"])
def test_also_over_http(release: str) -> None:
    with no_processes():
        agree(release, 1, 20, over_http=True)


@pytest.mark.parametrize("release", ["2.0.8", "2.4.0"])
def test_also_with_processes(release: str, tmp_path: Path) -> None:
    agree(release, 2, 12, python=interpreter(tmp_path / "python"))


@pytest.mark.proof
@pytest.mark.parametrize("release", RELEASES)
def test_a_server_stays_what_the_model_says_at_length(release: str) -> None:
    with no_processes():
        agree(release, RUNS, 50)


@pytest.mark.proof
@pytest.mark.parametrize("release", RELEASES)
def test_also_when_it_is_strict_at_length(release: str) -> None:
    with no_processes():
        agree(release, RUNS, 50, strict=True)


@pytest.mark.proof
@pytest.mark.parametrize("release", ["2.0.8", "2.4.0"])
def test_also_with_processes_over_20_runs(release: str, tmp_path: Path) -> None:
    agree(release, 20, 50, over_http=True, python=interpreter(tmp_path / "python"))
