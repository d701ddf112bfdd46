"""What a prediction takes for granted, and what it does not."""

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Cause, Removal, predict, predict_removal
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


SINK = Package.of({"random.so": b"", "etc/a": b""}, kind=Kind.SINK, name="random")


@pytest.mark.parametrize(
    ("release", "left"), [("2.0.8", ()), ("2.2.1", ("{DATA}/sinks/random/a",)), ("1.14.7", ())]
)
def test_what_a_deletion_leaves_is_foretold(release: str, left: tuple[str, ...]) -> None:
    assert predict_removal(SINK, Release.parse(release)) == Removal("", left)


def test_what_cannot_be_deleted_is_foretold_in_the_words_of_the_server() -> None:
    package = Package.of({"-x.so": b""}, kind=Kind.FUNCTION, name="-x")
    assert predict_removal(package, NEWEST) == Removal(
        "delete functions plugin -x error: invalid soFileName -x", ("{PLUGINS}/functions/-x.so",)
    )


def test_what_is_not_installed_cannot_be_deleted() -> None:
    package = Package.of({}, kind=Kind.SINK, name="random")
    assert predict_removal(package, NEWEST) is None


def test_a_portable_is_deleted_but_for_what_belongs_to_no_symbol() -> None:
    package = mirror({"sources/other.yaml": b""}, 0o755)
    assert predict_removal(package, Release.parse("2.0.8")) == Removal(
        "", ("{ETC}/sources/other.yaml",)
    )
