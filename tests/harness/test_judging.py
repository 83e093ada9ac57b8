"""Judging from Python, and what a report shows of itself in Jupyter."""

import base64
import io

import pytest
from PIL import Image

from kmc_harness.judging import judge
from kmc_harness.report.matrix import matrix
from kmc_harness.verdicts import Misuse


def test_judging_prints_nothing_and_returns_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    frames = judge("model", policy="kaltura-server", only=("SWI-001", "SWI-002"))
    assert frames.requirements.verdict.tolist() == ["pass", "fail"]
    assert capsys.readouterr() == ("", "")


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
