"""Servers that tell wrong things of what packages brought."""

import json
from typing import Any

from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def listed(call: Call) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call.sound().body or b"[]") or []
    return found


def told(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call.sound().body)
    return found


def with_dropped(call: Call, *, installed: bool) -> Reply:
    """The list, and what was dropped from it."""
    gone = [name for name, version in call.versions.items() if version == DELETED]
    more = [{"name": name, "about": {"installed": installed}} for name in gone]
    return call.json(listed(call) + more)


@mutant("list_metadata", "metadata.listed")
def sinks_have_no_metadata(call: Call) -> Reply:
    return call.json([]) if call.names[0] == "sinks" else call.sound()


@mutant("list_metadata", "metadata.listed")
def metadata_are_listed_by_name_only(call: Call) -> Reply:
    return call.json([{"name": one["name"]} for one in listed(call)])


@mutant("function_metadata", "metadata.functions.listed")
def functions_have_no_metadata(call: Call) -> Reply:
    return call.json([])


@mutant("function_metadata", "metadata.functions.listed")
def functions_have_no_examples(call: Call) -> Reply:
    return call.sound()._replace(body=call.sound().body.replace(b'"example"', b'"sample"'))


@mutant("describe_metadata", "metadata.described")
def metadata_have_no_properties(call: Call) -> Reply:
    return call.json(told(call) | {"properties": None})


@mutant("describe_metadata", "metadata.languages")
def metadata_are_in_english_only(call: Call) -> Reply:
    found = told(call)
    found["about"]["description"] = found["about"]["description"]["en"]
    return call.json(found)


@mutant("list_metadata", "metadata.installed")
def the_package_says_whether_it_is_installed(call: Call) -> Reply:
    found = listed(call)
    for one in found:
        one["about"]["installed"] = False
    return call.json(found)


@mutant("list_metadata", "metadata.type")
def everything_is_built_in(call: Call) -> Reply:
    return call.json([one | {"type": "internal"} for one in listed(call)])


@mutant("describe_metadata", "metadata.unknown")
def the_unknown_has_empty_metadata(call: Call) -> Reply:
    found = call.service.metadata.described(call.kind, call.name)
    return call.json({"about": {}}) if found is None else call.sound()


@mutant("configuration", "metadata.keys.of-old", release="1.4.4")
def old_configurations_come_as_yaml(call: Call) -> Reply:
    return call.sound()._replace(body=b"default:\n  place: here\n")


@mutant("configuration", "metadata.keys.listed")
def a_configuration_is_shown_without_its_values(call: Call) -> Reply:
    return call.json(dict.fromkeys(told(call)))


@mutant("write_configuration", "metadata.keys.written")
def a_key_is_not_kept(_: Call) -> Reply:
    return Reply(200)


@mutant("configuration", "metadata.keys.written")
def a_new_key_hides_the_others(call: Call) -> Reply:
    found = told(call)
    others = {key: value for key, value in found.items() if key != "default"}
    return call.json(others or found)


@mutant("delete_configuration", "metadata.keys.deleted")
def a_key_stays(_: Call) -> Reply:
    return Reply(200)


@mutant("list_metadata", "metadata.dropped.not-installed")
def what_is_dropped_is_told_as_installed(call: Call) -> Reply:
    return with_dropped(call, installed=True)


@mutant("list_metadata", "metadata.dropped.gone")
def metadata_outlive_their_plugin(call: Call) -> Reply:
    return with_dropped(call, installed=False)
