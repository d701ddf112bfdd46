"""Judging a package that was just built, before it is put in place."""

from pathlib import Path
from typing import TYPE_CHECKING

from kuiper_pack.build.builders import Job, Recipe
from kuiper_pack.errors import KuiperPackError

if TYPE_CHECKING:
    from kuiper_pack.rules.validation import Judgement


def judge(path: Path, target: Path, job: Job, recipe: Recipe) -> "Judgement":
    """What the rules say of the package at ``path``, as if it were at ``target`` already.

    Which rules are asked, what is ignored and what fails is as the project's settings say. Raises
    :class:`KuiperPackError` where the package cannot be read back.
    """
    from kuiper_pack.build.orders import Options, Orders
    from kuiper_pack.rules.validation import validate

    options = Options(
        servers=tuple(release.text for release in recipe.releases or ()),
        image=recipe.image,
        arch=recipe.arch,
        kind=job.kind,
        name=job.name,
    )
    order = Orders(options).order_of(job.project)
    (judgement,) = validate([path], lambda _: order)
    if judgement.crash is not None:
        raise judgement.crash
    if judgement.reason is not None:
        raise KuiperPackError(f"{target}: built, and then unreadable: {judgement.reason}")
    return judgement._replace(path=target)
