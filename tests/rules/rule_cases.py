"""A package that fails and one that passes, for every rule."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, package_of_bytes
from kuiper_pack.planner import Request
from kuiper_pack.profiles import select
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Finding
from kuiper_pack.rules.target import Target
from tests.rules.archive_cases import cases as archive_cases
from tests.rules.plugin_cases import cases as plugin_cases
from tests.shared_objects import ELF, program

SO = {"random.so": ELF}
SOURCE = {**SO, "random.yaml": b"default:\n  interval: 10\n"}
SINK_METADATA = b'{"about": {}, "properties": []}'
SOURCE_METADATA = b'{"about": {}, "properties": {"default": []}}'
FUNCTION_METADATA = b'{"about": {}, "functions": [{"name": "random"}]}'
MUSL = "/lib/ld-musl-x86_64.so.1"
PYTHON = b'{"language": "python", "executable": "mirror.py", "functions": ["echo"]}'
PORTABLE = {"mirror.json": PYTHON, "mirror.py": b"print()\n"}


@dataclass(frozen=True)
class Case:
    """``bad`` makes the rule speak, for the releases of ``servers`` or the default ones."""

    bad: Package
    good: Package
    servers: tuple[str, ...] = ()
    request: Request | None = None
    good_request: Request | None = None
    image: str | None = None
    arch: str | None = None

    def target(self) -> Target:
        return self._target(self.request)

    def good_target(self) -> Target:
        return self._target(self.good_request)

    def _target(self, request: Request | None) -> Target:
        servers = select(self.servers) if self.servers else None
        return Target(servers, image=self.image, arch=self.arch, request=request)


@dataclass
class Cases:
    by_code: dict[str, Case] = field(default_factory=dict)

    def add(
        self, code: str, bad: Package, good: Package, *servers: str, **target: str | None
    ) -> None:
        self.by_code[code] = Case(bad, good, servers, **target)  # type: ignore[arg-type]


def findings(package: Package, target: Target | None = None) -> tuple[Finding, ...]:
    """What all rules find."""
    return Judge(target or Target(), catalogue()).findings(package)


def codes(package: Package, target: Target | None = None) -> set[str]:
    return {finding.rule for finding in findings(package, target)}


def one(package: Package, code: str, target: Target | None = None) -> Finding:
    """The only finding of a rule."""
    (found,) = [finding for finding in findings(package, target) if finding.rule == code]
    return found


def source(extra: Mapping[str, bytes] = {}, name: str = "random") -> Package:
    return Package.of({**SOURCE, **extra}, kind=Kind.SOURCE, name=name)


def sink(extra: Mapping[str, bytes] = {}, name: str = "random") -> Package:
    return Package.of({**SO, **extra}, kind=Kind.SINK, name=name)


def function(extra: Mapping[str, bytes] = {}, name: str = "random") -> Package:
    return Package.of({**SO, **extra}, kind=Kind.FUNCTION, name=name)


def portable(
    manifest: bytes = PYTHON,
    extra: Mapping[str, bytes] = {},
    modes: Mapping[str, int] | None = None,
) -> Package:
    files = {**PORTABLE, "mirror.json": manifest, **extra}
    return Package.of(files, kind=Kind.PORTABLE, name="mirror", modes=modes)


def scripted(script: bytes, extra: Mapping[str, bytes] = {}) -> Package:
    """A sink with an install.sh."""
    return sink({"install.sh": script, **extra})


def described(field: bytes) -> Package:
    """A sink with one field in its metadata."""
    return sink({"random.json": SINK_METADATA.replace(b"[]", b"[%s]" % field)})


def started(content: bytes, *, mode: int = 0o755) -> Package:
    """A portable whose program the server starts itself."""
    manifest = PYTHON.replace(b"python", b"go").replace(b"mirror.py", b"mirror")
    return portable(manifest, {"mirror": content}, modes={"mirror": mode})


def named(kind: Kind, name: str) -> Package:
    files = {f"{name}.so": ELF}
    if kind is Kind.SOURCE:
        files[f"{name}.yaml"] = b"default: {}\n"
    return Package.of(files, kind=kind, name=name)


def zipped(
    files: Mapping[str, bytes], change: Callable[[bytes], bytes] = bytes, **given: object
) -> Package:
    """A zip in memory, its bytes changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    options = {"kind": Kind.SINK, "name": "random", **given}
    return package_of_bytes(change(stream.getvalue()), **options)  # type: ignore[arg-type]


_cases = Cases()
_add = _cases.add
_add("KPN02", sink({"my.sink.so": ELF}, "my.sink"), sink())
_add("KPN03", named(Kind.SOURCE, "f(x"), named(Kind.SOURCE, "fx"))
_add("KPN04", sink({"Upper.so": ELF}, "Upper"), sink())
_add("KPN05", named(Kind.FUNCTION, "-x"), named(Kind.FUNCTION, "x-"))
_add("KPN06", named(Kind.SOURCE, "my-source"), named(Kind.SOURCE, "mySource"))
_add("KPN08", named(Kind.FUNCTION, "prebuild"), function())
_add("KPN09", named(Kind.FUNCTION, "my_echo"), named(Kind.FUNCTION, "myEcho"))
_add("KPN10", named(Kind.FUNCTION, "Count"), named(Kind.FUNCTION, "counted"))
_add("KPL02", zipped(SO, lambda data: data[:-4]), zipped(SO))
_add(
    "KPL03",
    Package.of(
        {f"mirror/{name}": data for name, data in PORTABLE.items()},
        kind=Kind.PORTABLE,
        name="mirror",
    ),
    portable(),
)
_add("KPL04", sink({"Random@v1.so": ELF}), sink({"libc.so": ELF}))
_add("KPL05", Package.of({"random.json": SINK_METADATA}, kind=Kind.SINK, name="random"), sink())
_add(
    "KPL06",
    Package.of({**SO, "Random.yaml": b""}, kind=Kind.SOURCE, name="random"),
    source(),
)
_add("KPL07", sink({"random.yaml": b""}), source())
_add(
    "KPL08",
    sink({"libtide.so": b""}),
    sink({"libtide.so": b"", "install.sh": b"exit 0\n", "README.md": b""}),
)
_add("KPL09", named(Kind.SOURCE, "redis"), named(Kind.SOURCE, "tide"))
_add("KPL10", portable(extra={"../evil/x": b""}), portable(extra={"evil/x": b""}), "2.4.0")
_add(
    "KPL11",
    Package.of({"CONvert.so": ELF}, kind=Kind.SINK, name="CONvert"),
    sink({"docs/": b"", "docs/CONFIG.md": b""}),
)
_add("KPL12", sink({"a/b/c.txt": b""}), sink({"a/": b"", "a/b/": b"", "a/b/c.txt": b""}))
_add("KPL14", sink({"lib/": b"", "lib/a": b""}), sink({"lib/a": b""}), "0.9.1")
_add(
    "KPL13",
    Package.of({**SO, "link": b"x"}, kind=Kind.SINK, name="random", modes={"link": 0o120777}),
    sink({"link": b"x"}),
)
_add("KPS01", Package.of({"libRandom.so": ELF}, kind=Kind.SINK, name="random"), sink())
_add(
    "KPS02",
    sink(),
    Package.of({"Random@v1.so": ELF}, kind=Kind.SINK, name="random"),
    "0.5",
)
_add("KPS06", sink({"random.so": b""}), sink())
_add("KPS08", sink({"random.so": program(machine=183, kind=3)}), sink(), arch="amd64")
_add("KPV04", Package.of({"random@.so": ELF}, kind=Kind.SINK, name="random"), sink())
_add("KPY04", function({"random.json": b'{"functions": [{"name": "a-b"}]}'}), function())
_add(
    "KPY05",
    function({"random.json": b'{"functions": [{"name": "area"}]}'}),
    function({"random.json": FUNCTION_METADATA}),
)
_add("KPC01", Package.of(SO, kind=Kind.SOURCE, name="random"), source())
_add("KPC02", source({"random.yaml": b"fast: {interval: 1}\n"}), source())
_add("KPC04", source({"random.yaml": b"- default\n"}), source({"random.yaml": b""}))
_add(
    "KPC05",
    source({"random.yaml": b"default: {bufferSize: 1}\n"}),
    source(
        {
            "random.yaml": b"default: {bufferSize: 1}\n",
            "random.json": b'{"about": {}, "properties": {"default": [{"name": "bufferSize"}]}}',
        }
    ),
)
_add("KPC06", source({"random.json": b'{"about": {}}'}), source({"random.json": SOURCE_METADATA}))
_add(
    "KPC09",
    source({"random.yaml": b"default: {interval: fast}\n"}),
    source({"random.yaml": b"default: {interval: 1m30s}\n"}),
)
_add("KPM01", sink({"random.json": b'{"about": {},}'}), sink({"random.json": SINK_METADATA}))
_add("KPM02", sink({"Random.json": SINK_METADATA}), sink({"random.json": SINK_METADATA}))
_add("KPM03", sink({"random.json": b'{"properties": []}'}), sink({"random.json": SINK_METADATA}))
_add(
    "KPM04",
    sink({"random.json": b'{"about": {"trial": "no"}}'}),
    sink({"random.json": b'{"about": {"trial": false}}'}),
)
_add(
    "KPM05",
    sink({"random.json": b'{"about": {}, "properties": {}}'}),
    source({"random.json": SOURCE_METADATA}),
)
_add("KPM06", described(b'{"name": "a", "default": ["x"]}'), described(b'{"name": "a"}'))
_add("KPM08", described(b'{"name": "a", "type": "integer"}'), described(b'{"name": "a"}'))
_add(
    "KPM12",
    source({"random.json": SOURCE_METADATA}),
    source({"random.json": SOURCE_METADATA.replace(b"[]", b'[{"name": "interval"}]')}),
    "1.2",
)
_add("KPM13", function({"random.json": b"{"}), function({"random.json": FUNCTION_METADATA}))
_add("KPI01", sink({"Install.sh": b""}), sink({"install.sh": b"exit 0\n"}))
_add("KPI02", scripted(b"if [[ -f x ]]; then\r\nls\r\nfi\r\n"), scripted(b"[ -f x ] || ls\n"))
_LIBRARY = {"libtide.so": b""}
_add(
    "KPI03",
    scripted(b"cp libtide.so /opt\n", _LIBRARY),
    scripted(b'cd "$(dirname "$0")"\ncp libtide.so /opt\n', _LIBRARY),
    "1.10",
)
_add(
    "KPI04",
    scripted(b'cp "$(dirname "$0")/etc/a" /opt\n', {"etc/a": b""}),
    scripted(b'cp "$(dirname "$0")/data/a" /opt\n', {"data/a": b""}),
)
_add("KPI06", sink(), sink())
_cases.by_code["KPI06"] = Case(
    sink(), sink(), request=Request("random", "http://h/random.zip", shell_paras=("--fast",))
)
_add("KPI09", scripted(b"apt-get install libzmq5\n"), scripted(b"apt-get install -y libzmq5\n"))
_add("KPI12", scripted(b"curl -O $1\n"), scripted(b"wget -O tide $1\n"), image="slim")
_add("KPI13", scripted(b"mkdir -p /opt/x\n"), scripted(b"mkdir -p /kuiper/x\n"), image="alpine")
_add("KPI14", scripted(b"pip install numpy\n"), scripted(b"pip install --no-index numpy\n"))
_add("KPI15", scripted(b"rm -rf /tmp/*\n"), scripted(b"rm -rf /tmp/tide\n"))
_add("KPI16", scripted(b"set -e\nmkdir /opt/x\n"), scripted(b"set -e\nmkdir -p /opt/x\n"))
_add("KPI17", scripted(b"f() {\n"), scripted(b"f() { :; }\nf\n"))
_add("KPE01", sink({"etc/a": b""}), sink({"data/a": b""}), "1.0")
_add("KPE04", sink({"etc/a": b""}), sink({"a": b"", "install.sh": b""}))
_add("KPE02", sink({"etc/a": b""}), sink({"data/a": b""}), "1.14.7")
_add(
    "KPP01",
    Package.of({"m.json": PYTHON, "mirror.py": b""}, kind=Kind.PORTABLE, name="mirror"),
    portable(),
)
_add("KPP02", portable(b'{"language": "python",}'), portable())
_add("KPP03", portable(PYTHON.replace(b"{", b'{"name": "Mirror", ', 1)), portable())
_add("KPP04", portable(PYTHON.replace(b"python", b"Python", 1)), portable())
_add("KPP05", portable(PYTHON.replace(b"mirror.py", b"./mirror.py", 1)), portable())
_add("KPP06", portable(PYTHON.replace(b'["echo"]', b"[]", 1)), portable())
_add(
    "KPP07",
    portable(PYTHON.replace(b"functions", b"sources", 1)),
    portable(PYTHON.replace(b"functions", b"sources", 1), {"sources/echo.yaml": b""}),
)
_add("KPP11", portable(PYTHON.replace(b"{", b'{"virtualEnvType": "venv", ', 1)), portable())
_add("KPP12", started(program(), mode=0o644), started(program()))
_add("KPP13", started(b"exit 0\n"), started(b"#!/bin/sh\n"))
_add(
    "KPP14",
    portable(extra={"mirror.py": b'open("labels.txt")\n', "labels.txt": b""}),
    portable(extra={"mirror.py": b'open(__file__ + "/../labels.txt")\n', "labels.txt": b""}),
    "1.10",
)
_add("KPP18", portable(extra={"etc/a": b""}), portable(extra={"data/a": b""}))
_add("KPP24", portable(PYTHON.replace(b"{", b'{"sink": ["s"], ', 1)), portable())
_add("KPP26", started(program(MUSL)), started(program()), image="slim")
_add(
    "KPP27",
    portable(extra={"mirror.py": b"from ekuiper import plugin\n"}),
    portable(extra={"mirror.py": b"from ekuiper import plugin\n", "ekuiper/__init__.py": b""}),
    image="alpine-python",
)
_add(
    "KPP28",
    portable(extra={"mirror.py": b'print "ready"\n'}),
    portable(extra={"mirror.py": b'print("ready")\n'}),
)
_add(
    "KPP25",
    portable(extra={"functions/ecco.json": FUNCTION_METADATA}),
    portable(extra={"functions/echo.json": FUNCTION_METADATA}),
)
_add(
    "KPW01",
    Package.of({"fib.wasm": b"", "fib.json": b'{"wasmEngine": "wasmedge"}'}),
    portable(),
)
for _code, _bad, _good in archive_cases():
    _add(_code, _bad, _good)
for _case in plugin_cases():
    _add(_case.code, _case.bad, _case.good, *_case.servers, image=_case.image)
_long = "m" * 100
_add(
    "KPX03",
    Package.of({f"{_long}.json": PYTHON, "mirror.py": b""}, kind=Kind.PORTABLE, name=_long),
    portable(),
)
_add("KPX05", portable(), sink(), "1.3.1")
_add("KPX04", Package.of(SO), sink())

CASES: Mapping[str, Case] = _cases.by_code
"""By code; the codes about suppressions have tests of their own."""
