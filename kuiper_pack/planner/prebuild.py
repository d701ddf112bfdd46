"""What GET /plugins/{kind}/prebuild lists, and where plugin hosts keep it (api section 9)."""

from collections.abc import Sequence
from html.parser import HTMLParser

from kuiper_pack.package.kind import Kind
from kuiper_pack.profiles import Release, profile

TREE = "kuiper-plugins"
"""The folder of a plugin host that servers look into."""


def folder_of(release: Release, system: str, kind: Kind) -> str:
    """The folder of a host with the plugins for one release, ``debian`` or ``alpine``, and kind."""
    return f"{TREE}/{release.text}/{system}/{kind.plural}"


def file_name(name: str, arch: str) -> str:
    """The name of a plugin's package on a host; ``arch`` is Go's word for the processor."""
    return f"{name}_{arch}.zip"


def hosts_of(setting: str) -> tuple[str, ...]:
    """The hosts that the setting ``pluginHosts`` names, parted by commas."""
    return tuple(host.strip(" ") for host in setting.split(","))


def built_in(release: Release, kind: Kind) -> tuple[str, ...] | None:
    """The names that a release lists whatever its hosts have; None where it reads their pages."""
    facts = profile(release)
    if facts.prebuild == "page":
        return None
    return {
        Kind.SOURCE: facts.prebuilt_sources,
        Kind.SINK: facts.prebuilt_sinks,
        Kind.FUNCTION: facts.prebuilt_functions,
    }.get(kind, ())


def names_in(page: str, arch: str) -> list[str]:
    """The plugins that the page of a host's folder links, as releases up to 1.4.0 read it."""
    links = _Links()
    links.feed(page)
    links.close()
    ending = file_name("", arch)
    return [link.removesuffix(ending) for link in links.found if link.endswith(ending)]


def listed(
    release: Release,
    kind: Kind,
    folders: Sequence[str],
    arch: str,
    pages: Sequence[str] = (),
) -> dict[str, str]:
    """The answer of ``release``: names with the URLs of their packages.

    ``folders`` are the URLs of the folder on each host, ``pages`` what each answered there, for
    releases that read it. Of one name on two hosts these list the first, others the last.
    """
    answer: dict[str, str] = {}
    names = built_in(release, kind)
    for number, folder in enumerate(folders):
        for name in names if names is not None else names_in(pages[number], arch):
            if names is not None or name not in answer:
                answer[name] = f"{folder}/{file_name(name, arch)}"
    return answer


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value or "" for key, value in attrs if key == "href"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """``<a href=... />`` is no start tag to the servers."""
