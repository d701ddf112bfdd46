"""The wheels that go into a package: that of the project, and of all it needs, for one target."""

import re
import stat
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from kuiper_pack.build.contents import Member
from kuiper_pack.build.copying import copy_project
from kuiper_pack.build.deflate import codec
from kuiper_pack.build.pythontarget import PythonTarget
from kuiper_pack.build.requirements import Requirements
from kuiper_pack.build.tool import ToolOutput, run_tool
from kuiper_pack.build.wheels import Wheel, needed, read_wheel
from kuiper_pack.build.zipwriter import timestamp, write_zip
from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from kuiper_pack.build.builders import Job

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


def check_installed() -> None:
    """Raise :class:`KuiperPackError` where a library or tool for wheels is missing."""
    for module in ("build", "packaging"):
        spec = find_spec(module)
        if spec is None or spec.origin is None:  # a folder of that name has no origin
            raise KuiperPackError(
                f'bundle = "wheels" needs {module}: pip install "kuiper-pack[wheels]"'
            )
    if find_spec("pip") is None:
        raise KuiperPackError(
            f'bundle = "wheels" needs pip: {Path(sys.executable).name} -m ensurepip'
        )


def own_wheel(job: "Job") -> Wheel:
    """The wheel of the project in ``job.folder``, made by its own build backend (PEP 517).

    It is made of a copy, because backends leave files behind, and packed again, because they take
    times and modes from the file system: the same content gives the same bytes. Raises
    :class:`KuiperPackError` with what the backend said.
    """
    copy, made, packed = (job.scratch / name for name in ("project", "made", "packed"))
    copy_project(job.folder, copy)
    packed.mkdir()
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(made), str(copy)]
    try:
        run_tool(command, job.scratch, _environment(job))
    except ToolOutput as output:
        raise KuiperPackError(
            f"{job.folder}: no wheel can be built: {_complaint(output.lines)}"
        ) from output
    (wheel,) = made.iterdir()
    with ZipFile(wheel) as archive, (packed / wheel.name).open("wb") as out:
        members = [
            Member(one.filename, archive.read(one), bool(one.external_attr >> 16 & stat.S_IXUSR))
            for one in archive.infolist()
            if not one.is_dir()
        ]
        write_zip(out, members, codec=codec("stored"), moment=timestamp(job.environment))
    return read_wheel(packed / wheel.name)


def gather(
    job: "Job", target: PythonTarget, own: Wheel | None, requirements: Requirements
) -> tuple[Wheel, ...]:
    """The wheels that ``target`` needs, sorted by name, ``own`` among them.

    pip finds them where its configuration says; only wheels are taken, for what is not built yet
    cannot be built for another machine. Raises :class:`KuiperPackError` where one is not to be had.
    """
    from packaging.requirements import Requirement

    if own is not None and _is_of_this_machine(own) and not target.is_this_one():
        raise KuiperPackError(
            f"{own.path.name}: compiled for this machine, and not for {target.title}; build it in "
            "the image of the server"
        )
    roots = list(requirements.roots)
    wanted = list(requirements.listed)
    if own is not None:
        roots.append(Requirement(f"{own.name}=={own.version}"))
        wanted.append(str(own.path))
    while True:
        folder = job.scratch / f"wheels-{target.version}-{target.libc}-{len(wanted)}"
        _download(job, target, folder, wanted, requirements.file)
        found = [read_wheel(path) for path in sorted(folder.iterdir())]
        chosen, missing = needed(found, roots, target.environment())
        more = [one for one in missing if one not in wanted]
        if not missing:
            return tuple(found) if not requirements.readable else chosen
        if not more:
            raise KuiperPackError(f"{job.folder}: no wheel of {missing[0]} for {target.title}")
        wanted += more


def _is_of_this_machine(wheel: Wheel) -> bool:
    """Whether its tag says Linux and not which C library; manylinux and musllinux do."""
    return re.search(r"[-.]linux_", wheel.path.name) is not None


def _download(
    job: "Job", target: PythonTarget, folder: Path, wanted: Sequence[str], file: Path | None
) -> None:
    platforms = [option for tag in target.platforms() for option in ("--platform", tag)]
    command = [
        *(*_PIP, "download", "--quiet", "--only-binary", ":all:", "--dest", str(folder)),
        *("--implementation", "cp", "--python-version", target.version, *platforms),
        *(("--requirement", str(file)) if file else ()),
        *wanted,
    ]
    folder.mkdir()
    try:
        run_tool(command, job.folder, _environment(job))
    except ToolOutput as output:
        raise KuiperPackError(
            f"{job.folder}: {_complaint(output.lines)} (wheels for {target.title})"
        ) from output


def _environment(job: "Job") -> Mapping[str, str]:
    """That of the job, so that neither time nor chance nor this folder decides what is made."""
    return {
        **job.environment,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "SOURCE_DATE_EPOCH": str(timestamp(job.environment)),
        "TMPDIR": str(job.scratch),
    }


def _complaint(lines: Sequence[str]) -> str:
    """The line that says most, of what pip or a build backend said; build marks lines with "<"."""
    said = [re.sub(r"\A[<>*] ", "", line) for line in lines]
    errors = [match[1] for line in said if (match := re.match(r"(?i:error): (.+)", line))]
    telling = [line for line in errors if "ResolutionImpossible" not in line]
    raised = [line for line in said if re.match(r"[\w.]*(?:Error|Exception|Exit)\b", line)]
    return (telling[-1:] or raised[-1:] or said[-1:] or ["it failed and said nothing"])[0]
