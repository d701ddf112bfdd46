"""Servers that strangers can harm."""

import json
import zipfile
from html import unescape

from kuiper_pack.conformance.security import forged, part
from kuiper_pack.server import Reply
from kuiper_pack.server.tokens import OPEN
from tests.suite.mutants import Call, mutant

TOKEN = f"{part({'alg': 'RS256'})}.{part({'iss': 'ours.pub', 'aud': 'eKuiper'})}.c2lnbmVk"

EXPIRED = f"{part({'alg': 'RS256'})}.{part({'iss': 'ours.pub', 'aud': 'eKuiper', 'exp': 1})}.c2lnbg"


def is_ours(call: Call) -> bool:
    """Whether the request has the token."""
    return call.asked.headers.get("authorization") == TOKEN


def wanted(call: Call, also: tuple[str, ...] = (), missing: int = 401) -> Reply:
    """What a server answers that wants that token, or one of the others."""
    known = is_ours(call) or call.asked.headers.get("authorization") in also
    if known or call.asked.path in OPEN:
        return call.sound()
    return Reply(missing, {"Content-Type": "text/plain"}, b"missing_token\n")


@mutant("create", "security.names")
def a_name_may_be_a_path(call: Call) -> Reply:
    return Reply(201) if call.body.get("name", "").startswith("../") else call.sound()


@mutant("create", "security.entries")
def entries_are_written_where_they_lead(call: Call) -> Reply:
    for entry in call.entries:
        if entry.startswith(".."):
            text = zipfile.ZipFile(call.package).read(entry)
            name = entry.rpartition("/")[2]
            call.service.uploads.save(
                "application/json",
                json.dumps({"name": name, "content": text.decode()}).encode(),
            )
    return call.sound()


@mutant("upload", "security.uploads.names")
def paths_in_names_of_uploads_are_followed(call: Call) -> Reply:
    body = call.asked.body.replace(b"../uploads/", b"")
    return call.sound(call.asked._replace(body=body))


@mutant("describe", "security.markup")
def what_is_unknown_is_told_by_a_page(call: Call) -> Reply:
    reply = call.sound()
    if reply.status == 200 or "<" not in call.name:
        return reply
    return reply._replace(headers={"Content-Type": "text/html"}, body=call.name.encode())


@mutant("delete", "security.markup")
def browsers_may_guess(call: Call) -> Reply:
    reply = call.sound()
    if "<" not in call.name:
        return reply
    return reply._replace(headers={"Content-Type": "text/plain"}, body=call.name.encode())


@mutant("upload", "security.uploads.markup")
def markup_in_a_path_stays(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=unescape(reply.body.decode()).encode())


@mutant("answer", "security.tokens.none", token=TOKEN)
def deletions_need_no_token(call: Call) -> Reply:
    deletes = call.asked.method == "DELETE" and not is_ours(call)
    return Reply(200) if deletes else wanted(call)


@mutant("answer", "security.tokens.none", token=TOKEN)
def prebuilt_plugins_need_no_token(call: Call) -> Reply:
    return call.sound() if call.asked.path.endswith("/prebuild") else wanted(call)


@mutant("answer", "security.tokens.status", token=TOKEN)
def a_missing_token_is_forbidden(call: Call) -> Reply:
    return wanted(call, missing=403)


@mutant("answer", "security.tokens.forged", token=TOKEN)
def nobody_looks_at_the_signature(call: Call) -> Reply:
    return wanted(call, also=(forged(TOKEN)[0],))


@mutant("answer", "security.tokens.forged", token=TOKEN)
def a_token_needs_no_signature(call: Call) -> Reply:
    return wanted(call, also=(forged(TOKEN)[-1],))


@mutant("answer", "security.tokens.open", token=TOKEN)
def a_ping_needs_a_token(call: Call) -> Reply:
    pings = call.asked.path == "/ping" and not is_ours(call)
    return Reply(401) if pings else wanted(call)


@mutant("answer", "security.tokens.expired", token=TOKEN, expired_token=EXPIRED)
def a_token_is_good_for_ever(call: Call) -> Reply:
    return wanted(call, also=(EXPIRED,))
