"""Releases that are told to treat a package alike really do."""

from hypothesis import given
from hypothesis import strategies as st

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Prediction, Request, predict
from kuiper_pack.planner.relevance import concern_of, relevant
from kuiper_pack.profiles import RELEASES, Profile, Release, behaviour, profile, select

MANIFESTS = [
    b'{"language":"go","executable":"bin/x","sources":["s"],"functions":["f"]}',
    b'{"language":"python","executable":"./main.py","functions":["f"]}',
    b'{"language":"python","executable":"main.py","virtualEnvType":"x","sinks":["k"]}',
    b'{"name":1}',
]
NAMES = [
    "plug.so",
    "Plug.so",
    "Plug@v1.so",
    "plug@1.so",
    "plug.yaml",
    "plug.json",
    "install.sh",
    "etc/",
    "etc/a",
    "etc/b/c",
    "lib/x",
    "lib/",
    "../up",
    "/root",
    "a/../b",
    "CONFIG.md",
    "sources/s.yaml",
    "sources/edgex.yaml",
    "sources/",
    "functions/f.json",
    "bin/",
    "bin/x",
    "main.py",
    "./main.py",
    "a//b",
    ".",
    "",
]
MODES = [0o644, 0o644, 0o755, 0o4755, 0o120777]
files = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from(MANIFESTS), st.sampled_from(MODES)),
    max_size=7,
)
WITH_API = [release for release in RELEASES if profile(release).native]


REQUESTS = [
    Request("", "http://h/a..b.zip", ("f",), ("a",)),
    Request("", "http://h/a.zip", ("f", "f")),
    Request("", "file:///a.zip"),
    Request("", "httpx://h/a.zip"),
    None,
]


@given(
    files,
    st.sampled_from(list(Kind)),
    st.sampled_from(["plug", "edgex"]),
    st.sampled_from(REQUESTS),
)
def test_one_prediction_serves_a_group(
    content: dict[str, tuple[bytes, int]], kind: Kind, name: str, sent: Request | None
) -> None:
    package = Package.of(
        {file: b"" if file.endswith("/") else data for file, (data, _) in content.items()},
        kind=kind,
        name=name,
        modes={file: mode for file, (_, mode) in content.items() if not file.endswith("/")},
    )
    request = sent and sent._replace(name=name)
    concern = concern_of(package, request)
    first: dict[Profile, tuple[Release, Prediction]] = {}
    for release in WITH_API:
        prediction = predict(package, release, request)
        group = relevant(behaviour(release), concern)
        other, expected = first.setdefault(group, (release, prediction))
        assert prediction == expected, f"{release} differs from {other}"


def test_a_usual_package_needs_few_predictions_for_the_current_version() -> None:
    package = Package.of({"plug.so": b"", "plug.yaml": b""}, kind=Kind.SOURCE, name="plug")
    concern = concern_of(package)
    assert len({relevant(behaviour(release), concern) for release in select(["2"])}) == 3
