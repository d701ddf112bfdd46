"""Creating and updating plugins: what a package is, what to say beforehand, and the request."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from kuiper_pack.build.orders import Options, Orders, read_request_for
from kuiper_pack.client import Answer, Unreachable
from kuiper_pack.errors import KuiperPackError
from kuiper_pack.package.kind import Kind
from kuiper_pack.package.package import Package, open_package
from kuiper_pack.planner import Request
from kuiper_pack.planner.predict import URL
from kuiper_pack.remote.asked import Asked
from kuiper_pack.remote.delivery import delivered, local_zip, url_of
from kuiper_pack.remote.session import Session
from kuiper_pack.report.text import plain_lines
from kuiper_pack.rules.catalogue import catalogue
from kuiper_pack.rules.engine import Judge
from kuiper_pack.rules.finding import Severity
from kuiper_pack.rules.symbols import described_functions
from kuiper_pack.rules.target import Target
from kuiper_pack.rules.validation import Judgement, Verdict

Say = Callable[[str], None]
"""Takes a line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be installed, as the user says it.

    ``package`` is the path of a zip here, a URL, or a path on the machine of the server; ``verb``
    is create or update. What is None or empty is found from a zip here, or from the request file.
    """

    verb: str
    package: str
    kind: Kind | None = None
    name: str | None = None
    functions: tuple[str, ...] = ()
    shell_paras: tuple[str, ...] = ()
    request_file: Path | None = None


def install(session: Session, wish: Wish, *, judge: bool, say: Say) -> Answer:
    """Have it installed; ``say`` hears what is to be said beside the answer.

    With ``judge`` a zip here is validated for the release that the server says it is, and what is
    wrong with it is said; the server has the last word. Raises Rejected and KuiperPackError.
    """
    path = local_zip(wish.package)
    given = _request(wish)
    package = open_package(path, kind=wish.kind, name=given.name or None) if path else None
    kind, name = _identity(wish, given, package)
    request = given._replace(name=name)
    asked = Asked(wish.verb, kind, name, wish.package)
    if package is not None and path is not None and judge:
        for line in _judged(session, path, package, request):
            say(line)
    with delivered(session, path, asked) if path else nullcontext(url_of(wish.package)) as url:
        send = session.client.create if wish.verb == "create" else session.client.update
        lists = {"functions": request.functions, "shell_paras": request.shell_paras}
        try:
            answer = session.granted(send(kind, name, url, **lists), asked)
        except Unreachable as error:
            if not error.hung:
                raise
            raise KuiperPackError(
                f"{error} What it has begun may go on: `kuiper-pack remote list` tells"
            ) from error
    if package is not None and kind is Kind.FUNCTION and not request.functions:
        missing = [str(one.value) for one in described_functions(package) if one.value != name]
        if missing:
            every = " ".join(str(one.value) for one in described_functions(package))
            say(
                f"the server takes it for the one function {name}, it describes others: "
                f"`kuiper-pack remote register {name} {every}`"
            )
    return answer


def _request(wish: Wish) -> Request:
    """The request, without the URL; the options count more than the file."""
    named = Request("", "")
    if wish.request_file is not None:
        named = read_request_for("", wish.request_file)
    return Request(
        wish.name or named.name,
        "",
        wish.functions or named.functions,
        wish.shell_paras or named.shell_paras,
    )


def _identity(wish: Wish, given: Request, package: Package | None) -> tuple[Kind, str]:
    kind = package.kind if package is not None else wish.kind
    name = package.name if package is not None else given.name
    if kind is not None and name:
        return kind, name
    if package is not None and not package.entries:
        raise KuiperPackError(
            f"{wish.package}: no file is found in it; kuiper-pack validate says what is wrong"
        )
    if package is not None:
        raise KuiperPackError(
            f"{wish.package}: its files do not tell which kind it is: say --kind sink or function"
        )
    if "://" in wish.package:
        raise KuiperPackError(
            f"{wish.package} cannot be looked into from here: say --kind and --name"
        )
    raise KuiperPackError(
        f"{wish.package}: there is no such file here; of one on the machine of the server say "
        "--kind and --name"
    )


def _judged(session: Session, path: Path, package: Package, request: Request) -> Iterator[str]:
    """What is wrong with the package for the release of the server, errors and warnings."""
    about = session.about
    if about is None or about.release is None:
        return
    order = Orders(Options(servers=(about.release.text,), arch=about.arch)).order_for(path)
    image, arch = order.judge.target.image, order.judge.target.arch
    request = request._replace(file=URL)
    target = Target((about.release,), image=image, arch=arch, request=request)
    found = Judge(target, catalogue()).findings(package, order.ignores)
    serious = tuple(one for one in found if one.severity is not Severity.NOTE)
    if serious:
        yield from [*plain_lines([Judgement(path, Verdict.INVALID, findings=serious)])][:-1]
