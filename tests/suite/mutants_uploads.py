"""Servers whose folder of uploads is broken."""

import json
from contextlib import suppress
from pathlib import PurePosixPath

from kuiper_pack.planner.outcome import Refused
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def paths(call: Call) -> list[str]:
    found: list[str] = json.loads(call.sound().body)
    return found


def is_form(call: Call) -> bool:
    return call.asked.headers["content-type"].startswith("multipart")


@mutant("list_uploads", "uploads.list.array")
def uploads_are_listed_as_objects(call: Call) -> Reply:
    return call.json([{"path": path} for path in paths(call)])


@mutant("list_uploads", "uploads.list.uploaded")
def the_newest_uploads_are_not_listed(call: Call) -> Reply:
    return call.json([])


@mutant("list_uploads", "uploads.list.path")
def uploads_are_listed_without_their_folder(call: Call) -> Reply:
    return call.json([PurePosixPath(path).name for path in paths(call)])


@mutant("upload", "uploads.content.accepted")
def only_forms_are_uploaded(call: Call) -> Reply:
    return call.sound() if is_form(call) else Reply(415)


@mutant("upload", "uploads.content.path")
def an_upload_is_answered_with_its_name(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=PurePosixPath(reply.body.decode()).name.encode())


@mutant("upload", "uploads.form.accepted")
def forms_are_not_uploaded(call: Call) -> Reply:
    return Reply(415) if is_form(call) else call.sound()


@mutant("upload", "uploads.form.accepted")
def files_of_forms_are_thrown_away(call: Call) -> Reply:
    return Reply(201) if is_form(call) and b'"uploadFile"' in call.asked.body else call.sound()


@mutant("upload", "uploads.form.other-field")
def any_field_will_do(call: Call) -> Reply:
    body = call.asked.body.replace(b'name="file"', b'name="uploadFile"')
    return call.sound(call.asked._replace(body=body))


@mutant("upload", "uploads.status")
def an_upload_is_answered_with_200(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=200) if reply.status == 201 else reply


@mutant("delete_upload", "uploads.status")
def a_deletion_is_answered_with_204(call: Call) -> Reply:
    reply = call.sound()
    return Reply(204) if reply.status == 200 else reply


@mutant("upload", "uploads.installed")
def uploads_cannot_be_installed(call: Call) -> Reply:
    return call.sound(call.asked._replace(body=call.asked.body.replace(b"PK", b"--")))


@mutant("upload", "uploads.replaced")
def the_first_upload_stays(call: Call) -> Reply:
    if is_form(call):
        name = call.asked.body.partition(b'filename="')[2].partition(b'"')[0].decode()
        listed = json.loads(call.service.list_uploads(call.asked).body)
        if known := next((path for path in listed if path.endswith(f"/{name}")), ""):
            return Reply(201, {}, known.encode())
    return call.sound()


@mutant("upload", "uploads.link.accepted", delivery="http")
def what_a_link_brings_is_not_kept(call: Call) -> Reply:
    reply = call.sound()
    if "file" in call.body:
        call.service.uploads.delete(call.body["name"])
    return reply


@mutant("upload", "uploads.link.missing", delivery="http")
def links_are_followed_later(call: Call) -> Reply:
    try:
        return call.sound()
    except Refused:
        if "file" not in call.body:
            raise
    return Reply(202)


@mutant("upload", "uploads.incomplete")
def the_name_of_an_upload_may_be_missing(call: Call) -> Reply:
    return Reply(201) if "name" not in call.body and "content" in call.body else call.sound()


@mutant("upload", "uploads.incomplete")
def a_file_without_content_is_empty(call: Call) -> Reply:
    return Reply(201) if [*call.body] == ["name"] else call.sound()


@mutant("upload", "uploads.malformed-json")
def an_empty_body_is_uploaded(call: Call) -> Reply:
    return call.sound() if call.asked.body else Reply(201)


@mutant("delete_upload", "uploads.drop.accepted")
def a_deleted_file_stays(call: Call) -> Reply:
    name = call.names[-1]
    listed = call.service.list_uploads(call.asked).body.decode()
    kept = name.endswith(".json") and name in listed
    return Reply(200) if kept else call.sound()


@mutant("delete_upload", "uploads.drop.others-stay")
def a_deletion_takes_all(call: Call) -> Reply:
    for path in json.loads(call.service.list_uploads(call.asked).body):
        if (name := PurePosixPath(path).name) != call.name:
            call.handler(call.asked, name)
    return call.sound()


@mutant("delete_upload", "uploads.drop.unknown")
def the_unknown_is_deleted(call: Call) -> Reply:
    with suppress(Refused):
        return call.sound()
    return Reply(200)
