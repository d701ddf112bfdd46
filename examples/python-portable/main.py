"""The plugin: what eKuiper starts, with the names that greenhouse.json lists."""

from climate import Climate
from dewpoint import Dewpoint
from ekuiper import PluginConfig, plugin
from journal import Journal

if __name__ == "__main__":
    plugin.start(
        PluginConfig(
            "greenhouse",
            {"climate": Climate},
            {"journal": Journal},
            {"dewpoint": Dewpoint},
        )
    )
