"""Plugins that hosts offer: ``/plugins/{sources|sinks|functions}/prebuild`` (api section 9)."""

import platform
from collections.abc import Iterator

from kuiper_pack.package.architecture import host_architecture
from kuiper_pack.planner import prebuild
from kuiper_pack.planner.steps import Failure
from kuiper_pack.server.download import Downloads
from kuiper_pack.server.messages import Asked, Reply
from kuiper_pack.server.routes.native import KINDS, PLUGINS
from kuiper_pack.server.routes.section import Route, Section, refused, route

_PATIENCE = 10.0
_OUTSIDE = (
    "It's strongly recommended to install plugins at {}. If you choose to proceed to install "
    "plugin, please make sure the plugin is already validated in your own build."
)


class PrebuildRoutes(Section):
    """The plugins that are ready to be installed."""

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if self.profile.prebuild != "none":
            yield route("GET", f"{PLUGINS}/prebuild", self.prebuilt)

    def prebuilt(self, _: Asked, kind: str) -> Reply:
        """GET /plugins/{kind}/prebuild; raises Refused."""
        system = self._system()
        hosts = self.options.plugin_hosts
        hosts = self.profile.plugin_hosts if hosts is None else hosts
        if not hosts:
            raise refused(self.profile.prebuild_without_host)
        folders = [
            f"{host}/{prebuild.folder_of(self.release, system, KINDS[kind])}"
            for host in prebuild.hosts_of(hosts)
        ]
        pages = self._pages(folders) if self.profile.prebuild == "page" else []
        listed = prebuild.listed(
            self.release, KINDS[kind], folders, host_architecture(), pages=pages
        )
        return self.json_reply(dict(sorted(listed.items())))

    def _system(self) -> str:
        """``debian`` or ``alpine``; with hosts of its own, this is the official image of Debian."""
        if self.options.plugin_hosts is not None:
            return "debian"
        if "alpine" not in self.profile.prebuild_systems:
            image = "official released Debian Docker images"
            raise refused(_OUTSIDE.format(image))
        if platform.system() != "Linux":
            raise refused(_OUTSIDE.format("linux"))
        try:
            name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
        except OSError:
            name = ""
        return "alpine" if "ALPINE" in name.upper() else "debian"

    def _pages(self, folders: list[str]) -> list[str]:
        downloads = Downloads(self.options, guarded=False, seconds=_PATIENCE)
        pages = []
        for folder in folders:
            page = downloads.page(folder)
            if isinstance(page, Failure):
                raise refused(page.words)
            status, body = page
            if status != 200:
                raise refused(
                    f"Cannot fetch plugin list from {folder}, with status error: {status}",
                )
            pages.append(body.decode("utf-8", "replace"))
        return pages
