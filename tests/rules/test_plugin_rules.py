"""What rules say of Go plugins: for which servers, how bad it is, and where nobody can know."""

import dataclasses

import pytest

from kuiper_pack.goplugin.hosts import known_builds
from kuiper_pack.goplugin.read import Binary, read_binary
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Request
from kuiper_pack.profiles import Release, profile, ranges, select
from kuiper_pack.rules import plugin_file
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.target import Target
from tests.goplugin.synthetic import Plugin, shared_object
from tests.rules import go_plugins as go
from tests.rules.go_plugins import go_plugin, modules
from tests.rules.plugin_cases import native
from tests.rules.rule_cases import findings
from tests.shared_objects import ELF, program

NEWEST = "2.4.0"
PLAIN = {"Random": go.SINK}


def found(
    package: Package,
    *servers: str,
    image: str | None = None,
    functions: tuple[str, ...] | None = None,
) -> list[Finding]:
    request = None
    if functions is not None:
        request = Request("random", "http://localhost/random.zip", functions=functions)
    target = Target(select(servers) if servers else None, image=image, request=request)
    return [one for one in findings(package, target) if one.rule != "KPY05"]


def sink(**changed: object) -> Package:
    return native(go_plugin(PLAIN, {}, **changed))


def test_a_right_plugin_has_no_findings() -> None:
    assert found(sink(), NEWEST) == []
    assert found(native(go_plugin({"Random": go.SOURCE}), Kind.SOURCE), NEWEST) == []
    assert found(native(go_plugin({"Random": go.FUNCTION}), Kind.FUNCTION), NEWEST) == []


@pytest.mark.parametrize(
    ("exports", "variables"),
    [
        ({"Random": go.func(gives=(go.api("Sink"), go.ERROR))}, {}),
        ({"Random": go.func(go.ANY, gives=(go.api("Sink"),))}, {}),
        ({"Random": go.SOURCE}, {}),
        ({}, {"Random": go.SINK}),
        ({}, {"Random": go.api("Sink")}),
        ({}, {"Random": go.pointer(go.STATE)}),
        ({}, {"Random": go.STATE}),
    ],
)
def test_a_symbol_of_another_shape_is_one_error(
    exports: dict[str, go.Type], variables: dict[str, go.Type]
) -> None:
    (one,) = found(native(go_plugin(exports, variables)), NEWEST)
    assert (one.rule, one.severity) == ("KPY02", Severity.ERROR)
    assert one.fix == "write func Random() api.Sink { return ... }"


def test_of_a_structure_without_a_name_nothing_is_said() -> None:
    assert found(native(go_plugin({}, {"Random": go.Type("struct")})), NEWEST) == []


def test_a_source_that_is_only_for_lookups_is_right() -> None:
    package = native(go_plugin({"RandomLookup": go.SOURCE}), Kind.SOURCE)
    assert found(package, NEWEST) == []


def test_a_lookup_in_another_case_is_a_warning() -> None:
    exports = {"Random": go.SOURCE, "RandomLookUp": go.SOURCE}
    (one,) = found(native(go_plugin(exports), Kind.SOURCE), NEWEST)
    assert (one.rule, one.severity) == ("KPY03", Severity.WARNING)
    assert one.fix == "rename RandomLookUp to RandomLookup"


def test_each_function_of_the_request_has_to_be_exported() -> None:
    package = native(go_plugin({"Near": go.FUNCTION, "FAR": go.FUNCTION}), Kind.FUNCTION)
    assert found(package, NEWEST, functions=("near",)) == []
    (far,) = found(package, NEWEST, functions=("near", "far"))
    assert (far.rule, far.severity, far.fix) == ("KPY11", Severity.ERROR, "rename FAR to Far")
    (own,) = found(package, NEWEST, functions=())
    assert (own.rule, own.severity) == ("KPY11", Severity.ERROR)


def test_without_the_request_functions_are_those_that_the_metadata_describe() -> None:
    described = b'{"about": {}, "functions": [{"name": "near"}, {"name": "far"}]}'
    content = go_plugin({"Near": go.FUNCTION})
    (far,) = found(native(content, Kind.FUNCTION, metadata=described), NEWEST)
    assert (far.rule, far.severity) == ("KPY11", Severity.WARNING)
    assert "servers look for Far" in far.message


def test_without_both_it_is_only_noted_that_the_request_has_to_list_them() -> None:
    (one,) = found(native(go_plugin({"Near": go.FUNCTION}), Kind.FUNCTION), NEWEST)
    assert (one.rule, one.severity) == ("KPY11", Severity.NOTE)
    assert one.fix is not None
    assert '"functions": ["near"]' in one.fix


def test_of_a_plugin_whose_kind_is_not_known_no_symbol_is_asked_for() -> None:
    package = Package.of({"random.so": go_plugin({"Other": go.SINK})})
    assert package.kind is None
    assert {one.rule for one in found(package, NEWEST)} <= {"KPX04"}


def test_each_named_server_is_judged_for_itself() -> None:
    rules = {one.rule: one for one in found(sink(), "2.0.8", "2.3.1", NEWEST)}
    assert set(rules) == {"KPY07", "KPY09"}
    assert rules["KPY07"].servers == (Release.parse("2.0.8"),)
    assert ranges(rules["KPY09"].servers) == "2.0.8, 2.3.1"
    assert "Go 1.23.1 (2.0.8), 1.24.1 (2.3.1)" in rules["KPY09"].message


def test_without_servers_a_plugin_that_fits_none_is_measured_by_the_nearest() -> None:
    (one,) = found(sink(go="go1.26.8"))
    assert (one.rule, one.severity) == ("KPY09", Severity.ERROR)
    assert one.servers == Target().releases
    assert one.fix == "for eKuiper 2.4.0 build it with GOTOOLCHAIN=go1.25.4"


def test_a_go_version_that_ends_the_server_is_said_to() -> None:
    other = go.packages(runtime="0102030405060708")
    (one,) = found(sink(go="go1.26.8", packages=other), NEWEST)
    assert "which ends it" in one.message


def test_a_near_go_version_is_a_warning_where_its_packages_are_not_known() -> None:
    package = sink(go="go1.24.5", machine=183, alignment=1 << 16)
    (one,) = found(package, "2.3.1")
    assert (one.rule, one.severity) == ("KPY09", Severity.WARNING)
    assert one.fix == "build it with GOTOOLCHAIN=go1.24.1"


def test_a_near_go_version_with_the_same_packages_is_right() -> None:
    assert found(sink(go="go1.25.5"), NEWEST) == []


def test_a_module_that_the_server_has_in_another_version_is_named() -> None:
    (known,) = (one for one in known_builds() if (one.release, one.machine) == (NEWEST, "amd64"))
    module, version = "github.com/google/uuid", "v1.5.0"
    more = f"dep\t{module}\t{version}\th1:sum=\n"
    package = sink(packages=go.packages(**{module: "0102030405060708"}), modules=modules(more=more))
    (one,) = found(package, NEWEST)
    assert (one.rule, one.severity) == ("KPY13", Severity.ERROR)
    assert module in one.message
    assert one.fix == f"go get {module}@{known.modules[module]}"


def test_an_interface_of_1_x_is_one_error_for_2_x() -> None:
    old = "github.com/lf-edge/ekuiper/pkg/api"
    gives = go.func(gives=(go.api("Sink", package=old),))
    packages = {name: hash_ for name, hash_ in go.packages().items() if name != go.API}
    more = {"packages": packages | {old: "0102030405060708"}, "go": "go1.22.8"}
    package = native(go_plugin({"Random": gives}, {}, **more))
    for servers in ((NEWEST,), ()):
        (one,) = found(package, *servers)
        assert one.rule == "KPY07"
        assert old in one.message


def test_old_servers_install_it_so_that_is_a_warning() -> None:
    (one,) = [one for one in found(sink(), "1.4.4") if one.rule == "KPY07"]
    assert one.severity is Severity.WARNING


def test_what_a_script_may_replace_is_a_warning() -> None:
    content = go_plugin(PLAIN, {}, go="go1.26.8")
    package = Package.of(
        {"random.so": content, "install.sh": b"exit 0\n"}, kind=Kind.SINK, name="random"
    )
    (one,) = [one for one in found(package, NEWEST) if one.rule == "KPY09"]
    assert one.severity is Severity.WARNING


def test_a_plugin_for_glibc_on_alpine_is_an_error_where_musl_lacks_what_it_asks_for() -> None:
    (maybe,) = found(sink(), NEWEST, image="alpine")
    (surely,) = found(sink(undefined=("malloc", "__fprintf_chk")), NEWEST, image="alpine")
    assert (maybe.rule, maybe.severity) == ("KPS09", Severity.WARNING)
    assert (surely.rule, surely.severity) == ("KPS09", Severity.ERROR)
    assert "which lacks __fprintf_chk" in surely.message
    assert maybe.fix == surely.fix == "build it for musl: kuiper-pack build --image alpine"


def test_a_plugin_for_musl_is_noted_where_no_image_is_named() -> None:
    package = sink(needed=("libc.musl-x86_64.so.1",), versions={})
    assert found(package, NEWEST, image="alpine") == []
    (one,) = found(package, NEWEST)
    assert (one.rule, one.severity) == ("KPS09", Severity.NOTE)


def test_libraries_are_noted_where_the_system_is_not_known() -> None:
    package = sink(needed=("libzmq.so.5", "libc.so.6"))
    (one,) = found(package, NEWEST)
    assert (one.rule, one.severity) == ("KPS11", Severity.NOTE)
    with_script = Package.of(
        {"random.so": package.read("random.so"), "install.sh": b"exit 0\n"},
        kind=Kind.SINK,
        name="random",
    )
    assert "KPS11" not in {one.rule for one in found(with_script, NEWEST, image="alpine")}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (program("/lib64/ld-linux-x86-64.so.2"), "it is a program"),
        (program(kind=1), "it is an object file"),
        (go_plugin(PLAIN)[:-64], "its end is missing"),
        (shared_object(Plugin(packages={}, go="")), "it is a library without a Go plugin"),
        (shared_object(Plugin(packages={})), "it is a library in Go"),
    ],
)
def test_what_is_no_go_plugin_is_one_error(content: bytes, says: str) -> None:
    (one,) = found(native(content), NEWEST)
    assert (one.rule, one.severity) == ("KPS13", Severity.ERROR)
    assert says in one.message


def test_a_header_alone_stands_for_a_plugin_in_tests() -> None:
    assert found(native(ELF), NEWEST) == []


def test_of_a_shared_object_that_is_too_large_nothing_is_said_but_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugin_file, "LARGEST", 100)
    (one,) = found(sink(), NEWEST)
    assert one.rule == "KPZ04"


def test_a_shared_object_is_read_once_for_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def counted(content: bytes) -> Binary:
        reads.append(len(content))
        return read_binary(content)

    monkeypatch.setattr("kuiper_pack.goplugin.read.read_binary", counted)
    package = sink(go="go1.26.8")
    assert found(package, NEWEST)
    assert found(dataclasses.replace(package, kind=Kind.SOURCE), NEWEST)
    assert len(reads) == 1


def test_the_versions_that_rules_tell_are_those_of_the_profiles() -> None:
    text = " ".join(one.message for one in found(sink(go="go1.20.1"), *map(str, _of_2_x())))
    for release in _of_2_x():
        assert profile(release).go in text


def _of_2_x() -> tuple[Release, ...]:
    return Target().releases
