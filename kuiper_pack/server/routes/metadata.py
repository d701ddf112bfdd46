"""What user interfaces show of plugins: ``/metadata`` (api section 11)."""

from collections.abc import Iterator

from kuiper_pack.package.kind import Kind
from kuiper_pack.planner.names import check_id
from kuiper_pack.planner.outcome import NOT_FOUND, Refused
from kuiper_pack.server.configurations import Configurations, Unknown, Unreadable
from kuiper_pack.server.gojson import dumps
from kuiper_pack.server.messages import JSON, TEXT, Asked, Reply
from kuiper_pack.server.metadata import Metadata, by_name
from kuiper_pack.server.metadata_manners import MetadataManners, metadata_manners
from kuiper_pack.server.routes.section import NAME, Route, Section, refused, route

_WORDS = {
    "en_US": (
        "This plugin was not found:",
        "Type conversion failed:",
        "Failed to write data to file:",
    ),
    "zh_CN": (
        "没有找到这个插件\uff1a",
        "类型转换错误\uff1a",
        "数据写入文件失败\uff1a",
    ),
}
_MISSING, _TYPE, _FILE = range(3)


class MetadataRoutes(Section):
    """Sources, sinks, functions, and configurations of sources and sinks."""

    metadata: Metadata
    configurations: Configurations
    metadata_manners: MetadataManners

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if not self.profile.metadata:
            return
        manners = self.metadata_manners
        yield route("GET", "/metadata/functions", self.function_metadata)
        yield route("GET", "/metadata/(sources|sinks)", self.list_metadata)
        if manners.nested_sinks:
            yield route("GET", f"/metadata/sinks/rule/{NAME}", self.rule_metadata)
        yield route("GET", f"/metadata/(sources|sinks)/{NAME}", self.describe_metadata)
        kinds = "(sources|sinks)" if manners.sinks_too else "(sources)"
        yield route("GET", f"/metadata/{kinds}/yaml/{NAME}", self.configuration)
        keys = f"/metadata/{kinds}/{NAME}/confKeys/{NAME}"
        yield route(manners.write, keys, self.write_configuration)
        yield route("DELETE", keys, self.delete_configuration)

    def boot(self) -> None:
        """Read what is there."""
        self.metadata_manners = metadata_manners(self.release)
        self.metadata = Metadata(self.machine, self.metadata_manners)
        self.configurations = Configurations(self.machine, self.metadata_manners, self.metadata)

    def changed(self) -> None:
        """Look at plugins that may have come or gone."""
        for kind, name in self.metadata.look():
            self.configurations.forget(kind, name)

    def list_metadata(self, asked: Asked, kinds: str) -> Reply:
        """GET /metadata/{sources|sinks}, with ``?kind=lookup`` the sources for lookups."""
        lookups = asked.query.values.get("kind", [""])[0].lower() == "lookup"
        listed = self.metadata.listed(_kind(kinds), lookups)
        if not listed and self.options.strict:
            return self.json_reply([])
        if not listed and kinds == "sources":
            return Reply(200)
        return self.json_reply(listed or None)

    def describe_metadata(self, asked: Asked, kinds: str, name: str) -> Reply:
        """GET /metadata/{sources|sinks}/{name}; raises Refused."""
        found = self.metadata.described(_kind(kinds), name)
        if found is None:
            raise self._undescribed(asked, kinds, name, of="metadata")
        if kinds == "sinks" and self.metadata_manners.nested_sinks:
            custom = {"customProperty": {name: found}}
            return self.json_reply({**custom, "baseProperty": None, "baseOption": None})
        return self.json_reply(found)

    def function_metadata(self, _: Asked) -> Reply:
        """GET /metadata/functions."""
        newline = b"\n" if self.manners.json_newline else b""
        return Reply(200, {"Content-Type": JSON}, self.metadata.functions() + newline)

    def rule_metadata(self, _: Asked, name: str) -> Reply:
        """GET /metadata/sinks/rule/{name}; raises Refused."""
        raise refused(f"describe rule error: Rule {name} is not found.", NOT_FOUND)

    def configuration(self, asked: Asked, kinds: str, name: str) -> Reply:
        """GET /metadata/{sources|sinks}/yaml/{name}; raises Refused."""
        try:
            keys = self.configurations.shown(_kind(kinds), name)
        except Unknown:
            raise self._undescribed(asked, kinds, name) from None
        kind = JSON if self.metadata_manners.yaml_is_json else TEXT
        return Reply(200, {"Content-Type": kind}, dumps(by_name(keys)))

    def write_configuration(self, asked: Asked, kinds: str, name: str, key: str) -> Reply:
        """PUT or POST /metadata/{sources|sinks}/{name}/confKeys/{key}; raises Refused."""
        self._check_key(key)
        try:
            problem = self.configurations.write(_kind(kinds), name, key, asked.body)
        except Unreadable as error:
            raise self._refused(asked, _TYPE, f"{name}.{error}", plain=str(error)) from error
        if problem:
            raise self._refused(asked, _FILE, f"{kinds}.{name}.{problem}", plain=problem)
        return Reply(200)

    def delete_configuration(self, asked: Asked, kinds: str, name: str, key: str) -> Reply:
        """DELETE /metadata/{sources|sinks}/{name}/confKeys/{key}; raises Refused."""
        self._check_key(key)
        try:
            problem = self.configurations.delete(_kind(kinds), name, key)
        except Unknown:
            raise self._undescribed(asked, kinds, name) from None
        if problem:
            raise self._refused(asked, _FILE, f"{kinds}.{name}.{problem}", plain=problem)
        return Reply(200)

    def _check_key(self, key: str) -> None:
        """Raise Refused for a key that the release does not allow."""
        if self.profile.checks_ids:
            try:
                check_id(key)
            except Refused as problem:
                raise problem.with_prefix("Invalid confKey: ") from None

    def _undescribed(self, asked: Asked, kinds: str, name: str, of: str = "") -> Refused:
        plain = f"not found plugin {name}"
        if kinds == "sinks" and self.metadata_manners.nested_sinks:
            plain = f"not found pligin:{name}.json"
        told = name if of else f"{kinds}.{name}"
        return self._refused(asked, _MISSING, told, plain=plain)

    def _refused(self, asked: Asked, word: int, told: str, *, plain: str) -> Refused:
        """The refusal in the language that is asked for; ``plain`` where there is only one."""
        manners = self.metadata_manners
        if manners.languages == "none":
            return refused(f"metadata error: {plain}")
        language = asked.headers.get("content-language") or "en_US"
        if manners.languages == "dashes":
            language = language.replace("-", "_")
        before = _WORDS[language][word] if language in _WORDS else ""
        return refused(f"{before}{told}", manners.code)


def _kind(kinds: str) -> Kind:
    return Kind.SOURCE if kinds == "sources" else Kind.SINK
