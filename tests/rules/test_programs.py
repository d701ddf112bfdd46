"""Programs of portables: what cannot start on a system, a processor or an image is found."""

import pytest

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import select
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import MUSL, PYTHON, findings, portable, sink, started
from tests.shared_objects import ELF, program

GLIBC = "/lib64/ld-linux-x86-64.so.2"
NEW = select(["1.14.7", "2.4.0"])
SHEBANGS = (b"#!/bin/sh\n", b"#!/usr/bin/env python3\n", b"#! /bin/sh -e\n", b"#!/bin/sh")


def about(
    package: Package, code: str, *, image: str | None = None, arch: str | None = None
) -> list[Finding]:
    target = Target(NEW, image=image, arch=arch)
    return [one for one in findings(package, target) if one.rule == code]


def messages(
    package: Package, code: str, *, image: str | None = None, arch: str | None = None
) -> list[str]:
    return [one.message for one in about(package, code, image=image, arch=arch)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty, so the server cannot start it"),
        (b"echo a\n", "it is neither a program nor a script with #!, so the server cannot start"),
        (b"#!\n", "it is neither a program nor a script with #!"),
        (b"#!/bin/sh\r\n", "its first line ends like those of Windows"),
        (b"#!/usr/bin/env python3\r\n", "its first line ends like those of Windows"),
        (b"\x7fELF", "its ELF header is damaged"),
        (program(kind=1), "it is an object file, not a program"),
    ],
)
def test_what_no_server_can_start_is_an_error_everywhere(content: bytes, message: str) -> None:
    (one,) = about(started(content), "KPP13")
    assert one.message.startswith(message)
    assert (one.severity, one.file, one.servers) == (Severity.ERROR, "mirror", NEW)


@pytest.mark.parametrize("content", [program(), program(GLIBC), program(kind=3), *SHEBANGS])
def test_programs_and_scripts_can_be_started(content: bytes) -> None:
    assert about(started(content), "KPP13") == []


@pytest.mark.parametrize(
    ("content", "what"), [(b"MZ\x90\0", "Windows"), (b"\xcf\xfa\xed\xfe\7", "macOS")]
)
def test_a_program_for_another_system_is_an_error_in_an_image(content: bytes, what: str) -> None:
    (unknown,) = about(started(content), "KPP13")
    (named,) = about(started(content), "KPP13", image="slim")
    assert unknown.message == f"it is a program for {what}, and servers run on Linux"
    assert (unknown.severity, named.severity) == (Severity.WARNING, Severity.ERROR)


def test_a_program_for_another_processor_is_found_where_the_processor_is_named() -> None:
    package = started(program(machine=183))
    assert messages(package, "KPP13", arch="amd64") == ["it is a program for arm64, not for amd64"]
    assert messages(package, "KPP13", arch="arm64") == []
    assert messages(package, "KPP13") == []


def test_a_shared_object_for_another_processor_is_found_too() -> None:
    package = sink({"random.so": program(machine=183, kind=3)})
    assert messages(package, "KPS08", arch="amd64") == [
        "it is for arm64, not for amd64, and cannot be opened while it is installed"
    ]
    assert messages(package, "KPS08") == []
    assert messages(sink({"libother.so": program(machine=183)}), "KPS08", arch="amd64") == []


def test_a_script_may_put_another_program_in_place() -> None:
    for content, target in ((b"", None), (program(MUSL), "slim")):
        package = portable(
            PYTHON.replace(b"python", b"go"), {"mirror.py": content, "install.sh": b"make\n"}
        )
        found = about(package, "KPP26" if target else "KPP13", image=target)
        assert [one.severity for one in found] == [Severity.WARNING]


@pytest.mark.parametrize("content", [program(), b"MZ", ELF])
def test_python_reads_no_compiled_program(content: bytes) -> None:
    (one,) = about(portable(extra={"mirror.py": content}), "KPP13")
    assert one.fix == 'write "language": "go", which stands for any program'


@pytest.mark.parametrize("content", [b"", b"print()\n", b"PK\3\4", b"\xa7\r\r\n"])
def test_what_python_reads_is_its_own_affair(content: bytes) -> None:
    assert about(portable(extra={"mirror.py": content}), "KPP13") == []


@pytest.mark.parametrize(
    ("content", "image", "lack"),
    [
        (program(GLIBC), "alpine", "it is linked to glibc"),
        (program(MUSL), "slim", "it is linked to musl"),
        (b"#!/bin/bash\n", "alpine", "it is run by bash"),
        (b"#!/usr/bin/env python3\n", "slim", "it is run by python3"),
        (b"#!/usr/bin/env -S A=b node --x\n", "alpine", "it is run by node"),
    ],
)
def test_what_the_image_lacks_is_an_error(content: bytes, image: str, lack: str) -> None:
    (one,) = about(started(content), "KPP26", image=image)
    assert one.message == f"{lack}, which the image {image} does not have"
    assert (one.severity, one.servers) == (Severity.ERROR, NEW)


@pytest.mark.parametrize(
    ("content", "image"),
    [
        (program(GLIBC), "slim"),
        (program(MUSL), "alpine"),
        (program(), "alpine"),
        (b"#!/bin/sh\n", "alpine"),
        (b"#!/bin/bash\n", "slim"),
        (b"#!/usr/bin/env python3\n", "slim-python"),
        (program(GLIBC), "acme/ekuiper:alpine"),
    ],
)
def test_what_the_image_may_have_is_left_alone(content: bytes, image: str) -> None:
    assert about(started(content), "KPP26", image=image) == []


@pytest.mark.parametrize(
    ("image", "lacks"),
    [("alpine", True), ("slim", True), ("slim-python", False), ("alpine-python", False)],
)
def test_python_is_in_two_of_the_images(image: str, lacks: bool) -> None:
    found = messages(portable(), "KPP26", image=image)
    expected = f"it needs the command python, which the image {image} does not have"
    assert found == ([expected] if lacks else [])


def test_conda_is_in_none_of_them() -> None:
    manifest = PYTHON.replace(b"{", b'{"virtualEnvType": "conda", "env": "x", ', 1)
    found = messages(portable(manifest), "KPP26", image="alpine")
    assert found == ["it needs conda, which the image alpine does not have"]


def test_without_an_image_it_is_noted_which_ones_cannot_start_it() -> None:
    (one,) = about(started(program(GLIBC)), "KPP26")
    assert one.severity is Severity.NOTE
    assert "alpine images cannot" in one.message
    assert about(started(program()), "KPP26") == []


@pytest.mark.parametrize(
    "extra",
    [
        {"ekuiper/__init__.py": b""},
        {"wheels/ekuiper-2.2.0-py3-none-any.whl": b""},
        {"install.sh": b"pip install ekuiper\n"},
    ],
)
def test_the_sdk_may_come_along(extra: dict[str, bytes]) -> None:
    files = {"mirror.py": b"import ekuiper\n", **extra}
    assert about(portable(extra=files), "KPP27", image="alpine-python") == []


def test_the_sdk_is_looked_for_in_every_module() -> None:
    files = {"mirror.py": b"import lib\n", "lib.py": b"  from ekuiper import Source\n"}
    assert len(about(portable(extra=files), "KPP27", image="alpine-python")) == 1
    assert about(portable(extra=files), "KPP27", image="slim-python") == []
    assert about(portable(), "KPP27", image="alpine-python") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'open("labels.txt")', True),
        (b"x = pathlib.Path( 'data/./a.csv' )", True),
        (b'open("other.txt")', False),
        (b'open(here / "labels.txt")', False),
        (b'os.chdir(here)\nopen("labels.txt")', False),
        (b'open("/labels.txt")', False),
    ],
)
def test_a_file_of_the_package_is_opened_where_the_server_runs(text: bytes, found: bool) -> None:
    package = portable(extra={"mirror.py": text, "labels.txt": b"", "data/a.csv": b""})
    old = [one for one in findings(package, Target(select(["1.10.2"]))) if one.rule == "KPP14"]
    assert bool(old) is found
    assert about(package, "KPP14") == []


def test_of_a_program_in_an_unknown_language_only_the_language_is_told() -> None:
    manifest = b'{"language": "Python", "executable": "mirror.py", "functions": ["echo"]}'
    found = findings(portable(manifest, {"mirror.py": b"print()\n"}), Target(NEW))
    assert [one.rule for one in found] == ["KPP04"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'import time\nprint "ready"\n', 2),
        (b"def open(self, ctx:\n    pass\n", 1),
        (b"if 1:\n\tx = 1\n        y = 2\n", 3),
    ],
)
def test_a_program_that_is_no_python_is_told_with_its_line(text: bytes, line: int) -> None:
    (one,) = about(portable(extra={"mirror.py": text}), "KPP28")
    assert (one.severity, one.file, one.line) == (Severity.WARNING, "mirror.py", line)


def test_it_is_an_error_where_the_python_of_the_image_is_no_newer() -> None:
    package = portable(extra={"mirror.py": b'print "ready"\n'})
    old = [
        one
        for one in findings(package, Target(select(["1.10.2"]), image="slim-python"))
        if one.rule == "KPP28"
    ]
    assert [one.severity for one in old] == [Severity.ERROR]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xef\xbb\xbfprint()\r\n",
        b"# -*- coding: latin-1 -*-\nname = 'caf\xe9'\n",
        b"import re\nre.compile('\\d')\n",
        b"x = " + b"-" * 100_000 + b"1",
        b"\0",
        b"x = 1\n" * 60_000 + b"(",
    ],
)
def test_what_python_reads_or_nobody_can_tell_is_no_finding(text: bytes) -> None:
    assert about(portable(extra={"mirror.py": text}), "KPP28") == []
