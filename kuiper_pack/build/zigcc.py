"""A C compiler for Go out of Zig, a program: ``python zigcc.py ZIG VERSION cc|c++ -target ...``.

Before 1.26 Go links for arm64 with GNU gold only, whose name it asks of the linker first; what it
needs gold for is a bug that the linker of Zig does not have. ``VERSION`` is what Zig says of
itself: it is here because Go keeps what it compiles under the words of this command.
"""

import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Compile or link, and return the exit status."""
    zig, _, *rest = arguments
    if "-Wl,--version" in rest:
        sys.stdout.write("GNU gold (in place of it, the linker of Zig)\n")
        return 0
    command = [zig, *(one for one in rest if one != "-fuse-ld=gold")]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
