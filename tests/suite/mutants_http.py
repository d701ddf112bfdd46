"""Servers whose HTTP is broken."""

import json
from urllib.parse import unquote

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant

HTML = {"Content-Type": "text/html"}


@mutant("root", "http.root", strict=True)
def the_root_says_hello(_: Call) -> Reply:
    return Reply(200, {}, b"hello")


@mutant("root", "http.root")
def the_uptime_is_a_text(call: Call) -> Reply:
    return call.json(json.loads(call.sound().body) | {"upTimeSeconds": "a while"})


@mutant("ping", "http.ping")
def nobody_answers_a_ping(_: Call) -> Reply:
    return Reply(404)


@mutant("answer", "http.unknown-path")
def every_path_is_a_page(call: Call) -> Reply:
    reply = call.sound()
    return Reply(200, HTML, b"<html>") if reply.body == b"404 page not found\n" else reply


@mutant("answer", "http.unknown-method")
def patches_are_taken(call: Call) -> Reply:
    return Reply(204) if call.asked.method == "PATCH" else call.sound()


@mutant("handle", "http.escaped-letters")
def escapes_stay_as_they_are(call: Call) -> Reply:
    method, (target, *more) = call.asked, call.names
    return call.handler(method, target.replace("%", "%25"), *more)


@mutant("describe", "http.json-type")
def descriptions_are_declared_as_text(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(headers={"Content-Type": "text/plain"}) if reply.status == 200 else reply


@mutant("create", "http.body.any-type")
def bodies_have_to_be_declared(call: Call) -> Reply:
    declared = call.asked.headers.get("content-type") == "application/json"
    return call.sound() if declared else Reply(415)


@mutant("create", "http.body.other-members")
def no_other_members_are_known(call: Call) -> Reply:
    return Reply(400) if call.body.keys() & {"author", "size"} else call.sound()


@mutant("create", "http.body.wrong-types")
def a_number_is_a_name(call: Call) -> Reply:
    return Reply(201) if call.body.get("name", "").isdigit() else call.sound()


@mutant("create", "http.body.wrong-types")
def a_number_as_a_file_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if call.body.get("file", "").isdigit() else call.sound()


@mutant("create", "http.body.no-text")
def what_is_no_text_ends_the_handler(call: Call) -> Reply:
    try:
        call.asked.body.decode()
    except UnicodeDecodeError:
        return Reply(None)
    return call.sound()


@mutant("create", "http.body.no-text")
def a_zero_byte_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if "\0" in call.body.get("name", "") else call.sound()


@mutant("create", "http.body.deep")
def what_nests_deeply_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if call.asked.body.startswith(b"[[[[") else call.sound()


@mutant("create", "http.body.huge")
def what_is_large_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if len(call.asked.body) > 50_000 else call.sound()


@mutant("create", "http.names.long")
def a_long_name_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if len(call.body.get("name", "")) > 1000 else call.sound()


@mutant("describe", "http.names.long")
def a_long_name_is_there(call: Call) -> Reply:
    return call.json({"name": "long"}) if len(call.name) > 1000 else call.sound()


@mutant("describe", "http.names.other-scripts")
def other_letters_end_the_handler(call: Call) -> Reply:
    return call.sound() if call.name.isascii() else Reply(None)


@mutant("delete", "http.names.other-scripts")
def what_is_no_latin_is_deleted(call: Call) -> Reply:
    return call.sound() if call.name.isascii() else Reply(200)


@mutant("describe", "http.error.quotes")
def quotes_in_errors_stay_as_they_are(call: Call) -> Reply:
    reply = call.sound()
    if reply.status == 200 or '"' not in unquote(call.name):
        return reply
    return reply._replace(body=f'{{"error": 1002, "message": "no {call.name}"}}'.encode())


@mutant("batch", "http.batch")
def a_batch_is_answered_in_another_order(call: Call) -> Reply:
    return call.json(json.loads(call.sound().body)[::-1])


@mutant("batch", "http.batch")
def a_batch_is_answered_as_objects(call: Call) -> Reply:
    found = json.loads(call.sound().body)
    return call.json([one | {"response": {"text": one.get("response")}} for one in found])
