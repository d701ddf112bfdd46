"""What GET .../prebuild offers, release by release."""

import json
from pathlib import Path

import pytest

from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.profiles import Release
from kuiper_pack.server import Options, Service
from tests.server.origins import origin

ARCH = host_architecture()


def asked(release: str, base: Path, hosts: str | None, kind: str = "sources") -> tuple[int, str]:
    """Status and text of the list."""
    service = Service(Release.parse(release), base, Options(plugin_hosts=hosts))
    reply = service.handle("GET", f"/plugins/{kind}/prebuild")
    service.close()
    return reply.status or 0, reply.body.decode()


@pytest.mark.parametrize("release", ["0.9.1", "1.4.0"])
def test_old_releases_list_what_the_pages_of_hosts_link_and_the_first_host_counts(
    release: str, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    page = f'<a href="zmq_{ARCH}.zip">zmq</a> <a href="other_mips.zip">o</a>'
    for host, more in ((one, ""), (two, f'<a href="own_{ARCH}.zip">')):
        folder = host / "kuiper-plugins" / release / "debian"
        folder.mkdir(parents=True)
        (folder / "sources").write_text(page + more)
    with origin(tmp_path) as web:
        hosts = f"{web.url}/x/one, {web.url}/x/two"
        status, text = asked(release, tmp_path / "base", hosts)
        missing = asked(release, tmp_path / "base", f"{web.url}/phrase")
    below = f"kuiper-plugins/{release}/debian/sources"
    assert (status, json.loads(text)) == (
        200,
        {
            "own": f"{web.url}/x/two/{below}/own_{ARCH}.zip",
            "zmq": f"{web.url}/x/one/{below}/zmq_{ARCH}.zip",
        },
    )
    assert missing[0] == 400
    assert missing[1].endswith("/sources, with status error: 404\n")


@pytest.mark.parametrize("release", ["1.4.1", "1.6.1", "2.4.0"])
def test_later_releases_list_names_of_their_own_and_the_last_host_counts(
    release: str, tmp_path: Path
) -> None:
    status, text = asked(release, tmp_path, "http://one, http://two")
    found = json.loads(text)
    assert status == 200
    assert [*found] == sorted(found)
    assert found["random"] == (
        f"http://two/kuiper-plugins/{release}/debian/sources/random_{ARCH}.zip"
    )


@pytest.mark.parametrize(
    ("release", "status", "words"),
    [
        ("0.9.0", 404, "describe sources plugin prebuild error: not found"),
        ("0.9.1", 400, "at official released Debian Docker images"),
        ("1.4.1", 400, "at official released Debian Docker images"),
        ("1.6.0", 400, "at official released Debian Docker images"),
        ("1.6.1", 200, "https://packages.emqx.net/kuiper-plugins/1.6.1/"),
        ("2.4.0-alpha.2", 200, "https://packages.emqx.net/kuiper-plugins/"),
        ("2.4.0-alpha.3", 200, "https://packages.emqx.io/kuiper-plugins/"),
    ],
)
def test_without_hosts_of_its_own_a_server_is_as_it_is_shipped(
    release: str, status: int, words: str, tmp_path: Path
) -> None:
    found = asked(release, tmp_path, None)
    assert (found[0], words in found[1]) == (status, True)


@pytest.mark.parametrize(
    ("release", "text"),
    [
        ("0.9.1", "Invalid configruation for plugin host in kuiper.yaml.\n"),
        ("1.4.4", "invalid configruation for plugin host in kuiper.yaml\n"),
        ("1.10.2", "invalid configuration for plugin host in kuiper.yaml\n"),
    ],
)
def test_no_host_is_a_wrong_configuration(release: str, text: str, tmp_path: Path) -> None:
    assert asked(release, tmp_path, "") == (400, text)
