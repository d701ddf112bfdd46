"""The metadata of what a portable plugin has is judged like that of native plugins."""

import pytest

from kuiper_pack.package.package import Package
from kuiper_pack.profiles import select
from kuiper_pack.rules.target import Target
from tests.rules.rule_cases import codes, findings, function, one, portable

SYMBOLS = (
    b'{"language": "python", "executable": "mirror.py",'
    b' "sources": ["in"], "sinks": ["out"], "functions": ["echo"]}'
)


def of_symbols(**metadata: bytes) -> Package:
    folders = {"in": "sources", "out": "sinks", "echo": "functions"}
    files = {
        f"{folders[one.rstrip('_')]}/{one.rstrip('_')}.json": data for one, data in metadata.items()
    }
    return portable(SYMBOLS, {"sources/in.yaml": b"", **files})


@pytest.mark.parametrize(
    ("package", "code", "file"),
    [
        (of_symbols(in_=b"{,}"), "KPM01", "sources/in.json"),
        (of_symbols(out=b"{,}"), "KPM01", "sinks/out.json"),
        (of_symbols(in_=b'{"properties": {}}'), "KPM03", "sources/in.json"),
        (of_symbols(out=b'{"properties": []}'), "KPM03", "sinks/out.json"),
        (of_symbols(in_=b'{"about": {}, "properties": []}'), "KPM05", "sources/in.json"),
        (of_symbols(out=b'{"about": {}, "properties": {}}'), "KPM05", "sinks/out.json"),
        (of_symbols(echo=b"{,}"), "KPM13", "functions/echo.json"),
    ],
)
def test_metadata_of_portable_symbols_is_judged_too(package: Package, code: str, file: str) -> None:
    assert {(found.rule, found.file) for found in findings(package)} == {(code, file)}


@pytest.mark.parametrize(
    ("text", "code"),
    [(b'{"functions": []}', "KPM03"), (b'{"about": null}', "KPM03"), (b"", "KPM01")],
)
def test_metadata_of_functions_is_read_up_to_1_6_and_later_only_shown(
    text: bytes, code: str
) -> None:
    for package, first in (
        (of_symbols(echo=text), "1.4.0"),
        (function({"random.json": text}), "0.9.1"),
    ):
        found = one(package, code, Target(select(["all"])))
        assert (str(found.servers[0]), str(found.servers[-1])) == (first, "1.6.3")
        assert code not in codes(package, Target(select(["1.7.0", "2.4.0"])))


def test_sound_metadata_of_portable_symbols_is_left_alone() -> None:
    package = of_symbols(
        in_=b'{"about": {}, "properties": {"default": []}}',
        out=b'{"about": {}, "properties": []}',
        echo=b'{"functions": []}',
    )
    assert findings(package) == ()
