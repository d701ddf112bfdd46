"""What a client of the reference server goes through, over HTTP."""

import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kuiper_pack.client import Client
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, ReferenceServer, Service
from tests.server.origins import origin
from tests.server.worlds import ELF, files_below, package, package_of, waited_for

RELEASES = ["0.9.1", "1.4.4", "1.14.7", "2.4.0"]


@pytest.mark.parametrize("release", [*RELEASES, "0.3.2", "1.1.2", "1.10.2", "2.0.8", "2.2.1"])
def test_a_plugin_is_installed_described_dropped_and_gone_after_a_restart(
    release: str, tmp_path: Path
) -> None:
    made = {"Src@v1.2.so": ELF, "src.yaml": b"default: {}\n", "src.json": b"{}"}
    package_of(tmp_path / "src.zip", made)
    with (
        ReferenceServer(release, data=tmp_path / "base", loader="elf") as server,
        Client(server.url) as client,
        origin(tmp_path) as web,
    ):
        before = files_below(tmp_path / "base")
        created = client.create(Kind.SOURCE, "src", f"{web.url}/src.zip")
        assert (created.status, created.text) == (201, "sources plugin src is created")
        server.restart()
        assert client.list(Kind.SOURCE).json() == ["src"]
        assert client.describe(Kind.SOURCE, "src").json() == {"name": "src", "version": "1.2"}
        assert client.create(Kind.SOURCE, "src", f"{web.url}/src.zip").status == 400
        assert client.drop(Kind.SOURCE, "src").status == 200
        server.restart()
        assert client.list(Kind.SOURCE).json() == []
        left = files_below(tmp_path / "base").keys() - before.keys()
        assert {path.rpartition("/")[2] for path in left} <= {"src.json"}


@pytest.mark.parametrize("release", ["1.4.4", "1.14.7", "2.4.0"])
def test_functions_are_registered_and_kept_over_a_restart(release: str, tmp_path: Path) -> None:
    url = package(tmp_path / "fun.zip", fun__so=ELF)
    with ReferenceServer(release, data=tmp_path / "base") as server, Client(server.url) as client:
        assert client.create(Kind.FUNCTION, "fun", url, functions=["a", "b"]).status == 201
        assert sorted(client.udfs().json()) == ["a", "b"]
        assert client.describe_udf("b").json() == {"name": "b", "plugin": "fun"}
        assert client.register("fun", ["c"]).status == 200
        server.restart()
        assert client.udfs().json() == ["c"]
        described = client.describe(Kind.FUNCTION, "fun")
        assert described.text.startswith('{"functions":["c"],"name":"fun"')
        assert client.register("fun", []).status == 400
        assert client.describe_udf("a").status == 404


@pytest.mark.parametrize(
    ("release", "never", "deleted"),
    [
        ("0.9.1", "path: invalid name no: not exist", "path: cannot find .so file for plugin src"),
        ("1.3.1", "path: invalid name no: not exist", "path: cannot find .so file for plugin src"),
        ("1.4.4", "source no not found", "source src not found"),
    ],
)
def test_a_rule_is_told_of_a_source_that_was_deleted(
    release: str, never: str, deleted: str, tmp_path: Path
) -> None:
    url = package(tmp_path / "src.zip", src__so=ELF, src__yaml=b"default: {}\n")
    with ReferenceServer(release, data=tmp_path / "base") as server, Client(server.url) as client:
        assert client.create(Kind.SOURCE, "src", url).status == 201
        assert client.drop(Kind.SOURCE, "src").status == 200
        for source, words in (("no", never), ("src", deleted)):
            options = f'DATASOURCE="d", TYPE="{source}", FORMAT="JSON"'
            sql = f"CREATE STREAM {source} (a bigint) WITH ({options})"
            assert client.send("POST", "/streams", json={"sql": sql}).status == 201
            select = {"id": source, "sql": f"SELECT a FROM {source}", "actions": [{"log": {}}]}
            client.send("POST", "/rules", json=select)
            (found,) = [
                one["status"] for one in client.send("GET", "/rules").json() if one["id"] == source
            ]
            assert words in found


@pytest.mark.parametrize("release", ["1.1.2", "1.10.2", "2.4.0"])
def test_after_a_restart_a_function_is_of_the_first_plugin_that_claims_it(
    release: str, tmp_path: Path
) -> None:
    """A list that is refused is kept; of it counts what stands before the first clash."""
    with ReferenceServer(release, data=tmp_path / "base") as server, Client(server.url) as client:
        for name in ("one", "two"):
            url = package(tmp_path / f"{name}.zip", **{f"{name}__so": ELF + name.encode()})
            assert client.create(Kind.FUNCTION, name, url).status == 201
        assert client.register("two", ["before", "one", "after"]).status == 400
        assert sorted(client.udfs().json()) == ["before", "one"]
        server.restart()
        assert sorted(client.udfs().json()) == ["before", "one"]
        assert client.register("two", ["both", "x"]).status == 200
        assert client.register("one", ["first", "both"]).status == 400
        assert sorted(client.udfs().json()) == ["both", "first", "x"]
        server.restart()
        assert sorted(client.udfs().json()) == ["both", "first"]
        assert client.describe_udf("both").json() == {"name": "both", "plugin": "one"}


def test_two_files_of_equal_content_are_one_plugin_to_the_elf_loader(tmp_path: Path) -> None:
    one = package(tmp_path / "one.zip", one__so=ELF)
    two = package(tmp_path / "two.zip", two__so=ELF)
    other = package(tmp_path / "other.zip", other__so=ELF + b"x")
    with ReferenceServer("2.4.0", loader="elf") as server, Client(server.url) as client:
        assert client.create(Kind.SINK, "one", one).status == 201
        refused = client.create(Kind.SINK, "two", two)
        assert (refused.status, "plugin already loaded" in refused.text) == (400, True)
        assert client.create(Kind.SINK, "other", other).status == 201
        assert client.drop(Kind.SINK, "one").status == 200
        assert client.create(Kind.SINK, "one", one).status == 201


@pytest.mark.parametrize(
    ("release", "loader", "content", "status"),
    [
        ("2.4.0", "accept", b"no ELF", 201),
        ("2.4.0", "elf", b"no ELF", 400),
        ("2.4.0", "elf", b"no ELF" * 20, 400),
        ("1.4.4", "elf", b"no ELF", 201),
    ],
)
def test_what_is_no_shared_object_is_refused_by_releases_that_open_it(
    release: str, loader: str, content: bytes, status: int, tmp_path: Path
) -> None:
    url = package(tmp_path / "s.zip", s__so=content)
    options = Options(loader="elf" if loader == "elf" else "accept")
    with ReferenceServer(release, options=options) as server, Client(server.url) as client:
        assert client.create(Kind.SINK, "s", url).status == status


@pytest.mark.parametrize("release", RELEASES)
def test_install_sh_runs_only_where_it_is_allowed(release: str, tmp_path: Path) -> None:
    script = f"echo $1 > {tmp_path}/ran\n".encode()
    url = package(tmp_path / "s.zip", s__so=ELF, install__sh=script)
    with ReferenceServer(release) as server, Client(server.url) as client:
        refused = client.create(Kind.SINK, "s", url)
        assert (refused.status, "--allow-install-scripts" in refused.text) == (400, True)
        assert not (tmp_path / "ran").exists()
    options = Options(allow_install_scripts=True)
    with ReferenceServer(release, options=options) as server, Client(server.url) as client:
        assert client.create(Kind.SINK, "s", url, shell_paras=["word"]).status == 201
        # parameters came with 1.0
        assert (tmp_path / "ran").read_text() == ("\n" if release == "0.9.1" else "word\n")


def test_a_script_that_never_ends_is_ended_with_the_server(tmp_path: Path) -> None:
    url = package(tmp_path / "s.zip", s__so=ELF, install__sh=b"echo > begun; sleep 600\n")
    options = Options(allow_install_scripts=True)
    base = tmp_path / "base"
    with ReferenceServer("1.4.4", data=base, options=options) as server:
        asked = threading.Thread(target=lambda: Client(server.url).create(Kind.SINK, "s", url))
        asked.start()
        waited_for((base / "begun").exists)
        begun = time.monotonic()
    asked.join(10)
    assert time.monotonic() - begun < 10


def test_lists_are_answered_while_a_plugin_is_downloaded(tmp_path: Path) -> None:
    package(tmp_path / "s.zip", s__so=ELF)
    answers = []
    with origin(tmp_path) as web, ReferenceServer("2.4.0") as server:
        creating = threading.Thread(
            target=lambda: answers.append(
                Client(server.url).create(Kind.SINK, "s", f"{web.url}/slow/s.zip")
            )
        )
        creating.start()
        waited_for(web.asked.is_set)
        assert Client(server.url, timeout=5).list(Kind.SINK).json() == []
        web.go.set()
        creating.join(10)
    assert [one.status for one in answers] == [201]


@pytest.mark.parametrize("release", RELEASES)
def test_stop_1_ends_the_server_with_100_after_it_has_answered(
    release: str, tmp_path: Path
) -> None:
    url = package(tmp_path / "s.zip", s__so=ELF)
    options = Options(exit_delay=0.05)
    with ReferenceServer(release, options=options) as server, Client(server.url) as client:
        client.create(Kind.SINK, "s", url)
        assert client.drop(Kind.SINK, "s", stop=True).text.endswith("will be stopped")
        assert server.wait() == 100


@pytest.mark.parametrize("release", RELEASES)
def test_strict_forgets_what_is_deleted_and_leaves_nothing_of_what_it_refuses(
    release: str, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    good = package(tmp_path / "s.zip", s__so=ELF)
    # refused only after something was written, by every release in its own way
    script = {"t.so": ELF, "t.yaml": b"{}", "t.json": b"{}", "etc/t.conf": b"x"}
    bad = package_of(tmp_path / "t.zip", {**script, "install.sh": b"exit 3"})
    thief = package_of(tmp_path / "u.zip", {"S.so": b"thief", "s.so": b"thief", "S@1.so": b"x"})
    with (
        ReferenceServer(release, data=base, strict=True) as server,
        Client(server.url) as client,
    ):
        assert client.create(Kind.SINK, "s", good).status == 201
        before = files_below(base)
        assert client.create(Kind.SOURCE, "t", bad).status == 400
        assert client.create(Kind.SINK, "S", thief).status == 400
        assert client.update(Kind.SINK, "s", "http://127.0.0.1:1/x.zip").status in (400, 405)
        assert files_below(base) == before
        assert client.describe(Kind.SINK, "s").status == 200
        assert client.drop(Kind.SINK, "s").status == 200
        assert client.list(Kind.SINK).json() == []
        assert client.describe(Kind.SINK, "s").status == 404
        assert client.drop(Kind.SINK, "s").status == 404
        assert client.create(Kind.SINK, "s", good).status == 201
    assert sorted(path.name for path in (base / ".kuiper-pack").iterdir()) == ["store.db"]


def test_strict_forgets_the_functions_of_what_it_refuses(tmp_path: Path) -> None:
    url = package(tmp_path / "fun.zip", fun__so=ELF, other__so=ELF + b"x")
    two = package(tmp_path / "two.zip", two__so=ELF)
    with ReferenceServer("2.4.0", strict=True) as server, Client(server.url) as client:
        assert client.create(Kind.FUNCTION, "fun", url, functions=["a"]).status == 201
        assert client.create(Kind.FUNCTION, "two", two, functions=["b", "a"]).status == 400
        assert client.udfs().json() == ["a"]
        assert client.register("fun", ["c", "c"]).status == 400
        assert client.describe(Kind.FUNCTION, "fun").json()["functions"] == ["a"]
        server.restart()
        assert client.udfs().json() == ["a"]


def test_of_two_that_create_the_same_plugin_at_once_one_does(tmp_path: Path) -> None:
    url = package(tmp_path / "s.zip", s__so=ELF)
    statuses = []

    def create() -> None:
        statuses.append(Client(server.url).create(Kind.SINK, "s", url).status)

    with ReferenceServer("2.4.0") as server:
        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(statuses, key=str) == [201] + [400] * 7


PAGE = {"Origin": "http://page.example", "Content-Type": "text/plain"}
CHANGES = [
    ("POST", "/plugins/sinks"),
    ("PUT", "/plugins/sources/s"),
    ("DELETE", "/plugins/functions/s?stop=1"),
    ("POST", "/plugins/portables"),
    ("PUT", "/plugins/portables/s"),
    ("POST", "/config/uploads"),
    ("PUT", "/metadata/sources/s/confKeys/k"),
    ("POST", "/batch/req"),
    ("POST", "/streams"),
    ("POST", "/rules"),
    ("POST", "/rules/r/start"),
    ("POST", "//rules"),
    ("PATCH", "/rules/r"),
]


@pytest.mark.parametrize("origin", ["http://page.example", "http://127.0.0.1:9081", "null", ""])
def test_a_web_page_may_read_and_change_nothing(origin: str, tmp_path: Path) -> None:
    service = Service(Release.parse("2.4.0"), tmp_path)
    page = PAGE | {"Origin": origin}
    try:
        for method, path in CHANGES:
            refused = service.handle(method, path, page, b"{}")
            assert (refused.status, b"--allow-origin" in refused.body) == (403, True)
        assert service.handle("GET", "/plugins/sinks", page).body == b"[]"
        assert service.handle("GET", "/rules", page).headers["Access-Control-Allow-Origin"] == "*"
        assert service.exit_code is None
    finally:
        service.close()


def test_the_pages_of_an_origin_that_is_allowed_may_install(tmp_path: Path) -> None:
    url = package(tmp_path / "s.zip", s__so=ELF)
    body = f'{{"name":"s","file":"{url}"}}'.encode()
    options = Options(allowed_origins=("http://page.example",))
    with ReferenceServer("2.4.0", options=options) as server, Client(server.url) as client:
        other = PAGE | {"Origin": "http://page.example:81"}
        assert client.send("POST", "/plugins/sinks", body=body, headers=other).status == 403
        assert client.send("POST", "/plugins/sinks", body=body, headers=PAGE).status == 201


def test_a_folder_belongs_to_one_server_at_a_time(tmp_path: Path) -> None:
    with (
        ReferenceServer("2.4.0", data=tmp_path),
        pytest.raises(KuiperPackError, match="another server uses this folder"),
        ReferenceServer("2.4.0", data=tmp_path),
    ):
        pass


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with ReferenceServer("2.4.0") as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(KuiperPackError, match="choose another --port"):
            ReferenceServer("2.4.0", data=tmp_path, port=port).start()
    with ReferenceServer("2.4.0", data=tmp_path, port=port):
        pass


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "kuiper_pack.server.http", raising=False)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(KuiperPackError, match=r"pip install 'kuiper-pack\[server\]'"):
        ReferenceServer("2.4.0", data=tmp_path).start()


def test_a_request_that_is_garbage_does_not_end_the_server() -> None:
    with ReferenceServer("2.4.0") as server, Client(server.url) as client:
        for method, path, body in [
            ("GET", "/%zz", None),
            ("GET", "/plugins/sinks/%ff%fe", None),
            ("GET", "/plugins/sinks/a%00b", None),
            ("DELETE", "/rules/%0Aa", None),
            ("POST", "/plugins/sinks", b"\xff" * 1000),
            ("POST", "/plugins/sinks", b"[" * 100_000),
            ("POST", "/plugins/sinks", b'{"name":"\\ud800","file":"file:///\\u0000.zip"}'),
            ("PUT", "/plugins/sinks/x", b'{"name":"x","file":"http://[::1/x.zip"}'),
            ("DELETE", "/plugins/sinks/" + "n" * 5000, None),
        ]:
            answer = client.send(method, path, body=body)
            assert answer.status in (400, 404)
            assert "404: Not Found" not in answer.text  # which are not our words
        assert client.list(Kind.SINK).json() == []


@pytest.mark.parametrize(
    ("expected", "first", "last"),
    [
        ("100-continue", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n"),
        ("wonders", b"HTTP/1.1 417 Expectation Failed\r\n", b""),
    ],
)
def test_a_body_that_is_announced_is_asked_for(expected: str, first: bytes, last: bytes) -> None:
    head = f"POST /streams HTTP/1.1\r\nHost: x\r\nExpect: {expected}\r\nContent-Length: 1\r\n\r\n"
    with ReferenceServer("2.4.0") as server:
        address = "127.0.0.1", urlsplit(server.url).port or 0
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(head.encode())
            with connection.makefile("rb") as answer:
                begun = answer.read(len(first))
                connection.sendall(b"{")
                assert begun == first
                assert answer.read().startswith(last)
