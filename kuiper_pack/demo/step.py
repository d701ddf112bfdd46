"""A step of the story, as plain data."""

from dataclasses import dataclass
from enum import Enum


class Result(Enum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: the command a user would type, what came of it, and how it ended."""

    command: str
    lines: tuple[str, ...]
    result: Result = Result.DONE
