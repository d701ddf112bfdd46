"""The family W: packages for the former WebAssembly plugins."""

from collections.abc import Iterator

from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package
from kuiper_pack.rules.finding import Finding, Severity
from kuiper_pack.rules.rule import UNKNOWN, Rule
from kuiper_pack.rules.target import Target

_FIRST, _LAST = "1.8.0", "1.14.7"


class WasmIsGone(Rule):
    """The package is a WebAssembly plugin.

    Packages with `{name}.wasm` and a `{name}.json` that names its `wasmEngine` were installed over
    `/plugins/wasm`, from 1.8.0 to 1.14.7 and only by servers built for it. No release of 2.x has
    that route, though pages about it are still around.

    Bad: `fibonacci.wasm` for 2.4.0. Good: the function as a portable or a native plugin.

    Port the function; a portable plugin in Go or Python is the nearest thing.
    """

    code, severity, kinds = "KPW01", Severity.ERROR, UNKNOWN

    def check(self, package: Package, target: Target) -> Iterator[Finding]:
        module = wasm_module(package)
        if module is None:
            return
        able = frozenset(target.between(_FIRST, _LAST))
        gone = tuple(one for one in target.releases if one not in able)
        if gone:
            yield self.at(module, "these servers have no WebAssembly plugins", servers=gone)
        if able:
            yield self.at(
                module,
                "only servers built with wasmedge install it, and official images are not",
                servers=tuple(sorted(able)),
                severity=Severity.WARNING,
            )


def wasm_module(package: Package) -> str | None:
    """The name of the WebAssembly module at the root of ``package``, if it is such a plugin."""
    if package.kind not in (None, Kind.PORTABLE):
        return None
    module = next(
        (one.name for one in package.entries if one.name.endswith(".wasm") and "/" not in one.name),
        None,
    )
    if module is not None and package.kind is Kind.PORTABLE:
        root = package.manifest.root if package.manifest else None
        return module if root is not None and root.fold("wasmEngine") else None
    return module
