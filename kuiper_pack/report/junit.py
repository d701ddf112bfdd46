"""Verdicts as JUnit XML: a test case for each package, which fails where the package fails.

The elements are those of the schema ``junit-10.xsd`` of Jenkins.
"""

from collections.abc import Sequence
from typing import TextIO
from xml.etree import ElementTree

from kuiper_pack.report.summary import summarise
from kuiper_pack.report.text import plain_lines
from kuiper_pack.rules.validation import Judgement, Verdict
from kuiper_pack.spelling import printable

_SUITE = "kuiper-pack"


def write(judgements: Sequence[Judgement], stream: TextIO) -> None:
    """Write the document in characters that stand in every encoding, and a line feed."""
    errors = sum(judgement.verdict is Verdict.UNREADABLE for judgement in judgements)
    failures = sum(not judgement.passed for judgement in judgements) - errors
    counts = {"tests": str(len(judgements)), "failures": str(failures), "errors": str(errors)}
    root = ElementTree.Element("testsuites", {"name": _SUITE, **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _SUITE, **counts, "skipped": "0"})
    suite.extend(_case(judgement) for judgement in judgements)
    ElementTree.indent(root)
    stream.write(ElementTree.tostring(root, "us-ascii", xml_declaration=True).decode("ascii"))
    stream.write("\n")


def _case(judgement: Judgement) -> ElementTree.Element:
    """The case; what was found and does not fail it stands in its output."""
    case = ElementTree.Element(
        "testcase", {"classname": _SUITE, "name": printable(judgement.path.as_posix())}
    )
    text = "".join(f"{line}\n" for line in plain_lines([judgement]))
    summary = str(summarise([judgement]))
    if judgement.verdict is Verdict.UNREADABLE:
        told = ElementTree.SubElement(case, "error", {"type": "unreadable", "message": summary})
    elif not judgement.passed:
        told = ElementTree.SubElement(case, "failure", {"type": "invalid", "message": summary})
    else:
        told = ElementTree.SubElement(case, "system-out")
    told.text = text
    return case
