"""Write the oldest versions pyproject.toml allows as constraints for pip: ``lowest.py FILE``."""

import re
import sys
from itertools import chain
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def lowest(project: dict[str, Any]) -> list[str]:
    """``name==version`` for every requirement ``name>=version`` of the project and its extras."""
    extras = project["project"].get("optional-dependencies", {})
    groups = project.get("dependency-groups", {})
    lists = [project["project"]["dependencies"], *extras.values(), groups["tests"]]
    requirements = chain.from_iterable(lists)
    found = (re.match(r"([\w.-]+)>=([\w.]+)", requirement) for requirement in requirements)
    return sorted({f"{match[1]}=={match[2]}" for match in found if match})


def main(target: str) -> None:
    """Write the constraints to ``target``."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    Path(target).write_text("\n".join(lowest(tomllib.loads(text))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
