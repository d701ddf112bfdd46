"""What a prediction takes for granted, and what it does not."""

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Cause, predict
from kuiper_pack.profiles import Release

NEWEST = Release.parse("2.4.0")
MANIFEST = b'{"language": "go", "executable": "mirror", "functions": ["f"]}'


def mirror(files: dict[str, bytes], mode: int) -> Package:
    content = {"mirror.json": MANIFEST, "mirror": b"\x7fELF", **files}
    return Package.of(content, kind=Kind.PORTABLE, name="mirror", modes={"mirror": mode})


def test_a_program_that_is_not_executable_does_not_start() -> None:
    prediction = predict(mirror({}, 0o644), NEWEST)
    assert prediction.cause is Cause.START_FAILED
    assert "permission denied" in prediction.text


def test_a_script_may_make_the_program_executable() -> None:
    prediction = predict(mirror({"install.sh": b"chmod +x mirror\n"}, 0o644), NEWEST)
    assert prediction.outcome == "installed"
    assert "install.sh makes the program executable" in prediction.assumes


def test_what_only_the_world_can_tell_is_said() -> None:
    prediction = predict(mirror({"install.sh": b""}, 0o755), NEWEST)
    assert prediction.assumes == ("install.sh succeeds", "the process starts and shakes hands")


def test_a_package_of_unknown_kind_cannot_be_predicted_for() -> None:
    with pytest.raises(ValueError, match="kind"):
        predict(Package.of({"x": b""}), NEWEST)
