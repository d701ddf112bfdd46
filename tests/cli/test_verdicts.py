"""``validate`` where there is no saying what a package is worth, and where there is."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kuiper_pack.cli import main
from kuiper_pack.package import package as packages
from kuiper_pack.package.anomaly import Budget
from kuiper_pack.rules import validation

FILES = {
    "mirror.json": b'{"language": "python", "executable": "m.py", "sinks": ["s"]}',
    "m.py": b"",
}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", *arguments])


def pack(path: str, files: dict[str, bytes] = FILES) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Path(path)


def test_a_zip_that_is_cut_short_is_invalid() -> None:
    path = pack("mirror.zip")
    path.write_bytes(path.read_bytes()[:-30])
    result = validate("mirror.zip")
    assert result.exit_code == 1
    assert result.stdout.count("mirror.zip: ") == 1
    assert "KPL02 error: cut short" in result.stdout


@pytest.mark.parametrize(
    "command", [["inspect"], ["remote", "create", "--url", "http://127.0.0.1:9"]]
)
def test_a_zip_without_files_is_sent_to_who_says_what_is_wrong(command: list[str]) -> None:
    path = pack("mirror.zip")
    path.write_bytes(path.read_bytes()[:-30])
    result = CliRunner().invoke(main, [*command, "mirror.zip"])
    assert result.exit_code == 2
    assert "no file is found in it; kuiper-pack validate says what is wrong" in result.stderr


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><title>404</title>"])
def test_a_file_that_was_never_a_zip_is_unreadable(content: bytes) -> None:
    Path("mirror.zip").write_bytes(content)
    result = validate("mirror.zip")
    assert result.exit_code == 2
    assert "unreadable: mirror.zip: " in result.stdout


@pytest.mark.parametrize(
    "budget", [Budget(entries=1), Budget(directory_bytes=60), Budget(inflated_bytes=10)]
)
@pytest.mark.parametrize("options", [(), ("--fail-on", "never"), ("--ignore", "KPZ04")])
def test_what_was_not_read_to_its_end_never_passes(
    budget: Budget, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(path: Path, **given: object) -> packages.Package:
        return packages.open_package(path, budget=budget, **given)  # type: ignore[arg-type]

    pack("mirror.zip")
    monkeypatch.setattr(validation, "open_package", small)
    result = validate("mirror.zip", *options)
    assert result.exit_code == 2
    assert "unreadable: mirror.zip: larger than kuiper-pack reads" in result.stdout
    assert ("KPZ04 error" in result.stdout) == ("--ignore" not in options)
    assert "KPZ02" not in result.stdout


def test_a_folder_of_zips_says_what_to_name() -> None:
    pack("dist/mirror-1.zip")
    result = validate("dist")
    assert result.exit_code == 2
    assert "dist: a folder of zips" in result.stdout
    assert "name the zips themselves, like dist/mirror-1.zip" in result.stdout


def test_a_plugin_may_bring_a_zip_along() -> None:
    pack("mirror/model.zip")
    for name, content in FILES.items():
        Path("mirror", name).write_bytes(content)
    assert validate("mirror").exit_code == 0


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            '\nserver = ["2x"]\n',
            'kuiper-pack.toml:2: server "2x" is no release: write it like 2.4.0, 2.4 or all',
        ),
        (
            '\n\n[[ignore]]\nrule = "KPC99"\nreason = "r"\n',
            'kuiper-pack.toml:3: there is no rule "KPC99"',
        ),
    ],
)
def test_wrong_settings_are_an_error_with_file_and_line(settings: str, line: str) -> None:
    pack("mirror.zip")
    Path("kuiper-pack.toml").write_text(settings)
    result = validate("mirror.zip")
    assert (result.exit_code, result.stderr) == (2, "")
    assert result.stdout.splitlines()[0].startswith(f"unreadable: {line}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("latest", '"latest" is no release: write it like 2.4.0, 2.4 or all'),
        ("1.4-2.4", '"1.4-2.4" is no release: name several one by one, like 1.14 and 2.4'),
        ("1.14,2.4", '"1.14,2.4" is no release: name several one by one'),
    ],
)
def test_what_is_no_release_is_shown_as_it_was_written(text: str, words: str) -> None:
    result = validate(str(pack("mirror.zip")), "--server", text)
    assert result.exit_code == 2
    assert words in result.stderr
