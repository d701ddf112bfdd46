"""``validate``, ``rules`` and ``explain`` as users call them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from kuiper_pack.schemas import load
from tests.cli.packages import SOURCE, lay_out, pack, run
from tests.shared_objects import ELF

NO_CONFIGURATION = {"random.so": ELF, "random.json": b'{"about":{},"properties":{"default":[]}}'}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_good_package_is_valid() -> None:
    result = run("validate", pack("random.zip", SOURCE))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1 package for 2.0.0-2.4.0: nothing found\n"


def test_a_refused_package_fails_and_says_what_to_do() -> None:
    result = run("validate", pack("random.zip", NO_CONFIGURATION), "--kind", "source")
    assert result.exit_code == 1
    assert result.stdout == (
        "random.zip: KPC01 error: the source has no configuration [2.0.0-2.4.0]\n"
        "    fix: add random.yaml, which may be empty\n"
        "1 package for 2.0.0-2.4.0: 1 error\n"
    )


def test_a_folder_is_judged_like_its_zip() -> None:
    folder = run("validate", lay_out("random", NO_CONFIGURATION), "--kind", "source")
    assert folder.exit_code == 1
    assert folder.stdout.startswith("random: KPC01 error: the source has no configuration")


def test_the_servers_named_are_those_judged_for() -> None:
    path = pack("random.zip", {**SOURCE, "a/b/c.txt": b""})
    assert run("validate", path, "--server", "2.3.1", "--server", "1.14").exit_code == 0
    result = run("validate", path, "--server", "2.4.0")
    assert result.exit_code == 1
    assert "KPL12 error" in result.stdout
    assert "[2.4.0]" in result.stdout


def test_many_paths_are_judged_in_one_call_and_the_worst_decides() -> None:
    good, bad = pack("good.zip", SOURCE), pack("bad.zip", {"x/y": b""})
    none = lay_out("", {"none.zip": b"hello"}) + "none.zip"
    assert run("validate", good, good).exit_code == 0
    assert run("validate", good, bad).exit_code == 1
    result = run("validate", good, bad, none)
    assert result.exit_code == 2
    assert "bad.zip: KPL03 error" in result.stdout
    assert "unreadable: none.zip: neither a zip file nor a folder" in result.stdout


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04" + bytes(100), b"\x7fELF" * 99])
def test_any_file_gets_a_verdict_or_one_line(content: bytes) -> None:
    Path("odd.zip").write_bytes(content)
    result = run("validate", "odd.zip")
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert "odd.zip" in result.stdout


def test_a_path_that_is_not_there_is_unreadable() -> None:
    result = run("validate", "missing.zip")
    assert result.exit_code == 2
    assert "unreadable: missing.zip: cannot be read: No such file or directory" in result.stdout


@pytest.mark.parametrize(
    ("gate", "code"),
    [("error", 0), ("warning", 1), ("note", 1), ("never", 0)],
)
def test_the_gate_decides_what_fails(gate: str, code: int) -> None:
    path = pack("random.zip", {"random.so": ELF, "random.yaml": b"default: {aB: 1}\n"})
    assert run("validate", path, "--fail-on", gate).exit_code == code


def test_never_failing_still_tells_errors_and_unreadable_files() -> None:
    assert run("validate", pack("bad.zip", {"x/y": b""}), "--fail-on", "never").exit_code == 0
    assert run("validate", "missing.zip", "--fail-on", "never").exit_code == 2


def test_rules_are_chosen_by_their_beginnings() -> None:
    path = pack("random.zip", {"random.so": ELF, "random.yaml": b"fast: {aB: 1}\n"})
    assert "KPC02" not in run("validate", path, "--select", "KPC05").stdout
    assert "KPC05" not in run("validate", path, "--ignore", "KPC05").stdout
    result = run("validate", path, "--ignore", "KPC0O")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert 'no rule begins with "KPC0O"; did you mean "KPC' in result.stderr


SETTINGS = """
name = "random"
server = ["2.4.0"]
fail-on = "warning"
[[ignore]]
rule = "KPC05"
reason = "read without case"
"""
LOST_KEY = {"random.so": ELF, "random.yaml": b"default: {aB: 1}\n"}


@pytest.mark.parametrize("place", ["plugin", "plugin/random.zip", "plugin/dist/random-1.0.zip"])
def test_settings_hold_for_the_folder_and_for_its_zips(place: str) -> None:
    lay_out("plugin", LOST_KEY)
    if place.endswith(".zip"):
        pack(place, LOST_KEY)
    assert "KPC05 warning" in run("validate", place).stdout
    lay_out("plugin", {"kuiper-pack.toml": SETTINGS.encode()})
    result = run("validate", place)
    assert result.stdout == "1 package for 2.4.0: nothing found\n"


def test_a_name_in_the_settings_is_not_put_on_other_zips() -> None:
    lay_out("plugin", {"kuiper-pack.toml": b'name = "other"\nkind = "sink"\n'})
    assert run("validate", pack("plugin/random.zip", SOURCE)).exit_code == 0


def test_options_go_before_settings() -> None:
    lay_out("plugin", {**LOST_KEY, "kuiper-pack.toml": b'fail-on = "warning"\n'})
    assert run("validate", "plugin").exit_code == 1
    assert run("validate", "plugin", "--fail-on", "error").exit_code == 0


def test_a_suppression_that_fits_nothing_is_found() -> None:
    lay_out("plugin", {**SOURCE, "kuiper-pack.toml": SETTINGS.encode()})
    result = run("validate", "plugin")
    assert result.exit_code == 1
    place = f"{Path('plugin', 'kuiper-pack.toml')}:{SETTINGS.splitlines().index('[[ignore]]') + 1}"
    said = "the suppression of KPC05 fits no finding (plugin)"
    assert f"{place}: KPX01 warning: {said} [" in result.stdout


@pytest.mark.parametrize("what", ["plugin", "plugin/dist/random.zip"])
def test_a_suppression_without_use_is_shown_on_its_own_line(what: str) -> None:
    table = '[[ignore]]\nrule = "KPC05"\nreason = "why"\n'
    settings = f'name = "random"\n{table}\n{table}until = 2020-01-31\n'
    lay_out("plugin", {**SOURCE, "kuiper-pack.toml": settings.encode()})
    pack("plugin/dist/random.zip", SOURCE)
    lines = run("validate", what, "--format", "github").stdout.splitlines()
    at = "file=plugin/kuiper-pack.toml,line="
    assert [line.partition("::the")[0] for line in lines[:2]] == [
        f"::warning title=KPX01,{at}2",
        f"::warning title=KPX02,{at}6",
    ]
    found = json.loads(run("validate", what, "--format", "gitlab").stdout)
    assert [one["location"]["lines"]["begin"] for one in found] == [2, 6]
    found = json.loads(run("validate", what, "--format", "sarif").stdout)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in found]
    assert [one["artifactLocation"]["uri"] for one in places] == ["plugin/kuiper-pack.toml"] * 2


def test_wrong_settings_are_one_line() -> None:
    lay_out("plugin", {**SOURCE, "kuiper-pack.toml": b'nane = "x"\n'})
    result = run("validate", "plugin")
    assert result.exit_code == 2
    assert result.stdout.startswith("unreadable: ")
    assert 'unknown key "nane"; did you mean "name"?' in result.stdout.splitlines()[0]


def test_usage_errors_name_the_nearest_right_word() -> None:
    result = run("validate", pack("random.zip", SOURCE), "--fail-on", "eror")
    assert result.exit_code == 2
    assert 'did you mean "error"?' in result.stderr
    assert run("validate").exit_code == 2


def test_rules_lists_every_rule_in_text_and_json() -> None:
    lines = run("rules").stdout.splitlines()
    assert "KPC01  error    A source package has no `{name}.yaml` at its root" in lines
    document = json.loads(run("rules", "--format", "json").stdout)
    jsonschema.validate(document, load("rules"))
    assert len(document["rules"]) == len(lines)
    (one,) = [rule for rule in document["rules"] if rule["code"] == "KPL12"]
    assert (one["severity"], one["servers"]) == ("error", ["2.4.0"])
    assert run("rules", "-o", "rules.txt").stdout == ""
    assert Path("rules.txt").read_text("utf-8").splitlines() == lines


def test_explain_shows_the_pages_one_after_the_other() -> None:
    result = run("explain", "kpc01", "KPP05")
    assert result.exit_code == 0
    assert result.stdout.startswith("# KPC01: A source package has no `{name}.yaml` at its root\n")
    assert (
        "\n\n# KPP05: The executable of a portable plugin is not in the package\n" in result.stdout
    )


@pytest.mark.parametrize("image", ["slim-pyhton", "lfedge/ekuiper:2.4.0-slim-pyhton"])
def test_a_misspelt_image_is_told_wherever_it_stands(image: str) -> None:
    told = (
        f'kuiper-pack: "{image}" is taken for an image of your own; did you mean "slim-python"?\n'
    )
    assert run("validate", pack("random.zip", SOURCE), "--image", image).stderr == told
    lay_out("a", {"kuiper-pack.toml": f'image = "{image}"\n'.encode()})
    paths = pack("a/dist/random.zip", SOURCE), pack("a/dist/other.zip", SOURCE)
    assert run("validate", *paths).stderr == told
    assert run("validate", *paths, "--image", "slim").stderr == ""


@pytest.mark.parametrize(
    "image", ["slim", "my-slim", "acme/kuiper:1.0-slim-python", "acme/alpine", "registry:5000/edge"]
)
def test_an_image_of_ones_own_is_taken_without_a_word(image: str) -> None:
    assert run("validate", pack("random.zip", SOURCE), "--image", image).stderr == ""


def test_a_pattern_that_fits_no_file_is_told_as_such() -> None:
    result = run("validate", "dist/*.zip")
    assert result.exit_code == 2
    assert "dist/*.zip: no file matches; build the package first" in result.stdout
    pack("[1].zip", SOURCE)
    assert run("validate", "[1].zip").exit_code == 0


def test_explain_lists_the_rules_of_a_family() -> None:
    result = run("explain", "kpp")
    assert result.stdout.startswith("# KPP: ")
    assert "\n- KPP05 (error): " in result.stdout
    assert "KPC01" not in result.stdout


def test_explain_knows_the_nearest_code() -> None:
    result = run("explain", "KPC011")
    assert result.exit_code == 2
    assert 'no rule "KPC011"; did you mean "KPC01"?' in result.stderr


def test_validating_imports_nothing_heavy() -> None:
    path = pack("random.zip", {"random.so": ELF, "random.json": b'{"functions": []}'})
    code = (
        "import sys\nfrom kuiper_pack.cli import main\n"
        "try: main(['validate', sys.argv[1]])\nexcept SystemExit: pass\n"
        "print(sorted({'yaml', 'rich', 'jsonschema', 'requests', 'importlib.metadata', 'tomllib'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_folder_is_judged_without_what_build_leaves_out() -> None:
    lay_out("plugin", {**SOURCE, "out/some": b""})
    for name in ("notes.md", "out/link"):
        Path("plugin", name).symlink_to("nowhere")
    assert run("validate", "plugin", "--server", "2.4.0").exit_code == 1
    lay_out("plugin", {"kuiper-pack.toml": b'exclude = ["*.md"]\noutput = "out"\n'})
    result = run("validate", "plugin", "--server", "2.4.0")
    assert (result.exit_code, result.stdout) == (0, "1 package for 2.4.0: nothing found\n")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_not_utf_8_is_unreadable_in_a_folder() -> None:
    lay_out("plugin", SOURCE)
    Path("plugin", os.fsdecode(b"caf\xe9")).touch()
    for command in ("validate", "inspect", "build"):
        result = run(command, "plugin")
        assert result.exit_code == 2
        assert "is not UTF-8; rename it" in result.output


def test_the_request_is_what_the_package_is_judged_with() -> None:
    script = {**SOURCE, "install.sh": b"#!/bin/sh\n"}
    path = pack("random.zip", script)
    lay_out(".", {"request.json": b'{"name": "other"}', "wrong.json": b'{"nam": ""}'})
    assert run("validate", path).exit_code == 0
    result = run("validate", path, "missing.zip", "--request", "request.json")
    assert result.exit_code == 2
    assert "random.zip" in result.stdout
    assert " error: " in result.stdout
    result = run("validate", path, "--request", "wrong.json")
    assert result.exit_code == 2
    assert 'did you mean "name"?' in result.stderr


@pytest.mark.parametrize("command", ["validate", "inspect"])
@pytest.mark.parametrize("url", ["http://x/y.zip", "HTTPS://x/y.zip", "file:///tmp/y.zip"])
def test_a_url_is_no_path_of_this_machine(command: str, url: str) -> None:
    result = run(command, url)
    assert result.exit_code == 2
    assert "a URL and no path of this machine; download the package" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("image", "note"),
    [("alpin", 'did you mean "alpine"?'), ("Slim", 'did you mean "slim"?'), ("my-alpine", ""),
     ("slim-python", ""), ("registry/own:1", "")],
)  # fmt: skip
def test_an_image_that_looks_misspelt_is_noted(image: str, note: str) -> None:
    result = run("validate", pack("random.zip", SOURCE), "--image", image)
    assert result.exit_code == 0
    assert note in result.stderr
    assert bool(result.stderr) is bool(note)


def test_a_zip_elsewhere_in_a_project_is_not_judged_by_its_settings() -> None:
    lay_out("proj", {"kuiper-pack.toml": b'fail-on = "never"\n'})
    for folder in ("proj/downloads", "proj/dist"):
        Path(folder).mkdir()
        pack(f"{folder}/broken.zip", {"broken.json": b"{"})
    assert run("validate", "proj/downloads/broken.zip").exit_code == 1
    assert run("validate", "proj/dist/broken.zip").exit_code == 0


def test_wrong_settings_beside_one_package_leave_the_verdicts_on_others() -> None:
    lay_out("bad", {"kuiper-pack.toml": b'server = "2.4.0\n'})
    pack("bad/one.zip", SOURCE)
    result = run("validate", "bad/one.zip", pack("random.zip", SOURCE))
    assert result.exit_code == 2
    assert "unreadable: " in result.stdout
    assert "2 packages" in result.stdout
