"""Servers with bugs that eKuiper had, where no other mutant is just like it."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant
from tests.suite.mutants_prebuild import offered


@mutant("delete", "native.drop.accepted")
def the_file_of_a_dropped_plugin_is_looked_for_in_capitals(call: Call) -> Reply:
    name = call.name
    if name not in call.versions or name[:1].isupper():
        return call.sound()
    file = name[:1].upper() + name[1:]
    return Reply(400, {}, f"can't find the so file {file} of plugin {name}".encode())


@mutant("prebuilt", "prebuild.object")
def urls_have_the_long_name_of_the_system(call: Call) -> Reply:
    long = "/Debian GNU/Linux 10 (buster)/"
    offer = offered(call).items()
    return call.json({name: url.replace("/debian/", long) for name, url in offer})
