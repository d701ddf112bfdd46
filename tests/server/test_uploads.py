"""Files are uploaded, listed, installed from and removed as each release does it."""

from pathlib import Path

import pytest

from kuiper_pack.client import Answer, Client
from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Options, ReferenceServer
from tests.server.worlds import ELF, package

BINARY = bytes(range(256)) * 5_000 + b"\r\n--B--\r\n\r\n"


def named(client: Client, **body: str) -> Answer:
    """An upload that is described by JSON."""
    return client.send("POST", "/config/uploads", json=body)


@pytest.mark.parametrize("release", ["1.6.0", "1.10.2", "1.14.7", "2.0.8", "2.2.1", "2.4.0"])
def test_an_uploaded_package_is_installed_by_its_path(release: str, tmp_path: Path) -> None:
    package(tmp_path / "sink.zip", sink__so=ELF, rest=BINARY)
    content = (tmp_path / "sink.zip").read_bytes()
    base = tmp_path / "base"
    with ReferenceServer(release, data=base) as server, Client(server.url) as client:
        assert client.uploads().json() == []
        answer = client.upload("sink.zip", content)
        assert (answer.status, Path(answer.text).read_bytes()) == (201, content)
        assert client.uploads().json() == [answer.text]
        assert client.create(Kind.SINK, "sink", f"file://{answer.text}").status == 201
        assert client.drop_upload("sink.zip").text == "ok"
        assert client.drop_upload("sink.zip").status == 400
        assert client.uploads().json() == []
        folder = "etc" if release == "1.6.0" else "data"
        assert Path(answer.text).parent == (base / folder / "uploads").resolve()


def test_releases_before_uploads_have_no_such_path() -> None:
    with ReferenceServer("1.5.1") as server, Client(server.url) as client:
        assert client.uploads().status == 404
        assert client.upload("a.zip", b"x").status == 404
        assert client.drop_upload("a.zip").status == 404


def test_a_body_without_content_is_answered_since_1_11() -> None:
    with ReferenceServer("1.10.2") as server, Client(server.url) as client:
        assert named(client, name="x").status is None
        assert named(client, name="x", file="file:///nowhere").status is None
    with ReferenceServer("1.11.0") as server, Client(server.url) as client:
        assert "content or FilePath is required" in named(client, name="x").text
        assert "name is required" in named(client, content="x").text


@pytest.mark.parametrize(
    ("release", "outside", "inside"),
    [
        ("1.14.7", 201, "open {PATH}: no such file or directory"),
        ("2.1.0", 201, "open {PATH}: no such file or directory"),
        ("2.2.0", "openat ../x.txt: path escapes from parent", "openat d/x.txt: no such file"),
        ("2.3.1", "openat ../x.txt: path escapes from parent", "openat d/x.txt: no such file"),
        ("2.4.0", "mkdirat ..: path escapes from parent", 201),
    ],
)
def test_a_name_with_folders_does_what_the_release_does(
    release: str, outside: int | str, inside: int | str, tmp_path: Path
) -> None:
    with ReferenceServer(release, data=tmp_path) as server, Client(server.url) as client:
        for name, expected in (("../x.txt", outside), ("d/x.txt", inside)):
            answer = named(client, name=name, content="hi")
            if isinstance(expected, int):
                assert answer.status == expected
            else:
                path = str((tmp_path / "data" / "uploads" / name).resolve())
                assert answer.status == 400
                assert expected.replace("{PATH}", path) in answer.text
        assert (tmp_path / "data" / "x.txt").exists() == (outside == 201)
        assert (tmp_path / "data" / "uploads" / "d" / "x.txt").exists() == (inside == 201)


def test_nothing_is_written_outside_the_folder_of_the_server(tmp_path: Path) -> None:
    base = tmp_path / "base"
    with ReferenceServer("1.14.7", data=base) as server, Client(server.url) as client:
        answer = named(client, name="../../../x.txt", content="hi")
        assert (answer.status, "permission denied" in answer.text) == (400, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base"]


@pytest.mark.parametrize(("release", "left"), [("2.3.1", b""), ("2.4.0", b"before")])
def test_a_download_that_fails_leaves_what_the_release_leaves(
    release: str, left: bytes, tmp_path: Path
) -> None:
    with ReferenceServer(release, data=tmp_path) as server, Client(server.url) as client:
        client.upload("x.zip", b"before")
        answer = named(client, name="x.zip", file=f"file://{tmp_path}/none.zip")
        assert answer.status == 400
        assert "none.zip: no such file or directory" in answer.text
        assert (tmp_path / "data" / "uploads" / "x.zip").read_bytes() == left


@pytest.mark.parametrize(("release", "refused"), [("1.14.7", False), ("2.0.8", True)])
def test_a_url_with_a_parent_folder_is_refused_by_some(
    release: str, refused: bool, tmp_path: Path
) -> None:
    with ReferenceServer(release) as server, Client(server.url) as client:
        answer = named(client, name="x.zip", file=f"file://{tmp_path}/../x.zip")
        assert ("should not contain .." in answer.text) == refused


@pytest.mark.parametrize(("release", "name"), [("1.14.7", "a&b.zip"), ("2.0.8", "a&amp;b.zip")])
def test_paths_are_escaped_for_html_since_2_0(release: str, name: str) -> None:
    with ReferenceServer(release) as server, Client(server.url) as client:
        assert client.upload("a&b.zip", b"x").text.endswith(f"/uploads/{name}")
        assert client.uploads().json()[0].endswith("/uploads/a&b.zip")


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("text/plain", b"x", "request Content-Type isn't multipart/form-data"),
        ("multipart/form-data", b"x", "no multipart boundary param in Content-Type"),
        ("multipart/form-data; boundary=B", b"x", "multipart: NextPart: EOF"),
        ("multipart/form-data; boundary=B", b"--B\r\n\r\nx\r\n--B--", "http: no such file"),
        ("multipart/form-data; boundary=B", b"--B\r\n\r\nx", "multipart: NextPart: EOF"),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="uploadFile"\r\n\r\nx',
            "form: unexpected EOF",
        ),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="uploadFile"; filename="a".b"\r\n\r\nx'
            b"\r\n--B--",
            "http: no such file",
        ),
    ],
)
def test_a_form_that_carries_no_file_is_refused(content_type: str, body: bytes, words: str) -> None:
    with ReferenceServer("2.4.0") as server, Client(server.url) as client:
        headers = {"Content-Type": content_type}
        answer = client.send("POST", "/config/uploads", body=body, headers=headers)
    assert (answer.status, words in answer.text) == (400, True)


def test_where_only_uploads_are_allowed_no_other_file_is_read(tmp_path: Path) -> None:
    url = package(tmp_path / "sink.zip", sink__so=ELF)
    options = Options(allow_external_file_access=False)
    with (
        ReferenceServer("2.4.0", data=tmp_path / "base", options=options) as server,
        Client(server.url) as client,
    ):
        refused = client.create(Kind.SINK, "sink", url)
        assert (refused.status, "path must be under" in refused.text) == (400, True)
        path = client.upload("sink.zip", (tmp_path / "sink.zip").read_bytes()).text
        Path(path).with_name("link.zip").symlink_to(tmp_path / "sink.zip")
        linked = client.create(Kind.SINK, "sink", f"file://{Path(path).with_name('link.zip')}")
        assert (linked.status, "path escapes from parent" in linked.text) == (400, True)
        assert client.create(Kind.SINK, "sink", f"file://{path}").status == 201
    with ReferenceServer("1.14.7", options=options) as server, Client(server.url) as client:
        assert client.create(Kind.SINK, "sink", url).status == 201
