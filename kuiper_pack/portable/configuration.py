"""What a symbol is configured with: a section of the package's yaml, or what the user gives."""

import json
from pathlib import Path
from typing import Any

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.yamlio import YAMLError, load
from kuiper_pack.portable.program import Program
from kuiper_pack.spelling import did_you_mean

DEFAULT = "default"


def configuration(program: Program, kind: str, symbol: str, given: str | None) -> dict[str, Any]:
    """The configuration as the server would send it.

    ``given`` is a JSON object, a JSON or YAML file, or a key of the symbol's yaml; None is the key
    ``default``, and nothing for a sink. A key is laid over ``default`` (pkg C-03). Raises
    KuiperPackError.
    """
    if given is not None and given.lstrip().startswith("{"):
        try:
            found = _json(given)
        except ValueError as error:
            raise KuiperPackError(f"--config: no JSON, {error}: {given}") from error
        return _object(found, "--config")
    path = program.folder / f"{kind}s" / f"{symbol}.yaml"
    sections = _object(_read(path), str(path)) if path.is_file() else {}
    if given is not None and Path(given).is_file():
        found = _object(_read(Path(given)), given)
        if found and found == sections:
            keys = ", ".join(map(str, sections))
            raise KuiperPackError(
                f"--config: {given} is the yaml of the package: name a key of it: {keys}"
            )
        return found
    if given is not None and given not in sections:
        raise KuiperPackError(
            f'--config: "{given}" is neither a file nor a key of {kind}s/{symbol}.yaml'
            f"{did_you_mean(given, [*sections])}"
        )
    default = sections.get(DEFAULT)
    section = sections.get(given) if given else None
    return {**_object(default or {}, f"{path}: default"), **_object(section or {}, f"{path}")}


def _read(path: Path) -> Any:
    try:
        data = path.read_bytes()
        if path.suffix == ".json":
            return _json(data)
        root = load(data)
    except OSError as error:
        raise KuiperPackError(f"{path}: {error.strerror}") from error
    except YAMLError as error:
        raise KuiperPackError(f"{path}:{error.line}:{error.column}: {error}") from error
    except ValueError as error:
        raise KuiperPackError(f"{path}: no JSON, {error}") from error
    return {} if root is None else root.plain()


def _json(data: str | bytes) -> Any:
    """JSON as the server has it of a rule or a stream: every number is a float."""
    return json.loads(data, parse_int=float)


def _object(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise KuiperPackError(f"{where}: not an object of names and values")
    return found
