"""Scenarios in contexts: what is told aside, which pairs are tests, and what a run makes of them."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness import judge as judge_in_notebook
from kmc_harness import report
from kmc_harness.port import Action, LogIn, Observation, RequestReset
from kmc_harness.report.merge import merge
from kmc_harness.report.results import Run
from kmc_harness.running import in_contexts, runner
from kmc_harness.running.journal import Journal
from kmc_harness.scenario.calendar import next_time
from kmc_harness.scenario.world import World
from kmc_harness.specification import bindings, contexts
from kmc_harness.specification.bindings import Sentence
from kmc_harness.specification.contexts import Context, Place
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.contexts import End, Plan, Teller, plan
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Misuse, Unreached, Verdict
from kmc_model.analysis.faults import all_faults, by_name
from kmc_model.records import LinkStatus
from tests.conftest import ROOT, WHOLE, kmc

TOLD = {each.id: each for each in bindings.all_told()}
OF_THE_MODEL = [each for each in TOLD.values() if each.needs <= ModelTarget.offers]
FAULT = "november_b: summer time"
"""A fault that no scenario catches as it stands."""


def titled(title: str) -> bindings.Told:
    return next(each for each in TOLD.values() if each.title == title)


def context(name: str) -> Context:
    return next(each for each in contexts.load() if each.name == name)


# Told aside


def test_an_interlude_changes_nothing_that_the_scenario_remembers() -> None:
    world = World(ModelTarget(), "a")
    world.given.session("Ada", "Acme")
    ada = world.people["Ada"]
    before = (list(world.exchange.answers), ada.session, list(ada.accounts), ada.last_code)
    world.tell_aside(["Bo has logged in to Globex", "Ada has logged in to Globex", "Bo asks for a reset"])
    assert (world.exchange.answers, ada.session, ada.accounts, ada.last_code) == before
    assert world.people.spoken_of is ada
    assert ada.besides == ["Globex"]


def test_what_became_of_people_in_an_interlude_stays() -> None:
    world = World(ModelTarget(), "a")
    world.tell_aside(["Ada has paired an authenticator", "Ada has reset the password"])
    ada = world.people["Ada"]
    assert ada.authenticator
    assert ada.passwords_set == 1
    assert "Acme" in world.people.two_factor


def test_an_account_joined_in_an_interlude_is_the_scenarios_once_it_says_so() -> None:
    world = World(ModelTarget(), "a")
    world.tell_aside(["Ada is a KMC user of Globex", "Ada is a KMC user of Acme"])
    asked = world.exchange.count
    world.given.user("Ada", "Acme")
    assert world.exchange.count == asked
    assert world.people["Ada"].accounts == ["Acme"]
    assert world.people["Ada"].home == "Acme"


def test_a_departure_in_an_interlude_is_no_verdict() -> None:
    world = World(ModelTarget(by_name("EnableTwoFactor.always refused").variant), "a")
    with pytest.raises(Unreached):
        world.tell_aside(["the vendor switches two-factor authentication on for Acme"])


def test_a_session_that_gets_another_handle_in_an_interlude_is_still_the_persons() -> None:
    world = World(ModelTarget(by_name("switch opens a session").variant), "a")
    world.given.session("Ada", "Acme")
    before = world.people["Ada"].session
    world.tell_aside(["Ada is a KMC user of Globex", "Ada has switched to Globex"])
    assert world.people["Ada"].session not in (None, before)
    world.expect.open_session("Ada", "Globex")


# Contexts and their places


def test_each_context_has_a_name_of_its_own_and_fits_some_scenario() -> None:
    names = Counter(each.name for each in contexts.load())
    assert [name for name, count in names.items() if count > 1] == []
    for each in contexts.load():
        assert any(contexts.places(told, each) for told in OF_THE_MODEL), each.name


def test_time_that_passes_is_cut_in_two_for_what_happens_meanwhile() -> None:
    told = next(each for each in OF_THE_MODEL if "When 24 h 1 min pass" in [one.in_full for one in each.sentences])
    passing = [each.in_full for each in told.sentences].index("When 24 h 1 min pass")
    pair = contexts.pair(told, context("a colleague logs in"), Place(passing, is_inside=True))
    half, meanwhile = "When 12 h 30 s pass", "Given meanwhile: Cleo has logged in to Acme"
    texts = [each.in_full for each in pair.sentences]
    at = texts.index(half)
    assert texts[at : at + 3] == [half, meanwhile, half]


def test_two_givens_change_places_and_other_words_are_typed() -> None:
    told = titled("A colleague resets")
    exchanged = contexts.pair(told, context("two Givens exchanged"), Place(0))
    assert [each.text for each in exchanged.sentences[:2]] == [each.text for each in reversed(told.sentences[:2])]
    wrong = titled("A day after a wrong code the right one is accepted")
    other = contexts.pair(wrong, context("a code turned round for a wrong code"), Place(0))
    assert other.sentences[2].text == "Ada logs in to Acme with a code turned round"


def brought_about(sentences: Sequence[str]) -> tuple[object, list[Action]]:
    """Return what `sentences` leave on the model, tokens and order left out, and the actions that they took."""
    target, taken = ModelTarget(), list[Action]()
    world = World(target, "a")
    perform = target.perform
    target.perform = lambda action: taken.append(action) or perform(action)  # type: ignore[method-assign, func-returns-value]
    world.tell(sentences)
    state = target.model.state
    left = (
        sorted((each.name, each.owner, each.two_factor) for each in state.accounts.values()),
        sorted((each.email, each.account, each.status) for each in state.memberships.values()),
        sorted(
            (each.email, bool(each.secret), bool(each.secret and each.secret.proven), bool(each.password))
            for each in state.credentials.values()
        ),
        sorted((each.email, each.kind) for each in state.links.values() if each.status is LinkStatus.OPEN),
        sorted((each.email, each.account, each.is_open) for each in state.sessions.values()),
    )
    return left, taken


@pytest.mark.parametrize("name", [each.name for each in contexts.load() if each.given])
def test_other_words_bring_about_the_same_by_other_acts(name: str) -> None:
    before = {
        "logged in on another machine, with a code": ["two-factor authentication is on for Acme"],
        "reset, with the new QR code by mail": ["Ada has paired an authenticator"],
        "reset without confirming, and no QR code due": ["Ada is a KMC user of Acme"],
    }.get(name, [])
    told = replace(titled("Logging in with a code"), sentences=(Sentence("given", named(context(name).given), 1),))
    (other,) = contexts.pair(told, context(name), Place(0)).sentences
    one, acts = brought_about([*before, told.sentences[0].text])
    two, other_acts = brought_about([*before, *(row for (row,) in other.rows)])
    assert one == two
    assert acts != other_acts


def named(sentence: str) -> str:
    return sentence.replace("<who>", "Ada").replace("<account>", "Acme")


def test_each_given_has_other_words_or_a_reason_why_there_are_none() -> None:
    givens = {each.text for told in TOLD.values() for each in told.sentences if each.kind == "given"}
    with_others = {
        told.sentences[place.at].text
        for each in contexts.load()
        if each.given
        for told in TOLD.values()
        for place in contexts.places(told, each)
    }
    without = {text for text in givens if any(each.says(text) for each in contexts.one_ways())}
    assert givens - with_others - without == set()
    assert with_others & without == set()


def test_other_words_stand_in_a_report_as_a_table() -> None:
    told = titled("Logging in with a code")
    (place, *_) = contexts.places(told, context("paired after joining late"))
    result = Teller(ModelTarget()).tell(contexts.pair(told, context("paired after joining late"), place))
    lines = result.gherkin.splitlines()
    at = lines.index("  Given this has happened:")
    assert lines[at + 1] == "    | two-factor authentication is on for Acme |"
    assert lines[at + 4] == "    | Ada scans the QR code |"


# Two acts at the same moment


class OneAfterAnother(ModelTarget):
    """Notes what came at once."""

    def __init__(self) -> None:
        self.at_one_moment: list[Sequence[Action]] = []
        super().__init__()

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        self.at_one_moment.append(actions)
        return super().at_once(actions)


class MixesUpRequests(ModelTarget):
    """Answers requests that are in flight together with what the last one showed."""

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        return [super().at_once(actions)[-1]] * len(actions)


def at_the_same_moment(title: str, name: str, ends: str = "") -> bindings.Told:
    told = next(each for each in TOLD.values() if each.title == title and each.sentences[-1].text.endswith(ends))
    return contexts.pair(told, context(name), contexts.places(told, context(name))[0])


def test_somebody_else_acts_while_an_act_of_the_scenario_is_under_way() -> None:
    target = OneAfterAnother()
    pair = at_the_same_moment("Logging in with a code", "a colleague asks for a reset at the same moment")
    assert "race" in pair.needs
    assert tell(pair, target, "a").verdict is Verdict.PASS
    ((own, other),) = target.at_one_moment
    assert isinstance(own, LogIn)
    assert isinstance(other, RequestReset)
    assert own.email != other.email


def test_a_target_that_mixes_up_requests_in_flight_departs() -> None:
    pair = at_the_same_moment("Logging in with a code", "a colleague logs in at the same moment")
    assert tell(titled("Logging in with a code"), MixesUpRequests(), "a").verdict is Verdict.PASS
    assert Teller(MixesUpRequests()).judge(pair)[0] is End.DEPARTED


def test_what_hangs_on_which_of_two_acts_comes_first_is_no_test() -> None:
    """A reset that is asked for makes the link before it worthless, unless that has just been used."""
    target = ModelTarget()
    target.is_last_first = True
    pair = at_the_same_moment("Two resets were asked for", "the person asks for a reset at the same moment", "accepted")
    assert tell(pair, ModelTarget(), "a").verdict is Verdict.PASS
    assert tell(pair, target, "a").verdict is Verdict.FAIL
    assert Teller(target).judge(pair)[0] is End.NO_TEST


def test_an_act_at_the_moment_of_none_is_no_pass() -> None:
    pair = at_the_same_moment("Logging in with a code", "a colleague logs in at the same moment")
    never = replace(pair, sentences=tuple(each for each in pair.sentences if each.kind != "when"))
    never = replace(never, sentences=(*never.sentences[:-1], Sentence("then", "no session is open without a code", 1)))
    assert tell(never, ModelTarget(), "a").verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("day", "now", "expected"),
    [
        ("the last day of a month", "2026-01-05T09:00", "2026-01-31T23:00"),
        ("the last day of a month", "2026-01-31T23:00", "2026-02-28T23:00"),
        ("the last day but one of a month", "2026-01-05T09:00", "2026-01-30T23:00"),
        ("the last day of February", "2027-03-01T00:00", "2028-02-29T23:00"),
        ("29 February of a leap year", "2026-01-05T09:00", "2028-02-29T23:00"),
        ("28 February of a leap year", "2026-01-05T09:00", "2028-02-28T23:00"),
        ("the last Sunday of March", "2026-01-05T09:00", "2026-03-29T23:00"),
        ("the day before the second Sunday of March", "2026-01-05T09:00", "2026-03-07T23:00"),
        ("the first Sunday of November", "2026-01-05T09:00", "2026-11-01T23:00"),
    ],
)
def test_a_day_is_found_in_the_calendar(day: str, now: str, expected: str) -> None:
    def instant(text: str) -> int:
        return int(datetime.datetime.fromisoformat(f"{text}:00+00:00").timestamp())

    assert next_time("23:00", day, instant(now)) == instant(expected)


# Which pairs are tests


def a_plan(seed: str = "0") -> Plan:
    return plan(OF_THE_MODEL, contexts.load(), seed)


def test_a_plan_is_the_same_for_the_same_seed_and_begins_with_every_requirement_and_dimension() -> None:
    one, same, other = a_plan(), a_plan(), a_plan("1")
    assert one.order == same.order
    assert one.order != other.order
    requirements = {each.requirement for each in OF_THE_MODEL}
    dimensions = {each.dimension for each in contexts.load()}
    first = [one[at] for at in range(len(requirements) * len(dimensions))]
    met = {(each.requirement, context(each.context).dimension) for each in first}
    assert len(met) > 0.7 * len(requirements) * len(dimensions)
    sweep = [one.order[at][:2] for at in range(one.sweep)]
    assert len({(one.scenarios[scenario].requirement, context) for scenario, context in sweep}) == one.sweep


def test_no_pair_departs_on_the_model_or_a_right_variant_of_it() -> None:
    """A sample of the sweep in CI, spread evenly over it; all of it where KMC_TEST_ALL says so."""
    pairs = a_plan()
    for number, each in enumerate([None, *(fault for fault in all_faults() if not fault.requirements)]):
        teller = Teller(ModelTarget(each.variant if each else "article"))
        # Other pairs for each.
        first, step = (0, 1) if WHOLE else (number * 17, 1200)
        ends = Counter(teller.judge(pairs[at])[0] for at in range(first, pairs.sweep, step))
        assert ends[End.DEPARTED] == ends[End.BROKE] == 0, each
        assert ends[End.PASSED] > 0.7 * ends.total()


def test_what_a_right_variant_departs_in_is_no_test() -> None:
    """A person's session after 60 days: some products end it by then, and no requirement forbids that."""
    target = ModelTarget(by_name("sessions of an hour").variant)
    told = titled("Working while it is switched on")
    pair = contexts.pair(told, context("60 days later"), Place(1))
    assert tell(pair, target, "a").verdict is Verdict.FAIL
    assert Teller(target).judge(pair)[0] is End.NO_TEST


def test_what_is_only_recommended_fails_nothing_else() -> None:
    """Who takes the code of the present step alone is warned by STD-010; other requirements are not failed for it."""
    target = ModelTarget(by_name("tolerance_steps=0").variant)
    slow = context("a phone whose clock is 20 s slow")
    pair = contexts.pair(titled("Logging in with a code"), slow, Place(1))
    assert tell(pair, target, "a").verdict is Verdict.FAIL
    assert Teller(target).judge(pair)[0] is End.NO_TEST


def test_a_departure_keeps_only_the_sentences_that_it_needs() -> None:
    target = ModelTarget(by_name("after two logins").variant)
    pair = contexts.pair(
        TOLD["no_code_is_given[no code]"],
        context("the person logs in, 4 times"),
        Place(1),
    )
    assert len(contexts.rows_of(pair)) == 4
    result = Teller(target).minimised(pair)
    assert result is not None
    assert result.verdict is Verdict.FAIL
    assert result.meanwhile == ("Ada has logged in to Acme",) * 2
    assert result.gherkin.splitlines()[2:5] == ["  Given meanwhile:", *["    | Ada has logged in to Acme |"] * 2]


# A run


class SummerTime(ModelTarget):
    """The model with that fault."""

    def __init__(self) -> None:
        super().__init__(by_name(FAULT).variant)


class UselessOnceClosed(ModelTarget):
    """Breaks when it is used after its end."""

    is_closed = False

    def reset(self) -> None:
        if self.is_closed:
            raise OSError("the server is gone")
        super().reset()

    def close(self) -> None:
        self.is_closed = True


def test_processes_keep_their_targets_open(tmp_path: Path) -> None:
    what = Run(f"python:{__name__}:UselessOnceClosed", "", "all", ("LOG-004",), contexts="100")
    told = runner.run(what, tmp_path, processes=2).in_contexts
    assert told.ends.get("broke off", 0) == 0
    assert told.judged > 50


def test_processes_tell_before_a_target_that_freezes_their_clock(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        'name = "frozen"\n[adapter]\npython = "tests.targets:InThisProcess"\n'
        '[clock]\nkind = "freezegun"\n[mail]\nkind = "adapter"\nsettle = "0s"\n'
    )
    what = Run(str(tmp_path), "", "all", ("LOG-004",), contexts="100")
    told = runner.run(what, tmp_path / "report", processes=2).in_contexts
    assert told.ends.get("broke off", 0) == 0
    assert told.judged > 50


class BreaksInFebruary(ModelTarget):
    """Has no day between 28 February and 1 March."""

    def perform(self, action: Any) -> Any:
        if datetime.datetime.fromtimestamp(self.now(), datetime.UTC).strftime("%d %m") == "29 02":
            raise ValueError("day is out of range for month")
        return super().perform(action)


def test_an_adapter_that_breaks_in_a_context_leaves_the_run_undecided(tmp_path: Path) -> None:
    target = f"python:{__name__}:BreaksInFebruary"
    what = Run(target, "", "all", ("LOG-002",), contexts="all", context=("29 February",))
    made = runner.run(what, tmp_path)
    assert {each.verdict for each in made.requirements} == {Verdict.PASS}
    assert made.exit_code == 3
    assert "broke off; the first that broke off is " in made.in_contexts.in_words
    assert "ValueError: day is out of range for month" in made.in_contexts.in_words


WHAT = Run(f"python:{__name__}:SummerTime", "", "all", ("ENR-009",), contexts="600")


def test_shares_that_are_merged_are_the_whole_run(tmp_path: Path) -> None:
    whole = runner.run(WHAT, tmp_path / "whole")
    assert any(each.context for each in whole.scenarios)
    shares = [
        runner.run(msgspec.structs.replace(WHAT, shard=f"{share}/3"), tmp_path / f"{share}") for share in (1, 2, 3)
    ]
    merged = merge(shares)
    assert merged.in_contexts == whole.in_contexts
    assert {each.id: each.verdict for each in merged.scenarios} == {each.id: each.verdict for each in whole.scenarios}
    assert merged.run == whole.run
    with pytest.raises(Misuse, match="each of 1/3, 2/3, 3/3 is needed once"):
        merge(shares[:2])


def test_the_workers_of_a_cluster_give_the_same_report() -> None:
    from distributed import Client

    what = {"only": ("ENR-009",), "contexts": "600"}
    target = f"python:{__name__}:SummerTime"
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:  # type: ignore[no-untyped-call]
        told_there = judge_in_notebook(target, client=client, **what)  # type: ignore[arg-type]
    told_here = judge_in_notebook(target, **what)  # type: ignore[arg-type]
    assert told_there.scenarios.verdict.to_dict() == told_here.scenarios.verdict.to_dict()
    assert "fail" in set(told_here.scenarios.verdict)


def test_a_run_that_was_stopped_in_contexts_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = runner.run(WHAT, tmp_path / "whole")
    keep, kept = Journal.append_chunk, []

    def stop_later(journal: Journal, chunk: Any) -> None:
        if len(kept) == 2:
            raise KeyboardInterrupt
        kept.append(chunk)
        keep(journal, chunk)

    monkeypatch.setattr(Journal, "append_chunk", stop_later)
    with pytest.raises(runner.Interrupted):
        runner.run(WHAT, tmp_path / "stopped")
    monkeypatch.undo()
    resumed = runner.resume(tmp_path / "stopped", 1)
    assert resumed.in_contexts == whole.in_contexts
    assert resumed.scenarios == whole.scenarios


def test_a_fault_that_needs_a_context_fails_the_run_and_is_told_once(tmp_path: Path, judge: Callable[..., Any]) -> None:
    only = ("--only", "ENR-009", "--contexts", "all", "--context", "clocks go back")
    ran = judge("WithFault", *only, KMC_TEST_FAULT=FAULT)
    assert ran.exit_code == 1
    (departed,) = (each for each in ran.report["scenarios"] if each.get("context"))
    assert departed["context"] == "clocks go back"
    assert departed["meanwhile"] == ["it is 00:30 on the last Sunday of October"]
    assert re.search(r"context +clocks go back", ran.out)
    assert "--context 'clocks go back'" in " ".join(ran.out.split())
    feature = (ran.folder / "contexts.feature").read_text()
    assert "    Given meanwhile:\n      | it is 00:30 on the last Sunday of October |\n" in feature
    again = kmc("replay", str(ran.folder), departed["id"], cwd=ROOT, KMC_TEST_FAULT=FAULT)
    assert again.returncode == 0, again.stdout
    assert "every event of its" in again.stdout
    mended = judge("model", *only)
    better = kmc("compare", str(ran.folder), str(mended.folder), cwd=ROOT)
    assert (better.returncode, "1 better" in better.stdout) == (0, True)
    worse = kmc("compare", str(mended.folder), str(ran.folder), cwd=ROOT)
    assert (worse.returncode, "1 worse" in worse.stdout) == (1, True)
    assert len(report.read(ran.folder).scenarios) == 1 + len(report.read(mended.folder).scenarios)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--contexts", "many"], "--contexts takes off, sweep, all, a number of pairs or a time as 10m, not 'many'"),
        (["--context", "on the moon"], "unknown context 'on the moon'; did you mean"),
        (["--contexts", "9", "--shard", "3/2"], "--shard takes K/N with K from 1 to N, as 2/4, not '3/2'"),
        (["--contexts", "off", "--shard", "1/2"], "--shard cuts the pairs of scenarios and contexts"),
        (["--contexts", "9", "--repeat", "2"], "--contexts tells each pair once; drop it, or --repeat"),
        (["--contexts", "9", "--", "-k", "x"], "--contexts runs without pytest; drop it, or -k x"),
    ],
)
def test_misuse_is_one_clear_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = kmc("run", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert not (tmp_path / "kmc-report").exists()


def test_the_model_is_swept_an_adapter_in_python_meets_some_pairs_and_others_none() -> None:
    assert in_contexts.usual("model", 1, ()) == "sweep"
    assert in_contexts.usual("python:adapter:Mine", 1, ()) == "1000"
    assert in_contexts.usual("exec:node adapter.mjs", 1, ()) == "off"
    assert in_contexts.usual("model", 2, ()) == "off"
    assert in_contexts.usual("model", 1, ("-k", "x")) == "off"


def test_the_contexts_are_listed(tmp_path: Path) -> None:
    shown = kmc("contexts", cwd=tmp_path)
    assert shown.returncode == 0
    assert "calendar   clocks go back" in shown.stdout


def test_where_a_dimension_has_no_pairs_of_a_requirement_one_reason_is_given() -> None:
    told: dict[str, list[bindings.Told]] = {}
    for each in TOLD.values():
        told.setdefault(each.requirement, []).append(each)
    dimensions = {each.dimension for each in contexts.load()}
    without = [
        (dimension, requirement)
        for dimension in dimensions
        for requirement, own in told.items()
        if not any(contexts.places(one, each) for each in contexts.load() if each.dimension == dimension for one in own)
    ]
    given = [(each.dimension, requirement) for each in contexts.indifferences() for requirement in each.to]
    assert sorted(given) == sorted(without)


def test_the_page_says_how_many_pairs_each_requirement_has(tmp_path: Path) -> None:
    shown = kmc("contexts", "--by-requirement", cwd=tmp_path, COLUMNS="100")
    page = (ROOT / "docs" / "contexts.md").read_text()
    assert "\n".join(line.rstrip() for line in shown.stdout.splitlines()) in page
