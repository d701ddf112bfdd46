"""Processors: what Go and eKuiper call them, and what Linux does."""

import platform

MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "arm": "armv7l"}
"""The processors that eKuiper is released for, as Go names them, with their names on Linux."""

ARCHITECTURES = tuple(MACHINES)
"""What ``--arch`` takes."""


def host_architecture() -> str:
    """This machine's processor, as Go calls it."""
    machine = platform.machine().lower()
    known = {name: arch for arch, name in MACHINES.items()}
    arch = known.get(machine, machine)
    return "arm" if arch.startswith("arm") and arch != "arm64" else arch
