"""``kuiper-pack demo``."""

import os
from pathlib import Path

import click


@click.command()
def demo() -> int:
    """Show it all on this machine: init, build, validate, inspect, serve, conformance.

    Everything happens on loopback and in a temporary folder that is removed afterwards. A portable
    plugin in Python comes first, then native ones, compiled where Go is installed; these are
    installed on a reference server, which is judged by the clauses. Exit code 0: every step
    succeeded.
    """
    from tempfile import TemporaryDirectory

    from rich.console import Console
    from rich.text import Text

    from kuiper_pack.demo.step import Result
    from kuiper_pack.demo.story import story

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            """Let whoever reads no more end it as every command; the code 1 would be a verdict."""
            raise BrokenPipeError

    console = Screen(soft_wrap=True, highlight=False)
    results = []
    with (
        TemporaryDirectory(prefix="kuiper-pack-demo-") as folder,
        console.status("working"),
    ):
        for step in story(Path(folder).resolve(), os.environ):
            results.append(step.result)
            if step.command:
                console.print(Text.assemble(("$ ", "dim"), (step.command, "bold")))
            prefix, style = _LOOKS[step.result.value]
            for line in step.lines:
                console.print(Text.assemble((f"  {prefix}", style), line))
    counts = {result: results.count(result) for result in Result}
    failed = counts[Result.FAILED]
    summary = f"{counts[Result.DONE]} steps done"
    summary += f", {counts[Result.SKIPPED]} skipped" if counts[Result.SKIPPED] else ""
    summary += f", {failed} FAILED" if failed else ""
    console.print(Text(summary, "bold red" if failed else "bold green"))
    return 1 if failed else 0


_LOOKS = {"done": ("", ""), "skipped": ("skipped: ", "yellow"), "failed": ("failed: ", "bold red")}
