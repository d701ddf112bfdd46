"""The GitHub action, as far as bash can run it here; tools/try_integrations.py also installs."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tools.action_steps import Done, load, run

ROOT = Path(__file__).parents[2]
BROKEN = '::error title=KPP05,file=greenhouse.json,line=4,col=17::the executable "./main.py"'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="runs bash")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    shutil.copytree(
        ROOT / "examples" / "python-portable", folder, ignore=shutil.ignore_patterns("dist")
    )
    return folder


def act(repository: Path, **inputs: str) -> Done:
    """Run the action with the kuiper-pack that is under test."""
    temporary = repository.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    command = str(Path(sys.executable).with_name("kuiper-pack"))
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return run(repository, temporary, given, done={"install": {"command": command}})


def spoil(repository: Path) -> None:
    manifest = repository / "greenhouse.json"
    manifest.write_text(manifest.read_text().replace('"main.py"', '"./main.py"'))


def pack(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/y", b"")


def test_a_clean_repository_passes(repository: Path) -> None:
    done = act(repository, paths=".")
    assert done.code == 0, done.text
    assert done.text == "1 package for 1.14.0-2.4.0: nothing found\n"
    assert done.outputs == {"exit-code": "0", "sarif": ""}


def test_a_defect_is_an_annotation_a_sarif_file_and_a_failure(repository: Path) -> None:
    spoil(repository)
    done = act(repository, paths=".", sarif="out/kuiper-pack.sarif")
    assert done.code == 1
    assert BROKEN in done.text.splitlines()[0]
    assert done.outputs == {"exit-code": "1", "sarif": "out/kuiper-pack.sarif"}
    log = json.loads((repository / "out" / "kuiper-pack.sarif").read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["KPP05"]


def test_what_cannot_be_read_is_exit_code_2(repository: Path) -> None:
    done = act(repository)
    assert (done.code, done.outputs["exit-code"]) == (2, "2")
    assert (
        "::error title=unreadable,file=dist/*.zip::dist/*.zip: no file matches; build" in done.text
    )


def test_inputs_are_the_options_of_validate(repository: Path) -> None:
    done = act(repository, paths=".", server="2.4.0\n 2.3.1", image="slim-python", arch="arm64")
    assert done.text == "1 package for 2.3.1-2.4.0: nothing found\n"
    spoil(repository)
    assert act(repository, paths=".", fail_on="never").code == 0


@pytest.mark.parametrize(
    ("inputs", "said"),
    [({"server": "nine"}, '"nine"'), ({"fail_on": "eror"}, 'did you mean "error"?')],
)
def test_a_wrong_input_is_an_annotation(
    repository: Path, inputs: dict[str, str], said: str
) -> None:
    done = act(repository, paths=".", **inputs)
    (line,) = [line for line in done.text.splitlines() if said in line]
    assert line.startswith("::error title=kuiper-pack::kuiper-pack")
    assert (done.code, done.outputs["exit-code"]) == (2, "2")


def test_paths_are_lines_of_patterns_and_may_hold_anything(repository: Path) -> None:
    names = ("a.zip", "b c.zip", "[d].zip", "-e.zip", "$(touch gone).zip")
    for name in names:
        pack(repository / "packages" / name)
    pack(repository / "-f.zip")
    done = act(repository, paths="  packages/*.zip \n \n-f.zip\t\npackages/[d].zip\n")
    for name in names:
        assert f"file=packages/{name}::" in done.text
    assert "file=-f.zip::" in done.text
    assert done.text.count("::error ") == 7
    assert done.code == 1


@pytest.mark.parametrize("name", load()["inputs"])
def test_no_input_is_run(name: str, repository: Path) -> None:
    word = "'; touch gone; '\"; touch gone; \" $(touch gone) `touch gone`\ntouch gone"
    act(repository, **{"paths": ".", name: word})
    assert not list(repository.rglob("gone"))


def test_no_script_has_an_expression_in_it() -> None:
    for step in load()["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
