"""The evidence of a scenario: complete enough to be read without its author, and without a secret in it."""

import base64
import io
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageFilter

from kmc_harness.phone.pictures import CELLS, SIDE_PX, blurred, find_codes
from kmc_harness.scenario.evidence import Checked, Recorder, StepEnd
from tests.conftest import WHOLE, Ran


def _scenario(ran: Any, requirement: str, verdict: str) -> Any:
    return next(
        one for one in ran.report["scenarios"] if (one["requirement"], one["verdict"]) == (requirement, verdict)
    )


def _events(scenario: Any, kind: str) -> list[Any]:
    return [event for step in scenario["steps"] for event in step["events"] if event["kind"] == kind]


def test_a_failing_scenario_tells_step_by_step_what_happened(on_kaltura: Any) -> None:
    failed = _scenario(on_kaltura, "ENR-009", "fail")
    assert [step["ended"] for step in failed["steps"]] == ["passed", "passed", "passed", "failed"]
    assert _events(failed, "waited")[0]["seconds"] == 24 * 3600 + 60
    assert {mail["links"][0] for mail in _events(failed, "mailed")} == {"enrolment"}
    opened = _events(failed, "acted")[-1]
    assert (opened["by"], opened["action"], opened["answer"]) == ("Ada", "OpenEnrolmentLink", "accepted")
    assert _events(failed, "checked") == [
        {"kind": "checked", "at": opened["at"], "expected": "no QR code", "actual": failed["actual"], "held": False}
    ]


def test_steps_after_a_departure_are_told_as_not_run(on_kaltura: Any) -> None:
    ends = [[step["ended"] for step in one["steps"]] for one in on_kaltura.report["scenarios"]]
    assert ["passed", "passed", "failed", "not run"] in [each[-4:] for each in ends]


def test_every_scenario_that_passed_has_checks_that_held(on_article: Any) -> None:
    for each in on_article.report["scenarios"]:
        checks = _events(each, "checked")
        assert checks or each["verdict"] == "skipped", each["id"]
        assert all(check["held"] for check in checks)


def _pictures(ran: Any) -> Iterator[bytes]:
    for each in ran.report["scenarios"]:
        for event in _events(each, "acted"):
            if "picture" in event:
                yield base64.b64decode(event["picture"])


def _readable(picture: bytes) -> bool:
    """Try as hard as a patient attacker with a scanner: enlarged, sharp and smooth."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    big = image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)
    tries = (image, big, big.filter(ImageFilter.GaussianBlur(4)), big.point(lambda level: 255 * (level > 127)))
    return any(zxingcpp.read_barcodes(each, try_invert=True, try_downscale=True) for each in tries)


def test_no_qr_code_in_a_report_can_be_read(on_article: Any, on_kaltura: Any) -> None:
    """In CI one in five; all of them where KMC_TEST_ALL says so."""
    found = [*_pictures(on_article), *_pictures(on_kaltura)]
    assert len(found) > 400
    assert not any(_readable(each) for each in sorted(set(found))[:: 1 if WHOLE else 5])


def _screen(*, at: int = 40, side: int = 900) -> bytes:
    symbol = qrcode.make("otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").get_image().convert("L")
    page = Image.new("L", (side, side), 255)
    page.paste(symbol, (at, at))
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("side", [500, 900, 3000])
def test_a_qr_code_on_a_screen_is_blurred_where_it_stands(side: int) -> None:
    screen = _screen(side=side)
    assert len(find_codes(screen)) == 1
    small = blurred(screen)
    assert small is not None
    assert not _readable(small)
    assert max(Image.open(io.BytesIO(small)).size) <= SIDE_PX


def test_a_picture_in_which_nothing_is_found_is_blurred_whole() -> None:
    crossed_out = Image.open(io.BytesIO(_screen(side=500)))
    crossed_out.paste(128, (60, 60, 120, 120))
    out = io.BytesIO()
    crossed_out.save(out, "PNG")
    assert find_codes(out.getvalue()) == ()
    small = blurred(out.getvalue())
    assert small is not None
    image = Image.open(io.BytesIO(small)).convert("L")
    middles = [(2 * at + 1) * SIDE_PX // (2 * CELLS) for at in range(CELLS)]
    for across, down in product(middles, middles):
        # All around the middle of a cell is of one grey.
        assert len(image.crop((across - 3, down - 3, across + 3, down + 3)).getcolors() or ()) == 1


def test_what_is_no_picture_is_left_out() -> None:
    assert blurred(b"<svg/>") is None


@pytest.mark.parametrize("spelled", ["a/b+cdef", "a%2Fb%2Bcdef", "a/b+ cdef", "a/b +cd ef"])
def test_a_secret_is_shortened_however_it_is_spelled(spelled: str) -> None:
    recorder = Recorder()
    recorder.learn("a/b+cdef")
    assert recorder.redact(f"it is {spelled}!") in ("it is a/…!", "it is a%…!")


def test_secrets_learnt_late_are_kept_out_of_what_was_noted_before() -> None:
    recorder = Recorder()
    recorder.begin_step()
    recorder.note(Checked(at=0, expected="hidden-secret", actual="no hidden-secret", held=False))
    recorder.learn("hidden-secret")
    failed, unreached = recorder.steps([("Given hidden-secret", 1), ("Then nothing", 2)], broke_off=True)
    assert "hidden-secret" not in repr(failed)
    assert (failed.ended, unreached.ended) == (StepEnd.FAILED, StepEnd.NOT_RUN)


def test_evidence_says_the_targets_words_in_order(on_article: Any) -> None:
    refused = [event for each in on_article.report["scenarios"] for event in _events(each, "acted")]
    messages = {event.get("message", "") for event in refused if event["answer"] == "refused"}
    assert any(re.search("code", message) for message in messages)


def test_beside_a_check_that_held_stands_what_was_seen(on_article: Ran) -> None:
    """Not the words that a departure would have had."""
    steps = [step for scenario in on_article.report["scenarios"] for step in scenario["steps"]]
    held = [each for step in steps for each in step["events"] if each["kind"] == "checked" and each["held"]]
    assert len(held) > 300
    departing = {"", "none", "no word", "one secret for both", "no such header"}
    assert [each for each in held if each["actual"] in departing or "raw ['" in each["actual"]] == []
