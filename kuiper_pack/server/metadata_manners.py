"""What differs between releases in the answers of ``/metadata`` (api section 11)."""

from functools import cache
from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release
from kuiper_pack.profiles.change import Change, fold

_SOURCES = "internal/meta/sourceMeta.go"
_SINKS = "internal/meta/sinkMeta.go"
_CONFIGURATIONS = "internal/meta/yamlConfigMeta.go"
_ROUTES = "internal/server/meta_init.go"
_KEPT = "internal/conf/yaml_config_ops.go"
_STORE = "internal/conf/yaml_config_storage.go"
_REST = "internal/server/rest.go"
_CUT_BEFORE_1_7_2 = ("1.8.0-alpha.1",)
_CUT_BEFORE_1_11_4 = ("1.12.0-alpha.1",)


class MetadataManners(NamedTuple):
    """``/metadata`` of a release; the defaults are those of the first one that has it."""

    of_configurations: bool = True
    """The fields of a source come once for each key of its configuration, with its values."""
    keeps_defaults: bool = True
    """The defaults of fields are shown."""
    connections: bool = False
    """Fields tell whether they belong to a connection."""
    nodes: bool = False
    """``node`` is shown."""
    data_sources: bool = False
    """``dataSource`` is shown."""
    types: bool = False
    """Each entry tells where it comes from: internal, native, portable or none."""
    installed_only: bool = False
    """Sources that are not installed are not there; ``kind`` chooses among the others."""
    nested_sinks: bool = True
    """The metadata of a sink comes inside ``customProperty``."""
    raw_functions: bool = False
    """Descriptions of functions are put together as the files hold them."""
    named_functions: bool = False
    """Descriptions of functions tell the name of their plugin."""
    languages: Literal["none", "exact", "dashes"] = "none"
    """Whether Content-Language chooses the words, and may be written with a dash."""
    code: int = 1000
    """The error code of a refusal."""
    tells_writes: bool = False
    """What is wrong with a key that is to be written is told, and a key can be written again."""
    write: Literal["POST", "PUT"] = "POST"
    """The method that writes a key of a configuration."""
    sinks_too: bool = False
    """Sinks have configurations, too."""
    kept_in: Literal["etc", "data", "store"] = "etc"
    """Where what is written is kept."""
    brings_back: bool = False
    """What was written for nobody is shown by a new process, too."""
    overlays: bool = False
    """A key that is written keeps the fields that it does not name."""
    hides: bool = False
    """Passwords and tokens are hidden."""
    durations: bool = False
    """Numbers of milliseconds become text, as ``10ms``."""
    yaml_is_json: bool = False
    """Configurations are declared as JSON."""


CHANGES: tuple[Change, ...] = (
    Change("1.0.0", "languages", "exact", "xstream/server/server/rest.go"),
    Change("1.1.2", "named_functions", True, "plugins/funcMeta.go"),
    Change("1.2.1", "keeps_defaults", False, "plugins/sinkMeta.go"),
    Change("1.3.0-beta.0", "nested_sinks", False, "internal/plugin/sinkMeta.go"),
    Change("1.4.0", "of_configurations", False, _SOURCES),
    Change("1.4.0", "connections", True, _SOURCES),
    Change("1.4.0", "tells_writes", True, _REST),
    Change("1.4.1", "write", "PUT", _REST),
    Change("1.5.1", "languages", "dashes", _REST),
    Change("1.6.0", "keeps_defaults", True, _SINKS),
    Change("1.7.0", "nodes", True, _SOURCES),
    Change("1.7.0", "raw_functions", True, "internal/meta/func_meta.go"),
    Change("1.7.0", "sinks_too", True, _ROUTES),
    Change("1.7.0", "kept_in", "data", _KEPT),
    Change("1.7.2", "data_sources", True, _SOURCES, _CUT_BEFORE_1_7_2),
    Change("1.7.2", "installed_only", True, _SOURCES, _CUT_BEFORE_1_7_2),
    Change("1.11.4", "hides", True, _CONFIGURATIONS, _CUT_BEFORE_1_11_4),
    Change("1.13.0-beta.1", "code", 5000, "pkg/errorx/error_code.go"),
    Change("1.14.2", "types", True, _SINKS),
    Change("1.14.2", "yaml_is_json", True, _ROUTES),
    Change("2.0.0-alpha.2", "types", False, "cut before 1.14.2"),
    Change("2.0.0-alpha.2", "yaml_is_json", False, "cut before 1.14.2"),
    Change("2.0.0-alpha.5", "kept_in", "store", _STORE),
    Change("2.0.0-alpha.5", "brings_back", True, _STORE),
    Change("2.0.0-alpha.11", "types", True, _ROUTES),
    Change("2.0.0-alpha.11", "hides", False, _CONFIGURATIONS),
    Change("2.0.0-alpha.11", "yaml_is_json", True, _ROUTES),
    Change("2.0.0-beta.4", "durations", True, _CONFIGURATIONS),
    Change("2.1.4-beta.1", "brings_back", False, _CONFIGURATIONS),
    Change("2.2.0-alpha.1", "brings_back", True, "cut before 2.1.4-beta.1"),
    Change("2.2.0-alpha.4", "brings_back", False, _CONFIGURATIONS),
    Change("2.3.0-beta.6", "overlays", True, _KEPT),
)
"""Every change, in the order of releases."""


@cache
def metadata_manners(release: Release) -> MetadataManners:
    """The manners of a release, folded from the changes."""
    return MetadataManners(**fold(CHANGES, release))
