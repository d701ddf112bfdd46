"""Python plugins that bring their wheels: what is bundled, for which Python; and it installs."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from kuiper_pack.build.make import Built, build, overlay
from kuiper_pack.build.project import Project, read_project
from kuiper_pack.build.pythontarget import PythonTarget
from kuiper_pack.build.verify import verify
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from tests.build.wheelhouse import FILES, HERE, PYPROJECT, make_project, make_wheel

THIS_PYTHON = f'python = "{HERE}"\nplatform = "manylinux_2_36"\narch = "amd64"\n'
SHELLS = [path for name in ("sh", "dash", "busybox") if (path := shutil.which(name))]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which pip finds what lies in ``house``, and nothing else."""
    house = tmp_path / "house"
    make_wheel(house, "units")
    make_wheel(house, "units", "2.0b1")
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(house)}


def built(folder: Path, environment: Mapping[str, str], **given: object) -> list[Built]:
    return list(build(folder, overlay(read_project(folder), **given), environment=environment))


def names(one: Built) -> list[str]:
    with ZipFile(one.path) as archive:
        return archive.namelist()


def wheels(one: Built) -> list[str]:
    return [name.removeprefix("wheels/") for name in names(one) if name.endswith(".whl")]


def unpacked(one: Built, home: Path) -> Path:
    """The plugin where a server whose home is ``home`` unpacks it."""
    folder = home / "plugins" / "portable" / "meter"
    with ZipFile(one.path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The home of a server whose Python, no other, is a program of its own name."""
    home = tmp_path / "server"
    tools = home / "tools"
    tools.mkdir(parents=True)
    python = tools / "python-of-the-server"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (home / "etc").mkdir()
    (home / "etc" / "kuiper.yaml").write_text(
        "portable:\n  # the Python\n  pythonBin: 'python-of-the-server'  # here\n"
    )
    return home


def run(home: Path, *command: str | Path, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": f"{home / 'tools'}:/usr/bin:/bin", "PIP_NO_INDEX": "1", **more}
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.skipif(sys.platform == "win32", reason="servers run on Linux")
@pytest.mark.parametrize("shell", SHELLS)
def test_the_package_installs_without_a_network_and_more_than_once(
    tmp_path: Path, offline: dict[str, str], server: Path, shell: str
) -> None:
    (one,) = built(make_project(tmp_path / "meter", settings=THIS_PYTHON), offline)
    assert one.written
    assert names(one) == [
        "backend.py",
        "functions/",
        "functions/meter.json",
        "install.sh",
        "main.py",
        "meter.json",
        "wheels/",
        "wheels/meter_plugin-0.3.0-py3-none-any.whl",
        "wheels/units-1.0-py3-none-any.whl",
    ]
    plugin = unpacked(one, server)
    command = [shell, *(("sh",) if "busybox" in shell else ()), str(plugin / "install.sh")]
    for _ in range(2):
        done = run(server, *command)
        assert (done.returncode, done.stderr) == (0, "")
        started = run(server, "python-of-the-server", plugin / "main.py")
        assert started.stdout == "units 1.0\n", started.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="servers run on Linux")
def test_the_python_is_that_of_the_arguments_the_environment_or_the_settings(
    tmp_path: Path, offline: dict[str, str], server: Path
) -> None:
    (one,) = built(make_project(tmp_path / "meter", settings=THIS_PYTHON), offline)
    script = unpacked(one, server) / "install.sh"
    absent = "meter: nowhere, the Python of eKuiper, is not there\n"
    done = run(server, "sh", script, "nowhere")
    assert (done.returncode, done.stderr) == (1, absent)
    done = run(server, "sh", script, KUIPER__PORTABLE__PYTHONBIN="nowhere")
    assert (done.returncode, done.stderr) == (1, absent)
    done = run(server, "sh", script, sys.executable, KUIPER__PORTABLE__PYTHONBIN="nowhere")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="servers run on Linux")
def test_another_python_than_that_of_the_wheels_is_named(
    tmp_path: Path, offline: dict[str, str], server: Path
) -> None:
    make_wheel(tmp_path / "house", "units", "3.0", tag="cp38-cp38-manylinux_2_17_x86_64")
    settings = 'python = "3.8"\nplatform = "manylinux_2_36"\narch = "amd64"\n'
    (one,) = built(make_project(tmp_path / "meter", settings=settings), offline)
    done = run(server, "sh", unpacked(one, server) / "install.sh")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "meter: its wheels are for Python 3.8, manylinux_2_36_x86_64; "
        f"this is Python {sys.version.split()[0]}"
    )


def test_each_python_of_the_servers_gets_its_own_package_and_wheels(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    house = tmp_path / "house"
    for tag in (
        "cp38-cp38-manylinux2014_x86_64",
        "cp312-cp312-manylinux_2_34_x86_64",
        "cp312-cp312-manylinux_2_39_x86_64",
        "cp312-cp312-musllinux_1_1_x86_64",
        "cp312-cp312-manylinux_2_17_aarch64",
    ):
        make_wheel(house, "units", "3.0", tag=tag)
    folder = make_project(tmp_path / "meter")
    servers = ("2.4.0", "2.2.5", "1.14.7")
    found = {
        one.path.name: wheels(one)[1:]
        for one in built(folder, offline, servers=servers, arch="amd64")
    }
    assert found == {
        "meter-0.3.0-1.14.7-slim-python-amd64.zip": [
            "units-3.0-cp38-cp38-manylinux2014_x86_64.whl"
        ],
        "meter-0.3.0-2.4.0-slim-python-amd64.zip": [
            "units-3.0-cp312-cp312-manylinux_2_34_x86_64.whl"
        ],
    }
    (alpine,) = built(folder, offline, servers=("2.4.0",), image="alpine-python", arch="amd64")
    assert wheels(alpine)[1:] == ["units-3.0-cp312-cp312-musllinux_1_1_x86_64.whl"]
    (arm,) = built(folder, offline, servers=("2.4.0",), arch="arm64")
    assert wheels(arm)[1:] == ["units-3.0-cp312-cp312-manylinux_2_17_aarch64.whl"]


def test_what_is_needed_is_asked_of_the_target_and_not_of_this_machine(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    house = tmp_path / "house"
    for name in ("old", "new", "plain", "extra"):
        make_wheel(house, name)
    make_wheel(
        house,
        "deep",
        requires=["old; python_version < '3.9'", "new; python_version >= '3.9'", "plain"],
    )
    make_wheel(house, "windows", requires=["nowhere"])
    requires = [
        "deep",
        "windows; sys_platform == 'win32'",
        "units; platform_machine == 'x86_64'",
        "extra; extra == 'more'",
    ]
    folder = make_project(tmp_path / "meter", requires=requires)
    found = built(folder, offline, servers=("2.4.0", "1.14.7"), arch="amd64")
    assert [{name.split("-")[0] for name in wheels(one)} for one in found] == [
        {"meter_plugin", "deep", "old", "plain", "units"},
        {"meter_plugin", "deep", "new", "plain", "units"},
    ]
    (arm,) = built(folder, offline, servers=("2.4.0",), arch="arm64")
    assert not [name for name in wheels(arm) if name.startswith("units")]


def test_a_requirements_file_is_bundled_where_there_is_no_project(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    files = {
        "requirements.txt": "# what it needs\n-r more.txt\nunits==1.0  # fixed\n",
        "more.txt": "old ; python_version < '3.9'\n",
        "pyproject.toml": "",
        "kuiper-pack.toml": f'name = "meter"\nkind = "portable"\nbundle = "wheels"\n{THIS_PYTHON}',
    }
    (one,) = built(make_project(tmp_path / "meter", files=files), offline)
    assert wheels(one) == ["units-1.0-py3-none-any.whl"]
    assert "src/meter_plugin/__init__.py" in names(one)


def test_a_requirements_file_is_of_no_matter_where_a_wheel_says_what_it_needs(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    files = {"requirements.txt": "-e .\npytest\n"}
    tag = "cp312-cp312-manylinux_2_17_x86_64"
    folder = make_project(tmp_path / "meter", tag=tag, files=files)
    (one,) = built(folder, offline, servers=("2.4.0",), arch="amd64")
    assert wheels(one) == [f"meter_plugin-0.3.0-{tag}.whl", "units-1.0-py3-none-any.whl"]


def test_dependencies_of_a_pyproject_that_builds_nothing_are_bundled(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    pyproject = (
        '[project]\nname = "meter"\nversion = "1"\ndependencies = ["units>=1"]\n'
        f'[tool.kuiper-pack]\nname = "meter"\nkind = "portable"\nbundle = "wheels"\n{THIS_PYTHON}'
    )
    (one,) = built(make_project(tmp_path / "meter", files={"pyproject.toml": pyproject}), offline)
    assert wheels(one) == ["units-1.0-py3-none-any.whl"]


def test_the_same_content_gives_the_same_bytes_and_the_folder_stays_as_it_was(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    folder = make_project(tmp_path / "meter", settings=THIS_PYTHON)
    before = sorted(path.name for path in folder.rglob("*"))
    (first,) = built(folder, offline)
    shutil.rmtree(folder / "dist")
    assert sorted(path.name for path in folder.rglob("*")) == before
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(path.stat().st_mode | stat.S_IXOTH)
    (second,) = built(folder, offline)
    assert second.sha256 == first.sha256
    verify(folder, overlay(read_project(folder)), [second], offline)


def test_an_own_install_script_has_to_install_the_wheels(
    tmp_path: Path, offline: dict[str, str], server: Path
) -> None:
    folder = make_project(tmp_path / "meter", settings=THIS_PYTHON, files={"install.sh": "true\n"})
    with pytest.raises(
        KuiperPackError, match=r'add the line sh "\$\(dirname "\$0"\)/wheels/install'
    ):
        built(folder, offline)
    (folder / "install.sh").write_text('sh "$(dirname "$0")/wheels/install.sh" && echo mine\n')
    (one,) = built(folder, offline)
    plugin = unpacked(one, server)
    assert run(server, "sh", plugin / "install.sh").stdout == "mine\n"
    assert (plugin / "units.py").is_file()


def test_a_program_in_a_folder_has_its_modules_beside_it(
    tmp_path: Path, offline: dict[str, str], server: Path
) -> None:
    manifest = FILES["meter.json"].replace("main.py", "bin/main.py")
    folder = make_project(
        tmp_path / "meter",
        settings=THIS_PYTHON,
        files={"meter.json": manifest, "bin/main.py": FILES["main.py"]},
    )
    (folder / "main.py").unlink()
    (one,) = built(folder, offline)
    plugin = unpacked(one, server)
    assert run(server, "sh", plugin / "install.sh").returncode == 0
    started = run(server, "python-of-the-server", plugin / "bin" / "main.py")
    assert started.stdout == "units 1.0\n", started.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requires": ["nowhere>=2"]}, r"nowhere>=2.* \(wheels for Python 3\.12, manylinux_2_36_"),
        (
            {"files": {"units.py": ""}},
            r"units-1\.0-py3-none-any\.whl and the plugin both have units",
        ),
        (
            {"files": {"backend.py": "1 / 0\n"}},
            "no wheel can be built: ZeroDivisionError: division",
        ),
        (
            {"files": {"pyproject.toml": PYPROJECT.replace("[]", '["nowhere-at-all"]', 1)}},
            "no wheel can be built: .*distribution found for nowhere-at-all",
        ),
        ({"tag": "cp39-cp39-linux_x86_64"}, r"compiled for this machine, and not for Python 3\.12"),
        ({"settings": 'image = "alpine"\n'}, "the image alpine of eKuiper .* has no Python: name"),
        ({"settings": 'image = "mine"\n'}, "nobody knows which Python is in the image mine"),
        (
            {"files": {"pyproject.toml": "", "kuiper-pack.toml": 'bundle = "wheels"\n'}},
            "neither a pyproject.toml with .* nor a requirements.txt",
        ),
        (
            {"files": {"meter.json": FILES["meter.json"].replace('"python"', '"go"')}},
            'bundle = "wheels" is for plugins in Python',
        ),
        (
            {
                "files": {
                    "meter.json": FILES["meter.json"].replace("{", '{"virtualEnvType": "conda",')
                }
            },
            "does not go with a virtualEnvType",
        ),
    ],
)
def test_what_cannot_be_bundled_is_said_in_a_line(
    tmp_path: Path, offline: dict[str, str], options: dict[str, object], message: str
) -> None:
    folder = make_project(tmp_path / "meter", **options)  # type: ignore[arg-type]
    with pytest.raises(KuiperPackError, match=message) as caught:
        built(folder, offline)
    assert "\n" not in str(caught.value)
    assert not (folder / "dist").exists() or not list((folder / "dist").iterdir())


def test_a_missing_library_is_a_line_with_what_to_install(
    tmp_path: Path, offline: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_project(tmp_path / "meter")
    monkeypatch.setattr(
        "kuiper_pack.build.bundle.find_spec",
        lambda name: None if name == "build" else find_spec(name),
    )
    with pytest.raises(KuiperPackError, match=r'needs build: pip install "kuiper-pack\[wheels\]"'):
        built(folder, offline)


def test_a_native_plugin_has_no_wheels(tmp_path: Path) -> None:
    (tmp_path / "Tide.so").touch()
    with pytest.raises(KuiperPackError, match='bundle = "wheels" is for portable plugins'):
        list(build(tmp_path, Project(bundle="wheels", kind=Kind.SINK, name="tide")))


@pytest.mark.skipif(sys.platform == "win32", reason="the signals are those of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_a_wheel_is_built_leaves_nothing(
    tmp_path: Path, offline: dict[str, str], how: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    waiting = f"import pathlib, time\npathlib.Path({str(tmp_path / 'waiting')!r}).touch()\n"
    folder = make_project(tmp_path / "meter", files={"backend.py": f"{waiting}time.sleep(60)\n"})
    process = subprocess.Popen(
        [sys.executable, "-m", "kuiper_pack", "build", folder],
        env={**offline, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (tmp_path / "waiting").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    assert process.wait(timeout=20) == {signal.SIGINT: 130, signal.SIGTERM: 143}[how]
    assert list(temporary.iterdir()) == []
    assert not (folder / "dist").exists()


@pytest.mark.parametrize(
    ("target", "first", "last", "count"),
    [
        (
            PythonTarget("3.12", "manylinux_2_36", "amd64"),
            "manylinux_2_36_x86_64",
            "linux_x86_64",
            36,
        ),
        (PythonTarget("3.8", "manylinux_2_31", "arm"), "manylinux_2_31_armv7l", "linux_armv7l", 17),
        (
            PythonTarget("3.12", "musllinux_1_2", "arm64"),
            "musllinux_1_2_aarch64",
            "linux_aarch64",
            4,
        ),
    ],
)
def test_a_python_takes_wheels_of_its_c_library_and_older_ones(
    target: PythonTarget, first: str, last: str, count: int
) -> None:
    platforms = list(target.platforms())
    assert (platforms[0], platforms[-1], len(platforms)) == (first, last, count)
    assert len(set(platforms)) == count
