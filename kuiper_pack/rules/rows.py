"""What became of every row of the table of package rules that kuiper-pack was made from.

A row is a rule, a fact that the planner knows (a field of a profile, a cause or a plan), or is left
out for a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """What became of a row."""

    RULE = "rule"
    FACT = "fact"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Row:
    """``what`` names rules or facts, or says why there is none."""

    state: State
    what: tuple[str, ...]


def _rule(*codes: str) -> Row:
    return Row(State.RULE, codes)


def _fact(*names: str) -> Row:
    """Names are fields of Profile, members of Cause, or modules of the planner."""
    return Row(State.FACT, names)


def _excluded(reason: str) -> Row:
    return Row(State.EXCLUDED, (reason,))


_PROGRAM = "needs the running program: only it tells what it registers"
_SERVER = "a server with other plugins: a package alone does not show it"
_DOCS = "about documentation, not about packages"

ROWS: Mapping[str, Row] = {
    "N-01": _fact("NAME_EMPTY"),
    "N-02": _rule("KPN02"),
    "N-03": _rule("KPN03"),
    "N-04": _rule("KPN04"),
    "N-05": _rule("KPN05"),
    "N-06": _rule("KPN06"),
    "N-07": _fact("DUPLICATE"),
    "N-08": _rule("KPN08"),
    "N-09": _rule("KPN09"),
    "N-10": _rule("KPN10"),
    "L-01": _fact("URL_INVALID"),
    "L-02": _rule("KPL02"),
    "L-03": _rule("KPL03"),
    "L-04": _rule("KPL04"),
    "L-05": _rule("KPL05", "KPC01"),
    "L-06": _rule("KPL06"),
    "L-07": _rule("KPL07"),
    "L-08": _rule("KPL08"),
    "L-09": _rule("KPL09"),
    "L-10": _rule("KPL10"),
    "L-11": _rule("KPL11"),
    "L-12": _rule("KPL12"),
    "L-13": _rule("KPP12"),
    "L-14": _rule("KPL04"),
    "L-15": _fact("reverts"),
    "L-16": _excluded("Windows servers load no plugins at all; nothing in a package decides that"),
    "S-01": _rule("KPS01"),
    "S-02": _rule("KPS02"),
    "S-03": _rule("KPS01"),
    "S-04": _excluded(_SERVER),
    "S-05": _fact("start_up"),
    "S-06": _rule("KPS06", "KPS13"),
    "S-07": _rule("KPS07"),
    "V-01": _excluded("says that there is nothing to check"),
    "V-02": _fact("names"),
    "V-03": _rule("KPS02"),
    "V-04": _rule("KPV04"),
    "V-05": _excluded(_SERVER),
    "V-06": _fact("DUPLICATE"),
    "V-07": _excluded("says that there is nothing to check"),
    "Y-01": _rule("KPY01"),
    "Y-02": _rule("KPY02", "KPY11"),
    "Y-03": _rule("KPY03"),
    "Y-04": _rule("KPY04", "KPY11"),
    "Y-05": _rule("KPY05"),
    "Y-06": _fact("FUNCTION_EXISTS"),
    "Y-07": _rule("KPY07"),
    "Y-08": _rule("KPY11"),
    "Y-09": _rule("KPY09", "KPY12", "KPY13", "KPS09"),
    "Y-10": _excluded(_DOCS),
    "C-01": _rule("KPC01"),
    "C-02": _rule("KPC02"),
    "C-03": _excluded("how sections combine while a rule runs; no package is wrong by it"),
    "C-04": _rule("KPC04"),
    "C-05": _rule("KPC05"),
    "C-06": _rule("KPC06"),
    "C-07": _excluded("about a running server that has read an older configuration"),
    "C-08": _fact("native_folders"),
    "C-09": _rule("KPC09"),
    "C-10": _rule("KPL07"),
    "M-01": _rule("KPM01"),
    "M-02": _rule("KPM02"),
    "M-03": _rule("KPM03"),
    "M-04": _rule("KPM04"),
    "M-05": _rule("KPM05"),
    "M-06": _rule("KPM04", "KPM06"),
    "M-07": _excluded(_DOCS),
    "M-08": _rule("KPM08"),
    "M-09": _excluded("releases 1.3 to 1.5.1 lose every default value, whatever the package"),
    "M-10": _excluded("informative"),
    "M-11": _excluded("any JSON is right"),
    "M-12": _rule("KPM12"),
    "M-13": _rule("KPM13"),
    "M-14": _excluded("every function is listed twice, whatever the package"),
    "M-15": _excluded(_DOCS),
    "I-01": _rule("KPI01"),
    "I-02": _rule("KPI02"),
    "I-03": _rule("KPI03"),
    "I-04": _rule("KPI04"),
    "I-05": _fact("shell_paras"),
    "I-06": _rule("KPI06"),
    "I-07": _fact("SCRIPT_FAILED"),
    "I-08": _fact("reverts"),
    "I-09": _rule("KPI09", "KPI16", "KPI17"),
    "I-10": _fact("native_files"),
    "I-11": _excluded("how packages travel; nothing in a package decides that"),
    "E-01": _rule("KPE01"),
    "E-02": _rule("KPE02"),
    "E-03": _fact("native_files"),
    "E-04": _rule("KPE04"),
    "E-05": _excluded("what the code opens while it runs; no archive shows it"),
    "P-01": _rule("KPP01"),
    "P-02": _rule("KPP02"),
    "P-03": _rule("KPP03"),
    "P-04": _rule("KPP04"),
    "P-05": _rule("KPP05"),
    "P-06": _rule("KPP06"),
    "P-07": _rule("KPP07"),
    "P-08": _excluded(_PROGRAM),
    "P-09": _excluded(_PROGRAM),
    "P-10": _excluded("says that there is nothing to check"),
    "P-11": _rule("KPP11"),
    "P-12": _rule("KPP12"),
    "P-13": _rule("KPP13", "KPP26", "KPP27"),
    "P-14": _rule("KPP14"),
    "P-15": _fact("SCRIPT_FAILED", "shows_script_output"),
    "P-16": _fact("START_FAILED", "starts_portable"),
    "P-17": _excluded(_SERVER),
    "P-18": _rule("KPP18"),
    "P-19": _rule("KPL10", "KPL12"),
    "P-20": _fact("start_up"),
    "P-21": _excluded("about the code of the plugin"),
    "P-22": _excluded("about the code of the plugin"),
    "P-23": _excluded("about a running server"),
    "W-01": _rule("KPW01"),
    "W-02": _excluded("only servers built with wasmedge, which no official image is"),
    "W-03": _excluded("only servers built with wasmedge, which no official image is"),
    # The corrections, in the order of their table.
    "X-01": _fact("FILE_COUNT"),
    "X-02": _fact("names"),
    "X-03": _rule("KPL12"),
    "X-04": _rule("KPL13"),
    "X-05": _fact("reverts"),
    "X-06": _rule("KPN03"),
    "X-07": _fact("NAME_TOO_LONG"),
    "X-08": _rule("KPL10"),
    "X-09": _rule("KPP03", "KPZ03"),
    "X-10": _rule("KPP05"),
    "X-11": _rule("KPP11"),
    "X-12": _rule("KPI06"),
    "X-13": _rule("KPZ03"),
    "X-14": _rule("KPL11"),
    "X-15": _rule("KPL02", "KPZ01", "KPZ02"),
}
"""Every row by its id; ``X-`` are the corrections."""

OWN: Mapping[str, str] = {
    "KPI12": "what the official images lack is in no row",
    "KPI13": "what the official images forbid is in no row",
    "KPI14": "that a script needs the network is in no row",
    "KPI15": "what a script destroys is in no row",
    "KPL14": "that old servers unpack no folders is in no row",
    "KPP24": "members that no server knows are in no row",
    "KPP25": "files of no symbol are in no row",
    "KPP28": "that a program is no Python is in no row",
    "KPS08": "the processor of a shared object is in no row",
    "KPS10": "the version of glibc in the image is in no row",
    "KPS11": "libraries that a shared object needs are in no row",
    "KPS12": "the size of pages is in no row",
    "KPS14": "debug information is in no row",
    "KPS15": "paths of the build machine are in no row",
    "KPV08": "the version that Go writes into a shared object is in no row",
    "KPX": "about releases, suppressions and what is not known of a package",
    "KPZ": "archive safety: about what readers of zips disagree on",
}
"""Rules of our own that no row asks for, by code or its beginning, and why there are such."""
