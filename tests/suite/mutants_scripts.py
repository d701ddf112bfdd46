"""Servers that run the scripts of packages wrongly."""

import zipfile

from kuiper_pack.server import Reply
from tests.suite.mutants import Call, mutant


def script(call: Call) -> str:
    """The script of the package, or nothing."""
    if "install.sh" not in call.entries:
        return ""
    with zipfile.ZipFile(call.package) as package:
        return package.read("install.sh").decode()


@mutant("create", "scripts.accepted")
def packages_with_scripts_are_refused(call: Call) -> Reply:
    return Reply(400) if "exit 0" in script(call) else call.sound()


@mutant("create", "scripts.failing")
def it_does_not_matter_how_a_script_ends(call: Call) -> Reply:
    return Reply(201) if script(call).endswith("sh\nexit 3\n") else call.sound()


@mutant("create", "scripts.beside")
def the_path_of_a_script_is_another(call: Call) -> Reply:
    return Reply(400) if "$0" in script(call) else call.sound()


@mutant("create", "scripts.folder")
def scripts_run_elsewhere(call: Call) -> Reply:
    return Reply(400) if "-f sdk.conf" in script(call) else call.sound()


@mutant("create", "scripts.parameters")
def scripts_have_no_parameters(call: Call) -> Reply:
    body = call.asked.body.replace(b"shellParas", b"parameters")
    return call.sound(call.asked._replace(body=body) if script(call) else None)


@mutant("create", "scripts.restart", release="1.5.1")
def what_a_script_refused_is_left_behind(call: Call) -> Reply:
    """As in eKuiper since 1.6.0 (api C-30)."""
    reply = call.sound()
    if script(call).endswith("sh\nexit 3\n"):
        call.shared_object(call.body["name"]).write_bytes(b"")
    return reply
