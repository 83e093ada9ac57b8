"""What somebody new uses: a scaffold, the doctor, features of their own."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.cli.scaffolding import KINDS
from kmc_harness.specification.own_features import check
from tests.conftest import ROOT, kmc, plain_pytest

OWN = ROOT / "examples" / "own-features" / "features"


@pytest.mark.parametrize("kind", KINDS)
def test_a_scaffold_is_judged_at_once_and_the_doctor_says_what_is_next(
    kind: str, tmp_path: Path, judge: Callable[..., Any]
) -> None:
    if kind == "exec-node" and not shutil.which("node"):
        pytest.skip("node is not installed")
    folder = tmp_path / "mine"
    made = kmc("new-target", kind, str(folder))
    assert made.returncode == 0, made.stderr
    again = kmc("new-target", kind, str(folder))
    assert (again.returncode, again.stdout) == (2, "")
    assert "is not empty, and is left as it is" in again.stderr
    examined = kmc("doctor", str(folder))
    assert examined.returncode == 0, examined.stderr
    assert "next she sees a QR code in the settings: not offered." in " ".join(examined.stdout.split())
    ran = judge(str(folder), "--only", "LOG-002", "--only", "LOG-010", "--only", "SWI-001")
    assert ran.verdicts == {"LOG-002": "pass", "LOG-010": "pass", "SWI-001": "skipped"}


@pytest.mark.parametrize(
    ("name", "found", "exit_code"),
    [
        ("model", "32 of 33 work", 0),
        ("python:tests.targets:SaysYes", "kmc run would not judge it: an action that does not exist was accepted", 1),
        ("python:tests.targets:Crashes", "broke RuntimeError: lost", 3),
    ],
)
def test_the_doctor_says_in_plain_words_what_is_wrong(name: str, found: str, exit_code: int) -> None:
    examined = kmc("doctor", name, cwd=ROOT)
    assert found in " ".join(examined.stdout.split())
    assert examined.returncode == exit_code
    assert "Traceback" not in examined.stdout + examined.stderr


def test_features_of_ones_own_run_beside_ours() -> None:
    assert check(OWN).problems == ()

    def run(target: str) -> str:
        return plain_pytest("-q", "-c", os.devnull, str(OWN), f"--kmc-target={target}", cwd=ROOT)

    assert "2 passed" in run("model")
    assert "1 passed, 1 skipped" in run("python:tests.targets:WithoutClock")


BAD = {
    "no such sentence": ("When Ada flies to Rome", "no step says 'When Ada flies to Rome'"),
    "nearly one of ours": ("When Ada logs on to Acme with a code", "the nearest is 'Ada logs in to Acme with a code'"),
    "two that fit": ("When Ada hums", "fits 2 steps"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_step_that_fits_no_sentence_or_several_is_told_by_its_line(name: str, tmp_path: Path) -> None:
    step, reason = BAD[name]
    (tmp_path / "conftest.py").write_text(
        'from pytest_bdd import parsers, when\n\n@when(parsers.parse("{who} hums"))\ndef _(who):\n    pass\n\n'
        '@when("Ada hums")\ndef __():\n    pass\n'
    )
    (tmp_path / "x.feature").write_text(f"Feature: X\n\n  Scenario: Y\n    {step}\n    Then Ada is refused\n")
    (problem,) = check(tmp_path).problems
    assert problem.where == "x.feature:4"
    assert reason in problem.what


@pytest.mark.parametrize("place", ["conftest.py", "features/test_own.py", "features/deep/conftest.py"])
def test_steps_are_found_where_pytest_finds_them(place: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "features" / "deep").mkdir(parents=True)
    (tmp_path / "features" / "x.feature").write_text(
        "Feature: X\n\n  Scenario: Y\n    When Ada hums\n    Then Ada is refused\n"
    )
    assert [each.where for each in check(tmp_path / "features").problems] == ["x.feature:4"]
    (tmp_path / place).write_text("from pytest_bdd import when\n\n@when('Ada hums')\ndef _():\n    pass\n")
    assert check(tmp_path / "features").problems == ()


def test_a_step_that_fits_a_row_of_one_of_our_tables_is_told(tmp_path: Path) -> None:
    row = "Ada logs in to Acme with a code made -60 s from now"
    (tmp_path / "conftest.py").write_text(f"from pytest_bdd import when\n\n@when({row!r})\ndef _():\n    pass\n")
    (tmp_path / "x.feature").write_text("Feature: X\n\n  Scenario: Y\n    Then Ada is refused\n")
    (problem,) = check(tmp_path).problems
    assert problem.where.endswith("conftest.py:3")
    assert "also fits ours" in problem.what


def test_what_would_shadow_the_suite_is_told(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from pytest_bdd import when\n\n@when('Ada logs out')\ndef _():\n    pass\n")
    (tmp_path / "x.feature").write_text(
        "Feature: X\n\n  @REQ-LOG-002 @needs-wings\n  Scenario: A plain login\n"
        "    When Ada logs in to Acme with a code\n"
        "\n  Scenario: Twice\n    When Ada logs in to Acme with a code\n"
        "\n  Scenario: Twice\n    When Ada logs in to Acme with a code\n"
    )
    told = " / ".join(each.what for each in check(tmp_path).problems)
    assert "also fits ours, 'Ada logs out'" in told
    assert "a scenario of the suite is called 'A plain login' too" in told
    assert "2 scenarios are called 'Twice'" in told
    assert "@REQ-LOG-002 is a requirement of the suite" in told
    assert "@needs-wings names no offer" in told


def test_check_features_says_what_cannot_be_read(tmp_path: Path) -> None:
    nothing = kmc("check-features", str(tmp_path))
    assert nothing.returncode == 2
    assert "has no *.feature below it" in nothing.stderr
    (tmp_path / "x.feature").write_text("Feature: X\n\n  Scenario: Y\n    Whenever Ada logs in\n")
    broken = kmc("check-features", str(tmp_path))
    assert broken.returncode == 1
    assert "x.feature:" in broken.stdout
    assert "Traceback" not in broken.stderr


def test_check_features_needs_no_pytest_around_it() -> None:
    done = kmc("check-features", "features", cwd=OWN.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 scenarios, 9 steps, 0 problems\n", "")


@pytest.mark.parametrize("bound", ["scenarios('.')", "scenario('x.feature', 'Y')(lambda: None)"])
@pytest.mark.parametrize("place", ["pytest_bdd", "pytest_bdd.scenario"])
def test_modules_that_bind_scenarios_are_read_for_their_steps(place: str, bound: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_x.py").write_text(
        f"from {place} import scenario, scenarios\nfrom pytest_bdd import when\n"
        f"from kmc_harness.suite import *\n\n{bound}\n\n@when('Ada hums')\ndef _():\n    pass\n"
    )
    (tmp_path / "x.feature").write_text("Feature: X\n\n  Scenario: Y\n    When Ada hums\n    Then Ada is refused\n")
    done = kmc("check-features", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "1 scenarios, 2 steps, 0 problems\n")
    assert check(tmp_path).problems == ()


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    (tmp_path / "x.feature").write_bytes(b"Feature: X\r\n\r\n  Scenario: Y\r\n    Then Ada is refused\r\n")
    (tmp_path / "conftest.py").write_bytes(b"\xef\xbb\xbf# ours\r\n")
    assert check(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("raw", "words"), [(b"\xef\xbb\xbfFeature: X\n", "byte order mark"), (b"Feature: \xe4\n", "no UTF-8")]
)
def test_what_pytest_could_not_read_is_told(raw: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.feature").write_bytes(raw)
    done = kmc("check-features", str(tmp_path))
    assert done.returncode == 1
    assert words in done.stdout
    assert "Traceback" not in done.stderr


TRAPS = """Feature: Grüße & <b>

  Scenario Outline: Grüße an <wer> — «<code>» | 日本語
    Given Ada has paired an authenticator
    When Ada logs in to Acme with <code>
    Then she is <result>

    Examples: what is offered
      | wer  | code         | result   |
      | Änne | a code       | accepted |
      | Jürg | a wrong code | refused  |

    @needs-screen
    Examples: what is not
      | wer | code   | result  |
      | Zoë | a code | refused |

  Scenario Outline: No rows at all
    When Ada logs in to Acme with <code>
    Then she is refused

    Examples:
      | code |
"""


def test_rows_are_skipped_by_their_own_tags_and_an_outline_without_any_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.feature").write_text(TRAPS)
    (tmp_path / "test_own.py").write_text((OWN / "test_own.py").read_text())
    (tmp_path / "pytest.ini").touch()
    (problem,) = check(tmp_path).problems
    assert (problem.where, "no rows in its Examples" in problem.what) == ("x.feature:18", True)
    shown = plain_pytest("-rs", "--strict-markers", str(tmp_path), cwd=tmp_path)
    assert "1 failed, 2 passed, 1 skipped" in shown
    assert "the target does not offer 'screen'" in shown
    assert "x.feature:18: the outline has no rows in its Examples" in shown
    assert "is not defined" not in shown
