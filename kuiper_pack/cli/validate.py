"""``kuiper-pack validate``."""

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from kuiper_pack.cli.options import (
    Choice,
    arch_option,
    format_option,
    image_option,
    kind_option,
    name_option,
    note_image,
    output_option,
    request_option,
    server_option,
)
from kuiper_pack.package.kind import Kind
from kuiper_pack.report import FORMATS
from kuiper_pack.rules.finding import THRESHOLDS


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@server_option
@image_option
@arch_option
@kind_option
@name_option
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    help="Ask only this rule, or all that begin so, like KPZ; may be repeated.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE",
    help="Leave out this rule, or all that begin so; may be repeated.",
)
@click.option(
    "--fail-on",
    type=Choice(THRESHOLDS),
    help="The least severity that fails a package.  [default: error]",
)
@request_option
@format_option(FORMATS)
@output_option
@click.pass_context
def validate(
    ctx: click.Context,
    paths: tuple[Path, ...],
    servers: tuple[str, ...],
    image: str | None,
    arch: str | None,
    kind: Kind | None,
    name: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    request_file: Path | None,
    format_: str,
    output: Path | None,
) -> int:
    """Judge packages, zips or folders, by the rules of the servers they are for.

    Exit codes: 0 nothing found that fails, 1 a package fails, 2 a package cannot be read. Each path
    also goes by the settings in kuiper-pack.toml of its folder; for a zip, of the folder it lies
    in, or of the one whose dist folder that is. With --output, the old report stays until the new
    one is whole.
    """
    from kuiper_pack.build.orders import Options, Orders
    from kuiper_pack.cli.paths import check_local
    from kuiper_pack.cli.releases import chosen_releases
    from kuiper_pack.report import writer
    from kuiper_pack.rules.many import validate_many
    from kuiper_pack.rules.together import judged_together
    from kuiper_pack.rules.validation import Verdict

    for path in paths:
        check_local(path)
    options = Options(
        servers=servers,
        image=image,
        arch=arch,
        kind=kind,
        name=name,
        select=select,
        ignore=ignore,
        fail_on=fail_on,
        request_file=request_file,
    )
    orders = Orders(options, chosen_releases)
    projects = [orders.settings_for(path) for path in paths]
    if ctx.get_parameter_source("format_") is ParameterSource.DEFAULT and projects[0] is not None:
        format_ = projects[0].format or format_
    if image is None:
        for named in dict.fromkeys(project.image for project in projects if project is not None):
            note_image(named)
    write = writer(format_)
    judgements = list(validate_many(paths, orders.order_for))
    judgements = list(judged_together(judgements, orders.order_for))
    if output is None:
        write(judgements, sys.stdout)
    else:
        from kuiper_pack.build.atomic import text_file

        with text_file(output) as stream:
            write(judgements, stream)
    for judgement in judgements:
        if judgement.crash is not None:
            raise judgement.crash
    if any(judgement.verdict is Verdict.UNREADABLE for judgement in judgements):
        return 2
    return 0 if all(judgement.passed for judgement in judgements) else 1
