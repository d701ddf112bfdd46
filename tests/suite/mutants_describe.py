"""Servers whose descriptions are broken."""

import json

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("describe", "native.describe.members")
def a_description_lacks_the_version(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"name": call.name}) if reply.status == 200 else reply


@mutant("describe", "native.describe.version-without-v")
def the_v_of_a_version_is_kept(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=reply.body.replace(b'"3.2.1"', b'"v3.2.1"'))


@mutant("describe", "native.describe.any-version")
def a_version_needs_dots(call: Call) -> Reply:
    reply = call.sound()
    if "." in call.versions.get(call.name, ""):
        return reply
    return call.json({"name": call.name, "version": ""}) if reply.status == 200 else reply


@mutant("describe", "native.describe.no-version")
def no_version_is_version_nought(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(body=reply.body.replace(b'"version":""', b'"version":"0.0.0"'))


@mutant("describe", "native.describe.unknown")
def anything_is_described(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"name": call.name, "version": ""}) if reply.status == 404 else reply


@mutant("describe", "native.describe.unknown-404")
def to_describe_the_unknown_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant("describe", "native.describe.bad-name")
def a_bad_name_is_not_found(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=404) if reply.status == 400 else reply


@mutant("describe", "native.describe.functions", reading="reference")
def a_description_lists_one_function_only(call: Call) -> Reply:
    reply = call.sound()
    found = json.loads(reply.body)
    found["functions"] = found.get("functions", [])[:1]
    return call.json(found) if reply.status == 200 else reply


@mutant("describe", "native.describe.functions", reading="reference")
def a_description_lists_no_functions(call: Call) -> Reply:
    reply = call.sound()
    found = json.loads(reply.body)
    found.pop("functions", None)
    return reply._replace(body=json.dumps(found).encode())
