"""``kuiper-pack remote``."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kuiper_pack.cli.group import Group
from kuiper_pack.cli.options import (
    Function,
    KindChoice,
    access_options,
    format_option,
    kind_option,
    name_option,
    request_option,
)
from kuiper_pack.cli.screen import Screen
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind

_QUICK, _SLOW = 30.0, 300.0
"""Seconds to wait: for most answers, and where the server fetches, unpacks and starts a plugin."""
_NATIVE = tuple(kind for kind in Kind if kind.is_native)


_SYNONYMS = {
    "add": "create", "delete": "drop", "functions": "udfs", "get": "describe", "info": "describe",
    "install": "create", "ls": "list", "remove": "drop", "replace": "update", "rm": "drop",
    "show": "list", "uninstall": "drop", "upgrade": "update", "uploads": "upload",
}  # fmt: skip


@click.group(cls=Group, synonyms=_SYNONYMS)
def remote() -> None:
    """Use a server from the shell: list, create, update and drop its plugins.

    Every verb takes --url, or the environment variable KUIPER_URL, and a token from --token-file,
    from KUIPER_TOKEN or from --token. Exit codes: 0 done, 1 the server refuses, 2 it could not be
    asked.
    """


def _verb(timeout: float = _QUICK) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function that takes a Screen and its own options."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def command(
            url: str,
            token: str | None,
            token_file: str | None,
            headers: tuple[str, ...],
            timeout: float,
            format_: str,
            **given: Any,
        ) -> int:
            from kuiper_pack.client.headers import parse_header
            from kuiper_pack.client.token import read_token
            from kuiper_pack.remote.asked import Rejected
            from kuiper_pack.remote.session import Session

            secret = read_token(token, token_file)
            with Session(url, secret, dict(map(parse_header, headers)), timeout) as session:
                screen = Screen(session, as_json=format_ == "json")
                try:
                    function(screen, **given)
                except Rejected as rejected:
                    screen.refused(rejected)
                    return 1
                except KuiperPackError as error:
                    if session.shown(str(error)) == str(error):
                        raise
                    raise KuiperPackError(session.shown(str(error))) from None
            return 0

        name = function.__name__.strip("_")
        return remote.command(name)(_connection(timeout)(command))

    return decorate


def _connection(timeout: float) -> Callable[[Function], Function]:
    """The options about the server."""
    options = (
        click.option(
            "--url",
            envvar="KUIPER_URL",
            show_envvar=True,
            default="http://127.0.0.1:9081",
            show_default=True,
            help="The server, with the path of a proxy if there is one.",
        ),
        access_options(timeout),
        format_option(),
    )

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _in_a_path(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """``value``, names of plugins or functions, if they can stand in the path of a request."""
    for one in value if isinstance(value, tuple) else (value,):
        if one is not None and ("/" in one or one in ("", ".", "..")):
            raise click.UsageError(f'no plugin or function is called "{one}"', ctx)
    return value


def _plugin_kind(function: Function) -> Function:
    """``--kind`` of a plugin that is on the server."""
    return click.option(
        "--kind", type=KindChoice(), help="What the plugin is; default: found by its name."
    )(function)


def _package_options(function: Function) -> Function:
    """What create and update take."""
    options = (
        click.argument("package"),
        kind_option,
        name_option,
        click.option(
            "--function",
            "functions",
            multiple=True,
            metavar="NAME",
            help="A function that the plugin exports; may be repeated.",
        ),
        click.option(
            "--shell-para",
            "shell_paras",
            multiple=True,
            metavar="TEXT",
            help="An argument for install.sh; may be repeated.",
        ),
        request_option,
        click.option(
            "--validate/--no-validate",
            "judge",
            default=True,
            show_default=True,
            help="Say beforehand what is wrong with a zip that is here.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@_verb()
@click.option("--kind", type=KindChoice(), help="Only these.")
def _list(screen: Screen, kind: Kind | None) -> None:
    """List the plugins."""
    from kuiper_pack.remote import plugins, views

    found = plugins.lists(screen.session, kind)
    if not screen.as_json:
        screen.table(views.plugins(screen.session, found), "there are no plugins")
    elif kind is not None:
        screen.answer(found[kind])
    else:
        screen.answers({one.plural: answer for one, answer in found.items()})


@_verb(_SLOW)
@_package_options
def create(screen: Screen, **given: Any) -> None:
    """Install a plugin.

    PACKAGE is a zip here, a URL, or a path on the machine of the server. A zip here is uploaded
    where the server takes uploads.
    """
    _install(screen, "create", **given)


@_verb(_SLOW)
@_package_options
def update(screen: Screen, **given: Any) -> None:
    """Replace a plugin by another version.

    PACKAGE is named as for create. Servers delete the old version first: where they refuse the new
    one, neither is left.
    """
    _install(screen, "update", **given)


def _install(screen: Screen, verb: str, *, judge: bool, **given: Any) -> None:
    from kuiper_pack.remote.install import Wish, install

    wish = Wish(verb=verb, **given)
    with screen.waiting(f"{verb} {wish.package}"):
        answer = install(screen.session, wish, judge=judge, say=screen.say)
    screen.answer(answer)


@_verb()
@click.argument("name", callback=_in_a_path)
@_plugin_kind
def describe(screen: Screen, name: str, kind: Kind | None) -> None:
    """Show what the server says of a plugin."""
    from kuiper_pack.remote import views
    from kuiper_pack.remote.asked import Asked
    from kuiper_pack.remote.plugins import kind_of

    kind = kind or kind_of(screen.session, "describe", name)
    asked = Asked("describe", kind, name)
    answer = screen.session.granted(screen.client.describe(kind, name), asked)
    if screen.as_json:
        screen.answer(answer)
    else:
        screen.table(views.plugin(kind, answer))


@_verb()
@click.argument("name", callback=_in_a_path)
@_plugin_kind
@click.option("--stop", is_flag=True, help="End the server too, if the plugin is a native one.")
@click.option("--yes", is_flag=True, help="Do not ask whether the server is to end.")
def drop(screen: Screen, name: str, kind: Kind | None, stop: bool, yes: bool) -> None:
    """Delete a plugin.

    A native one stays listed, and rules go on with it, until the server is restarted.
    """
    from kuiper_pack.remote.asked import Asked
    from kuiper_pack.remote.plugins import kind_of

    kind = kind or kind_of(screen.session, "drop", name)
    if stop and not kind.is_native:
        raise KuiperPackError(
            "--stop is for native plugins: a portable one is gone at once, and the server goes on"
        )
    if stop and not yes:
        _ask_whether_to_stop(screen, name)
    asked = Asked("drop", kind, name)
    screen.answer(screen.session.granted(screen.client.drop(kind, name, stop=stop), asked))


def _ask_whether_to_stop(screen: Screen, name: str) -> None:
    what = f"the process of the server at {screen.client.url} ends, with all its rules"
    if not _is_interactive():
        raise KuiperPackError(f"with --stop {what}: add --yes if you want that")
    if not click.confirm(f"Drop {name}, and {what}?", err=True):
        raise KuiperPackError("nothing was done")


def _is_interactive() -> bool:
    """Whether there is somebody to answer a question."""
    return sys.stdin.isatty()


@_verb()
@click.argument("name", required=False, callback=_in_a_path)
def status(screen: Screen, name: str | None) -> None:
    """Show how portable plugins fare, all or one."""
    from kuiper_pack.remote import views
    from kuiper_pack.remote.asked import Asked
    from kuiper_pack.remote.plugins import portable_names

    session = screen.session
    answers = {
        one: session.granted(screen.client.status(one), Asked("status", Kind.PORTABLE, one))
        for one in ([name] if name is not None else portable_names(session))
    }
    if not screen.as_json:
        screen.table(views.statuses(answers), "there are no portable plugins")
    elif name is not None:
        screen.answer(answers[name])
    else:
        screen.answers(answers)


@_verb()
@click.argument("function", required=False, callback=_in_a_path)
def udfs(screen: Screen, function: str | None) -> None:
    """Show whose the functions of native plugins are, all or one."""
    from kuiper_pack.remote import views
    from kuiper_pack.remote.asked import Asked

    session, client = screen.session, screen.client
    asked = Asked("udfs", name=function or "")
    answer = client.udfs() if function is None else client.describe_udf(function)
    answer = session.granted(answer, asked)
    if screen.as_json:
        screen.answer(answer)
    elif function is None:
        screen.table(views.functions(session, answer), "there are no functions")
    else:
        screen.table(views.function(answer))


@_verb()
@click.argument("name", callback=_in_a_path)
@click.argument("functions", metavar="FUNCTION...", nargs=-1, required=True, callback=_in_a_path)
def register(screen: Screen, name: str, functions: tuple[str, ...]) -> None:
    """Say which functions a function plugin has.

    They replace those it had.
    """
    from kuiper_pack.remote.asked import Asked

    asked = Asked("register", Kind.FUNCTION, name)
    screen.answer(screen.session.granted(screen.client.register(name, functions), asked))


@_verb()
@click.option("--kind", type=KindChoice(), help="Only these; there are no portable ones.")
def prebuild(screen: Screen, kind: Kind | None) -> None:
    """List the plugins that are ready somewhere.

    Their URLs are what create takes; nobody promises that something is there.
    """
    from kuiper_pack.remote import views
    from kuiper_pack.remote.asked import Asked

    if kind is Kind.PORTABLE:
        raise KuiperPackError("no server lists portable plugins: name a kind of native ones")
    answers = {
        one: screen.session.granted(screen.client.prebuild(one), Asked("prebuild", one))
        for one in ([kind] if kind is not None else _NATIVE)
    }
    if not screen.as_json:
        screen.table(views.ready_plugins(answers), "the server lists none")
    elif kind is not None:
        screen.answer(answers[kind])
    else:
        screen.answers({one.plural: answer for one, answer in answers.items()})


@_verb(_SLOW)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", help="What to call it there; default: the name of FILE.")
@click.option("--list", "listing", is_flag=True, help="List the files that are there.")
@click.option("--delete", metavar="NAME", help="Remove the file of that name or path.")
def upload(
    screen: Screen, file: Path | None, name: str | None, listing: bool, delete: str | None
) -> None:
    """Keep a file on the server.

    It takes the place of one of that name. What is printed is its path there, which create takes.
    """
    from kuiper_pack.remote import delivery, views
    from kuiper_pack.remote.asked import Asked

    if (file is not None) + listing + (delete is not None) != 1:
        raise click.UsageError("name a FILE, or say --list or --delete NAME")
    client, asked = screen.client, Asked("upload")
    gone = delivery.file_name(delete or "")
    if delete is not None and not gone:
        raise click.UsageError("--delete wants the name of a file")
    if file is not None:
        with screen.waiting(f"upload {file}"):
            answer = client.upload_file(name or file.name, file)
        answer = delivery.with_plain_path(screen.session.granted(answer, asked))
    elif delete is not None:
        answer = screen.session.granted(client.drop_upload(gone), asked)
    else:
        answer = screen.session.granted(client.uploads(), asked)
    if listing and not screen.as_json:
        screen.table(views.uploads(answer), "there are no uploads")
    else:
        screen.answer(answer)
