"""Packages that nobody wrote: drawn, sent, and compared with what is known of them.

What a package holds is drawn from the run's seed; where one is judged wrongly, the smallest such
package is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kuiper_pack.conformance.native_create import FORMAT, UNKNOWN
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.planner import Prediction, predict, predict_removal
from kuiper_pack.suite.clause import MUST, SHOULD, clause
from kuiper_pack.suite.drawn import for_all
from kuiper_pack.suite.packages import stub
from kuiper_pack.suite.pool import StubPool
from kuiper_pack.suite.subject import CREATES, OTHERS, Server
from kuiper_pack.suite.verdict import Inapplicable, Unmet
from kuiper_pack.testing.generated import GeneratedPackage

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 25
FEWER = 15
"""Enough where what is drawn differs in a few ways only."""
REFUSED = "native.package.drawn-bad"
CAPITAL = "native.create.capital-file"
_ENTRIES = (
    *("{n}.so", "{N}.so", "{n}@v1.0.0.so", "{N}@2.so", "other.so", "lib/{n}.so"),
    *("{n}.yaml", "other.yaml", "conf/{n}.yaml", "{n}.json", "readme.txt"),
    *("etc/", "etc/a.conf", "lib/", "lib/b.txt"),
)
"""What layouts are drawn from, with the name of the plugin, also with a capital."""


def drawn(server: Server, *, good: bool) -> SearchStrategy[GeneratedPackage]:
    """Packages of the kinds that the server knows, without install.sh: nothing shall be run."""
    from hypothesis import strategies as st

    from kuiper_pack.testing.strategies import packages

    kinds = st.sampled_from(server.kinds)
    named = st.builds(server.fresh)
    return kinds.flatmap(
        lambda kind: packages(kind, server.judged, good=good, named=named).map(without_script)
    )


def without_script(one: GeneratedPackage) -> GeneratedPackage:
    """The package without install.sh, on which nothing depends."""
    return replace(one, files=tuple(file for file in one.files if file[0] != "install.sh"))


def shown(one: GeneratedPackage) -> str:
    """A package in a few words."""
    files = ", ".join(name.rstrip("/") + "/" * name.endswith("/") for name, _ in one.files)
    cut = f", of which {one.keep:.0%} is there" if one.keep < 1 else ""
    return f"the package of the {one.kind.value} {one.name} with {files or 'nothing'}{cut}"


def takes(server: Server, one: GeneratedPackage, why: str = "") -> None:
    """Ask that a package is installed."""
    __tracebackhide__ = True
    reply = server.post(one.kind, one.name, server.deliver(one.zip()))
    if not reply.ok:
        raise Unmet(f"{shown(one)} is installed{why}", reply.got)
    described = server.describe(one.kind, one.name)
    if not described.ok:
        raise Unmet(f"{shown(one)} is described", described.got)


def leaves(server: Server, one: GeneratedPackage, why: str = "") -> None:
    """Ask that a package is refused, and that no plugin is there."""
    __tracebackhide__ = True
    reply = server.post(one.kind, one.name, server.deliver(one.zip()))
    if reply.ok or reply.answer.status is None:
        raise Unmet(f"{shown(one)} is refused{why}", reply.got)
    described = server.describe(one.kind, one.name)
    if described.ok:
        raise Unmet(f"{shown(one)} is refused, and not described", described.got)


def needs_stubs(server: Server) -> None:
    """Raise Inapplicable where each example would take a real plugin."""
    if not isinstance(server.pool, StubPool):
        raise Inapplicable("shared objects are loaded: each package would use up a plugin")


@clause(
    REFUSED,
    MUST,
    documented=FORMAT,
    since="0.9.1",
    needs=[
        UNKNOWN,
        "native.create.no-shared-object",
        "native.create.other-file-name",
        "native.create.source-without-configuration",
        "native.package.configuration-in-a-folder",
        "native.package.cut-off",
        "native.package.in-a-folder",
        "native.package.other-configuration-name",
    ],
)
def test_no_bad_package_is_installed(server: Server) -> None:
    """Whatever else is in it, a package is refused that lacks what it has to hold."""
    for_all(server, drawn(server, good=False), lambda one: leaves(server, one), FEWER)


@clause(
    "native.package.drawn-good",
    MUST,
    documented=FORMAT,
    since="0.9.1",
    needs=[CREATES, CAPITAL, OTHERS],
)
def test_every_good_package_is_installed(server: Server) -> None:
    """A package is installed that holds what it has to, in any order, and whatever else."""
    needs_stubs(server)
    for_all(server, drawn(server, good=True), lambda one: takes(server, one), FEWER)


@clause(
    "native.package.predicted",
    SHOULD,
    seen="rules KPL03, KPL04, KPL06, KPL07, KPS01",
    since="0.9.1",
    needs=[
        REFUSED,
        CREATES,
        CAPITAL,
        OTHERS,
        "native.package.two-shared-objects",
        "native.package.etc",
    ],
)
def test_packages_fare_as_in_the_release(server: Server) -> None:
    """Packages of any layout are installed or refused as the release that is judged does it."""
    from hypothesis import strategies as st

    loads = not isinstance(server.pool, StubPool)

    def check(layout: tuple[Kind, list[str]]) -> None:
        one = _package(server, *layout)
        foreseen = _predicted(server, one)
        if foreseen is None or (loads and foreseen.outcome == "installed"):
            return
        if foreseen.outcome == "installed":
            takes(server, one, f" (by {server.judged})")
        elif foreseen.outcome == "refused":
            leaves(server, one, f" (by {server.judged}: {foreseen.message})")

    layouts = st.tuples(
        st.sampled_from(server.kinds),
        st.lists(st.sampled_from(_ENTRIES), unique=True, min_size=1, max_size=5),
    )
    for_all(server, layouts, check, EXAMPLES)


def _package(server: Server, kind: Kind, layout: list[str]) -> GeneratedPackage:
    name = server.fresh()
    upper = name[:1].upper() + name[1:]
    files = [entry.format(n=name, N=upper) for entry in layout]
    content = stub(name)
    return GeneratedPackage(kind, name, tuple((one, content * (one[-1] != "/")) for one in files))


def _predicted(server: Server, one: GeneratedPackage) -> Prediction | None:
    """What the release does; None where it leaves behind what nobody can drop.

    That is a shared object which a restart finds, or a plugin that cannot be deleted (api X-07).
    """
    try:
        package = one.package()
    except KuiperPackError:
        return None
    found = predict(package, server.judged)
    removal = predict_removal(package, server.judged)
    left = found.left if removal is None else removal.left
    if (removal and removal.refused) or any(path.endswith(".so") for path in left):
        return None
    return found
