"""Servers that take packages which they should refuse, or refuse those that they should take."""

from kuiper_pack.package.kind import Kind
from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def objects(call: Call) -> list[str]:
    """The names in the package that end like a shared object."""
    return [name for name in call.entries if name.endswith(".so")]


def configurations(call: Call) -> list[str]:
    """The names in the package that end like a configuration."""
    return [name for name in call.entries if name.endswith(".yaml")]


@mutant("create", "native.package.in-a-folder")
def a_shared_object_is_found_in_any_folder(call: Call) -> Reply:
    inside = any(name.startswith("plugin/") for name in objects(call))
    return Reply(201) if inside else call.sound()


@mutant("create", "native.package.configuration-in-a-folder")
def a_configuration_is_found_in_any_folder(call: Call) -> Reply:
    return Reply(201) if any("/" in name for name in configurations(call)) else call.sound()


@mutant("create", "native.package.other-configuration-name")
def any_configuration_will_do(call: Call) -> Reply:
    other = any(name.startswith("other") for name in configurations(call))
    return Reply(201) if other and objects(call) else call.sound()


@mutant("create", "native.package.other-case")
def files_are_found_in_any_case(call: Call) -> Reply:
    return Reply(201) if any(name[:-3].isupper() for name in objects(call)) else call.sound()


@mutant("create", "native.package.two-shared-objects")
def the_latest_of_two_shared_objects_is_taken(call: Call) -> Reply:
    return Reply(201) if len(objects(call)) > 1 else call.sound()


@mutant("create", "native.package.empty-zip")
def an_empty_zip_is_a_package(call: Call) -> Reply:
    empty = call.package.is_file() and call.package.read_bytes().startswith(b"PK\5\6")
    return Reply(201) if empty else call.sound()


@mutant("create", "native.package.cut-off")
def half_a_zip_is_unpacked_as_far_as_it_goes(call: Call) -> Reply:
    start = call.package.read_bytes()[:4] if call.package.is_file() else b""
    return Reply(201) if start == b"PK\3\4" and not call.entries else call.sound()


@mutant("create", "native.package.cut-off")
def an_empty_file_is_a_package(call: Call) -> Reply:
    empty = call.package.is_file() and not call.package.stat().st_size
    return Reply(201) if empty else call.sound()


@mutant("create", "native.package.etc")
def a_package_has_no_folder_of_that_name(call: Call) -> Reply:
    return Reply(400) if "etc/" in call.entries else call.sound()


@mutant("create", "native.package.parameters-without-script")
def parameters_without_a_script_are_ignored(call: Call) -> Reply:
    return Reply(201) if "shellParas" in call.body else call.sound()


@mutant("create", "native.package.refused-then-good")
def a_refused_name_is_taken_for_ever(call: Call) -> Reply:
    marked: set[str] = vars(call.service).setdefault("marked", set())
    name = call.body.get("name", "")
    if call.kind is Kind.SOURCE and name in marked:
        return Reply(409)
    reply = call.sound()
    if reply.status == 400 and name:
        marked.add(name)
    return reply
