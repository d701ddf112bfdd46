"""Add a server to the table of hosts: ``add_host.py RELEASE official|rebuilt KUIPERD``.

A line for the same release and processor is replaced. What it takes from the binary are the
hashes of packages that plugins can share with it, and the layout of its module data: no code.
"""

import json
import sys
from pathlib import Path

from kuiper_pack.goplugin import hosts
from kuiper_pack.goplugin.read import read_binary

TABLE = Path(hosts.__file__).with_name("hosts.jsonl")


def main(release: str, origin: str, kuiperd: str) -> None:
    """Write the line of ``kuiperd`` into the table."""
    binary = read_binary(Path(kuiperd))
    build = binary.build
    # The server's own module is in its build info as the main one: other tags change its packages.
    modules = frozenset(
        one.path for one in (build.dependencies if build else ()) if one.replaced_by is None
    )
    line = hosts.line_of(binary, release, origin, modules)
    lines = [json.loads(text) for text in TABLE.read_text(encoding="utf-8").splitlines()]
    kept = [one for one in lines if (one["release"], one["machine"]) != (release, line["machine"])]
    ordered = sorted([*kept, line], key=lambda one: (_numbers(one["go"]), one["release"]))
    text = "".join(f"{json.dumps(one, separators=(',', ':'))}\n" for one in ordered)
    TABLE.write_text(text, encoding="utf-8")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    main(*sys.argv[1:])
