"""Known causes: bugs that eKuiper itself had, and how a failure that has the same one looks."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """A bug that releases of eKuiper had from ``since`` up to, not including, ``until``.

    None stands for the first release that has what the clauses are about, and for this day.
    ``seen`` is searched in the reason of a failure of one of the ``clauses``; ``source`` is the
    commit upstream that ended the bug or brought it, or a case of the REST API.
    """

    clauses: tuple[str, ...]
    seen: str
    bug: str
    since: str | None
    until: str | None
    source: str

    @property
    def said(self) -> str:
        """What it is and who had it, in one line."""
        begin = f" from {self.since}" if self.since else ""
        end = f" until before {self.until}" if self.until else " to this day"
        return f"looks like {self.bug}, which eKuiper had{begin}{end}"


_NO_ANSWER = "got: nothing"
_ACCEPTED = r"got: 20\d"

CAUSES = (
    Cause(
        ("native.create.answer-to-odd-name", "native.create.bad-name"),
        _NO_ANSWER,
        "a name that is made part of a regular expression, so that some names end the handler",
        None,
        "2.4.0-alpha.2",
        "324e884cf",
    ),
    Cause(
        ("native.create.bad-name",),
        _ACCEPTED,
        "names that are not looked at",
        None,
        "2.4.0-alpha.2",
        "324e884cf",
    ),
    Cause(
        ("native.describe.bad-name",),
        "got: 404",
        "names that are not looked at",
        None,
        "2.4.0-alpha.2",
        "324e884cf",
    ),
    Cause(
        ("native.drop.accepted",),
        r"can.?not find|can't find",
        "a drop that looks for the file under a capital letter only",
        None,
        "0.9.1",
        "43da998fe",
    ),
    Cause(
        (
            "native.create.accepted",
            "native.drop.create-again",
            "native.restart.create-again",
            "native.package.refused-then-good",
            "native.download.failed-then-good",
        ),
        r"expectFiles: 3|already exist",
        "a source that cannot be installed where a configuration of its name is left",
        "2.2.1",
        None,
        "2b0e9d5d9",
    ),
    Cause(
        ("native.update.refused-changes-nothing",),
        r"\$deleted|got: 404",
        "an update that deletes the old version before it has the new one",
        "1.11.0",
        None,
        "api U-06",
    ),
    Cause(
        ("portable.update.refused-changes-nothing",),
        "got: 404",
        "an update that deletes the old version before it has the new one",
        None,
        None,
        "api P-25",
    ),
    Cause(
        ("native.download.failed-functions",),
        "",
        "functions that are registered before the package is there",
        "1.1.2",
        "1.4.1",
        "api C-40",
    ),
    Cause(
        ("native.package.parameters-without-script",),
        _ACCEPTED,
        "parameters for a script that are dropped where there is no script",
        None,
        "1.4.0",
        "d44c355a1",
    ),
    Cause(
        ("native.concurrent.one-name",),
        "",
        "a name that is looked up and taken in two steps",
        None,
        None,
        "api section 1",
    ),
    Cause(
        ("native.concurrent.update", "portable.concurrent.update"),
        "",
        "an update that is a drop and a create, between which others come",
        "1.8.0-alpha.2",
        None,
        "api U-06, P-25",
    ),
    Cause(
        ("scripts.restart",),
        _ACCEPTED,
        "an install.sh that fails, and whose plugin stays",
        "1.6.0",
        None,
        "f052f4926",
    ),
    Cause(
        ("scripts.folder",),
        "",
        "an install.sh that runs in the folder of the server",
        None,
        "1.11.0",
        "d3d634e59",
    ),
    Cause(
        ("prebuild.answer", "prebuild.object"),
        r"got: 200 \(no body\)",
        "an error of the list of prebuilt plugins that is answered as an empty success",
        "0.9.1",
        "1.6.0",
        "8604ead17",
    ),
    Cause(
        ("prebuild.route", "prebuild.object"),
        "got: 404 .*prebuild",
        '"prebuild" that is taken for the name of a plugin',
        "1.5.0",
        "1.7.1",
        "55ba6ac2d",
    ),
    Cause(
        ("prebuild.zip",),
        r"Linux|%20|GNU",
        "the full name of the system in the place of its folder",
        None,
        "0.9.1",
        "5b607db50",
    ),
    Cause(
        ("metadata.dropped.gone", "metadata.dropped.not-installed"),
        "",
        "metadata that outlive their plugin",
        None,
        "1.7.2",
        "e73e0168b",
    ),
    Cause(
        ("portable.list.array",),
        "got: 200 null",
        "an empty list that is written as null",
        None,
        "1.4.0",
        "65b8f1728",
    ),
    Cause(
        ("portable.create.not-startable", "portable.create.after-refusal"),
        "",
        "a portable plugin whose installation fails and that stays in the list",
        "2.0.0-beta.1",
        "2.0.0-beta.2",
        "2b522ec1f",
    ),
    Cause(
        ("portable.drop.immediate", "portable.drop.create-again"),
        "",
        "a process of a portable plugin that outlives its drop",
        "1.4.0",
        "1.7.0",
        "15b86614f",
    ),
    Cause(
        ("portable.status.updated",),
        "",
        "a status that goes on being that of the old version",
        "2.0.0-beta.1",
        "2.1.3",
        "api 8.3",
    ),
    Cause(
        ("portable.restart.functions",),
        "",
        "functions of portable plugins that are not known before a rule asks for them",
        "1.4.0",
        "1.8.1",
        "f3df926c4",
    ),
    Cause(
        ("http.error.quotes",),
        "",
        "an error whose text is put into JSON as it is",
        "1.13.0-alpha.2",
        "2.0.0-beta.2",
        "26280d6d7",
    ),
    Cause(
        ("security.markup", "security.uploads.markup"),
        "",
        "names that come back with their markup",
        None,
        "2.0.0-beta.2",
        "26280d6d7",
    ),
    Cause(
        ("security.entries",),
        "it was written",
        "entries of packages that are written outside of their folder",
        None,
        "2.2.0-alpha.3",
        "49c37f70b",
    ),
    Cause(
        ("security.uploads.names",),
        _ACCEPTED,
        "names of uploads that lead out of their folder",
        "1.6.0",
        "2.2.0-alpha.3",
        "api O-05",
    ),
    Cause(
        ("uploads.incomplete", "uploads.link.missing"),
        _NO_ANSWER,
        "an upload without content that ends the handler",
        "1.6.0",
        "1.11.0-alpha.2",
        "api O-04",
    ),
    Cause(
        ("native.udfs.refused",),
        "",
        "functions that stay registered though their plugin was refused",
        "1.1.2",
        None,
        "api C-39",
    ),
    Cause(
        ("native.register.refused-changes-nothing",),
        "",
        "a registration that is carried out in part before it is refused",
        "1.1.2",
        None,
        "api F-09",
    ),
    Cause(
        ("native.update.no-name",),
        "",
        "an update that deletes the old version before it has the new one",
        "1.11.0",
        None,
        "api U-05",
    ),
    Cause(
        ("rules.drop.accepted",),
        "",
        "a drop that is refused for the rules of a plugin, and carried out",
        "2.0.0-alpha.6",
        "2.0.0-beta.1",
        "44b4d2205",
    ),
    Cause(
        ("rules.drop.restart-ends",),
        "",
        "a rule whose restart hangs once its plugin was dropped",
        "2.0.0-alpha.10",
        "2.3.0-beta.6",
        "dd15c3cd3",
    ),
    Cause(
        (
            "rules.update.source",
            "rules.update.function",
        ),
        "",
        "rules that keep the old version of an updated plugin",
        "1.8.0-alpha.2",
        "2.1.3",
        "api P-22",
    ),
    Cause(
        ("rules.restart.goes-on",),
        "not found",
        "a start that begins rules before the portable plugins are known that they use",
        "2.0.0-beta.2",
        None,
        "2b522ec1f",
    ),
)


def cause_of(clause: str, reason: str) -> str:
    """What a failure of the clause with that reason looks like; nothing where it is not known."""
    for cause in CAUSES:
        if clause in cause.clauses and re.search(cause.seen, reason):
            return cause.said
    return ""
