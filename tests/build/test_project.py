import datetime
from pathlib import Path

import pytest

from kuiper_pack.build.project import Project, read_project
from kuiper_pack.build.settings import KEYS
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind


def written(folder: Path, text: str, file: str = "kuiper-pack.toml") -> Path:
    (folder / file).write_text(text)
    return folder


def test_a_folder_without_settings_has_none(tmp_path: Path) -> None:
    assert read_project(tmp_path) == Project()


def test_every_key_is_read(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        """
        name = "random"
        kind = "source"
        version = "1.2.0"
        server = ["2.4.0", "2.3"]
        image = "slim"
        arch = "arm64"
        package = "cmd"
        bundle = "wheels"
        python = "3.12"
        platform = "manylinux_2_36"
        exclude = ["*.md"]
        include = [".data"]
        output = "out"
        compression = "zlib"
        verify = true
        fix-mod = true
        select = ["KPC"]
        ignore = ["KPC01"]
        fail-on = "warning"
        format = "json"
        """,
    )
    project = read_project(folder)
    assert project == Project(
        file=folder / "kuiper-pack.toml",
        name="random",
        kind=Kind.SOURCE,
        version="1.2.0",
        servers=("2.4.0", "2.3"),
        image="slim",
        arch="arm64",
        package="cmd",
        bundle="wheels",
        python="3.12",
        platform="manylinux_2_36",
        exclude=("*.md",),
        include=(".data",),
        output="out",
        compression="zlib",
        verify=True,
        fix_mod=True,
        select=("KPC",),
        ignore=("KPC01",),
        fail_on="warning",
        format="json",
    )
    unset = Project()
    assert all(getattr(project, key.field) != getattr(unset, key.field) for key in KEYS.values())


def test_one_text_stands_for_a_list_of_one(tmp_path: Path) -> None:
    assert read_project(written(tmp_path, 'server = "all"')).servers == ("all",)


def test_the_table_of_pyproject_is_read(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.kuiper-pack]\nname = "random"\n'
    assert read_project(written(tmp_path, text, "pyproject.toml")).name == "random"


@pytest.mark.parametrize("text", ["[project]\n", "[tool.black]\n", "[tool]\nruff = 1\n"])
def test_a_pyproject_of_others_is_no_settings(tmp_path: Path, text: str) -> None:
    assert read_project(written(tmp_path, text, "pyproject.toml")) == Project()


def test_settings_in_both_files_are_an_error(tmp_path: Path) -> None:
    written(tmp_path, "")
    written(tmp_path, "[tool.kuiper-pack]\n", "pyproject.toml")
    with pytest.raises(KuiperPackError, match="both have settings"):
        read_project(tmp_path)


def test_ignore_tables_are_findings_to_live_with(tmp_path: Path) -> None:
    text = '[[ignore]]\nrule = "KPC01"\nreason = "ours"\npath = "*.yaml"\nuntil = 2027-01-31\n'
    (ignore,) = read_project(written(tmp_path, text)).ignores
    assert (ignore.rule, ignore.reason, ignore.path) == ("KPC01", "ours", "*.yaml")
    assert ignore.until == datetime.date(2027, 1, 31)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("kuiper-pack.toml", '\nnmae = "x"\n', ':2: unknown key "nmae"; did you mean "name"?'),
        ("kuiper-pack.toml", "a = 1\n", ':1: unknown key "a"'),
        ("kuiper-pack.toml", '"serve" = "x"', ':1: unknown key "serve"; did you mean "server"?'),
        ("kuiper-pack.toml", "[exclud]\n", ':1: unknown key "exclud"; did you mean "exclude"?'),
        ("kuiper-pack.toml", 'kind = "sourc"', ":1: kind must be one of source, sink"),
        ("kuiper-pack.toml", 'kind = "sourc"', 'did you mean "source"?'),
        ("kuiper-pack.toml", "kind = []", ":1: kind must be one of"),
        ("kuiper-pack.toml", "name = 1", ":1: name must be a text"),
        ("kuiper-pack.toml", "verify = 1", ":1: verify must be true or false"),
        ("kuiper-pack.toml", "server = [2.4]", ":1: server must be a text or a list of texts"),
        ("kuiper-pack.toml", "name = \n", ":1:8: "),
        ("kuiper-pack.toml", "[[ignore]]\nrule = 'KPC01'\n", "reason must be a text"),
        ("kuiper-pack.toml", "[[ignore]]\nrul = 'KPC01'\n", 'did you mean "rule"?'),
        (
            "pyproject.toml",
            'nmae = 1\n[project]\nnmae = 1\n[tool.kuiper-pack]\nnmae = "x"\n',
            ':5: unknown key "nmae"',
        ),
        ("pyproject.toml", "[tool]\nkuiper-pack = 1\n", "tool.kuiper-pack must be a table"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, file: str, text: str, message: str
) -> None:
    with pytest.raises(KuiperPackError) as caught:
        read_project(written(tmp_path, text, file))
    said = str(caught.value)
    assert said.startswith(str(tmp_path / file))
    assert message in said
    assert "\n" not in said


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "kuiper-pack.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(KuiperPackError, match="not UTF-8"):
        read_project(tmp_path)


def test_settings_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "kuiper-pack.toml").mkdir()
    with pytest.raises(KuiperPackError, match=r"kuiper-pack\.toml: cannot be read: "):
        read_project(tmp_path)
