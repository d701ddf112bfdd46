"""Servers that answer each request well, and only some sequences of them badly."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.state import DELETED
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def remembered(call: Call, what: str) -> set[str]:
    """Names that the server has kept in mind for some reason."""
    names: set[str] = vars(call.service).setdefault(what, set())
    return names


@mutant("update", "native.model")
def the_second_update_is_one_too_many(call: Call) -> Reply:
    updated = remembered(call, "updated")
    if call.name in updated and call.kind is not Kind.SOURCE:
        return Reply(409)
    reply = call.sound()
    if reply.status == 200:
        updated.add(call.name)
    return reply


@mutant("create", "native.model")
def a_refused_package_drops_who_has_its_name(call: Call) -> Reply:
    reply = call.sound()
    name = call.body.get("name", "")
    if reply.status == 400 and call.entries == ["readme.txt"]:
        call.versions.pop(name, None)
    return reply


@mutant("create", "native.model")
def who_comes_back_takes_the_functions_of_all(call: Call) -> Reply:
    back = call.versions.get(call.body.get("name", "")) == DELETED
    reply = call.sound()
    if back and reply.status == 201 and call.kind is Kind.FUNCTION:
        name = call.body["name"]
        call.functions.update(dict.fromkeys(call.functions, name))
    return reply


@mutant("register", "native.model")
def what_is_registered_twice_belongs_to_nobody(call: Call) -> Reply:
    registered = remembered(call, "registered")
    reply = call.sound()
    if reply.status == 200 and call.name in registered:
        for name in [one for one, owner in call.functions.items() if owner == call.name]:
            del call.functions[name]
    if reply.status == 200:
        registered.add(call.name)
    return reply


@mutant("delete", "native.model")
def a_second_drop_drops_the_next_one_instead(call: Call) -> Reply:
    again = call.versions.get(call.name) == DELETED
    there = [name for name, version in call.versions.items() if version != DELETED]
    reply = call.sound()
    if again and there:
        call.versions[there[-1]] = DELETED
    return reply


@mutant("create", "native.model")
def who_came_back_is_forgotten_with_the_next_create(call: Call) -> Reply:
    name, back = call.body.get("name", ""), remembered(call, "back")
    is_back = call.versions.get(name) == DELETED
    for versions in call.known.values():
        for one in back - {name}:
            versions.pop(one, None)
    reply = call.sound()
    if is_back and reply.status == 201 and call.kind is Kind.FUNCTION:
        back.add(name)
    return reply
