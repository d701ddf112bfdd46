"""Parts that the plans of native and portable plugins share."""

from collections.abc import Generator, Sequence
from typing import Any

from kuiper_pack.package.entry import Entry
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.steps import Step, Unzip
from kuiper_pack.profiles import Profile

Part = Generator[Step, Any, None]


def unzip(profile: Profile, entry: Entry, folders: Sequence[str], name: str) -> Part:
    """Write an entry as ``name`` into each folder in turn; raises Refused at the first failure."""
    for folder in folders:
        failure = yield Unzip(entry, folder, name, profile.unzip)
        if failure is not None:
            cause = failure.cause or Cause.PATH_CLASH
            raise Refused(cause, failure.words, entry=entry.name)
