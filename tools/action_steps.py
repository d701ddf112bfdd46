"""Runs the shell steps of action.yml as a GitHub runner does: for tests, on this machine."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ACTION = Path(__file__).parents[1] / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Done:
    """The exit code of the step that was last, what all wrote, and the outputs of the action."""

    code: int
    text: str
    outputs: Mapping[str, str]


def load() -> dict[str, Any]:
    """What action.yml says."""
    action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return action


def run(
    workspace: Path,
    temporary: Path,
    inputs: Mapping[str, str],
    *,
    source: Path = ACTION.parent,
    done: Mapping[str, Mapping[str, str]] | None = None,
) -> Done:
    """Run the steps in ``workspace``, with the rest of the inputs at their defaults.

    ``source`` is the checkout of the action. ``done`` holds the outputs of steps, by their ids,
    that are not to be run. The first step that fails is the last, as on a runner.
    """
    action = load()
    values = {
        f"inputs.{name}": inputs.get(name, str(one.get("default", "")))
        for name, one in action["inputs"].items()
    }
    for step, outputs in (done or {}).items():
        values |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}
    text, code = "", 0
    for step in action["runs"]["steps"]:
        if step["id"] in (done or {}):
            continue
        output = temporary / f"output-{step['id']}"
        output.touch()
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=workspace,
            env={
                **os.environ,
                **{name: _filled(one, values) for name, one in step.get("env", {}).items()},
                "GITHUB_ACTION_PATH": str(source),
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(temporary),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        text, code = text + ended.stdout, ended.returncode
        values |= {f"steps.{step['id']}.outputs.{name}": value for name, value in _read(output)}
        if code:
            break
    given = {name: _filled(one["value"], values) for name, one in action["outputs"].items()}
    return Done(code, text, given)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: values.get(match[1], ""), text)


def _read(output: Path) -> list[tuple[str, str]]:
    lines = output.read_text(encoding="utf-8").splitlines()
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]
