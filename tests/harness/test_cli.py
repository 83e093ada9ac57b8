"""The command line: what a user's mistakes lead to, and what the tables show."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kmc_harness import terminal
from kmc_harness.cli.app import app
from kmc_harness.verdicts import Verdict
from tests.conftest import ROOT, Ran, kmc


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "nowhere"], "unknown target 'nowhere'"),
        (["--target", "./nowhere"], "target './nowhere': there is no such file or folder"),
        (["--target", "python:no.such:Thing"], "cannot be loaded"),
        (["--policy", "strictest"], "unknown policy 'strictest'"),
        (["--profile", "none"], "unknown profile 'none'; choose one of article"),
        (["--only", "LOG-999"], "unknown requirement 'LOG-999'; did you mean 'LOG-009'?"),
        (["--only", "SWI-001,SWO-002"], "unknown requirement 'SWO-002'; did you mean 'SWI-002'?"),
        (["--profile", "standard", "--only", "LOG"], "there is nothing to judge"),
        (["--patience", "5"], "--patience: '5' is no length of time"),
        (["--seed", "x"], "--seed takes a whole number of 0 or more, not 'x'"),
        (["-n", "0"], "-n takes 1 or more"),
        (["my-product"], "takes no 'my-product' by itself; --target my-product judges"),
        (["--report", "/proc/no/such"], "cannot be written"),
        (["--report", __file__], "cannot be written"),
        (["--", "--no-such-option"], "no-such-option"),
    ],
)
def test_misuse_is_one_clear_line_and_exit_2(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = kmc("run", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = kmc("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"kmc {importlib.metadata.version('kmc-harness')}\n")


def test_a_page_that_no_run_wrote_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("of somebody else")
    done = kmc("run", "--report", str(tmp_path), cwd=tmp_path)
    assert (done.returncode, page.read_text()) == (2, "of somebody else")
    assert "stands there without a report.json" in done.stderr


def test_an_id_is_known_in_small_letters_too(tmp_path: Path) -> None:
    done = kmc("requirements", "log-002", cwd=tmp_path)
    assert (done.returncode, done.stdout[:7]) == (0, "LOG-002")
    ran = kmc("run", "--only", "log-002", cwd=tmp_path)
    assert (ran.returncode, "1 pass" in ran.stdout) == (0, True)


def test_an_unknown_requirement_is_misuse_too(tmp_path: Path) -> None:
    done = kmc("requirements", "ABC-1", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown requirement 'ABC-1'" in done.stderr


def test_one_requirement_is_shown_with_source_reading_scenarios_and_departure(tmp_path: Path) -> None:
    done = kmc("requirements", "ENR-002", cwd=tmp_path)
    then = "Scenario: The link is opened a second time\n    Given Ada has opened the enrolment link\n"
    for words in ("article, Log into KMC", "one showing", "one device; one login", then):
        assert words in done.stdout
    assert "article/enrolment.feature:" in done.stdout


def test_with_several_processes_the_time_that_passed_is_shown(
    on_article: Ran, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kmc_harness.cli import reports
    from kmc_harness.report import read

    reports.show_report(read(on_article.folder), tmp_path, 12.34)
    assert " scenarios in 12.3 s" in " ".join(capsys.readouterr().out.split())


def test_the_catalogue_names_actions_and_offers(tmp_path: Path) -> None:
    done = kmc("requirements", cwd=tmp_path, COLUMNS="160")
    line = next(line for line in done.stdout.splitlines() if line.startswith("SWI-006"))
    assert "SwitchAccount" in done.stdout
    assert "switch" in line
    assert "enable: or settings" in done.stdout
    assert done.returncode == 0
    assert "enable: or settings" in kmc("requirements", "LOG-004", cwd=tmp_path).stdout


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys; from kmc_harness.cli.app import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = 'pytest', 'PIL', 'numpy', 'pandas', 'rich', 'msgspec', 'qrcode'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_stands_after_two_dashes_goes_to_pytest(tmp_path: Path) -> None:
    done = kmc("run", "--", "-k", "LOG_002 or both_accounts", "--junitxml", str(tmp_path / "junit.xml"), cwd=tmp_path)
    assert done.returncode == 0
    assert "partial run:" in done.stdout
    assert "test_both_accounts_have_it_on" in (tmp_path / "junit.xml").read_text()


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 9.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(terminal, "stopwatch", lambda: next(now))
    with terminal.Progress() as progress:
        progress.expect(3)
        for number, each in enumerate((Verdict.PASS, Verdict.FAIL, Verdict.PASS), 1):
            progress.advance(each, f"ENA-00{number}")
    assert capsys.readouterr().err == "2 of 3 scenarios; worst so far: fail ENA-002\n"


def test_where_the_source_can_be_read_in_more_than_one_way_a_fail_says_so(on_kaltura: Ran, on_article: Ran) -> None:
    told = " ".join(on_kaltura.out.split())
    assert "reading all registered users means all who can log in other KMC users are administrators" in told
    page = (on_article.folder / "report.html").read_text()
    assert "Read here as “one pairing for all accounts”; it could be read as “each account asks for a new" in page


def test_what_passed_is_counted_and_listed_only_when_asked(tmp_path: Path) -> None:
    asked = ("run", "--policy", "kaltura-server", "--only", "SWI", "--contexts", "off")
    brief, whole, counts = (kmc(*asked, *more, cwd=tmp_path).stdout for more in ((), ("-v",), ("-q",)))
    assert "pass" not in brief.partition("9 of 9 requirements")[0]
    assert "fail SWI-002 From an account that has it one cannot switch to another" in brief
    assert "SWI-003      pass" in whole
    assert counts.startswith("\npartial run: 9 of 9 requirements judged")


def test_one_scenario_is_chosen_by_its_name(tmp_path: Path) -> None:
    done = kmc("run", "--profile", "all", "-k", "test_both_accounts_have_it_on", "-x", cwd=tmp_path)
    assert "2 scenarios in" in done.stdout


def test_a_part_goes_beside_the_report_of_a_whole_run(tmp_path: Path) -> None:
    kmc("run", "--profile", "standard", "--contexts", "off", cwd=tmp_path)
    whole = (tmp_path / "kmc-report" / "report.json").read_bytes()
    for _ in range(2):
        done = kmc("run", "--only", "SWI-002", "--contexts", "off", cwd=tmp_path)
        assert "that of this part goes to kmc-report-partial" in done.stderr
    assert (tmp_path / "kmc-report" / "report.json").read_bytes() == whole
    assert (tmp_path / "kmc-report-partial" / "report.html").exists()


def test_a_pipe_gets_whole_lines_without_blanks_at_their_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kmc_harness", "requirements"]
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"PYTHONPATH": str(ROOT)}
    lines = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert max(map(len, lines)) > 120
    assert not [line for line in lines if line != line.rstrip()]


def test_in_a_workflow_of_github_each_departure_is_an_annotation_and_the_summary_is_kept(tmp_path: Path) -> None:
    server = ("--target", "model", "--policy", "kaltura-server", "--only", "ENR-002,SWI-002,LOG-001")
    page = tmp_path / "page.md"
    page.write_text("before\n")
    done = kmc("run", *server, cwd=tmp_path, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    told = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert [line.partition("title=")[2][:7] for line in told] == ["ENR-002", "SWI-002"]
    assert [line.split()[0] for line in told] == ["::warning", "::error"]
    assert "::fail: expected " in told[1]
    assert page.read_text() == "before\n" + (tmp_path / "kmc-report" / "summary.md").read_text() + "\n"
    assert "::" not in kmc("run", *server, cwd=tmp_path, GITHUB_ACTIONS="").stdout


def test_the_help_lists_each_command_whole_under_a_head(tmp_path: Path) -> None:
    told = kmc("--help", cwd=tmp_path, COLUMNS="80").stdout
    assert "..." not in told.partition("Judge a login:")[2]
    for each in app.registered_commands:
        assert each.callback is not None
        name = each.callback.__name__.replace("_", "-")
        assert f"\n  {name} " in told, f"{name} is under no head"


def test_a_shell_completes_commands(tmp_path: Path) -> None:
    typed = {"COMP_WORDS": "kmc ma", "COMP_CWORD": "1", "_KMC_COMPLETE": "complete_bash"}
    command = Path(sys.executable).with_name("kmc")
    done = subprocess.run([command], cwd=tmp_path, env=os.environ | typed, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["matrix"]


def test_what_commands_show_is_there_for_programs_too(tmp_path: Path) -> None:
    products = [str(ROOT / "examples/targets" / each) for each in ("better-auth", "flask-security")]
    (one,) = json.loads(kmc("requirements", "LOG-005", "--json", cwd=tmp_path).stdout)
    assert (one["id"], one["level"]) == ("LOG-005", "implied")
    doctor = json.loads(kmc("doctor", "model", "--json", cwd=tmp_path).stdout)
    assert {each["state"] for each in doctor["tries"]} == {"works", "not offered"}
    compared = kmc("compare", *products, "--json", cwd=tmp_path)
    assert compared.returncode == 1
    assert {"worse", "better"} <= {each["change"] for each in json.loads(compared.stdout)}
    rows = json.loads(kmc("matrix", *products, "--json", cwd=tmp_path).stdout)
    assert {each["id"]: each["verdicts"] for each in rows}["STD-012"] == {
        "better-auth": "pass",
        "flask-security": "warning",
    }
