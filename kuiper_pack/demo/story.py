"""The story: packages are built, judged, predicted and run, then installed on a judged server."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from kuiper_pack.build.make import Built
from kuiper_pack.demo import packaging, running
from kuiper_pack.demo.step import Result, Step
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.portable import miniplugin


def story(folder: Path, environment: Mapping[str, str]) -> Iterator[Step]:
    """Tell the story in ``folder``, which must be empty, and yield each step as it is done.

    A step that fails ends its chapter; whatever the reason, it is a step, never an exception.
    Compiling is skipped, with the reason, where the Go of the newest server or a C compiler is not
    to be had, and so is serving without what the extras ``server`` and ``suite`` install.
    """
    built: list[Built] = []
    yield from _told(packaging.of_template(folder, "greeter", Kind.PORTABLE, environment, built))
    hello = miniplugin.write(folder / "hello.zip", "hello")
    yield from _told(running.run_alone(hello))
    yield from _told(packaging.of_shared_object(folder, "lamp", environment, built))
    reason = packaging.why_not_go(environment)
    if reason is None:
        yield from _told(packaging.of_template(folder, "pulse", Kind.SOURCE, environment, built))
    else:
        yield Step("kuiper-pack init pulse --kind source", (reason,), Result.SKIPPED)
    yield from _told(_served([one for one in built if one.kind.is_native], hello))


def _served(packages: list[Built], hello: Path) -> Iterator[Step]:
    try:
        from kuiper_pack.demo import serving
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed: pip install 'kuiper-pack[all]'"
        yield Step("kuiper-pack serve", (missing,), Result.SKIPPED)
        return
    yield from serving.served(packages, hello)


def _told(steps: Iterator[Step]) -> Iterator[Step]:
    try:
        yield from steps
    except KuiperPackError as error:
        yield Step("", (str(error),), Result.FAILED)
