"""Manifests of portable plugins, and the programs that they name."""

from tests.proof.packages import CONFIGURATION, LAUNCHER, PROGRAM, Draft

FIELDS: tuple[dict[str, object], ...] = (
    {"name": ""},
    {"name": None},
    {"name": "<name>"},
    {"name": "other"},
    {"name": 5},
    {"language": None},
    {"language": ""},
    {"language": "java"},
    {"language": "Python"},
    {"language": ["python"]},
    {"executable": None},
    {"executable": ""},
    {"executable": {"a": 1}},
    {"version": 1.5},
    {"version": None},
    {"version": ["1"]},
    {"functions": None},
    {"functions": []},
    {"functions": "f"},
    {"functions": {}},
    {"functions": [1, "a", None, {}]},
    {"functions": [None]},
    {"functions": [""]},
    {"functions": [["a"]]},
    {"sources": [1]},
    {"sources": True, "sinks": 5},
    {"sinks": ["a", "a"], "functions": None},
    {"virtualEnvType": ""},
    {"virtualEnvType": None},
    {"virtualEnvType": "venv"},
    {"virtualEnvType": "conda"},
    {"virtualEnvType": 3},
    {"env": 3},
    {"env": "x"},
    {"name": 5, "language": 6, "functions": 7},
    {"NAME": "other"},
    {"Language": "go"},
    {"exeCutable": "nowhere"},
    {"\u017fources": ["kelvin"]},
    {"unknown": {"deep": [[[[]]]]}},
)

TEXTS: tuple[bytes, ...] = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"true",
    b"5",
    b'"text"',
    b"\xef\xbb\xbf<manifest>",
    b"<manifest> {}",
    b"<manifest>\n\n",
    b"<manifest>x",
    b"{'a': 1}",
    b'{"name": }',
    b'{"name" "x"}',
    b'{"name": "x",}',
    b'{"name": "\x01"}',
    b'{"name": "\\x"}',
    b'{"name": "\\u12"}',
    b'{"version": "\xff", "language": "python", "executable": "main.py", "functions": ["f"]}',
    b'{"version": "\\ud800", "language": "python", "executable": "main.py", "functions": ["f"]}',
    b'{"language": "go", "language": "python", "executable": "main.py", "functions": ["f"]}',
    b'{"language": "python", "executable": "main.py", "functions": ["f"], "functions": []}',
    b'{"language": "python", "executable": "main.py", "functions": [1], "sinks": "x"}',
    b'{"language": "python", "executable": 1, "sources": "y", "name": 2}',
    b'{"version": 01}',
    b'{"version": -}',
    b'{"version": 1e}',
    b'{"version": tru}',
    b'{"version": nul',
    b'{"a": "b',
    b"//\n{}",
    b"[" * 10001,
    b'{"a": 1 /**/}',
    b"\xff",
    b'{"version": NaN}',
)

EXECUTABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("main.py", ("./main.py",)),
    ("./main.py", ("main.py",)),
    ("./main.py", ("./main.py",)),
    ("bin/main.py", ("bin/main.py",)),
    ("bin/main.py", ("bin/", "bin/main.py")),
    ("bin//main.py", ("bin//main.py",)),
    ("bin//main.py", ("bin/main.py",)),
    ("bin/main.py", ("bin//main.py",)),
    ("bin/../main.py", ("main.py",)),
    ("bin/../main.py", ("bin/../main.py",)),
    ("main.py", ("bin/../main.py",)),
    ("nowhere.py", ("main.py",)),
    ("sources/main.py", ("sources/main.py",)),
    ("functions/main.py", ("functions/main.py",)),
    ("sources/main.py", ("sources/", "sources/main.py")),
    ("main.py", ("main.py/",)),
    ("bin", ("bin/", "bin/main.py")),
    ("Main.py", ("main.py",)),
    ("/main.py", ("/main.py",)),
    ("/main.py", ("main.py",)),
    ("../main.py", ("../main.py",)),
    ("main.py ", ("main.py ",)),
    ("mäin.py", ("mäin.py",)),
    ("bin/a/main.py", ("bin/", "bin/a/", "bin/a/main.py")),
    ("bin/a/main.py", ("bin/a/main.py",)),
    ("main.py", ("main.py", "main.py")),
    ("x" * 256, ("main.py",)),
    ("a\x00b", ("main.py",)),
    ("main.py/x", ("main.py",)),
)


def another_manifest(draft: Draft) -> None:
    fields = dict(draft.pick(FIELDS))
    if fields.get("name") == "<name>":
        fields["name"] = draft.name
    draft.manifest = {
        key: value for key, value in draft.manifest.items() if key.lower() not in fields
    } | fields


def manifest_as_text(draft: Draft) -> None:
    """Text in place of the manifest, or around it."""
    draft.change(lambda one: one.data == b"<manifest>", data=draft.pick(TEXTS))


def second_manifest(draft: Draft) -> None:
    name = f"{draft.name}.json"
    draft.put(
        name,
        draft.rng.choice(
            (
                b"{}",
                b"{",
                b'{"language": "python", "executable": "main.py", "functions": ["z"]}',
                b'{"language": "python", "executable": "main.py", "sources": ["q"]}',
                b'{"language": "go", "executable": "none", "sources": ["q"]}',
            )
        ),
    )


def another_executable(draft: Draft) -> None:
    executable, entries = draft.pick(EXECUTABLES)
    draft.manifest["executable"] = executable
    draft.drop(lambda one: one.data == PROGRAM)
    for entry in entries:
        draft.add(entry, PROGRAM)


def go_program(draft: Draft) -> None:
    """A native executable, here a script that starts the Python program."""
    draft.manifest["language"] = "go"
    draft.manifest["executable"] = "run"
    draft.put("run", LAUNCHER, mode=draft.rng.choice((0o100755, 0o100755, 0o100644, 0o100001)))


def symbols(draft: Draft) -> None:
    name = draft.plugin
    draft.manifest |= draft.rng.choice(
        (
            {"sources": ["a", "b"]},
            {"sources": [f"{name}a"], "functions": None},
            {"sources": ["a/b"]},
            {"sources": ["../a"]},
            {"sources": [""]},
            {"sources": ["ä"]},
            {"functions": [], "sinks": [f"{name}k"]},
            {"functions": [], "sinks": []},
        )
    )
    for source in draft.rng.choice((("a", "b"), (f"{name}a",), ("a/b",), ("../a",), ("", "ä"))):
        draft.put(f"sources/{source}.yaml", CONFIGURATION)
