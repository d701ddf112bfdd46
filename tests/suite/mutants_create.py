"""Servers that create plugins wrongly."""

import shutil
import zipfile
from urllib.parse import urlsplit

from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("create", "native.create.accepted")
def sources_cannot_be_created(call: Call) -> Reply:
    return Reply(503) if call.kind is Kind.SOURCE and call.entries else call.sound()


@mutant("create", "native.create.accepted")
def a_plugin_needs_no_version_to_be_refused(call: Call) -> Reply:
    return Reply(400) if any("@" in name for name in call.entries) else call.sound()


@mutant("create", "native.create.status")
def a_create_is_answered_with_200(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=200) if reply.status == 201 else reply


@mutant("create", "native.create.status")
def a_create_is_answered_without_the_name(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=b"created") if reply.status == 201 else reply


@mutant("create", "native.create.duplicate-name")
def a_second_create_replaces_the_first(call: Call) -> Reply:
    reply = call.sound()
    if b"duplicate" not in reply.body:
        return reply
    call.service.delete(call.asked, call.kind.plural, call.body["name"])
    return call.sound()


@mutant("create", "native.create.duplicate-name")
def a_refused_second_create_changes_the_first(call: Call) -> Reply:
    reply = call.sound()
    if b"duplicate" in reply.body:
        call.versions[call.body["name"]] = "2.0.0"
    return reply


@mutant("create", "native.create.capital-file")
def the_file_needs_a_small_letter(call: Call) -> Reply:
    return Reply(400) if any(name[0].isupper() for name in call.entries) else call.sound()


@mutant("create", "native.create.malformed-json")
def an_empty_body_creates(call: Call) -> Reply:
    return call.sound() if call.asked.body else Reply(201)


@mutant("create", "native.create.malformed-json")
def a_list_creates(call: Call) -> Reply:
    return Reply(201) if call.asked.body.startswith(b"[") else call.sound()


@mutant("create", "native.create.no-name")
def a_name_may_be_missing(call: Call) -> Reply:
    return Reply(201) if "file" in call.body and "name" not in call.body else call.sound()


@mutant("create", "native.create.no-name")
def a_name_may_be_empty(call: Call) -> Reply:
    return Reply(201) if call.body.get("name") == "" else call.sound()


@mutant("create", "native.create.no-file")
def no_package_is_needed(call: Call) -> Reply:
    return Reply(201) if call.body.get("file") == "" else call.sound()


@mutant("create", "native.create.unknown-scheme")
def any_scheme_will_do(call: Call) -> Reply:
    scheme = urlsplit(call.body.get("file", "")).scheme
    return call.sound() if scheme in ("", "http", "https", "file") else Reply(202)


@mutant("create", "native.create.missing-package")
def a_missing_package_is_awaited(call: Call) -> Reply:
    named = call.body.get("file", "").startswith("file:")
    return Reply(202) if named and not call.package.exists() else call.sound()


@mutant("create", "native.create.not-a-zip")
def any_content_is_a_package(call: Call) -> Reply:
    known = call.package.is_file() and not zipfile.is_zipfile(call.package)
    return Reply(201) if known else call.sound()


@mutant("create", "native.create.zip-suffix")
def a_package_may_have_any_suffix(call: Call) -> Reply:
    if call.package.suffix != ".tar":
        return call.sound()
    zipped = call.package.with_suffix(".zip")
    shutil.copy(call.package, zipped)
    body = call.asked.body.replace(b".tar", b".zip")
    return call.service.create(call.asked._replace(body=body), call.kind.plural)


@mutant("create", "native.create.no-shared-object")
def a_package_may_hold_anything(call: Call) -> Reply:
    found = call.entries
    return Reply(201) if found and not any(name.endswith(".so") for name in found) else call.sound()


@mutant("create", "native.create.source-without-configuration")
def a_source_needs_no_configuration(call: Call) -> Reply:
    found = call.entries
    bare = len(found) == 1 and found[0].endswith(".so")
    return Reply(201) if call.kind is Kind.SOURCE and bare else call.sound()


@mutant("create", "native.create.other-file-name")
def the_file_may_have_any_name(call: Call) -> Reply:
    other = any(name.startswith("other") and name.endswith(".so") for name in call.entries)
    return Reply(201) if other else call.sound()


@mutant("create", "native.create.other-files")
def a_package_holds_no_other_files(call: Call) -> Reply:
    other = any(not name.endswith((".so", ".yaml")) for name in call.entries)
    return Reply(400) if other else call.sound()


@mutant("create", "native.create.bad-name")
def a_bad_name_cannot_be_processed(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=422) if b"characters" in reply.body else reply


@mutant("create", "native.create.answer-to-odd-name")
def an_odd_name_ends_the_handler(call: Call) -> Reply:
    return Reply(None) if "(" in call.body.get("name", "") else call.sound()


@mutant("create", "native.create.error-body")
def a_refusal_is_plain_text(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=reply.body.strip(b"{}\n")) if reply.status == 400 else reply


@mutant("create", "native.create.no-url")
def a_path_without_a_scheme_is_awaited(call: Call) -> Reply:
    return Reply(202) if call.body.get("file", "").startswith("/") else call.sound()


@mutant("create", "native.create.no-name")
def a_name_may_be_null(call: Call) -> Reply:
    return Reply(201) if b'"name": null' in call.asked.body else call.sound()


@mutant("create", "native.create.no-url")
def a_file_may_be_on_another_machine(call: Call) -> Reply:
    return Reply(202) if call.body.get("file", "").startswith("file://e") else call.sound()
