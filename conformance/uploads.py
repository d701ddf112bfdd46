"""/config/uploads."""

import json
from pathlib import PurePosixPath, PureWindowsPath

from kuiper_pack.package.kind import Kind
from kuiper_pack.suite.clause import MAY, MUST, SHOULD, clause
from kuiper_pack.suite.journal import Upload
from kuiper_pack.suite.packages import make_zip
from kuiper_pack.suite.removal import file_of, uploaded
from kuiper_pack.suite.reply import Reply
from kuiper_pack.suite.subject import CREATES, Server
from kuiper_pack.suite.verdict import Inapplicable, Unmet

UPLOADS = "/config/uploads"
BY_FILE = "uploads.md, upload by a file"
BY_CONTENT = "uploads.md, upload by content"
LIST = "uploads.md, show uploaded file list"
ACCEPTED = "uploads.content.accepted"
ARRAY = "uploads.list.array"
LISTED = "uploads.list.uploaded"
PATH = "uploads.list.path"


def upload(server: Server, name: str, content: str = "text", **more: str) -> Reply:
    """Upload a text as JSON."""
    server.claim(Upload(name))
    return server.send("POST", UPLOADS, {"name": name, "content": content, **more})


def upload_form(server: Server, name: str, field: str) -> Reply:
    """Upload a text as the file of a form."""
    server.claim(Upload(name))
    about = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    lines = ["--kuiper", about, "Content-Type: text/plain", "", "text", "--kuiper--", ""]
    kind = {"Content-Type": "multipart/form-data; boundary=kuiper"}
    return server.send("POST", UPLOADS, "\r\n".join(lines), kind)


def is_there(server: Server, name: str) -> bool:
    """Whether a file of that name is listed."""
    return name in uploaded(server.uploads().accepted())


def there(server: Server, name: str) -> None:
    """Ask that a file is listed."""
    __tracebackhide__ = True
    listed = server.uploads().accepted()
    if name not in uploaded(listed):
        raise Unmet(f"a list with {name}", listed.got)


@clause(ACCEPTED, MUST, documented=BY_CONTENT, since="1.6.0", needs=["uploads"])
def test_a_text_is_uploaded(server: Server) -> None:
    """A file is uploaded as a JSON body with its name and its content."""
    upload(server, f"{server.fresh()}.json", '{"hello": "world"}').accepted()


@clause(ARRAY, MUST, documented=LIST, since="1.6.0", needs=["uploads", ACCEPTED])
def test_uploads_are_listed(server: Server) -> None:
    """The list of uploaded files is a JSON array of strings."""
    upload(server, f"{server.fresh()}.json").accepted()
    server.uploads().names()


@clause(LISTED, MUST, documented=LIST, since="1.6.0", needs=["uploads", ACCEPTED, ARRAY])
def test_an_uploaded_file_is_listed(server: Server) -> None:
    """A file that was uploaded is in the list."""
    name = f"{server.fresh()}.json"
    upload(server, name).accepted()
    there(server, name)


@clause("uploads.form.accepted", MUST, documented=BY_FILE, since="1.6.0", needs=["uploads", LISTED])
def test_a_file_is_uploaded_by_a_form(server: Server) -> None:
    """A file is uploaded as the field uploadFile of a form."""
    name = f"{server.fresh()}.txt"
    upload_form(server, name, "uploadFile").accepted()
    there(server, name)


@clause(
    "uploads.form.other-field", SHOULD, seen="api O-03", since="1.6.0", needs=["uploads", LISTED]
)
def test_a_form_without_the_field_is_refused(server: Server) -> None:
    """A form whose file is in another field than uploadFile is refused."""
    name = f"{server.fresh()}.txt"
    upload_form(server, name, "file").refused()
    if is_there(server, name):
        raise Unmet("no file of a refused upload", f"{name} is listed")


@clause(
    "uploads.status",
    SHOULD,
    seen="api O-01, O-08",
    since="1.6.0",
    needs=["uploads", ACCEPTED, "uploads.drop.accepted"],
)
def test_an_upload_is_created(server: Server) -> None:
    """An upload is answered with 201, its deletion with 200."""
    name = f"{server.fresh()}.txt"
    upload(server, name).status(201)
    server.drop_upload(name).status(200)


@clause(
    "uploads.content.path",
    MUST,
    documented="uploads.md, upload a configuration file",
    since="1.6.0",
    needs=["uploads", ACCEPTED],
)
def test_an_upload_is_answered_with_its_path(server: Server) -> None:
    """The answer to an upload is the absolute path of the file."""
    name = f"{server.fresh()}.json"
    reply = upload(server, name)
    path = reply.path()
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    if not absolute or file_of(path) != name:
        raise Unmet(f"an absolute path that ends with {name}", reply.got)


@clause(
    PATH,
    MUST,
    documented=LIST,
    since="1.6.0",
    needs=["uploads", LISTED, "uploads.content.path"],
)
def test_the_list_has_paths(server: Server) -> None:
    """A file is listed with the absolute path that its upload was answered with."""
    name = f"{server.fresh()}.json"
    path = upload(server, name).path()
    listed = server.uploads()
    if path not in listed.names():
        raise Unmet(f"a list with {path}", listed.got)


@clause(
    "uploads.installed",
    MUST,
    documented="plugins.md, parameters of create",
    since="1.6.0",
    installs=1,
    needs=["uploads", "uploads.form.accepted", PATH, CREATES],
)
def test_a_plugin_is_installed_from_an_upload(server: Server) -> None:
    """A package that was uploaded is installed from the file URL of its path."""
    plugin = server.take(Kind.SINK)
    name = f"{server.fresh()}.zip"
    path = server.upload(name, plugin.package(server.file(plugin.name))).path()
    server.post(plugin.kind, plugin.name, f"file://{path}").accepted()


@clause(
    "uploads.replaced",
    MUST,
    documented="uploads.md, upload a configuration file",
    since="1.6.0",
    installs=1,
    needs=["uploads", "uploads.installed"],
)
def test_an_upload_replaces_a_file(server: Server) -> None:
    """An upload overrides the file of the same name that is there."""
    plugin = server.take(Kind.SINK)
    name = f"{server.fresh()}.zip"
    server.upload(name, make_zip({"readme.txt": b"no plugin" * 9})).accepted()
    path = server.upload(name, plugin.package(server.file(plugin.name))).path()
    server.post(plugin.kind, plugin.name, f"file://{path}").accepted()
    listed = server.uploads()
    if listed.names().count(path) != 1:
        raise Unmet(f"a list with {path} once", listed.got)


@clause(
    "uploads.link.accepted",
    MUST,
    documented="uploads.md, upload by HTTP file link",
    since="1.11.0",
    needs=["uploads", LISTED],
)
def test_a_file_is_uploaded_by_a_link(server: Server) -> None:
    """A file is uploaded by a JSON body with its name and its URL, where the server may go."""
    name = f"{server.fresh()}.txt"
    server.artifacts.put(name, b"text")
    server.claim(Upload(name))
    body = {"name": name, "file": server.artifacts.http(name)}
    reply = server.send("POST", UPLOADS, body)
    if name not in server.artifacts.fetched and not (
        server.delivery and server.delivery.word == "http"
    ):
        raise Inapplicable(f"nothing is fetched from this machine: {reply.got}")
    reply.accepted()
    there(server, name)


@clause(
    "uploads.link.missing",
    SHOULD,
    seen="api O-02",
    since="1.11.0",
    needs=["uploads", "uploads.link.accepted"],
)
def test_a_link_to_nothing_is_refused(server: Server) -> None:
    """An upload of what is not at its URL is refused."""
    name = f"{server.fresh()}.txt"
    server.claim(Upload(name))
    body = {"name": name, "file": server.artifacts.http(name)}
    server.send("POST", UPLOADS, body).refused()


@clause(
    "uploads.incomplete",
    SHOULD,
    seen="api O-04",
    since="1.6.0",
    needs=["uploads", ACCEPTED],
    defect_in=("1.6.0", "1.11.0-alpha.2"),
)
def test_an_upload_needs_name_and_content(server: Server) -> None:
    """A JSON body without a name, or without content, is refused with an answer."""
    name = f"{server.fresh()}.txt"
    before = uploaded(server.uploads())
    reply = server.send("POST", UPLOADS, {"content": "text"})
    if reply.ok and (made := file_of(reply.path())) not in before:
        server.drop_upload(made)  # under a name that the server chose
    reply.refused()
    server.claim(Upload(name))
    server.send("POST", UPLOADS, {"name": name}).refused()


@clause(
    "uploads.malformed-json", SHOULD, seen="api O-01", since="1.6.0", needs=["uploads", ACCEPTED]
)
def test_an_upload_that_is_no_json_is_refused(server: Server) -> None:
    """A body that is declared as JSON and is none, or no object, is refused."""
    for body in ("{", "", "name=x", "[1, 2]"):
        server.send("POST", UPLOADS, body).refused()


@clause(
    "uploads.drop.accepted",
    MUST,
    documented="uploads.md, delete an uploaded file",
    since="1.6.0",
    needs=["uploads", LISTED],
)
def test_an_upload_is_deleted(server: Server) -> None:
    """An uploaded file is deleted by its name, and listed no more."""
    name = f"{server.fresh()}.json"
    upload(server, name).accepted()
    server.drop_upload(name).accepted()
    if is_there(server, name):
        raise Unmet(f"a list without {name}", "it is listed")


@clause(
    "uploads.drop.others-stay",
    MUST,
    documented="uploads.md, delete an uploaded file",
    since="1.6.0",
    needs=["uploads", LISTED, "uploads.drop.accepted"],
)
def test_other_uploads_stay(server: Server) -> None:
    """To delete one uploaded file leaves the others."""
    name, other = f"{server.fresh()}.json", f"{server.fresh()}.json"
    for one in (name, other):
        upload(server, one).accepted()
    server.drop_upload(name).accepted()
    there(server, other)


@clause(
    "uploads.drop.unknown",
    SHOULD,
    seen="api O-08",
    since="1.6.0",
    needs=["uploads", "uploads.drop.accepted"],
)
def test_an_unknown_upload_is_not_deleted(server: Server) -> None:
    """To delete a file that is not there is refused."""
    server.drop_upload(f"{server.fresh()}.json").refused()


@clause("uploads.other-scripts", MAY, seen="api O-01", since="1.6.0", needs=["uploads", LISTED])
def test_whether_names_come_in_other_scripts(server: Server) -> str:
    """Whether the name of an upload may have letters of other scripts, and comes back as it was."""
    name = f"{server.fresh()}-\u043f\u043b\u0430\u043d-\u8ba1\u5212.json"
    if not upload(server, name).ok:
        return "refused"
    return "as it was" if is_there(server, name) else "changed"


@clause("uploads.json-with-charset", MAY, seen="api O-01", since="1.6.0", needs=["uploads"])
def test_whether_a_charset_may_be_named(server: Server) -> str:
    """Whether an upload may say application/json with a charset; eKuiper takes it for a form."""
    name = f"{server.fresh()}.json"
    server.claim(Upload(name))
    kind = {"Content-Type": "application/json; charset=utf-8"}
    body = json.dumps({"name": name, "content": "text"})
    return "accepted" if server.send("POST", UPLOADS, body, kind).ok else "refused"
