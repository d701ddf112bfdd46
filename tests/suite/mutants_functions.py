"""Servers that are wrong about functions and the plugins that they come from."""

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


@mutant("udfs", "native.udfs.array")
def functions_are_listed_with_their_plugins(call: Call) -> Reply:
    return call.json(call.functions)


@mutant("udfs", "native.udfs.listed")
def no_function_is_listed(call: Call) -> Reply:
    return call.json([])


@mutant("describe_udf", "native.udfs.plugin")
def functions_come_from_nowhere(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"name": call.name, "plugin": ""}) if reply.status == 200 else reply


@mutant("create", "native.udfs.implicit")
def a_plugin_is_no_function_of_itself(call: Call) -> Reply:
    reply = call.sound()
    call.functions.pop(call.body.get("name", ""), None)
    return reply


@mutant("describe_udf", "native.udfs.unknown")
def any_function_is_described(call: Call) -> Reply:
    reply = call.sound()
    return call.json({"name": call.name, "plugin": ""}) if reply.status == 404 else reply


@mutant("describe_udf", "native.udfs.unknown-404")
def to_describe_an_unknown_function_is_a_bad_request(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=400) if reply.status == 404 else reply


@mutant("create", "native.udfs.unique")
def a_create_takes_functions_away(call: Call) -> Reply:
    for name in call.body.get("functions", ()):
        call.functions.pop(name, None)
    return call.sound()


@mutant("create", "native.udfs.unique")
def a_refused_create_takes_functions_away(call: Call) -> Reply:
    reply = call.sound()
    if b"already exists" in reply.body:
        call.functions.update(dict.fromkeys(call.body["functions"], call.body["name"]))
    return reply


@mutant("delete", "native.udfs.dropped")
def functions_survive_their_plugin(call: Call) -> Reply:
    before = dict(call.functions)
    reply = call.sound()
    call.functions.update(before)
    return reply


@mutant("register", "native.register.accepted")
def a_registration_has_no_effect(call: Call) -> Reply:
    before = dict(call.functions)
    reply = call.sound()
    call.functions.clear()
    call.functions.update(before)
    return reply


@mutant("register", "native.register.replaces")
def a_registration_adds(call: Call) -> Reply:
    before = dict(call.functions)
    reply = call.sound()
    call.functions.update(before)
    return reply


@mutant("register", "native.register.unknown")
def the_unknown_can_register(call: Call) -> Reply:
    reply = call.sound()
    return Reply(200) if reply.status == 404 else reply


@mutant("register", "native.register.malformed-json")
def a_broken_body_registers(call: Call) -> Reply:
    return Reply(200) if call.asked.body == b"{" else call.sound()


@mutant("register", "native.register.malformed-json")
def a_broken_body_takes_the_functions(call: Call) -> Reply:
    if call.asked.body == b"{":
        for name in [one for one, plugin in call.functions.items() if plugin == call.name]:
            del call.functions[name]
    return call.sound()


@mutant("register", "native.register.empty-list")
def an_empty_list_registers(call: Call) -> Reply:
    return Reply(200) if call.body.get("functions") == [] else call.sound()


@mutant("register", "native.register.unique")
def a_registration_takes_functions_away(call: Call) -> Reply:
    for name in call.body.get("functions", ()):
        call.functions.pop(name, None)
    return call.sound()


@mutant("create", "native.udfs.refused", strict=True, stranger=True)
def a_refused_create_leaves_a_function(call: Call) -> Reply:
    reply = call.sound()
    if b"already exists" in reply.body:
        call.functions.setdefault(call.body["functions"][0], call.body["name"])
    return reply


@mutant("describe_udf", "native.udfs.bad-name")
def a_bad_name_of_a_function_is_not_found(call: Call) -> Reply:
    reply = call.sound()
    return reply._replace(status=404) if reply.status == 400 else reply


@mutant("udfs", "native.udfs.portable", reading="reference")
def functions_of_portable_plugins_are_listed(call: Call) -> Reply:
    more = [f"{name}Echo" for name in call.portables]
    return call.json([*call.functions, *more])


@mutant("register", "native.register.refused-changes-nothing", strict=True, stranger=True)
def a_refused_registration_takes_the_functions(call: Call) -> Reply:
    before = [one for one, plugin in call.functions.items() if plugin == call.name]
    reply = call.sound()
    if b"already exists" in reply.body:
        for name in before:
            call.functions.pop(name, None)
    return reply


@mutant("register", "native.register.refused-changes-nothing", strict=True, stranger=True)
def a_refused_registration_leaves_a_function(call: Call) -> Reply:
    reply = call.sound()
    if b"already exists" in reply.body:
        call.functions.setdefault(call.body["functions"][0], call.name)
    return reply
