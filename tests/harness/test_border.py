"""Adapters that misbehave: nothing is passed that was not judged, nothing fails that was not seen, nothing is lost."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.port import LogOut, Naming, Observation, Offer
from kmc_harness.scenario.evidence import Recorder
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.people import People
from kmc_harness.targets import border
from kmc_harness.targets.border import Bordered, Broke, cut, instant, mails
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import AdapterMistake
from tests.conftest import WHOLE
from tests.harness.misbehaving import ANSWERS, TABLE, Misbehaves, Row, end

SAMPLE = (
    Row("perform", 60, "os._exit(0)"),
    Row("close", 1, "sys.exit(0)"),
    Row("now", 60, "a float"),
    Row("perform", 60, "pytest.exit", "-- -q"),
    Row("perform", 60, "removes the report folder"),
    Row("perform", 60, "os._exit(0)", "isolated"),
)


@pytest.mark.parametrize("row", TABLE if WHOLE else SAMPLE, ids=lambda row: row.name)
def test_a_misbehaviour_ends_as_it_should(row: Row, tmp_path: Path) -> None:
    ended = end(row, tmp_path)
    assert not ended.mistakes, ended.said


def test_the_table_has_sixty_rows_and_the_sample_is_of_it() -> None:
    assert len(TABLE) > 60
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert set(SAMPLE) <= set(TABLE)


def _bordered(where: str, what: str, monkeypatch: pytest.MonkeyPatch) -> Bordered:
    monkeypatch.setenv("KMC_TEST_MISBEHAVES", f"{where}:1:{what}")
    return Bordered(Misbehaves(), within_s=0.05)


@pytest.mark.parametrize(
    "what", [name for name, answer in ANSWERS.items() if not isinstance(answer, list) and answer != 7]
)
def test_what_is_no_time_is_refused_with_the_method_and_what_the_port_asks(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AdapterMistake, match=r"now\(\) answered .*; the port asks for epoch seconds"):
        _bordered("now", what, monkeypatch).now()


@pytest.mark.parametrize("what", [name for name, answer in ANSWERS.items() if not isinstance(answer, Observation)])
def test_what_is_no_observation_is_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AdapterMistake, match=r"LogOut was answered with .*, not an Observation"):
        _bordered("perform", what, monkeypatch).perform(LogOut("s"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("1 for true", "accepted of type int, not bool"),
        ("no message", "message of type NoneType, not str"),
        ("a session of 20 MB", "session of 20,000,000 characters; 10,000 are taken"),
        ("half a session", "session with half a character in it"),
        ("a number for a session", "session of type int, not str"),
        ("a text for a picture", "picture of type str, not bytes"),
        ("a text for a screen", "screen of type str, not Screen"),
    ],
)
def test_a_field_of_another_type_is_refused_by_its_name(what: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AdapterMistake, match=f"LogOut was answered with {words}"):
        _bordered("perform", what, monkeypatch).perform(LogOut("s"))


@pytest.mark.parametrize("what", ["a message of 20 MB", "half a character"])
def test_what_is_shown_is_cut_and_spelled_out(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = _bordered("perform", what, monkeypatch).perform(LogOut("s")).message
    assert message in ("x" * 10_000 + "…", "\\ud800")


@pytest.mark.parametrize(
    "what", ["None", "a text", "a dict", "mails that are none", "a link of no kind", "a text for links"]
)
def test_what_is_no_mail_is_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AdapterMistake, match=r"outbox\(email\) answered"):
        _bordered("outbox", what, monkeypatch).outbox("ada@kmc.example")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("sys.exit(0)", "SystemExit: 0"),
        ("pytest.exit", "Exit: enough"),
        ("pytest.skip", "Skipped: no"),
        ("raises GeneratorExit", "GeneratorExit: "),
        ("raises a BaseException", "Rude: x"),
        ("raises Departure", "expected this; actual: that"),
        ("raises what has no message", r"\(its message cannot be read: SystemExit\)"),
        ("hangs", "no answer within"),
    ],
)
def test_whatever_is_raised_is_the_adapters_failure(what: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Broke, match=words):
        _bordered("perform", what, monkeypatch).perform(LogOut("s"))


class _Hangs(ModelTarget):
    """Hangs where it is told to."""

    def __init__(self, where: str) -> None:
        self._where = ""
        super().__init__()
        self._where = where

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name != self._where:
            return super().__getattribute__(name)
        threading.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("where", ["reset", "now", "advance", "outbox", "close", "offers"])
def test_nothing_that_is_asked_takes_longer_than_it_may(where: str) -> None:
    adapter = _Hangs("")
    target = Bordered(adapter, within_s=0.05)
    adapter._where = where
    asks: dict[str, Callable[[], object]] = {
        "advance": lambda: target.advance(0),
        "outbox": lambda: target.outbox("ada@kmc.example"),
        "offers": target.reset,
    }
    with pytest.raises(Broke, match="no answer within"):
        asks.get(where, getattr(target, where, target.reset))()


@pytest.mark.parametrize("where", ["offers", "name", "naming"])
def test_an_adapter_that_hangs_when_it_is_looked_at_is_none(where: str) -> None:
    with pytest.raises(Broke, match="no answer within"):
        Bordered(_Hangs(where), within_s=0.05)


def test_a_constructor_has_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(border, "LOADED_WITHIN_S", 0.05)
    with pytest.raises(Broke, match="no answer within"), border.loading(None, 0.01):
        threading.Event().wait()


def test_offers_stay_as_they_were_and_a_change_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    target = _bordered("offers", "", monkeypatch)
    monkeypatch.setattr(Misbehaves, "offers", ModelTarget.offers - {Offer.CLOCK})
    with pytest.raises(AdapterMistake, match="offers changed during the run: clock;"):
        target.reset()
    assert target.offers == ModelTarget.offers


def test_words_of_other_kinds_become_plain() -> None:
    class Word(str):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    seen = Bordered(_Answers(Observation(True, message=Word("no")))).perform(LogOut("s"))
    assert type(seen.message) is str
    assert seen.message != "yes"


class _Answers(ModelTarget):
    def __init__(self, seen: Observation) -> None:
        super().__init__()
        self._seen = seen

    def perform(self, action: Any) -> Observation:
        return self._seen

    def at_once(self, actions: Sequence[Any]) -> Sequence[Observation]:
        return [self._seen]


def test_a_race_is_answered_once_for_each_action() -> None:
    with pytest.raises(AdapterMistake, match=r"at_once\(actions\) answered 2 actions with 1 answers"):
        Bordered(_Answers(Observation(True))).at_once([LogOut("s"), LogOut("s")])


@pytest.mark.parametrize("at", [0, 253_402_300_799])
def test_any_second_of_the_calendar_is_a_time(at: int) -> None:
    assert instant(at) == at


def test_mails_of_any_sequence_are_taken() -> None:
    assert mails([]) == mails(()) == ()
    assert cut("é" * 5) == "é" * 5


class _Clock(ModelTarget):
    """Tells the times that it is given."""

    def __init__(self, *times: int) -> None:
        super().__init__()
        self._times = list(times)

    def now(self) -> int:
        return self._times.pop(0)

    def advance(self, seconds: int) -> None:
        pass


def _exchange(*times: int) -> Exchange:
    return Exchange(_Clock(*times), People(Naming(), "t"), Recorder())


@pytest.mark.parametrize(
    ("second", "words"), [(1040, "went on by 40 s within 0 s; nobody had moved it"), (990, "ran back by 10 s")]
)
def test_a_clock_that_leaps_or_runs_back_is_an_error(second: int, words: str) -> None:
    exchange = _exchange(1000, second)
    exchange.now()
    with pytest.raises(AdapterMistake, match=f"the target's clock {words}"):
        exchange.now()


@pytest.mark.parametrize(("after", "words"), [(1000, "went on by 0 s"), (1600, "went on by 600 s")])
def test_a_clock_that_moves_otherwise_than_asked_is_an_error(after: int, words: str) -> None:
    exchange = _exchange(1000, after)
    exchange.keep_apart(60)
    with pytest.raises(AdapterMistake, match=f"{words} within 0 s; it was to be moved by 60 s"):
        exchange.now()


def test_a_clock_that_moves_as_asked_is_none_of_these() -> None:
    exchange = _exchange(1000, 1061, 1060)
    exchange.keep_apart(60)
    assert [exchange.now(), exchange.now()] == [1061, 1060]
