"""Another version of the plugin: it counts from 1000000, and its function adds one."""

import sys

import main
from plugin import Plugin

FIRST = 1000000


def count(source):
    """Emit FIRST, FIRST + 1 ... every ``interval`` milliseconds."""
    main.count(source, FIRST)


def echo(value, *_):
    """Return the first argument and one."""
    return value + 1


if __name__ == "__main__":
    name = main.plugin_name()
    Plugin(name, {name + "Count": count}, {name + "Lines": main.lines}, {name + "Echo": echo}).run()
    sys.exit(0)
