"""The mistakes of authors, compiled by Go: each is one finding, and right builds have none."""

from collections.abc import Callable

import pytest

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.planner import Request
from kuiper_pack.profiles import Release, profile, select
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.target import Target
from tests.goplugin.workshop import go, needs_go
from tests.rules.mistakes import OTHER_GO, compile_mistakes, packed
from tests.rules.rule_cases import findings

pytestmark = [go, needs_go]
SERVER = "2.4.0"
OLDER = "2.0.8"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Compiles the plugin, once for each way to do it."""
    made: dict[tuple[str, ...], bytes] = {}

    def compile_(
        release: str = SERVER, version: str | None = None, flags: tuple[str, ...] = ("-trimpath",)
    ) -> bytes:
        key = (release, version or "", *flags)
        if key not in made:
            folder = tmp_path_factory.mktemp("plugin")
            made[key] = compile_mistakes(folder, Release.parse(release), version, flags)
        return made[key]

    return compile_


def found_in(package: Package, *servers: str, image: str | None = None) -> list[Finding]:
    """What is found, for a server or for all of the current major version."""
    return list(findings(package, Target(select(servers) if servers else None, image=image)))


@pytest.mark.parametrize("name", ["constructor", "instance", "embedded"])
def test_right_plugins_have_no_findings(compiled: Callable[..., bytes], name: str) -> None:
    assert found_in(packed(compiled(), name), SERVER) == []
    assert (
        found_in(packed(compiled(), name, Kind.SINK if name == "instance" else Kind.SOURCE), SERVER)
        == []
    )


@pytest.mark.parametrize("name", ["function", "value"])
def test_right_functions_have_no_findings(compiled: Callable[..., bytes], name: str) -> None:
    package = packed(compiled(), name, Kind.FUNCTION)
    assert found_in(package, SERVER) == []
    request = Request(name, "http://localhost/a.zip", functions=("function", "value"))
    assert findings(package, Target(select([SERVER]), request=request)) == ()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pointer", "it is a func() *main.source"),
        ("withError", "it is a func() (api.Source, error)"),
        ("given", "it is a func(string) api.Source"),
        ("address", "it is a variable of type *main.source, and servers get its address"),
        ("asInterface", "it is a variable of type api.Source, and servers get its address"),
        ("asFunction", "it is a variable of type func() api.Source, and servers get its address"),
        ("number", "int has no methods"),
        ("value", "main.function has no method Provision, Connect, Close"),
    ],
)
def test_shapes_that_install_and_then_fail_are_one_finding(
    compiled: Callable[..., bytes], name: str, says: str
) -> None:
    (one,) = found_in(packed(compiled(), name), SERVER)
    symbol = name[0].upper() + name[1:]
    assert (one.rule, one.severity) == ("KPY02", Severity.ERROR)
    assert one.message == f"servers cannot use {symbol} as api.Source: {says}"
    assert one.fix == f"write func {symbol}() api.Source {{ return ... }}"


def test_a_function_with_the_arguments_of_1_x_is_one_finding(
    compiled: Callable[..., bytes],
) -> None:
    (one,) = found_in(packed(compiled(), "oldFunction", Kind.FUNCTION), SERVER)
    assert one.rule == "KPY11"
    assert one.message.endswith(
        "has Exec([]any, api.FunctionContext) (any, bool), "
        "not Exec(api.FunctionContext, []any) (any, bool)"
    )


def test_a_symbol_in_another_case_is_one_finding(compiled: Callable[..., bytes]) -> None:
    (one,) = found_in(packed(compiled(), "shouted"), SERVER)
    assert (one.rule, one.severity) == ("KPY01", Severity.ERROR)
    assert one.fix == "rename SHOUTED to Shouted"


def test_another_contract_is_one_finding(compiled: Callable[..., bytes]) -> None:
    content = compiled(OLDER, profile(Release.parse(SERVER)).go)
    for servers in ((SERVER,), ()):
        (one,) = found_in(packed(content, "constructor"), *servers)
        assert (one.rule, one.severity) == ("KPY07", Severity.ERROR)
        assert "contract/v2 v2.0.0, and the server has contract v2.3.1" in one.message
        assert one.fix is not None
        assert "go get github.com/lf-edge/ekuiper/contract/v2@v2.3.1" in one.fix
        assert Release.parse(SERVER) in one.servers


def test_without_servers_a_build_for_some_is_noted_for_the_others(
    compiled: Callable[..., bytes],
) -> None:
    (one,) = found_in(packed(compiled(), "constructor"))
    assert (one.rule, one.severity) == ("KPY09", Severity.NOTE)
    assert "built for eKuiper 2.4.0" in one.message
    assert Release.parse(SERVER) not in one.servers
    assert Release.parse(OLDER) in one.servers


@pytest.mark.proof
def test_another_go_version_is_one_finding(compiled: Callable[..., bytes]) -> None:
    content = compiled(version=OTHER_GO)
    for servers in ((SERVER,), ()):
        (one,) = found_in(packed(content, "constructor"), *servers)
        assert (one.rule, one.severity) == ("KPY09", Severity.ERROR)
        assert f"built with Go {OTHER_GO}" in one.message
        assert one.fix == "for eKuiper 2.4.0 build it with GOTOOLCHAIN=go1.25.4"


@pytest.mark.proof
def test_missing_trimpath_is_one_finding(compiled: Callable[..., bytes]) -> None:
    content = compiled(flags=())
    for servers in ((SERVER,), ()):
        (one,) = found_in(packed(content, "constructor"), *servers)
        assert (one.rule, one.severity) == ("KPY12", Severity.ERROR)
        assert one.fix == "build it with -trimpath"


def test_a_plugin_for_glibc_in_the_alpine_image_is_one_finding(
    compiled: Callable[..., bytes],
) -> None:
    (one,) = found_in(packed(compiled(), "constructor"), SERVER, image="alpine")
    assert one.rule == "KPS09"
    assert one.fix == "build it for musl: kuiper-pack build --image alpine"
