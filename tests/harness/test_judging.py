"""Judging from Python, and what a report shows of itself in Jupyter."""

import base64
import io
import os
import signal
from collections.abc import Callable

import pytest
from PIL import Image

from kmc_harness.judging import judge
from kmc_harness.port import Action, Observation
from kmc_harness.report.matrix import matrix
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Misuse, Verdict


def test_judging_prints_nothing_and_returns_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    frames = judge("model", policy="kaltura-server", only=("SWI-001", "SWI-002"))
    assert frames.requirements.verdict.tolist() == ["pass", "fail"]
    assert capsys.readouterr() == ("", "")


SOME = ("LOG-002", "LOG-010", "RST-001")


class _Ends(ModelTarget):
    """Ends its process in the middle of the scenarios."""

    def __init__(self, ends: Callable[[], None], at: int) -> None:
        self._ends, self._left = ends, at
        super().__init__()

    def perform(self, action: Action) -> Observation:
        self._left -= 1
        if not self._left:
            self._ends()
        return super().perform(action)


class Exits(_Ends):
    def __init__(self) -> None:
        super().__init__(lambda: os._exit(0), 60)


class IsKilled(_Ends):
    def __init__(self) -> None:
        super().__init__(lambda: os.kill(os.getpid(), signal.SIGKILL), 60)


class IsReplaced(_Ends):
    def __init__(self) -> None:
        super().__init__(lambda: os.execv("/bin/true", ["true"]), 60)


class EndsAtOnce(_Ends):
    def __init__(self) -> None:
        os._exit(0)


@pytest.mark.parametrize(
    ("adapter", "how"),
    [("Exits", "ended with status 0"), ("IsKilled", "was killed by signal 9"), ("IsReplaced", "ended with status 0")],
)
def test_an_adapter_that_ends_its_process_ends_not_the_callers(adapter: str, how: str) -> None:
    with pytest.warns(UserWarning, match=how):
        frames = judge(f"python:tests.harness.test_judging:{adapter}", only=SOME)
    assert frames.report.exit_code == 3
    assert [each.verdict for each in frames.report.scenarios].count(Verdict.PASS) > 1
    (lost,) = {each.actual for each in frames.report.scenarios if each.verdict is Verdict.ERROR}
    assert lost.startswith(f"not run: the process that judges {how} in ")
    whole = judge("model", only=SOME).report
    assert [each.id for each in frames.report.scenarios] == [each.id for each in whole.scenarios]


def test_an_adapter_that_ends_before_the_run_has_begun_is_not_judged() -> None:
    with (
        pytest.warns(UserWarning, match="status 0"),
        pytest.raises(Misuse, match="was not judged: the process that judges ended"),
    ):
        judge("python:tests.harness.test_judging:EndsAtOnce", only=("LOG-002",))


def test_judging_refuses_what_makes_no_sense() -> None:
    with pytest.raises(Misuse, match="unknown policy 'none'"):
        judge("model", policy="none")


def test_a_report_shows_its_headline_and_what_was_not_held() -> None:
    shown = judge("model", policy="kaltura-server", only=("SWI-001", "SWI-002"))._repr_mimebundle_()
    assert shown["text/plain"] == "partial run: 2 of 2 requirements judged on model, policy kaltura-server, profile all"
    assert "SWI-002" in str(shown["text/html"])
    assert "SWI-001" not in str(shown["text/html"])


def test_reports_side_by_side_show_a_heat_map() -> None:
    reports = [
        (policy, judge("model", policy=policy, only=("SWI-002",)).report) for policy in ("article", "kaltura-server")
    ]
    shown = matrix(reports)._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(str(shown["image/png"])))).convert("RGB")
    pixels = {colour: count for count, colour in picture.getcolors(1 << 24) or ()}
    # One cell and one entry of the legend each, but for the mark.
    assert 0.8 < pixels[0xC2, 0x24, 0x36] / pixels[0x1A, 0x7F, 0x4B] < 1.01
    assert shown["text/plain"] == "\n".join(f"model, policy {name}: 1 of 1 requirements judged" for name, _ in reports)
