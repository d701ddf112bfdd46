"""``kuiper-pack build`` and ``init`` as a person or a script meets them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from kuiper_pack.schemas import load


def kuiper_pack(
    *arguments: str | Path, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kuiper_pack", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "thermo"
    done = kuiper_pack("init", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_init_and_build_in_the_current_folder(tmp_path: Path) -> None:
    folder = tmp_path / "thermo"
    folder.mkdir()
    started = kuiper_pack("init", cwd=folder)
    assert started.returncode == 0, started.stderr
    assert "portable thermo; next: kuiper-pack build\n" in started.stdout
    done = kuiper_pack("build", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("dist/thermo-0.1.0.zip  ")
    assert done.stderr == ""


def test_init_shows_a_next_command_that_can_be_typed(tmp_path: Path) -> None:
    started = kuiper_pack("init", "foo bar", cwd=tmp_path)
    assert "next: kuiper-pack build 'foo bar'\n" in started.stdout


def test_init_says_that_a_release_is_newer_than_all_that_are_known(tmp_path: Path) -> None:
    started = kuiper_pack("init", "x", "--server", "9.9", cwd=tmp_path)
    assert started.returncode == 0
    assert "is newer than every release known here: judged like" in started.stderr


def test_init_in_go_is_a_source_and_its_help_says_so(tmp_path: Path) -> None:
    assert "\nsource x; next: " in kuiper_pack("init", "x", "--language", "go", cwd=tmp_path).stdout
    assert "Without --kind, go means a source." in " ".join(
        kuiper_pack("init", "-h").stdout.split()
    )


def test_a_misspelt_image_in_the_settings_is_noted(project: Path) -> None:
    with (project / "kuiper-pack.toml").open("a") as settings:
        settings.write('image = "alpin"\n')
    assert 'did you mean "alpine"?' in kuiper_pack("build", cwd=project).stderr


def test_the_json_of_build_is_that_of_its_schema(project: Path) -> None:
    done = kuiper_pack("build", project, "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, load("build"))
    (package,) = document["packages"]
    assert Path(package["path"]).stat().st_size == package["size"]
    assert package["deflate"].startswith("zlib-ng ")


def test_verify_builds_twice(project: Path) -> None:
    done = kuiper_pack("build", project, "--verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("built twice, with the same bytes\n")


def test_the_output_may_be_a_folder_or_a_file(project: Path, tmp_path: Path) -> None:
    assert kuiper_pack("build", project, "-o", "here", cwd=tmp_path).returncode == 0
    assert kuiper_pack("build", project, "-o", "it.zip", cwd=tmp_path).returncode == 0
    assert (tmp_path / "it.zip").read_bytes() == (tmp_path / "here/thermo-0.1.0.zip").read_bytes()
    assert not (project / "dist").exists()


@pytest.mark.parametrize("output", ["out.json", "a/b.ZIP", "thermo/main.py", os.devnull])
def test_an_output_that_is_neither_folder_nor_zip_is_refused(project: Path, output: str) -> None:
    done = kuiper_pack("build", project, "-o", output, cwd=project.parent)
    assert done.returncode == 2
    assert "packages go into a folder, or into a file whose name ends in .zip" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in project.parent.iterdir()] == ["thermo"]


def test_a_folder_for_packages_may_look_like_a_version(project: Path) -> None:
    assert kuiper_pack("build", project, "-o", "out-1.0", cwd=project).returncode == 0
    (project / "out.d").mkdir()
    assert kuiper_pack("build", project, "-o", "out.d", cwd=project).returncode == 0


def test_a_refused_package_is_exit_1_with_its_findings_on_stderr(project: Path) -> None:
    (project / "main.py").unlink()
    done = kuiper_pack("build", project, "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["packages"] == []
    assert "thermo-0.1.0.zip" in done.stderr
    assert " error: " in done.stderr
    assert "not written" in done.stderr
    assert f"{project / 'thermo.json'}:" in done.stderr  # and no file in a zip that is not there
    assert not list((project / "dist").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--compresion", "zlib"], "did you mean --compression?"),
        (["--compression", "zlibng"], 'did you mean "zlib-ng"?'),
        (["--server", "2.0.3"], "there is no release 2.0.3"),
        (["--kind", "sourc"], 'did you mean "source"?'),
        (["no/such/folder"], "no/such/folder"),
    ],
)
def test_a_wrong_word_is_one_line_with_the_right_one(
    project: Path, arguments: list[str], said: str
) -> None:
    done = kuiper_pack("build", *arguments, cwd=project)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_key_is_one_line_with_file_line_and_the_right_spelling(project: Path) -> None:
    with (project / "kuiper-pack.toml").open("a") as settings:
        settings.write('compresion = "zlib"\n')
    done = kuiper_pack("build", cwd=project)
    assert done.returncode == 2
    assert done.stderr == (
        'kuiper-pack: kuiper-pack.toml:7: unknown key "compresion"; did you mean "compression"?\n'
    )


def test_init_into_a_folder_that_is_not_empty_changes_nothing(project: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    done = kuiper_pack("init", project)
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_the_progress_bar_is_for_people_and_long_work(project: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    import pty

    (project / "large.bin").write_bytes(os.urandom(1 << 20) * 33)
    assert kuiper_pack("build", project).stderr == ""
    command = [sys.executable, "-m", "kuiper_pack", "build", str(project)]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(leader)
    assert process.returncode == 0
    assert b"thermo-0.1.0.zip" in shown
    assert b"%" in shown
