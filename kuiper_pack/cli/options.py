"""The options that several commands share, spelled and explained once."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from kuiper_pack.package.architecture import ARCHITECTURES
from kuiper_pack.package.kind import Kind

Function = TypeVar("Function", bound=Callable[..., Any])


class Choice(click.Choice[str]):
    """One of a few words; a wrong one is answered with the nearest right one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """``value`` if it is one of the words."""
        if value not in self.choices:
            from kuiper_pack.spelling import did_you_mean

            words = [str(choice) for choice in self.choices]
            self.fail(
                f'"{value}" is not one of {", ".join(words)}{did_you_mean(str(value), words)}',
                param,
                ctx,
            )
        return value


class KindChoice(Choice):
    """A kind of plugin; the command gets a :class:`~kuiper_pack.package.kind.Kind`."""

    def __init__(self) -> None:
        super().__init__([kind.value for kind in Kind])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The ``Kind`` called ``value``."""
        if isinstance(value, Kind):
            return value
        return Kind(super().convert(value, param, ctx))


def server_option(function: Function) -> Function:
    """``--server RELEASE``, repeatable; ``servers``: tuple of str, empty for the default."""
    return click.option(
        "--server",
        "servers",
        multiple=True,
        metavar="RELEASE",
        help="A server release: 2.4.0, 1.14 or all; may be repeated. "
        "Default: every stable release of the current major version.",
    )(function)


def image_option(function: Function) -> Function:
    """``--image NAME``; ``image``: str or None."""
    return click.option(
        "--image",
        metavar="alpine|alpine-python|slim|slim-python|NAME",
        help="The image the server runs in.",
        callback=_noted_image,
    )(function)


def note_image(image: str | None) -> None:
    """Say on stderr where ``image`` looks like a misspelt image of eKuiper; it may be an own."""
    if image is None:
        return
    from kuiper_pack.profiles.images import NAMES, official
    from kuiper_pack.spelling import did_you_mean

    # What ends in the name of an image of eKuiper is one that somebody made of it.
    last = re.sub(r".*[:/](?:v?\d[\w.]*-)?", "", image)
    known = official(image) is not None or last.endswith(tuple(f"-{name}" for name in NAMES))
    hint = "" if known or last in NAMES else did_you_mean(last, NAMES)
    if hint:
        click.echo(f'kuiper-pack: "{image}" is taken for an image of your own{hint}', err=True)


def _noted_image(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    note_image(value)
    return value


def arch_option(function: Function) -> Function:
    """``--arch``; ``arch``: ``amd64``, ``arm64``, ``arm`` or None."""
    return click.option("--arch", type=Choice(ARCHITECTURES), help="The server's processor.")(
        function
    )


def kind_option(function: Function) -> Function:
    """``--kind``; ``kind``: a ``Kind``, or None to find it from the content."""
    return click.option(
        "--kind", type=KindChoice(), help="What the package is; default: found from its content."
    )(function)


def name_option(function: Function) -> Function:
    """``--name``; ``name``: str, or None to find it from the content."""
    return click.option("--name", help="The name of the plugin; default: found from the package.")(
        function
    )


def request_option(function: Function) -> Function:
    """``--request FILE.json``; ``request_file``: Path or None."""
    return click.option(
        "--request",
        "request_file",
        type=click.Path(path_type=Path),
        metavar="FILE.json",
        help="The create request it is sent with: functions and shellParas.",
    )(function)


def format_option(formats: Sequence[str] = ("text", "json")) -> Callable[[Function], Function]:
    """``--format``, by default the first of ``formats``; ``format_``: str."""

    def decorate(function: Function) -> Function:
        return click.option(
            "--format",
            "format_",
            type=Choice(list(formats)),
            default=formats[0],
            show_default=True,
            help="How to write the result.",
        )(function)

    return decorate


def access_options(timeout: float) -> Callable[[Function], Function]:
    """What a request to a server takes beside its URL, with the seconds that are waited by default.

    ``token``: str or None, ``token_file``: str or None, for
    :func:`~kuiper_pack.client.token.read_token`; ``headers``: tuple of str; ``timeout``: float.
    """
    options = (
        click.option(
            "--token",
            envvar="KUIPER_TOKEN",
            show_envvar=True,
            help="Sent as Authorization; other users of this machine can read command lines.",
        ),
        click.option(
            "--token-file", metavar="FILE", help="Where the token is, - for the standard input."
        ),
        click.option(
            "--header",
            "headers",
            multiple=True,
            metavar="NAME: VALUE",
            help="Sent with every request.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=timeout,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for each answer.",
        ),
    )

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def output_option(function: Function) -> Function:
    """``-o/--output``; ``output``: Path, or None for the default of the command."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Where to write the result.",
    )(function)
