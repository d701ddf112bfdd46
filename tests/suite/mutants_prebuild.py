"""Servers that offer prebuilt plugins wrongly."""

import json

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def offered(call: Call) -> dict[str, str]:
    found: dict[str, str] = json.loads(call.sound().body)
    return found


@mutant("prebuilt", "prebuild.route")
def prebuild_is_taken_for_a_plugin(call: Call) -> Reply:
    return call.service.describe(call.asked, call.names[0], "prebuild")


@mutant("prebuilt", "prebuild.answer")
def what_cannot_be_listed_is_nothing(_: Call) -> Reply:
    return Reply(200)


@mutant("prebuilt", "prebuild.object")
def names_are_listed_without_urls(call: Call) -> Reply:
    return call.json([*offered(call)])


@mutant("prebuilt", "prebuild.object")
def paths_are_listed_without_a_host(call: Call) -> Reply:
    return call.json({name: f"/plugins/{name}.zip" for name in offered(call)})


@mutant("prebuilt", "prebuild.zip")
def urls_are_those_of_pages(call: Call) -> Reply:
    return call.json({name: url.replace(".zip", ".html") for name, url in offered(call).items()})


@mutant("prebuilt", "prebuild.type")
def all_types_are_offered_alike(call: Call) -> Reply:
    offer = {name: url.replace("/sinks/", "/sources/") for name, url in offered(call).items()}
    return call.json(offer)
