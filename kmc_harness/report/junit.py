"""The report as JUnit XML: `classname` is the requirement, so that CI servers group by it.

JUnit knows no more than passed, failure, error and skipped. A `fail` is a failure; what says nothing of the target
(`error`, `inconclusive`, `flaky`) is an error, red all the same; `skipped` and `waived` are skipped, with the reason.
It is valid by the schema of Jenkins' xUnit plugin (junit-10.xsd), which knows no place for a file and a line.
"""

from xml.etree import ElementTree as Xml

from kmc_harness.report.results import Report, ScenarioResult
from kmc_harness.verdicts import Verdict

__all__ = ["junit"]

_TAGS = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.INCONCLUSIVE: "error",
    Verdict.FLAKY: "error",
    Verdict.SKIPPED: "skipped",
    Verdict.WAIVED: "skipped",
}


def junit(report: Report) -> bytes:
    """Return `report` as JUnit XML, one test case a scenario, and one skipped a requirement without any."""
    suite = Xml.Element("testsuite", name=f"kmc {report.run.subject}", timestamp=report.timing.started_at)
    properties = Xml.SubElement(suite, "properties")
    for name in ("target", "policy", "profile", "seed"):
        Xml.SubElement(properties, "property", name=name, value=getattr(report.run, name))
    for each in report.scenarios:
        _case(suite, each, report.timing.scenarios.get(each.id, 0.0))
    for one in report.requirements:
        if not one.scenarios:
            case = Xml.SubElement(suite, "testcase", classname=one.id, name=one.title, time="0")
            Xml.SubElement(case, "skipped", message=one.reason)
    for kind in ("failure", "error", "skipped"):
        counted = {"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]
        suite.set(counted, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("time", f"{report.timing.seconds:.3f}")
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: Xml.Element, scenario: ScenarioResult, seconds: float) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=scenario.requirement,
        name=scenario.full_title,
        time=f"{seconds:.3f}",
    )
    text = f"{scenario.verdict} at: {scenario.step}\nin: {scenario.where}\n"
    text += f"expected: {scenario.expected}\nactual: {scenario.actual}"
    if tag := _TAGS.get(scenario.verdict):
        message = scenario.waiver or f"{scenario.verdict}: {scenario.actual or 'without a word'}"
        Xml.SubElement(case, tag, message=message, type=scenario.verdict.value).text = text
    elif scenario.verdict is Verdict.WARNING:
        Xml.SubElement(case, "system-out").text = text
