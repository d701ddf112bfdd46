"""What a server does with plugins, said from what was read of both."""

from dataclasses import replace

import pytest

from kuiper_pack.goplugin.errors import Malformed, NotElf, TooShort, Truncated
from kuiper_pack.goplugin.host import Host, host_of
from kuiper_pack.goplugin.predict import Candidate, predict
from kuiper_pack.goplugin.prediction import Prediction
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.package.elf import Elf
from tests.goplugin.synthetic import MODULES, PACKAGES, Plugin, shared_object

LOADER = "/lib64/ld-linux-x86-64.so.2"


def server(plugin: Plugin | None = None, **changes: object) -> Host:
    """A server built like a plugin that is here taken for its program."""
    read = read_binary(shared_object(plugin or Plugin(path="example.test/server")))
    program = replace(read, plugin=None, elf=Elf(64, "amd64", "executable", LOADER))
    return replace(host_of(program, "the server"), **changes)  # type: ignore[arg-type]


def plugin(**changes: object) -> Binary:
    return read_binary(shared_object(replace(Plugin(), **changes)))  # type: ignore[arg-type]


def one(binary: object, host: Host | None = None, file: str = "random.so") -> Prediction:
    (found,) = predict(host or server(), [Candidate(file, binary)])  # type: ignore[arg-type]
    return found


def texts(prediction: Prediction) -> str:
    return " | ".join(f"{cause.text}: {cause.remedy}" for cause in prediction.causes)


OTHER = {**PACKAGES, "runtime": "ffffffffffffffff", "errors": "eeeeeeeeeeeeeeee"}


def test_a_plugin_built_like_the_server_opens() -> None:
    found = one(plugin())
    assert (found.outcome, found.compared) == ("ok", 2)
    assert any("init()" in text for text in found.assumes)


def test_the_first_package_that_differs_is_named_and_all_are_listed() -> None:
    found = one(plugin(packages=OTHER))
    assert found.outcome == "error"
    assert found.reason == "plugin was built with a different version of package errors"
    assert [conflict.package for conflict in found.conflicts] == ["errors", "runtime"]
    assert {conflict.other for conflict in found.conflicts} == {"the server"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"go": "go1.24.1"}, "Go 1.24.1, the server with Go 1.25.4: build it with GOTOOLCHAIN=go1"),
        ({"modules": MODULES.replace("\nbuild\t-trimpath=true", "")}, "build it with -trimpath"),
        ({"modules": f"{MODULES}build\t-race=true\n"}, "build it without -race"),
        ({"modules": f"{MODULES}build\t-gcflags=all=-N\n"}, "build it without -gcflags"),
        ({"go": ""}, "is not written in it"),
        ({}, "are not recorded"),
    ],
)
def test_why_is_said_in_terms_of_the_build(changes: dict[str, str], expected: str) -> None:
    found = one(plugin(packages=OTHER, **changes))
    assert found.outcome == "error"
    assert expected in texts(found)


def test_another_version_of_a_module_is_named_where_its_packages_differ() -> None:
    packages = {**PACKAGES, "example.test/contract/api": "00aa00aa00aa00aa"}
    host = server(Plugin(path="example.test/server", packages=packages))
    found = one(
        plugin(
            packages={**packages, "example.test/contract/api": "00bb00bb00bb00bb"},
            modules=MODULES.replace("v1.2.3", "v1.3.0"),
        ),
        host,
    )
    assert [conflict.package for conflict in found.conflicts] == ["example.test/contract/api"]
    assert "go get example.test/contract@v1.2.3" in texts(found)


def test_another_layout_ends_the_server() -> None:
    layout = Plugin().layout
    assert one(plugin(layout=("new", *layout))).reason == (
        "fatal error: runtime: no plugin module data"
    )
    swapped = ("etext", "text", *layout[2:])
    assert one(plugin(layout=swapped)).reason == "SIGSEGV: segmentation violation"
    assert one(plugin(layout=swapped)).outcome == "crash"


def test_without_a_layout_the_hash_of_the_runtime_or_the_go_version_tells() -> None:
    assert one(plugin(described=False)).outcome == "ok"
    unlike = plugin(described=False, packages=OTHER)
    assert one(unlike).outcome == "error"
    older = plugin(described=False, packages=OTHER, go="go1.22.8")
    assert one(older).outcome == "crash"
    nothing = plugin(described=False, packages=OTHER, go="")
    assert one(nothing).outcome == "unknown"


def test_a_refused_plugin_spoils_the_next_one() -> None:
    broken = plugin(packages={**OTHER, "example.test/shared": "00"}, path="example.test/broken")
    good = plugin(packages={**PACKAGES, "example.test/shared": "11"})
    alone, after = (
        predict(server(), [Candidate("good.so", good)]),
        predict(server(), [Candidate("broken.so", broken), Candidate("good.so", good)]),
    )
    assert alone[0].outcome == "ok"
    assert after[1].outcome == "error"
    assert [conflict.other for conflict in after[1].conflicts] == ["broken.so"]
    assert "restart the server" in texts(after[1])


def test_a_plugin_path_is_loaded_once_and_a_refused_one_may_come_again() -> None:
    good, refused = plugin(), plugin(packages=OTHER)
    first, second = predict(server(), [Candidate("a.so", good), Candidate("b.so", good)])
    assert (first.outcome, second.outcome) == ("ok", "error")
    assert second.reason == "plugin already loaded"
    assert "as that of a.so" in texts(second)
    _, again = predict(server(), [Candidate("a.so", refused), Candidate("b.so", good)])
    assert again.reason != "plugin already loaded"


def test_a_path_that_was_refused_stays_refused_and_a_loaded_one_stays_loaded() -> None:
    refused, good = plugin(packages=OTHER), plugin()
    answers = predict(server(), [Candidate("a.so", refused), Candidate("a.so", good)])
    assert answers[1].reason == f"{answers[0].reason} (previous failure)"
    assert "restart" in texts(answers[1])
    twice = predict(server(), [Candidate("a.so", good), Candidate("a.so", good)])
    assert [answer.outcome for answer in twice] == ["ok", "ok"]


def test_what_is_no_go_plugin_ends_the_server_or_is_taken_for_the_last_one() -> None:
    library = replace(plugin(), plugin=None, packages={}, build=None)
    assert one(library).outcome == "crash"
    assert one(library).reason == "fatal error: runtime: no plugin module data"
    _, after = predict(server(), [Candidate("a.so", plugin()), Candidate("lib.so", library)])
    assert (after.outcome, after.reason) == ("error", "plugin already loaded")
    bad, after = predict(
        server(), [Candidate("a.so", plugin(packages=OTHER)), Candidate("lib.so", library)]
    )
    assert (bad.outcome, after.outcome) == ("error", "crash")


def test_after_a_crash_there_is_no_server() -> None:
    _, after = predict(
        server(), [Candidate("a.so", Truncated("cut off")), Candidate("b.so", plugin())]
    )
    assert after.outcome == "unknown"
    assert "a.so" in after.missing[0]


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (NotElf("this is no ELF file"), "error", "random.so: invalid ELF header"),
        (TooShort("the file is empty"), "error", "random.so: file too short"),
        (Truncated("the file is cut off"), "crash", "SIGBUS: bus error"),
        (Malformed("a name leads nowhere"), "unknown", "what the file is: a name leads nowhere"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_words_of_the_linker(
    error: Exception, outcome: str, reason: str
) -> None:
    found = one(error)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bits": 32}, "random.so: wrong ELF class: ELFCLASS32"),
        ({"machine": 183}, "random.so: cannot open shared object file: No such file or directory"),
        (
            {"needed": ("libc.musl-x86_64.so.1",)},
            "libc.musl-x86_64.so.1: cannot open shared object",
        ),
    ],
)
def test_what_is_for_another_machine_is_refused_by_the_linker(
    changes: dict[str, object], reason: str
) -> None:
    found = one(plugin(**changes))
    assert found.outcome == "error"
    assert found.reason.startswith(reason)


def test_libraries_that_nobody_knows_make_it_unknown_unless_it_fails_anyway() -> None:
    needed = ("libc.so.6", "libzmq.so.5")
    found = one(plugin(needed=needed))
    assert (found.outcome, found.missing) == ("unknown", ("whether the server finds libzmq.so.5",))
    assert one(plugin(needed=needed, packages=OTHER)).outcome == "error"


def test_a_newer_c_library_is_refused_where_that_of_the_server_is_known() -> None:
    newer = plugin(versions={"libc.so.6": ("GLIBC_2.38",)})
    unknown = one(newer)
    assert (unknown.outcome, unknown.missing) == ("unknown", ("whether the server has glibc 2.38",))
    refused = one(newer, server(glibc=(2, 36), glibc_is_exact=True))
    assert refused.reason.startswith("libc.so.6: version `GLIBC_2.38' not found")
    assert one(newer, server(glibc=(2, 39), glibc_is_exact=True)).outcome == "ok"


def test_a_refusal_by_the_linker_tells_what_the_runtime_would_refuse_next() -> None:
    newer = plugin(versions={"libc.so.6": ("GLIBC_2.38",)}, packages=OTHER, go="go1.24.1")
    found = one(newer, server(glibc=(2, 36), glibc_is_exact=True))
    assert (found.outcome, found.conflicts) == ("error", ())
    assert "newer C library" in texts(found)
    assert "GOTOOLCHAIN=go1.25.4" in texts(found)


@pytest.mark.parametrize(
    ("opens", "outcome", "reason"),
    [
        ("nothing", "error", "plugin: not implemented"),
        ("by-crashing", "crash", "fatal error: runtime: no plugin module data"),
        ("not-seen", "unknown", "what is in the server, which is packed: unpack it with upx -d"),
        ("not-go", "unknown", "how the server was built: it is no Go program"),
    ],
)
def test_some_servers_open_no_plugin(opens: str, outcome: str, reason: str) -> None:
    found = one(plugin(), server(opens=opens))
    assert (found.outcome, found.reason) == (outcome, reason)


def test_a_program_is_no_plugin() -> None:
    program = replace(plugin(), pie=True)
    assert "cannot dynamically load position-independent executable" in one(program).reason
