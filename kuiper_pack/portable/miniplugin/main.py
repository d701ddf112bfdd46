"""A source that counts, a sink that prints its rows, and a function that returns its argument."""

import json
import os
import sys

from plugin import Plugin


def count(source, number=0):
    """Emit 0, 1, 2 ... every ``interval`` milliseconds."""
    pause = source.config.get("interval", 100) / 1000
    while not source.stopped.is_set():
        source.emit({"number": number, "datasource": source.datasource})
        number += 1
        if pause:
            source.stopped.wait(pause)


def lines(sink, row):
    """Append the row to the file ``path`` of the configuration, or print it."""
    path = sink.config.get("path")
    if path:
        with open(path, "a") as file:
            file.write(json.dumps(row) + "\n")
    else:
        print(json.dumps(row), flush=True)
    return ""


def echo(value, *_):
    """Return the first argument."""
    return value


def plugin_name():
    """The name that the manifest beside this file has."""
    here = os.path.dirname(os.path.abspath(__file__))
    return next(file[:-5] for file in sorted(os.listdir(here)) if file.endswith(".json"))


if __name__ == "__main__":
    name = plugin_name()
    Plugin(name, {name + "Count": count}, {name + "Lines": lines}, {name + "Echo": echo}).run()
    sys.exit(0)
