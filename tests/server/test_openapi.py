"""The OpenAPI document and the strict reference server say the same: schemathesis finds nothing."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from kuiper_pack.client import Client
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, ReferenceServer, Service

if sys.platform == "win32":
    pytest.skip("there is no reference server on Windows", allow_module_level=True)

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
    "ensure_resource_availability",
)
LEFT_OUT = {
    "negative_data_rejection": "servers overlook members that they do not know",
    "positive_data_acceptance": "no schema knows which packages there are",
    "missing_required_header": "no header is required",
    "unsupported_method": "a 405 of the servers has no Allow; below it is held to be a 405",
    "allow_header_conformance": "the same",
    "ignored_auth": "a token is needed only where keys are given; tests/server/test_tokens.py",
    "object_level_authorization": "there are no users",
}
"""Checks of schemathesis that are not made, and why."""
_NO_NETWORK = {"type": "string", "pattern": "^file:///[a-z]{1,8}\\.zip$"}
"""What requests are made with: a test downloads nothing."""


def document() -> dict[str, Any]:
    text = files("kuiper_pack.schemas").joinpath("openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def without_network() -> dict[str, Any]:
    found = document()
    found["components"]["schemas"]["Package"]["properties"]["file"] = _NO_NETWORK
    forms = found["paths"]["/config/uploads"]["post"]["requestBody"]["content"]
    forms["application/json"]["schema"]["properties"]["file"] = _NO_NETWORK
    return found


def problems(folder: Path, examples: int, phases: str) -> str:
    """What schemathesis finds, or nothing."""
    pytest.importorskip("schemathesis", reason="schemathesis is for Python 3.11 and later")
    described = folder / "openapi.json"
    described.write_text(json.dumps(without_network()))
    command = [sys.executable, "-m", "schemathesis.cli", "run", described.name]
    options = {
        "--checks": ",".join(CHECKS),
        "--phases": phases,
        "--max-examples": str(examples),
        "--suppress-health-check": "filter_too_much,too_slow",
        "--warnings": "off",
    }
    given = [part for option in options.items() for part in option]
    with ReferenceServer("2.4.0", strict=True) as server:
        done = subprocess.run(
            [*command, "--url", server.url, *given, "--generation-deterministic", "--no-color"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        with Client(server.url) as client:
            assert client.ping().status == 200
    return done.stdout + done.stderr if done.returncode else ""


def test_the_checks_are_all_that_schemathesis_has() -> None:
    checks = pytest.importorskip("schemathesis.checks")
    assert {*CHECKS, *LEFT_OUT} >= {*checks.CHECKS.get_all_names()}


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    assert not problems(tmp_path, 3, "examples,fuzzing")


@pytest.mark.proof
def test_schemathesis_finds_nothing_at_length(tmp_path: Path) -> None:
    assert not problems(tmp_path, 200, "examples,coverage,fuzzing,stateful")


def test_each_path_of_the_server_is_described_with_its_methods(tmp_path: Path) -> None:
    described = {
        (method.upper(), path.replace("{kind}", "sinks").replace("{", "").replace("}", ""))
        for path, operations in document()["paths"].items()
        for method in operations
        if method != "parameters"
    }
    service = Service(Release.parse("2.4.0"), tmp_path, Options(strict=True))
    try:
        for method, path in sorted(described):
            reply = service.handle(method, path, body=b"}")
            assert reply.status != 405, (method, path)
            assert reply.body != b"404 page not found\n", (method, path)
        missing = [
            (method, route.pattern.pattern)
            for method, routes in service._routes.items()
            for route in routes
            if not any(route.pattern.fullmatch(path) for of, path in described if of == method)
        ]
        assert missing == []
    finally:
        service.close()


@pytest.mark.parametrize(("method", "path"), [("POST", "/rules"), ("PUT", "/rules/r")])
def test_a_rule_that_is_null_gets_an_answer_from_a_strict_server_only(
    method: str, path: str, tmp_path: Path
) -> None:
    for strict, status in ((True, 400), (False, None)):
        options = Options(strict=strict)
        service = Service(Release.parse("2.4.0"), tmp_path / str(strict), options)
        try:
            assert service.handle(method, path, body=b"null").status == status
        finally:
            service.close()


def test_each_operation_has_a_name_of_its_own_and_a_summary() -> None:
    operations = [
        operation
        for path in document()["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    ]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] and one["tags"] for one in operations)
