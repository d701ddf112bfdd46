"""Building folders: what goes into the package, and what a refusal leaves."""

import os
import stat
import sys
import time
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from kuiper_pack.build.identity import identify
from kuiper_pack.build.make import Built, build, overlay
from kuiper_pack.build.project import Project, read_project
from kuiper_pack.build.verify import verify
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import open_package
from tests.build.conftest import ELF, Maker


def built(folder: Path, **given: object) -> Built:
    (one,) = build(folder, overlay(read_project(folder), **given), environment={})
    return one


def modes(path: Path) -> dict[str, int]:
    with ZipFile(path) as archive:
        return {i.filename: stat.S_IMODE(i.external_attr >> 16) for i in archive.infolist()}


def _read_zone() -> None:
    if sys.platform != "win32":
        time.tzset()


def test_the_package_is_named_after_plugin_and_version(portable: Maker) -> None:
    one = built(portable())
    assert one.written
    assert one.path.name == "thermo-1.0.0.zip"
    assert one.path.parent.name == "dist"
    assert (one.kind, one.name, one.version) == (Kind.PORTABLE, "thermo", "1.0.0")
    assert one.size == one.path.stat().st_size
    assert one.sha256 == sha256(one.path.read_bytes()).hexdigest()


def test_without_a_version_the_name_is_that_of_the_plugin(portable: Maker) -> None:
    assert built(portable(version=None)).path.name == "thermo.zip"


def test_modes_come_from_need_and_not_from_the_file_system(portable: Maker) -> None:
    files: dict[str, str | bytes] = {
        "install.sh": "true\n",
        "bin/tool": ELF,
        "bin/script": "#!/bin/sh\n",
        "lib/some.so": ELF,
        "data.txt": "x",
    }
    folder = portable(files=files)
    (folder / "data.txt").chmod(0o777)
    (folder / "bin/tool").chmod(0o600)
    assert modes(built(folder).path) == {
        "bin/": 0o755,
        "bin/script": 0o755,
        "bin/tool": 0o755,
        "data.txt": 0o644,
        "functions/": 0o755,
        "functions/warm.json": 0o644,
        "install.sh": 0o755,
        "lib/": 0o755,
        "lib/some.so": 0o644,
        "main.py": 0o644,
        "thermo.json": 0o644,
    }


def test_a_ready_go_executable_is_executable(portable: Maker) -> None:
    files: dict[str, str | bytes] = {
        "mirror": "anything",
        "kuiper-pack.toml": 'fail-on = "never"\n',
    }
    folder = portable(files=files, language="go", executable="mirror")
    assert modes(built(folder).path)["mirror"] == 0o755


def test_the_package_holds_no_package_and_no_settings(portable: Maker) -> None:
    folder = portable(files={"kuiper-pack.toml": 'output = "out/packages"\n'})
    first = built(folder)
    assert first.path == folder / "out/packages/thermo-1.0.0.zip"
    assert built(folder).sha256 == first.sha256
    assert "kuiper-pack.toml" not in modes(first.path)


@pytest.mark.parametrize("output", [".", "here.zip"])
def test_a_package_beside_its_sources_is_not_packed_again(portable: Maker, output: str) -> None:
    folder = portable(files={"kuiper-pack.toml": f'output = "{output}"\n'})
    assert built(folder).sha256 == built(folder).sha256


@pytest.mark.parametrize("output", ["out", "it.zip", "deep/er"])
def test_a_package_that_was_put_elsewhere_once_is_not_packed_later(
    portable: Maker, output: str
) -> None:
    folder = portable()
    first = built(folder, output=output)
    assert built(folder).sha256 == first.sha256
    verify(folder, overlay(Project(), output=output), [first], {})


def test_a_folder_is_listed_for_a_verdict_as_it_is_packed(portable: Maker) -> None:
    files: dict[str, str | bytes] = {
        "kuiper-pack.toml": 'exclude = ["*.md", "/tests"]\noutput = "out"\n',
        "README.md": "",
        "tests/test_x.py": "",
        "empty/README.md": "",
        "data/kept.txt": "",
    }
    folder = portable(files=files)
    for output in (None, "other"):
        packed = open_package(built(folder, output=output).path)
        listed = open_package(folder)
        assert [entry.name for entry in listed.entries] == [one.name for one in packed.entries]


def test_what_the_settings_exclude_stays_out(portable: Maker) -> None:
    files: dict[str, str | bytes] = {
        "kuiper-pack.toml": 'exclude = ["*.md", "/tests"]\n',
        "README.md": "",
        "tests/test_x.py": "",
        "doc/tests/kept": "",
    }
    names = modes(built(portable(files=files)).path)
    assert "doc/tests/kept" in names
    assert not {"README.md", "tests/", "tests/test_x.py"} & set(names)


def test_a_package_the_rules_refuse_leaves_the_old_one_in_place(portable: Maker) -> None:
    folder = portable()
    before = built(folder).path.read_bytes()
    portable(executable="missing.py")
    after = built(folder)
    assert not after.written
    assert {finding.severity.value for finding in after.judgement.findings} >= {"error"}
    assert after.path.read_bytes() == before
    assert [file.name for file in after.path.parent.iterdir()] == ["thermo-1.0.0.zip"]


def test_the_gate_is_that_of_the_settings(portable: Maker) -> None:
    folder = portable(files={"kuiper-pack.toml": 'fail-on = "never"\n'}, executable="missing.py")
    assert built(folder).written


def test_every_compression_says_what_it_is(portable: Maker) -> None:
    folder = portable(files={"text": "abc" * 1000})
    said = {how: built(folder, compression=how).deflate for how in ("stored", "zlib", "zlib-ng")}
    assert said["stored"] == "stored"
    assert said["zlib"].startswith("zlib 1.")
    assert said["zlib-ng"].startswith("zlib-ng 2.")
    assert said["zlib-ng"].endswith(" level 6")


def test_two_builds_in_other_surroundings_have_the_same_bytes(
    portable: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {f"data/{n}/file": os.urandom(10) * n for n in range(20)}
    umask = os.umask(0o022)
    try:
        first = built(portable("one", files))
        os.umask(0o077)
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        _read_zone()
        folder = portable("far/away/two", dict(reversed(list(files.items()))))
        for path in folder.rglob("*"):
            os.utime(path, (1e9, 1e9))
        second = built(folder)
    finally:
        os.umask(umask)
        monkeypatch.undo()
        _read_zone()
    assert first.path.read_bytes() == second.path.read_bytes()


def test_verify_finds_no_difference_where_there_is_none(portable: Maker) -> None:
    folder = portable()
    verify(folder, Project(), [built(folder)], {})


def test_verify_names_the_entry_that_differs(portable: Maker) -> None:
    folder = portable(files={"data.txt": "one"})
    first = built(folder)
    (folder / "data.txt").write_text("two")
    with pytest.raises(KuiperPackError, match=r"the content of data\.txt differs"):
        verify(folder, Project(), [first], {})
    (folder / "data.txt").unlink()
    with pytest.raises(KuiperPackError, match=r"data\.txt is in one of two builds only"):
        verify(folder, Project(), [first], {})
    portable(files={"data.txt": "#!o"})
    with pytest.raises(KuiperPackError, match=r"data\.txt"):
        verify(folder, Project(), [first], {})


def test_verify_leaves_umask_and_time_zone_as_they_were(portable: Maker) -> None:
    umask = os.umask(0o027)
    zone = os.environ.get("TZ"), time.tzname
    try:
        folder = portable()
        verify(folder, Project(), [built(folder)], {})
        assert os.umask(umask) == 0o027
    finally:
        os.umask(umask)
    assert (os.environ.get("TZ"), time.tzname) == zone


def test_a_link_out_of_the_folder_is_an_error(portable: Maker, tmp_path: Path) -> None:
    folder = portable()
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(KuiperPackError, match="a link out of the folder; remove it, or exclude it"):
        built(folder)


def test_the_kind_and_name_of_a_folder_are_found(portable: Maker, tmp_path: Path) -> None:
    assert identify(portable(), Project()) == (Kind.PORTABLE, "thermo")
    native = tmp_path / "native"
    native.mkdir()
    (native / "Tide@v1.so").touch()
    (native / "tide.yaml").touch()
    assert identify(native, Project()) == (Kind.SOURCE, "tide")
    assert identify(native, Project(kind=Kind.SINK)) == (Kind.SINK, "tide")
    (native / "tide.yaml").unlink()
    assert identify(native, Project(kind=Kind.FUNCTION)) == (Kind.FUNCTION, "tide")


@pytest.mark.parametrize(
    ("files", "project", "message"),
    [
        ([], Project(), "an empty folder; kuiper-pack init"),
        (["x.txt"], Project(), "cannot tell what kind of plugin this is; set kind"),
        (["a.so", "b.so"], Project(kind=Kind.SINK), "cannot tell the name of the plugin"),
    ],
)
def test_what_cannot_be_found_is_asked_for(
    tmp_path: Path, files: list[str], project: Project, message: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(KuiperPackError, match=message):
        identify(tmp_path, project)


def test_two_manifests_are_told_apart_by_the_name(portable: Maker) -> None:
    folder = portable(files={"other.json": '{"language": "python"}'})
    with pytest.raises(KuiperPackError, match=r"other\.json and thermo\.json are both manifests"):
        identify(folder, Project())
    assert identify(folder, Project(name="other")) == (Kind.PORTABLE, "other")


def test_a_manifest_that_is_no_json_is_an_error_with_its_place(portable: Maker) -> None:
    folder = portable(files={"thermo.json": '{"version": }'})
    with pytest.raises(KuiperPackError, match=r"thermo\.json:1:13: invalid character '}'"):
        built(folder, kind=Kind.PORTABLE, name="thermo")
    (folder / "thermo.json").write_text("[]")
    with pytest.raises(KuiperPackError, match="must be a JSON object"):
        built(folder, kind=Kind.PORTABLE, name="thermo")


def test_a_native_folder_without_a_shared_object_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "tide.yaml").touch()
    with pytest.raises(KuiperPackError, match=r"neither Go source .* nor a shared object"):
        built(tmp_path, kind=Kind.SOURCE, name="tide")


def test_a_ready_shared_object_is_packed_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "Tide@v1.2.so").write_bytes(ELF)
    (tmp_path / "tide.yaml").write_text("default: {}\n")
    (tmp_path / "kuiper-pack.toml").write_text('fail-on = "never"\n')
    one = built(tmp_path)
    assert (one.kind, one.name, one.version) == (Kind.SOURCE, "tide", "1.2")
    assert one.path.name == "tide-1.2.zip"
    assert modes(one.path) == {"Tide@v1.2.so": 0o644, "tide.yaml": 0o644}
