"""What differs between releases in the answers of ``/metadata`` (api section 11)."""

from typing import Literal, NamedTuple

from kuiper_pack.profiles import Release


class MetadataManners(NamedTuple):
    """One release, from ``internal/meta`` and ``internal/server/meta_init.go`` upstream."""

    of_configurations: bool
    """The fields of a source come once for each key of its configuration, with its values."""
    keeps_defaults: bool
    """The defaults of fields are shown."""
    connections: bool
    """Fields tell whether they belong to a connection."""
    nodes: bool
    """``node`` is shown."""
    data_sources: bool
    """``dataSource`` is shown."""
    types: bool
    """Each entry tells where it comes from: internal, native, portable or none."""
    installed_only: bool
    """Sources that are not installed are not there; ``kind`` chooses among the others."""
    nested_sinks: bool
    """The metadata of a sink comes inside ``customProperty``."""
    raw_functions: bool
    """Descriptions of functions are put together as the files hold them."""
    named_functions: bool
    """Descriptions of functions tell the name of their plugin."""
    languages: Literal["none", "exact", "dashes"]
    """Whether Content-Language chooses the words, and may be written with a dash."""
    code: int
    """The error code of a refusal."""
    write: Literal["POST", "PUT"]
    """The method that writes a key of a configuration."""
    sinks_too: bool
    """Sinks have configurations, too."""
    kept_in: Literal["etc", "data", "store"]
    """Where what is written is kept."""
    brings_back: bool
    """What was written for nobody is shown by a new process, too."""
    overlays: bool
    """A key that is written keeps the fields that it does not name."""
    hides: bool
    """Passwords and tokens are hidden."""
    durations: bool
    """Numbers of milliseconds become text, as ``10ms``."""
    yaml_is_json: bool
    """Configurations are declared as JSON."""


def metadata_manners(release: Release) -> MetadataManners:
    """The manners of a release; alphas of 2.0 that were cut from an older branch are behind."""
    at = Release.parse
    early = at("2.0.0-alpha.2") <= release < at("2.0.0-alpha.11")
    cut = release == at("1.8.0-alpha.1")  # before 1.7.2
    return MetadataManners(
        of_configurations=release < at("1.4.0"),
        keeps_defaults=release >= at("1.6.0"),
        connections=release >= at("1.4.0"),
        nodes=release >= at("1.7.0"),
        data_sources=release >= at("1.7.2") and not cut,
        types=release >= at("1.14.2") and not early,
        installed_only=release >= at("1.7.2") and not cut,
        nested_sinks=release < at("1.3.0-beta.0"),
        raw_functions=release >= at("1.7.0"),
        named_functions=release >= at("1.1.2"),
        languages="none"
        if release < at("1.0.0")
        else "exact"
        if release < at("1.5.1")
        else "dashes",
        code=5000 if release >= at("1.13.0-beta.1") else 1000,
        write="PUT" if release >= at("1.4.1") else "POST",
        sinks_too=release >= at("1.7.0"),
        kept_in="store"
        if release >= at("2.0.0-alpha.5")
        else "data"
        if release >= at("1.7.0")
        else "etc",
        brings_back=at("2.0.0-alpha.5") <= release < at("2.1.4-beta.1")
        or at("2.2.0-alpha.1") <= release < at("2.2.0-alpha.4"),
        overlays=release >= at("2.3.0"),
        hides=at("1.11.4") <= release < at("2.0.0-alpha.11") and release != at("1.12.0-alpha.1"),
        durations=release >= at("2.0.0-beta.4"),
        yaml_is_json=release >= at("1.14.2") and not early,
    )
