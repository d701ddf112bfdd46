"""Whatever a server refuses, the line says what to do, and does not contradict the rules."""

import json
import re

import pytest

from kuiper_pack.client import Answer
from kuiper_pack.client.words import said
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import predict
from kuiper_pack.planner.cause import Cause
from kuiper_pack.profiles import Release, select
from kuiper_pack.remote.asked import Asked
from kuiper_pack.remote.refusals import KNOWN, advice, refusal
from kuiper_pack.rules.catalogue import ours
from tests.planner.recordings import DATA, VERSIONS
from tests.rules.rule_cases import CASES

GENERATIONS = select(["0.3.2", "0.9.1", "1.4.4", "1.10.2", "1.14.7", "2.0.8", "2.3.1", "2.4.0"])
EXPLAINED = {cause for rule in ours() for cause in rule.causes}
OF_THE_REQUEST = {Cause.NAME_INVALID, Cause.SHELL_PARAS_WITHOUT_SCRIPT, Cause.ROUTE}
"""Causes that rules explain as well, and that another request does not have."""
NEVER_SENT = re.compile(r"Invalid body: |Error parse the multi part|Error Retrieving the File")
"""What servers say of bodies that the client does not send."""


def answer(status: int | None, text: str, **headers: str) -> Answer:
    return Answer("POST", "http://h/plugins/sinks", status, headers=headers, body=text.encode())


def line(status: int | None, text: str, **asked: object) -> str:
    verb = str(asked.pop("verb", "create"))
    return str(refusal(answer(status, text), Asked(verb, **asked)))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_rules_are_the_advice_where_they_know_the_cause(code: str) -> None:
    case = CASES[code]
    for package, request in ((case.bad, case.request), (case.good, case.good_request)):
        for release in GENERATIONS if package.kind is not None else ():
            told = predict(package, release, request)
            if told.cause is None or told.status is None:
                continue
            words = said(answer(told.status, told.text.encode("utf-8", "replace").decode()))
            assert told.cause is Cause.ROUTE or words
            asked = Asked("create", package.kind, package.name, "x.zip", release)
            judges = "kuiper-pack validate x.zip" in advice(told.status, words, asked)
            known = told.cause in EXPLAINED - OF_THE_REQUEST
            assert judges is known, f"{release}: {words}"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_refusal_that_was_recorded_is_known(version: str) -> None:
    lines = (DATA / f"{version}.jsonl").read_text(encoding="utf-8").splitlines()
    count = 0
    for one in map(json.loads, lines):
        if one.get("event") or not one["path"].startswith(("/plugins", "/config/uploads")):
            continue
        if one["status"] is None or one["status"] < 400 or one["status"] == 405:
            continue
        words = said(answer(one["status"], one.get("text") or one["text_head"]))
        if words == "404 page not found" or NEVER_SENT.match(words):
            continue
        count += 1
        assert any(re.search(known.words, words) for known in KNOWN), words
    assert count > 40


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("invalid name x: duplicate\n", "invalid name x: duplicate"),
        ('{"error":1000,"message":"say \\"a\\"\\nb"}\n', 'say "a" b'),
        ('{"error":1000,"message":"Get "http://h": refused"}\n', 'Get "http://h": refused'),
        ('{"error":1000,"message":"bell \\x07"}\n', "bell \\x07"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    ],
)
def test_the_words_are_one_line_without_what_is_around_them(text: str, words: str) -> None:
    assert said(answer(400, text)) == words


def test_of_a_web_page_only_the_text_is_told() -> None:
    page = "<html><head><style>a {}</style></head><body><h1>502 Bad\nGateway</h1></body></html>"
    told = answer(502, page)
    told = Answer("GET", told.url, 502, headers={"content-type": "text/html"}, body=told.body)
    text = str(refusal(told, Asked("list")))
    assert text.startswith("refused (502): 502 Bad Gateway; the proxy in front of the server")


@pytest.mark.parametrize(
    ("release", "kind", "way"),
    [
        ("2.4.0", Kind.SINK, "`kuiper-pack remote update ZIP --kind sink --name x` replaces it"),
        ("1.10.2", Kind.SINK, "drop it, restart the server, and create it"),
        ("1.10.2", Kind.PORTABLE, "update ZIP --kind portable --name x` replaces it"),
        ("1.4.4", Kind.PORTABLE, "drop and create it"),
    ],
)
def test_no_verb_is_advised_that_the_release_does_not_have(
    release: str, kind: Kind, way: str
) -> None:
    words = "invalid name x: duplicate"
    assert way in line(400, words, kind=kind, name="x", release=Release.parse(release))


@pytest.mark.parametrize(
    ("verb", "kind", "since"),
    [
        ("status", Kind.PORTABLE, "2.0.0"),
        ("update", Kind.SINK, "1.11.0"),
        ("upload", None, "1.6.0"),
        ("list", Kind.PORTABLE, "1.4.0"),
        ("udfs", None, "1.1.2"),
        ("register", Kind.FUNCTION, "1.1.2"),
        ("prebuild", Kind.SINK, "0.9.1"),
    ],
)
def test_what_came_later_is_named_with_its_release(
    verb: str, kind: Kind | None, since: str
) -> None:
    old = line(404, "404 page not found\n", verb=verb, kind=kind, release=Release.parse("0.3.2"))
    assert f"came with eKuiper {since}" in old
    new = line(404, "404 page not found\n", verb=verb, kind=kind, release=Release.parse("2.4.0"))
    assert "--url is what stands before /plugins" in new


@pytest.mark.parametrize("verb", ["update", "create", "drop"])
def test_who_has_no_portables_is_not_told_how_to_update_one(verb: str) -> None:
    told = line(404, "404 page not found", verb=verb, kind=Kind.PORTABLE,
                release=Release.parse("0.9.1"))  # fmt: skip
    assert told.endswith("this server has no portable plugins, which came with eKuiper 1.4.0")
    told = line(405, "", verb="update", kind=Kind.PORTABLE, release=Release.parse("1.4.4"))
    assert "no updates of portable plugins, which came with eKuiper 1.8.0" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("validate token error: token has invalid claims: token is expired", "get a new token"),
        ("JWTVAL__ERRCODE:16__ERRSTR:token is expired by 7s__TOKEN:x", "get a new token"),
        ("audience field should contain eKuiper, but got [x]", "whose aud has eKuiper"),
        ("validate token error: not found target key file a.pub in /etc/mgmt", "as a.pub"),
        ("validate token error: crypto/rsa: verification error", "is not of who signed"),
        ("JWTVAL__ERRCODE:1__ERRSTR:tokenstring should not contain 'bearer '", "without Bearer"),
    ],
)
def test_each_fault_of_a_token_has_its_remedy(words: str, told: str) -> None:
    assert told in line(401, words, verb="list")


@pytest.mark.parametrize("path", ["/plugins/plugins/sinks", "/api/plugins/portables/plugins/sinks"])
def test_a_url_that_goes_too_far_is_told_where_it_ends(path: str) -> None:
    there = Answer("GET", f"http://h{path}", 404, body=b"404 page not found")
    assert str(refusal(there, Asked("list", Kind.SINK))).endswith(
        "leave out the /plugins at the end of --url"
    )


@pytest.mark.parametrize(
    ("status", "words", "told"),
    [
        (501, "Unsupported method", "is that the plugin API?"),
        (400, "Client sent an HTTP request to an HTTPS server.", "write https:// in --url"),
    ],
)
def test_who_does_not_answer_as_a_server_is_told_from_one(
    status: int, words: str, told: str
) -> None:
    assert told in line(status, words, verb="list")


def test_a_name_that_cannot_be_is_chosen_anew_or_looked_up() -> None:
    words = "id 'a b' contains invalid characters"
    assert "choose a short --name" in line(400, words, package="x.zip")
    assert "`kuiper-pack remote list` shows" in line(400, words, verb="drop")


def test_a_failed_update_says_that_the_old_version_is_gone() -> None:
    words = "sinks plugins create command error: fail to install plugin: zip: not a valid zip file"
    assert "create it again" in line(400, words, verb="update", kind=Kind.SINK)
    assert "create it again" not in line(400, words, kind=Kind.SINK)
    unknown = "update sinks plugin x error, cannot delete old version: invalid name x: not exist"
    assert "create it again" not in line(404, unknown, verb="update", kind=Kind.SINK)


def test_what_a_failed_script_leaves_is_that_of_the_release() -> None:
    words = "sinks plugins create command error: fail to install plugin: exit status 3"
    told = {one: line(400, words, kind=Kind.SINK, release=Release.parse(one)) for one in
            ("1.4.4", "2.4.0")}  # fmt: skip
    assert "there after a restart" in told["2.4.0"]
    assert "there after a restart" not in told["1.4.4"]


def test_a_socket_in_use_is_no_fault_of_the_name() -> None:
    words = "can't create new control channel: can't listen on rep socket: address in use"
    assert "a plugin of this name runs on that machine already" in line(400, words)


def test_what_is_pasted_into_a_shell_is_quoted() -> None:
    words = "portable plugin create command error: fail to install plugin: zip: checksum error"
    text = line(400, words, kind=Kind.PORTABLE, name="a; b", package="my plugin.zip")
    assert "`kuiper-pack validate 'my plugin.zip' --kind portable --name 'a; b'`" in text
