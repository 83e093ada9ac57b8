"""What is made of a run: the contract, and the formats for people and for other tools."""

import hashlib
import importlib.resources
import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import cucumber_messages
import jsonschema
import msgspec
import pytest
from cucumber_messages import json_converter

from kmc_harness.report import load, read, render, write
from kmc_harness.report.cucumber import messages
from kmc_harness.report.files import schema
from kmc_harness.report.html import PASSES_UP_TO, page
from kmc_harness.report.junit import junit
from kmc_harness.report.markdown import summary
from kmc_harness.report.matrix import matrix
from kmc_harness.report.results import SCHEMA_VERSION, ScenarioResult, WaiverResult, WaiverState
from kmc_harness.report.sarif import sarif
from kmc_harness.verdicts import Misuse, Verdict
from tests.conftest import ROOT, kmc
from tests.harness.made import RUN, report, scenario

# The contract


def test_the_schema_in_the_repository_is_that_of_the_types() -> None:
    kept = importlib.resources.files("kmc_harness.report").joinpath("schema.json").read_bytes()
    assert kept == schema()


def _signed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a report with the digests that a version of its time would have written."""
    timing = {"started_at": "", "scenarios": {}, "digest": ""}
    raw = raw | {"digest": _digest(raw | {"digest": "", "timing": timing})}
    digest = _digest((raw["digest"], raw["timing"] | {"digest": ""}))
    return raw | {"timing": raw["timing"] | {"digest": digest}}


def _digest(what: object) -> str:
    return f"sha256:{hashlib.sha256(msgspec.json.encode(what)).hexdigest()}"


def _as_of_version_2(part: Any) -> Any:
    """Return a part of a report as it was when `actual` was called `seen`, and without what has come since."""
    if isinstance(part, list):
        return [_as_of_version_2(each) for each in part]
    if not isinstance(part, dict):
        return part
    names = {"actual": "seen", "partly_covered": "in_part"}
    since = {
        "context",
        "meanwhile",
        "also",
        "besides",
        "scenario_of",
        "contexts",
        "shard",
        "in_contexts",
        "choices",
        "adapter",
        "min_judged",
        "called",
    }
    return {names.get(name, name): _as_of_version_2(value) for name, value in part.items() if name not in since}


def test_a_report_of_an_earlier_version_is_converted(tmp_path: Path) -> None:
    made = write(report(scenario(Verdict.FAIL), scenario(title="Another")), tmp_path)
    path = tmp_path / "report.json"
    raw = _signed(_as_of_version_2(json.loads(path.read_text())) | {"schema_version": 2})
    path.write_text(json.dumps(raw))
    converted = read(path)
    assert converted.schema_version == SCHEMA_VERSION
    assert [each.actual for each in converted.scenarios] == [each.actual for each in made.scenarios]
    assert write(converted, tmp_path / "now") == read(tmp_path / "now")
    path.write_text(json.dumps(raw | {"judged": 98}))
    with pytest.raises(Misuse, match="was changed after it was written"):
        read(path)


def test_a_departure_is_a_result_of_sarif_and_what_is_not_judged_is_none() -> None:
    made = report(
        scenario(Verdict.FAIL),
        scenario(Verdict.INCONCLUSIVE, requirement="ENR-002", name="a"),
        scenario(requirement="LOG-005", name="b"),
    )
    (run,) = json.loads(sarif(made))["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("SWI-002", "error")
    assert "actual: accepted with a session" in result["message"]["text"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"]["tags"] == ["security", "WSTG-ATHN-11", "external/cwe/cwe-308"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "ENR-002: inconclusive"


def test_a_waived_departure_is_suppressed_in_sarif() -> None:
    waived = msgspec.structs.replace(scenario(Verdict.WAIVED), waiver="known")
    (run,) = json.loads(sarif(report(waived)))["runs"]
    assert run["results"][0]["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_a_target_is_called_by_its_name_and_version_in_every_heading(tmp_path: Path) -> None:
    shop = msgspec.structs.replace(RUN, target="./shop/target.toml", policy="")
    made = report(scenario(Verdict.FAIL), run=msgspec.structs.replace(shop, called="Shop/Web 2.3"))
    other = report(scenario(), run=shop)
    assert made.headline.partition(" on ")[2].startswith("Shop/Web 2.3, profile")
    assert matrix([("a", made), ("b", other)]).labels == ("Shop/Web 2.3", "shop")
    render(write(made, tmp_path), tmp_path)
    for name in ("report.html", "summary.md", "junit.xml"):
        assert "Shop/Web 2.3" in (tmp_path / name).read_text(), name


def test_a_report_of_the_version_before_is_read() -> None:
    path = ROOT / "examples" / "targets" / "pgadmin" / "report.json"
    assert json.loads(path.read_text())["schema_version"] == 4
    assert read(path).schema_version == SCHEMA_VERSION


def test_reports_follow_the_schema(on_article: Any, on_kaltura: Any) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    for ran in (on_article, on_kaltura):
        assert [error.message for error in validator.iter_errors(ran.report)] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(report(scenario(Verdict.FAIL), scenario(title="Another")), tmp_path)
    return tmp_path


def test_a_report_is_read_as_it_was_written(folder: Path) -> None:
    made = report(scenario(Verdict.FAIL), scenario(title="Another"))
    found = read(folder)
    timing = msgspec.structs.replace(found.timing, digest="")
    assert msgspec.structs.replace(found, digest="", timing=timing) == made
    assert read(folder / "report.json") == read(folder)


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda text: text[: len(text) // 2], "or not all of one"),
    "empty": (lambda _: b"", "or not all of one"),
    "a verdict changed": (lambda text: text.replace(b'"fail"', b'"pass"'), "changed after it was written"),
    "a digit changed": (lambda text: text.replace(b'"judged": 1', b'"judged": 9'), "changed after it was written"),
    "another day": (lambda text: text.replace(b'"2026-01-05', b'"2025-01-05'), "changed after it was written"),
    "no day": (lambda text: text.replace(b'"2026-01-05', b'"then'), "changed after it was written"),
    "a second more": (lambda text: text.replace(b": 0.5", b": 1.5"), "changed after it was written"),
    "newer": (lambda text: text.replace(b'"schema_version": 7', b'"schema_version": 8'), "a newer kmc-harness reads"),
    "a field more": (lambda text: text.replace(b'"digest"', b'"more": 1, "digest"'), "does not follow the schema"),
    "no such verdict": (lambda text: text.replace(b'"fail"', b'"good"'), "does not follow the schema"),
    "another tool's": (lambda _: b'{"version": "2.1.0", "runs": []}', "is no report of kmc run"),
    "very deep": (lambda _: b'{"schema_version": 2, "run": ' + b"[" * 100_000, "or not all of one"),
    "a list": (lambda _: b"[]", "is no report of kmc run"),
    "no text": (lambda _: b"\xff\xfe\x00", "is no report of kmc run"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_report_or_not_as_written_is_refused_and_left_alone(damage: str, folder: Path) -> None:
    path = folder / "report.json"
    change, words = DAMAGES[damage]
    path.write_bytes(change(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(Misuse, match=words):
        read(folder)
    for command in (["report", "."], ["compare", ".", "."], ["matrix", "."], ["replay", ".", "SWI-002"]):
        done = kmc(*command, cwd=folder)
        assert (done.returncode, done.stdout) == (2, ""), command
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert [each.name for each in folder.iterdir()] == ["report.json"]


def test_a_run_overwrites_no_file_that_is_not_its_own(folder: Path) -> None:
    (folder / "report.json").write_text('{"version": "2.1.0"}')
    done = kmc("run", "--only", "SWI-002", "--report", str(folder), cwd=folder)
    assert done.returncode == 2
    assert "it is left as it is" in done.stderr
    assert (folder / "report.json").read_text() == '{"version": "2.1.0"}'


def test_a_missing_report_is_told_with_its_path(tmp_path: Path) -> None:
    done = kmc("compare", "none", "none", cwd=tmp_path)
    assert done.returncode == 2
    assert "no report can be read from 'none'" in done.stderr


def test_the_same_seed_gives_the_same_bytes_whatever_the_order_and_the_processes(
    judge: Callable[..., Any], on_article: Any
) -> None:
    expected = {**on_article.report, "timing": {}}
    for arguments, plugin in (((), ""), (("-n", "2"), "tests.reversed_order")):
        again = judge("model", *arguments, PYTEST_PLUGINS=plugin)
        assert json.dumps({**again.report, "timing": {}}) == json.dumps(expected)
    other = judge("model", "--only", "LOG-004", "--seed", "5")
    assert other.verdicts == {"LOG-004": "pass"}


# Formats

EACH = [scenario(verdict, title=f"It ends {verdict}", requirement="LOG-004") for verdict in Verdict]


def test_junit_groups_by_requirement_and_shows_nothing_red_as_green() -> None:
    suite = Xml.fromstring(junit(report(*EACH)))[0]
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {"LOG-004"}
    tags = {name.removeprefix("It ends "): [child.tag for child in case] for name, case in cases.items() if name}
    assert tags == {
        "pass": [],
        "warning": ["system-out"],
        "skipped": ["skipped"],
        "waived": ["skipped"],
        "inconclusive": ["error"],
        "error": ["error"],
        "flaky": ["error"],
        "fail": ["failure"],
    }
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "8", "failures": "1", "errors": "3", "skipped": "2"}


ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id"}
        | {"package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"skipped", "error", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError"}
        | {"system-out", "system-err"},
    ),
    **dict.fromkeys(("failure", "error", "skipped"), ({"type", "message"}, set())),
    **dict.fromkeys(("system-out", "system-err"), (set(), set())),
}
"""What junit-10.xsd of Jenkins' xUnit plugin allows: the attributes of each element, and its children in any order."""
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}, "property": {"name", "value"}}


def test_junit_is_what_jenkins_takes() -> None:
    waived = msgspec.structs.replace(scenario(Verdict.WAIVED, title="Waived"), waiver="known")
    made = report(*EACH, scenario(Verdict.SKIPPED, title="Skipped", actual="not offered"), waived)
    root = Xml.fromstring(junit(made))
    assert root.tag == "testsuites"
    for each in root.iter():
        attributes, children = ALLOWED[each.tag]
        assert set(each.attrib) <= attributes, each.tag
        assert set(each.attrib) >= REQUIRED.get(each.tag, set()), each.tag
        assert {child.tag for child in each} <= children, each.tag
        if each.tag in ("testsuite", "testsuites") and "time" in each.attrib:
            assert re.fullmatch(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?", each.attrib["time"])
        if children:
            assert not (each.text or "").strip(), each.tag


def test_junit_says_where_a_departure_is() -> None:
    (failure,) = Xml.fromstring(junit(report(scenario(Verdict.FAIL)))).iter("failure")
    assert "article/switching.feature:25" in (failure.text or "")


def test_junit_counts_requirements_that_no_scenario_could_judge(on_article: Any, judge: Callable[..., Any]) -> None:
    folder = Path(on_article.folder)
    suite = Xml.parse(folder / "junit.xml").getroot()[0]
    scenarios = on_article.report["scenarios"]
    assert suite.get("tests") == str(len(scenarios) + 1)
    assert suite.get("skipped") == str(sum(each["verdict"] == "skipped" for each in scenarios) + 1)


def _read_messages(text: bytes) -> list[cucumber_messages.Envelope]:
    converter = json_converter.JsonDataclassConverter(module_scope=cucumber_messages)
    return [converter.from_dict(json.loads(line), cucumber_messages.Envelope) for line in text.splitlines()]


def _statuses(text: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in _read_messages(text):
        if each.test_step_finished:
            name = each.test_step_finished.test_case_started_id.removesuffix("/started")
            found.setdefault(name, []).append(each.test_step_finished.test_step_result.status.value)
    return found


def test_cucumber_messages_hold_every_scenario_also_where_workers_ran_them(on_article: Any, on_kaltura: Any) -> None:
    for ran in (on_article, on_kaltura):
        statuses = _statuses((Path(ran.folder) / "cucumber.ndjson").read_bytes())
        ended = {each["id"]: each["verdict"] for each in ran.report["scenarios"]}
        assert statuses.keys() == ended.keys()
        for name, verdict in ended.items():
            expected = {"pass": {"PASSED"}}.get(verdict)
            assert set(statuses[name]) == expected or verdict != "pass"
            assert ("FAILED" in statuses[name]) == (verdict in ("fail", "error", "inconclusive"))


def _real(ran: Any, requirement: str) -> ScenarioResult:
    found = next(each for each in ran.report["scenarios"] if each["requirement"] == requirement)
    return msgspec.convert(found, ScenarioResult)


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY, Verdict.FAIL])
@pytest.mark.parametrize("steps", ["none", "not run", "all passed"])
def test_cucumber_shows_nothing_red_as_green_even_without_a_failed_step(
    verdict: Verdict, steps: str, on_article: Any
) -> None:
    passed = _real(on_article, "SWI-002")
    changed = {
        "none": (),
        "not run": tuple(msgspec.structs.replace(step, ended="not run") for step in passed.steps),
        "all passed": passed.steps,
    }[steps]
    ended = msgspec.structs.replace(passed, verdict=verdict, actual="nothing", steps=changed)
    run = msgspec.convert(on_article.report["run"], type(report().run))
    statuses = _statuses(messages(report(ended, run=run)))[passed.id]
    assert "FAILED" in statuses
    assert len(statuses) == len(passed.steps)


def test_a_skipped_scenario_is_in_every_format(judge: Callable[..., Any]) -> None:
    ran = judge("WithoutClock", "--only", "ENR-009")
    folder = Path(ran.folder)
    names = [each["id"] for each in ran.report["scenarios"]]
    assert set(_statuses((folder / "cucumber.ndjson").read_bytes())) == set(names)
    assert len(list(Xml.parse(folder / "junit.xml").iter("skipped"))) == len(names)
    assert "ENR-009" in (folder / "summary.md").read_text()
    assert all(f'id="{name}"' in (folder / "report.html").read_text() for name in names)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        assert not [name for name, _ in attrs if name.startswith("on")]
        for name, value in attrs:
            if name in ("src", "href"):
                assert value is not None
                assert value.startswith(("#", "data:image/png"))


def test_whatever_a_target_says_is_escaped_in_every_format(judge: Callable[..., Any]) -> None:
    ran = judge("SpeaksMarkup", "--profile", "article")
    assert "fail" in ran.verdicts.values()
    folder = Path(ran.folder)
    tags = _Tags()
    text = (folder / "report.html").read_text()
    tags.feed(text)
    assert tags.found["script"] == 1
    assert "&lt;/script&gt;&lt;script&gt;" in text
    assert "script-src 'sha256-" in text
    assert Xml.parse(folder / "junit.xml").getroot().tag == "testsuites"
    assert len(_read_messages((folder / "cucumber.ndjson").read_bytes())) > 100
    assert not re.search(r"(?<!\\)<script|^.*\x1b", (folder / "summary.md").read_text())
    assert not {"\x00", "\x1b", "\u202e"} & set(ran.out)


def test_the_summary_shows_what_is_to_be_looked_at_and_no_more(on_article: Any, on_kaltura: Any) -> None:
    passed, failed = ((Path(ran.folder) / "summary.md").read_text() for ran in (on_article, on_kaltura))
    assert "| verdict |" not in passed
    assert failed.count("| **fail** |") == on_kaltura.count("fail")
    assert f"{on_kaltura.judged} requirements judged" in failed


def test_the_summary_counts_and_names_as_one_speaks() -> None:
    stale = WaiverResult("SWI-002", "", "x", "y", "", "", WaiverState.STALE, ())
    text = summary(report(scenario(), waivers=(stale,)))
    assert "Seed 0, 1 scenario, kmc-harness" in text
    assert "- **stale**: SWI-002, actual 'x'" in text


def test_the_summary_keeps_a_table_row_on_one_line() -> None:
    broken = scenario(Verdict.FAIL, actual="a | b\nc `d` <b>")
    assert "a \\| b c \\`d\\` \\<b\\> |" in summary(report(broken))


def test_formats_are_made_anew_from_the_report_alone(on_article: Any, tmp_path: Path) -> None:
    source = Path(on_article.folder)
    done = kmc("report", str(source / "report.json"), "--to", str(tmp_path))
    assert done.returncode == 0
    for name in ("report.html", "summary.md", "junit.xml", "report.sarif", "cucumber.ndjson"):
        assert (tmp_path / name).read_bytes() == (source / name).read_bytes()


def test_messages_are_left_out_where_other_features_are_installed(tmp_path: Path) -> None:
    names = {path.name for path in render(report(scenario()), tmp_path)}
    assert names == {"report.html", "summary.md", "junit.xml", "report.sarif"}


def test_a_page_of_very_many_scenarios_leaves_out_what_passed() -> None:
    many = [scenario(title=f"Number {number}") for number in range(PASSES_UP_TO)]
    short, long = (
        page(report(*many[:count], scenario(Verdict.FAIL)), Path("kmc-report")) for count in (5, PASSES_UP_TO)
    )
    assert (short.count('class="steps"'), long.count('class="steps"')) == (6, 1)
    assert "More than 1000 scenarios" in long


# DataFrames


def test_a_report_is_loaded_as_frames(on_kaltura: Any) -> None:
    frames = load(on_kaltura.folder)
    assert frames.requirements.verdict.value_counts()["fail"] == on_kaltura.count("fail")
    assert frames.requirements.loc["SWI-002", "chapter"] == "Several accounts"
    failed = frames.scenarios[frames.scenarios.verdict == "fail"]
    assert set(failed.requirement) <= set(frames.requirements.index)
    assert (frames.scenarios.seconds > 0).all()
    logins = frames.events[(frames.events.kind == "acted") & (frames.events.action == "LogIn")]
    assert set(logins.answer) == {"accepted", "refused"}
    assert str(frames.events["at"].dt.tz) == "UTC"


def test_a_report_without_a_scenario_is_loaded_too(folder: Path) -> None:
    write(report(), folder)
    frames = load(folder)
    assert (len(frames.requirements), len(frames.scenarios), len(frames.events)) == (0, 0, 0)
