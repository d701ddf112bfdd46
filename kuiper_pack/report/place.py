"""Where a finding is: inside its package, and in the tree of files that users see."""

import os
from functools import cache
from pathlib import Path

from kuiper_pack.rules.finding import Finding
from kuiper_pack.rules.validation import Judgement


def inside(finding: Finding) -> str:
    """The place in the package, like ``random.yaml:3:5``; empty for the package as a whole."""
    if finding.file is None:
        return ""
    place = finding.file
    if finding.line is not None:
        place = f"{place}:{finding.line}"
        if finding.column is not None:
            place = f"{place}:{finding.column}"
    return place


def in_full(judgement: Judgement, finding: Finding) -> str:
    """The place with the path of the package, or of the file outside of it, as it was given."""
    if finding.outside is not None:
        return ":".join(str(one) for one in (finding.outside, finding.line) if one is not None)
    path = str(judgement.path)
    return path if finding.file is None else f"{path.rstrip(os.sep)}/{inside(finding)}"


def of_which(judgement: Judgement, finding: Finding) -> str:
    """The package in brackets, behind what a file outside of it has to say of it."""
    return "" if finding.outside is None else f" ({judgement.path})"


def file_of(judgement: Judgement, finding: Finding | None = None) -> str:
    """The file to point at: the zip, or the file of a folder, or outside, that it is about.

    With forward slashes, and relative to the current folder where it lies in there.
    """
    if finding is not None and finding.outside is not None:
        return _seen_from(Path.cwd(), Path(finding.outside))
    path = judgement.path
    if judgement.is_folder and finding is not None and finding.file is not None:
        parts = [part for part in finding.file.split("/") if part]
        if ".." not in parts:
            path = path.joinpath(*parts)
    return _seen_from(Path.cwd(), path)


@cache
def _seen_from(folder: Path, path: Path) -> str:
    whole = Path(os.path.normpath(folder / path))
    return (whole.relative_to(folder) if whole.is_relative_to(folder) else whole).as_posix()
