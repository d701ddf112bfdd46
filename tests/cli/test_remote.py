"""``kuiper-pack remote``: plugins come, change and go, on servers of every generation."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.client import Client
from kuiper_pack.portable.miniplugin import files as miniplugin
from kuiper_pack.profiles import profile
from kuiper_pack.server import Options, ReferenceServer
from tests.cli.packages import SOURCE, pack
from tests.shared_objects import ELF

GENERATIONS = ["0.9.1", "1.4.4", "1.10.2", "1.14.7", "2.4.0"]
Ask = Callable[..., Result]
SINK = {"Tide@v1.2.0.so": ELF}
FUNCTION = {
    "geo.so": ELF,
    "geo.json": b'{"about": {}, "functions": [{"name": "near"}, {"name": "far"}]}',
}


@pytest.fixture(params=GENERATIONS)
def server(request: pytest.FixtureRequest) -> Iterator[ReferenceServer]:
    with serving(request.param) as running:
        yield running


def serving(release: str, **options: object) -> ReferenceServer:
    settings = Options(python=sys.executable, **options)  # type: ignore[arg-type]
    return ReferenceServer(release, options=settings)


def ask(server: ReferenceServer | str, *arguments: str | Path, **more: object) -> Result:
    url = server if isinstance(server, str) else server.url
    line = ["remote", *map(str, arguments), "--url", url]
    return CliRunner().invoke(main, line, **more)  # type: ignore[arg-type]


def names(server: ReferenceServer) -> dict[str, list[str]]:
    """The plugins on a server, as its own API tells them."""
    found = json.loads(ask(server, "list", "--format", "json").stdout)
    return {
        kind: sorted(one["name"] if isinstance(one, dict) else one for one in those)
        for kind, those in found.items()
    }


def left_behind(server: ReferenceServer) -> list[str]:
    """The names of uploads."""
    with Client(server.url) as client:
        answer = client.uploads()
    return [path.rpartition("/")[2] for path in answer.json()] if answer.ok else []


def test_a_zip_is_installed_listed_and_dropped(server: ReferenceServer, tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/random.zip", SOURCE)
    created = ask(server, "create", zipped)
    assert (created.exit_code, created.stdout) == (0, "sources plugin random is created\n")
    sink = ask(server, "create", pack(f"{tmp_path}/tide-1.2.0.zip", SINK), "--kind", "sink")
    assert sink.stdout == "sinks plugin tide is created\n"
    listed = ask(server, "list").stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["KIND", "NAME", "VERSION", "PROVIDES"],
        ["source", "random"],
        ["sink", "tide", "1.2.0"],
    ]
    assert ask(server, "describe", "tide").stdout.splitlines()[1:] == [
        "name     tide",
        "version  1.2.0",
    ]
    dropped = ask(server, "drop", "tide")
    assert "sinks plugin tide is deleted and" in dropped.stdout
    assert "deleted, goes with a restart" in ask(server, "list", "--kind", "sink").stdout
    assert "deleted, goes with a restart" in ask(server, "describe", "tide").stdout
    server.restart()
    assert names(server)["sinks"] == []


def test_a_portable_is_installed_watched_and_replaced(
    server: ReferenceServer, tmp_path: Path
) -> None:
    facts = profile(server.release)
    zipped = pack(f"{tmp_path}/tourist.zip", miniplugin("tourist"))
    created = ask(server, "create", zipped)
    if not facts.portable:
        assert created.exit_code == 1
        assert "no portable plugins, which came with eKuiper 1.4.0" in created.stderr
        return
    assert (created.exit_code, created.stdout) == (0, "portable plugin tourist is created\n")
    assert ask(server, "list").stdout.splitlines()[1].split(None, 3) == [
        "portable", "tourist", "1.0.0",
        "sources touristCount; sinks touristLines; functions touristEcho",
    ]  # fmt: skip
    status = ask(server, "status")
    if facts.portable_status:
        assert [line.split() for line in status.stdout.splitlines()] == [
            ["NAME", "STATUS", "RULES", "ERROR"],
            ["tourist", "running"],
        ]
    else:
        assert status.exit_code == 1
        assert "came with eKuiper 2.0.0" in status.stderr
    updated = ask(server, "update", zipped)
    if facts.portable_update:
        assert updated.stdout == "portable plugin tourist is updated\n"
    else:
        assert (updated.exit_code, "drop and create it" in updated.stderr) == (1, True)
    assert ask(server, "drop", "tourist").stdout == "portable plugin tourist is deleted\n"
    assert names(server)["portables"] == []


def test_functions_are_listed_registered_and_told_whose_they_are(
    server: ReferenceServer, tmp_path: Path
) -> None:
    zipped = pack(f"{tmp_path}/geo.zip", FUNCTION)
    created = ask(server, "create", zipped)
    assert created.exit_code == 0
    assert created.stderr.endswith("`kuiper-pack remote register geo near far`\n")
    registered = ask(server, "register", "geo", "near", "far")
    if not profile(server.release).function_lists:
        assert registered.exit_code == 1
        assert "came with eKuiper 1.1.2" in registered.stderr
        return
    assert registered.stdout == "function plugin geo function list is registered\n"
    assert ask(server, "udfs").stdout == "FUNCTION  PLUGIN\nfar       geo\nnear      geo\n"
    assert json.loads(ask(server, "udfs", "far", "--format", "json").stdout) == {
        "name": "far",
        "plugin": "geo",
    }
    assert "functions near, far" in ask(server, "list").stdout
    unknown = ask(server, "udfs", "nope")
    assert (unknown.exit_code, "`kuiper-pack remote udfs`" in unknown.stderr) == (1, True)


def test_functions_can_be_named_with_the_request(tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/geo.zip", FUNCTION)
    request = tmp_path / "request.json"
    request.write_text('{"functions": ["near", "far"]}')
    for more in (["--function", "near", "--function", "far"], ["--request", str(request)]):
        with serving("2.4.0") as server:
            created = ask(server, "create", zipped, *more)
            assert (created.exit_code, created.stderr) == (0, "")
            assert sorted(json.loads(ask(server, "udfs", "--format", "json").stdout)) == [
                "far",
                "near",
            ]


def test_an_update_replaces_or_says_what_to_do_instead(
    server: ReferenceServer, tmp_path: Path
) -> None:
    ask(server, "create", pack(f"{tmp_path}/tide.zip", SINK), "--kind", "sink")
    newer = pack(f"{tmp_path}/tide-2.zip", {"Tide@v2.0.0.so": ELF})
    updated = ask(server, "update", newer, "--kind", "sink")
    if not profile(server.release).native_update:
        assert updated.exit_code == 1
        assert "drop it, restart the server, and create it" in updated.stderr
        return
    assert "is updated and eKuiper must restart" in updated.stdout
    assert "2.0.0" in ask(server, "describe", "tide").stdout
    broken = pack(f"{tmp_path}/broken.zip", {"readme": b""})
    failed = ask(server, "update", broken, "--kind", "sink", "--name", "tide")
    assert failed.exit_code == 1
    assert failed.stderr.endswith("so create it again\n")


def test_a_refused_zip_leaves_no_upload_and_is_explained(
    server: ReferenceServer, tmp_path: Path
) -> None:
    zipped = pack(f"{tmp_path}/tide.zip", {"x/tide.so": ELF})
    refused = ask(server, "create", zipped, "--kind", "sink", "--name", "tide")
    assert (refused.exit_code, refused.stdout) == (1, "")
    first, *_, last = refused.stderr.splitlines()
    assert "KPL03 error" in first
    assert last.startswith("kuiper-pack: refused (400): sinks plugins create command error: ")
    assert last.endswith(
        f"`kuiper-pack validate {zipped} --kind sink --name tide --server {server.release}` "
        "tells where and why"
    )
    assert left_behind(server) == []
    silent = ask(server, "create", zipped, "--kind", "sink", "--name", "tide", "--no-validate")
    assert silent.exit_code == 1
    assert silent.stderr.startswith("kuiper-pack: refused (400)")


def test_an_upload_of_that_name_stays_where_the_request_is_refused(tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/tide.zip", {"readme": b""})
    with serving("2.4.0") as server:
        ask(server, "upload", zipped)
        assert ask(server, "create", zipped, "--kind", "sink", "--name", "t").exit_code == 1
        assert left_behind(server) == ["tide.zip"]


@pytest.mark.parametrize("release", ["1.4.4", "2.0.8", "2.4.0"])
def test_a_zip_may_have_any_name(release: str, tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/my plugin #1 \u63d2%20..x.zip", SINK)
    with serving(release) as server:
        created = ask(server, "create", zipped, "--kind", "sink", "--name", "tide")
        assert (created.exit_code, created.stdout) == (0, "sinks plugin tide is created\n")


def test_a_zip_is_installed_where_nothing_but_uploads_is(tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/a b&c.zip", SINK)
    with serving("2.4.0", allow_external_file_access=False, enable_private_net=False) as server:
        named = ("--kind", "sink", "--name", "tide")
        refused = ask(server, "create", Path(zipped).as_uri(), *named)
        assert "give the zip itself, or set allowExternalFileAccess" in refused.stderr
        refused = ask(server, "create", "http://127.0.0.1:9/tide.zip", *named)
        assert "give the zip itself, or set enablePrivateNet" in refused.stderr
        path = ask(server, "upload", zipped).stdout.strip()
        assert path.endswith("/uploads/a b&c.zip")
        assert ask(server, "create", zipped, *named).exit_code == 0
        assert ask(server, "upload", "--list").stdout == f"{path}\n"
        assert ask(server, "upload", "--delete", "a b&c.zip").stdout == "ok\n"
        again = ask(server, "upload", "--delete", "a b&c.zip")
        assert (again.exit_code, "upload --list" in again.stderr) == (1, True)


def test_a_package_elsewhere_is_named_by_url_or_path_with_its_kind_and_name(
    tmp_path: Path,
) -> None:
    zipped = Path(pack(f"{tmp_path}/tide.zip", SINK))
    with serving("2.4.0") as server:
        unknown = ask(server, "create", zipped.as_uri())
        assert (unknown.exit_code, "--kind and --name" in unknown.stderr) == (2, True)
        named = ("--kind", "sink", "--name", "tide")
        assert ask(server, "create", zipped.as_uri(), *named).exit_code == 0
        gone = ask(server, "create", "/no/such/tide.zip", "--kind", "sink", "--name", "other")
        assert (gone.exit_code, "no such file on the machine" in gone.stderr) == (1, True)
        odd = ask(server, "create", "ftp://h/x.zip", "--kind", "sink", "--name", "other")
        assert (odd.exit_code, "begins with http://" in odd.stderr) == (1, True)
        assert left_behind(server) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "nowhere.zip"], "there is no such file"),
        (["create", "."], "kuiper-pack build"),
        (["create", "tide.zip"], "say --kind"),
        (["upload"], "name a FILE"),
        (["upload", "tide.zip", "--list"], "name a FILE"),
        (["register", "geo"], "missing argument"),
        (["prebuild", "--kind", "portable"], "no server lists portable plugins"),
        (["drop", "x", "--kind", "portable", "--stop"], "--stop is for native plugins"),
        (["drop", "x", "--kind", "sink", "--stop"], "add --yes"),
        (["list", "--kind", "sinc"], 'did you mean "sink"?'),
        (["lits"], 'did you mean "list"?'),
        (["list", "--header", "no header"], "write it as"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pack("tide.zip", SINK)
    failed = ask("http://127.0.0.1:9", *arguments)
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert words in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_a_server_that_cannot_be_reached_is_2_for_every_verb(tmp_path: Path) -> None:
    zipped = pack(f"{tmp_path}/random.zip", SOURCE)
    for verb in (
        ["list"], ["describe", "x"], ["create", zipped], ["update", zipped], ["drop", "x"],
        ["status"], ["udfs"], ["register", "x", "f"], ["prebuild"], ["upload", zipped],
    ):  # fmt: skip
        failed = ask("http://127.0.0.1:9", *verb)
        assert (failed.exit_code, failed.stdout) == (2, ""), verb
        assert "nothing listens there" in failed.stderr


def test_a_name_alone_finds_the_plugin_or_asks_which(tmp_path: Path) -> None:
    with serving("2.4.0") as server:
        zipped = pack(f"{tmp_path}/tide.zip", SINK)
        ask(server, "create", zipped, "--kind", "sink")
        unknown = ask(server, "drop", "tied")
        assert unknown.exit_code == 1
        assert unknown.stderr == (
            'kuiper-pack: nothing to drop: there is no plugin "tied"; did you mean "tide"?\n'
        )
        ask(server, "create", zipped, "--kind", "function")
        both = ask(server, "drop", "tide")
        assert (both.exit_code, "--kind sink or --kind function" in both.stderr) == (2, True)
        assert ask(server, "drop", "tide", "--kind", "function").exit_code == 0


def test_a_duplicate_is_refused_and_said_how_to_replace(
    server: ReferenceServer, tmp_path: Path
) -> None:
    zipped = pack(f"{tmp_path}/tide.zip", SINK)
    ask(server, "create", zipped, "--kind", "sink")
    again = ask(server, "create", zipped, "--kind", "sink")
    assert again.exit_code == 1
    assert ("kuiper-pack remote update" in again.stderr) is profile(server.release).native_update
    ask(server, "drop", "tide")
    anew = ask(server, "create", zipped, "--kind", "sink")
    if profile(server.release).deleted_may_return:
        assert anew.exit_code == 0
    else:
        assert anew.stderr.endswith("restart the server, then create it again\n")


def test_stop_ends_the_server_only_with_a_yes(tmp_path: Path) -> None:
    with serving("2.4.0", exit_delay=0.0) as server:
        ask(server, "create", pack(f"{tmp_path}/tide.zip", SINK), "--kind", "sink")
        refused = ask(server, "drop", "tide", "--stop")
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert names(server)["sinks"] == ["tide"]
        done = ask(server, "drop", "tide", "--stop", "--yes")
        assert done.stdout == "sinks plugin tide is deleted and eKuiper will be stopped\n"
        assert server.wait() == 100


@pytest.mark.parametrize(("reply", "code"), [("y", 0), ("n", 2)])
def test_who_sits_at_a_terminal_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reply: str, code: int
) -> None:
    monkeypatch.setattr("kuiper_pack.cli.remote._is_interactive", lambda: True)
    with serving("2.4.0", exit_delay=0.0) as server:
        ask(server, "create", pack(f"{tmp_path}/tide.zip", SINK), "--kind", "sink")
        done = ask(server, "drop", "tide", "--stop", input=f"{reply}\n")
        assert done.exit_code == code
        assert f"the process of the server at {server.url} ends, with all its rules?" in done.stderr
        said = "sinks plugin tide is deleted and eKuiper will be stopped\n" if code == 0 else ""
        # older versions of click repeat the reply on stdout, where nobody sits at a terminal
        assert done.stdout.removeprefix(f" {reply}\n") == said


def test_prebuilt_plugins_are_shown_with_their_urls() -> None:
    with serving("2.4.0", plugin_hosts="http://h") as server:
        lines = ask(server, "prebuild", "--kind", "sink").stdout.splitlines()
        assert lines[0].split() == ["KIND", "NAME", "URL"]
        assert "http://h/kuiper-plugins/2.4.0/" in lines[1]
        assert {"sources", "sinks", "functions"} == json.loads(
            ask(server, "prebuild", "--format", "json").stdout
        ).keys()


@pytest.mark.parametrize("release", ["0.9.1", "2.4.0"])
def test_programs_get_what_the_server_sent(release: str, tmp_path: Path) -> None:
    with serving(release) as server, Client(server.url) as client:
        zipped = pack(f"{tmp_path}/tide.zip", SINK)

        def told(*arguments: str) -> Result:
            return ask(server, *arguments, "--format", "json")

        assert json.loads(told("create", zipped, "--kind", "sink").stdout) == (
            "sinks plugin tide is created"
        )
        assert told("describe", "tide").stdout.strip() == (
            client.send("GET", "/plugins/sinks/tide").text.strip()
        )
        assert told("list", "--kind", "sink").stdout.strip() == '["tide"]'
        refused = told("create", zipped, "--kind", "sink")
        assert refused.exit_code == 1
        sent = json.loads(refused.stdout)
        words = sent["message"] if isinstance(sent, dict) else sent
        assert words == "sinks plugins create command error: invalid name tide: duplicate"
        assert refused.stderr.count("\n") == 1
