"""Two reports, and many: what got better or worse, and which checks silently stopped running."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness.report.compare import Change, compare
from kmc_harness.report.matrix import as_csv, as_html, matrix
from kmc_harness.report.results import Report
from kmc_harness.verdicts import Verdict
from tests.conftest import kmc
from tests.harness.made import RUN, report, scenario

V = Verdict
TITLE = scenario().title


def _changes(before: Report, after: Report) -> dict[str, Change]:
    return {each.scenario: each.change for each in compare(before, after)}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (V.FAIL, V.PASS, "better"),
        (V.FAIL, V.WARNING, "better"),
        (V.WAIVED, V.PASS, "better"),
        (V.PASS, V.FAIL, "worse"),
        (V.PASS, V.WARNING, "worse"),
        (V.PASS, V.WAIVED, "worse"),
        (V.WAIVED, V.FAIL, "worse"),
        (V.PASS, V.FLAKY, "worse"),
        (V.FAIL, V.FLAKY, "lost"),
        (V.FAIL, V.WAIVED, "otherwise"),
        (V.PASS, V.SKIPPED, "lost"),
        (V.FAIL, V.INCONCLUSIVE, "lost"),
        (V.WARNING, V.ERROR, "lost"),
        (V.SKIPPED, V.PASS, "new"),
        (V.ERROR, V.FAIL, "new"),
        (V.SKIPPED, V.ERROR, "otherwise"),
    ],
)
def test_a_changed_verdict_has_a_name(before: Verdict, after: Verdict, change: str) -> None:
    found = compare(report(scenario(before)), report(scenario(after)))
    assert [(each.change, each.before, each.after) for each in found] == [(change, before, after)]


@pytest.mark.parametrize("verdict", Verdict)
def test_what_stayed_is_no_difference(verdict: Verdict) -> None:
    assert compare(report(scenario(verdict)), report(scenario(verdict))) == []


def test_a_scenario_that_is_gone_is_a_lost_check_if_it_judged_anything() -> None:
    before = report(scenario(title="Kept"), scenario(title="Judged"), scenario(V.SKIPPED, title="Skipped"))
    after = report(scenario(title="Kept"), scenario(title="Added"))
    assert _changes(before, after) == {"Judged": Change.LOST, "Skipped": Change.GONE, "Added": Change.NEW}


def test_a_pass_that_checks_less_than_before_is_a_lost_check() -> None:
    (found,) = compare(report(scenario(checks=3)), report(scenario(checks=2)))
    assert (found.change, found.before, found.after) == (Change.LOST, "3 checks", "2 checks")
    assert compare(report(scenario(checks=2)), report(scenario(checks=3))) == []


def test_a_scenario_that_moved_to_another_line_is_the_same() -> None:
    moved = msgspec.structs.replace(scenario(), line=99, id="switching_feature_L99")
    assert compare(report(scenario()), report(moved)) == []


def _races(*verdicts: Verdict, offers: tuple[str, ...] = ("race",)) -> Report:
    made = [scenario(each, name=f"race {at}") for at, each in enumerate(verdicts)]
    return report(*(msgspec.structs.replace(each, example=each.id, offers=offers) for each in made))


def test_races_that_luck_decides_are_compared_by_their_worst() -> None:
    assert compare(_races(V.FAIL, V.PASS, V.FAIL), _races(V.PASS, V.FAIL, V.PASS)) == []
    assert _changes(_races(V.FAIL, V.PASS), _races(V.FAIL, V.INCONCLUSIVE)) == {f"{TITLE} [race 1]": Change.LOST}
    assert len(compare(_races(V.FAIL, V.PASS), _races(V.FAIL))) == 1, "a race that was not run is lost"
    (found,) = compare(_races(V.FAIL, V.PASS), _races(V.PASS, V.PASS))
    assert (found.change, found.before, found.after) == (Change.BETTER, V.FAIL, V.PASS)
    assert len(compare(_races(V.FAIL, V.PASS, offers=()), _races(V.PASS, V.FAIL, offers=()))) == 2


def test_the_worst_comes_first() -> None:
    titles = {"A": (V.FAIL, V.PASS), "B": (V.PASS, V.SKIPPED), "C": (V.PASS, V.FAIL)}
    before, after = (report(*(scenario(pair[at], title=name) for name, pair in titles.items())) for at in (0, 1))
    assert [each.scenario for each in compare(before, after)] == ["C", "B", "A"]


def test_two_policies_are_compared_and_a_regression_exits_1(on_article: Any, on_kaltura: Any, tmp_path: Path) -> None:
    done = kmc("compare", str(on_article.folder), str(on_kaltura.folder), cwd=tmp_path)
    assert done.returncode == 1
    assert "worse   SWI-002      Both accounts have it on" in done.stdout
    worse = sum(each["verdict"] in ("fail", "warning") for each in on_kaltura.report["scenarios"])
    lost = sum(each["verdict"] == "inconclusive" for each in on_kaltura.report["scenarios"])
    assert f"{worse} worse, {lost} lost" in done.stdout
    back = kmc("compare", str(on_kaltura.folder), str(on_article.folder), cwd=tmp_path)
    assert back.returncode == 0
    assert f"{worse} better, {lost} new" in back.stdout


def test_a_reduced_run_shows_what_it_lost(on_article: Any, judge: Callable[..., Any], tmp_path: Path) -> None:
    reduced = judge("model", "--only", "SWI-002")
    done = kmc("compare", str(on_article.folder), str(reduced.folder), cwd=tmp_path)
    assert done.returncode == 1
    judged = [each for each in on_article.report["scenarios"] if each["verdict"] != "skipped"]
    lost = len(judged) - len(reduced.report["scenarios"])
    assert f"{lost} lost" in done.stdout
    assert "partial run" in done.stdout


def test_a_matrix_holds_every_requirement_of_every_report() -> None:
    one, two = report(scenario(requirement="SWI-002")), report(scenario(V.FAIL, requirement="ENA-001"))
    made = matrix([("a", one), ("b", msgspec.structs.replace(two, run=msgspec.structs.replace(RUN, policy="other")))])
    assert made.labels == ("model, policy article", "model, policy other")
    assert [(each.id, tuple(one and one.verdict for one in results)) for each, results in made.rows] == [
        ("ENA-001", (None, V.FAIL)),
        ("SWI-002", (V.PASS, None)),
    ]
    assert [made.judged(at) for at in (0, 1)] == ["1 of 1", "1 of 1"]
    rows = list(csv.reader(as_csv(made).splitlines()))
    assert rows[0][3:] == list(made.labels)
    assert rows[1][0::3] == ["ENA-001", ""]
    assert '<span class="badge fail">fail</span>' in as_html(made)


def test_a_cell_says_where_a_requirement_was_judged_in_part() -> None:
    half = report(scenario(), scenario(V.SKIPPED, title="Another", actual="the target does not offer 'race'"))
    made = matrix([("a", half), ("b", report(scenario()))])
    assert [one and bool(one.partly_covered) for _, row in made.rows for one in row] == [True, False]
    assert as_html(made).count(">partly</span>") == 1
    assert [each["partly"] for each in made.as_data()] == [[made.labels[0]]]


def test_reports_of_one_target_are_told_apart_by_their_names() -> None:
    made = matrix([("monday", report(scenario())), ("tuesday", report(scenario()))])
    assert made.labels == ("model, policy article (monday)", "model, policy article (tuesday)")


def test_a_matrix_is_shown_and_written(on_article: Any, on_kaltura: Any, tmp_path: Path) -> None:
    reports = (str(on_article.folder), str(on_kaltura.folder))
    done = kmc("matrix", *reports, "--html", "m.html", "--csv", "m.csv", cwd=tmp_path)
    assert done.returncode == 0
    for ran in (on_article, on_kaltura):
        assert ran.judged in done.stdout
    assert len((tmp_path / "m.csv").read_text().splitlines()) == len(on_article.verdicts) + 1
    assert "SWI-002" in (tmp_path / "m.html").read_text()
    refused = kmc("matrix", *reports, "--html", "/proc/no/m.html", cwd=tmp_path)
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr
