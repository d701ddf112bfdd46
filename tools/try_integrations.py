"""Try what other repositories take from here, as they do: ``try_integrations.py``.

The hooks of pre-commit and the action install kuiper-pack from a copy of this checkout, and judge
an example repository: sound, and then with a mistake in it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.action_steps import run
from tools.ci_page import example

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "python-portable"
MISTAKE = ("greenhouse.json", '"main.py"', '"./main.py"')


def main() -> None:
    """Try both; exits with the first that does not do what its page says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "kuiper-pack"
        revision = _snapshot(source)
        _try_pre_commit(folder, source, revision)
        _try_action(folder, source)


def _snapshot(source: Path) -> str:
    """Copy this checkout, as it would be committed, into a repository; return its commit."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in _lines(listing, ROOT, separator="\0"):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    _commit(source)
    return _lines(["git", "rev-parse", "HEAD"], source)[0]


def _try_pre_commit(folder: Path, source: Path, revision: str) -> None:
    repository = _example(folder / "hooked")
    configuration = example("repos")
    configuration["repos"][0] |= {"repo": str(source), "rev": revision}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration), "utf-8")
    environment = {"PRE_COMMIT_HOME": str(folder / "pre-commit")}
    command = [sys.executable, "-m", "pre_commit"]
    _expect(0, [*command, "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], repository)
    _commit(repository)
    _expect(0, [*command, "run", "--all-files"], repository, environment, "Passed")
    _spoil(repository)
    with zipfile.ZipFile(repository / "bad.zip", "w") as archive:
        archive.writestr("x/y", b"")
    _commit(repository)
    _expect(1, [*command, "run", "--all-files"], repository, environment, "KPP05", "bad.zip: KPL03")
    print("pre-commit: the hooks install, pass what is sound and stop what is not")


def _try_action(folder: Path, source: Path) -> None:
    repository = _example(folder / "checkout")
    temporary = folder / "runner temp"
    temporary.mkdir()
    done = run(repository, temporary, {"paths": "."}, source=source)
    if done.code or done.outputs["exit-code"] != "0":
        sys.exit(f"the action failed on a sound repository:\n{done.text}")
    _spoil(repository)
    done = run(repository, temporary, {"paths": ".", "sarif": "a.sarif"}, source=source)
    if done.code != 1 or "::error title=KPP05" not in done.text:
        sys.exit(f"the action ended with {done.code} on a spoilt repository:\n{done.text}")
    if done.outputs["sarif"] != "a.sarif" or not (repository / "a.sarif").is_file():
        sys.exit("the action wrote no SARIF file")
    print("action: it installs, passes what is sound and stops what is not")


def _example(folder: Path) -> Path:
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("dist", "__pycache__"))
    return folder


def _spoil(repository: Path) -> None:
    name, old, new = MISTAKE
    text = (repository / name).read_text(encoding="utf-8")
    (repository / name).write_text(text.replace(old, new), encoding="utf-8")


def _commit(repository: Path) -> None:
    author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (
        ["git", "init", "--quiet"],
        ["git", "add", "--all", "--force"],
        ["git", *author, "commit", "--quiet", "--no-verify", "--message", "as it is"],
    ):
        subprocess.run(command, cwd=repository, check=True)


def _lines(command: Sequence[str], folder: Path, separator: str = "\n") -> list[str]:
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [line for line in done.stdout.split(separator) if line]


def _expect(
    code: int,
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *words: str,
) -> None:
    """Run a command; exit where it ends with another code, or does not write all ``words``."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != code or not all(word in done.stdout for word in words):
        shown = " ".join(str(part) for part in command)
        sys.exit(f"{shown} ended with {done.returncode}, not {code}:\n{done.stdout}")


if __name__ == "__main__":
    main()
