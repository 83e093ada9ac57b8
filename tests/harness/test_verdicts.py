"""Targets with one thing wrong each, and what the harness makes of it: only a departure is a fail."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from kmc_harness.port import Action, LinkKind, Mail, Observation
from kmc_harness.report.results import ScenarioResult
from kmc_harness.scenario.world import HOME, World
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import AdapterMistake, Unreached, Verdict, highest
from kmc_model.analysis.faults import by_name
from kmc_model.sentences import NO_CODE, Code
from tests.harness.made import told
from tests.targets import RenewsOtherwise, Settings, TeamsOfTheirOwn, Unusual


def _set(ran: Any) -> set[str]:
    return set(ran.verdicts.values())


def _departed(results: Sequence[ScenarioResult]) -> dict[str, Verdict]:
    """Return the requirements that have neither passed nor been skipped."""
    ended: dict[str, list[Verdict]] = {}
    for each in results:
        ended.setdefault(each.requirement, []).append(each.verdict)
    verdicts = {name: highest(each) for name, each in sorted(ended.items())}
    return {name: each for name, each in verdicts.items() if each not in (Verdict.PASS, Verdict.SKIPPED)}


def test_verdicts_rise_from_pass_to_fail_and_nothing_is_no_pass() -> None:
    rising = ["pass", "skipped", "warning", "waived", "inconclusive", "error", "flaky", "fail"]
    assert list(Verdict) == rising
    assert highest([Verdict.PASS, Verdict.WARNING, Verdict.SKIPPED]) is Verdict.WARNING
    assert highest([Verdict.PASS, Verdict.SKIPPED]) is Verdict.PASS
    assert highest([Verdict.SKIPPED]) is highest([]) is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("SaysYes", "an action that does not exist was accepted"),
        ("LetsAnybodyIn", "somebody just made up was logged in"),
        ("ShowsOneSecret", "two users were shown the same secret"),
    ],
)
def test_a_lying_target_is_not_judged(target: str, reason: str, judge: Callable[..., Any]) -> None:
    ran = judge(target, "--only", "LOG-004", "--only", "ENA-006")
    assert _set(ran) == {"error"}
    assert ran.exit_code == 3
    assert reason in " ".join(ran.out.split())


def test_what_needs_a_clock_is_skipped_by_name_without_one(judge: Callable[..., Any]) -> None:
    ran = judge("WithoutClock", "--only", "ENR-009", "--only", "LOG-002")
    assert ran.verdicts == {"ENR-009": "skipped", "LOG-002": "pass"}
    assert "does not offer 'clock'" in ran.out
    assert "1 of 2 requirements judged" in ran.out
    assert ran.exit_code == 0


def test_a_broken_promise_is_an_error_and_no_skip(judge: Callable[..., Any]) -> None:
    ran = judge("BreaksPromise", "--only", "SWI-004")
    assert ran.verdicts == {"SWI-004": "error"}
    assert "is declared, but was answered not offered" in " ".join(ran.out.split())


def test_a_made_up_link_leads_to_the_product_itself(judge: Callable[..., Any]) -> None:
    ran = judge("FollowsLinks", *(word for name in ("ENR-013", "RST-010", "SEC-006") for word in ("--only", name)))
    assert set(ran.verdicts.values()) == {"pass"}


def test_a_qr_code_that_was_never_issued_has_no_time_of_its_own_to_judge(judge: Callable[..., Any]) -> None:
    ran = judge("MailsOneLink", "--only", "ENR-010")
    assert [each["verdict"] for each in ran.report["scenarios"]] == ["pass", "inconclusive", "pass"]
    assert ran.report["scenarios"][1]["actual"] == "Ada was to be mailed 2 links to QR codes, but 1 came"


def test_a_product_may_register_nobody_without_a_password(judge: Callable[..., Any]) -> None:
    ran = judge("RegistersWithAPasswordOnly", "--only", "ENA-008")
    assert ran.exit_code == 0
    assert _set(ran) == {"pass"}
    ended = {each["title"]: each for each in ran.report["scenarios"]}
    by_mail = ended["Somebody new, registered by mail"]
    assert (by_mail["verdict"], by_mail["actual"]) == (
        "skipped",
        "the target does not offer 'RegisterUser without a password'",
    )
    assert "scenarios; not offered: RegisterUser without a password" in " ".join(ran.out.split())


def test_who_remembers_each_used_code_departs_from_a_recommendation_alone(judge: Callable[..., Any]) -> None:
    """RFC 6238 asks that a code is accepted once; of an unused one, older than another, it says nothing."""
    fault = "LogIn.code_older_than_last dropped"
    assert _departed(told(ModelTarget(by_name(fault).variant))) == {"STD-011": "warning"}
    ran = judge("WithFault", "--only", "STD-011", KMC_TEST_FAULT=fault)
    assert ran.departed == {"STD-011": "warning"}
    assert ran.exit_code == 0


def test_a_race_is_judged_by_what_comes_at_the_same_moment(judge: Callable[..., Any]) -> None:
    ran = judge("LooksBeforeItWrites", "--only", "SEC-014")
    ended = {each["title"]: each["verdict"] for each in ran.report["scenarios"]}
    assert {title: verdict for title, verdict in ended.items() if "same moment" in title} == {
        "Two logins with one code at the same moment": "fail",
        "Two openings of one link at the same moment": "fail",
        "Two uses of one reset link at the same moment": "fail",
    }
    assert [verdict for title, verdict in ended.items() if "one after the other" in title] == ["pass"] * 2
    assert ran.report["scenarios"][3]["actual"] == "2 of 2 accepted"


NEW_ON_A_SETTINGS_PAGE = {
    **dict.fromkeys(("LOG-016", "LOG-017", "RST-021", "RST-022", "STD-011", "STD-012"), "pass"),
    **dict.fromkeys(("SEC-015", "SEC-016", "SEC-017", "SEC-018"), "skipped"),
}
"""Nobody is blocked or invited there, sessions are numbers, and nothing is sent at the same moment."""


def test_a_product_with_a_settings_page_is_judged_by_what_it_has(judge: Callable[..., Any]) -> None:
    ran = judge("Settings", *(word for name in NEW_ON_A_SETTINGS_PAGE for word in ("--only", name)))
    assert ran.verdicts == NEW_ON_A_SETTINGS_PAGE


def test_a_mailbox_that_tells_no_capitals_is_none_that_was_mailed_astray(judge: Callable[..., Any]) -> None:
    """It hands out the same mails for both spellings, and calls whoever it was asked for the recipient."""
    assert judge("MailsInAnyCase", "--only", "RST-022").verdicts == {"RST-022": "pass"}


def test_a_limit_that_is_raced_past_is_seen_by_races_alone(judge: Callable[..., Any]) -> None:
    ran = judge("LooksBeforeItWrites", "--only", "SEC-018", "--only", "SEC-002")
    assert ran.verdicts == {"SEC-002": "pass", "SEC-018": "fail"}


def test_without_a_way_to_race_what_was_judged_is_said(judge: Callable[..., Any]) -> None:
    ran = judge("Settings", "--only", "SEC-014")
    assert ran.verdicts == {"SEC-014": "pass"}
    assert ran.report["requirements"][0]["partly_covered"] == "2 of 14 scenarios; not offered: race"


def test_a_race_that_nobody_wins_shows_nothing() -> None:
    world = World(ModelTarget(), "test")
    world.given.user("Ada", HOME).password = "a wrong one"
    world.act.race_logins("Ada", NO_CODE)
    with pytest.raises(Unreached, match="none did"):
        world.expect.one_at_most()


def test_an_adapter_that_forgets_to_say_that_a_code_is_asked_for_is_told_how(judge: Callable[..., Any]) -> None:
    ran = judge("NeverAsks", "--only", "LOG-003")
    assert ran.verdicts == {"LOG-003": "fail"}
    assert "no code asked for (an adapter says so by asks_for_code)" in " ".join(ran.out.split())


def test_links_that_are_the_same_within_a_second_are_told_apart(judge: Callable[..., Any]) -> None:
    assert judge("LinksOfTheSecond", "--only", "RST-012").verdicts == {"RST-012": "pass"}


def test_a_crash_costs_its_scenarios_and_is_no_fail(judge: Callable[..., Any]) -> None:
    ran = judge("Crashes", "--only", "LOG-010", "--only", "LOG-002")
    assert ran.verdicts == {"LOG-010": "error", "LOG-002": "pass"}
    assert ran.exit_code == 3
    assert "RuntimeError: lost" in ran.out


def test_an_unreadable_qr_code_fails_its_requirement_and_no_other(judge: Callable[..., Any]) -> None:
    only = [word for name in ("ENR-001", "ENR-003", "LOG-004", "SEC-007", "STD-008") for word in ("--only", name)]
    ran = judge("ShowsUnreadable", *only)
    assert ran.departed == {"ENR-001": "fail", "ENR-003": "fail", "LOG-004": "inconclusive", "STD-008": "inconclusive"}


def test_a_scenario_lost_on_the_way_is_an_error_and_no_pass(judge: Callable[..., Any]) -> None:
    ran = judge("Dies", "-n", "2", "--only", "LOG-010", "--only", "LOG-002")
    assert ran.verdicts == {"LOG-010": "error", "LOG-002": "pass"}
    assert ran.exit_code == 3
    assert "collected and never reported" in " ".join(ran.out.split())


def test_what_was_not_reached_is_inconclusive(on_kaltura: Any) -> None:
    ended = [each for each in on_kaltura.report["scenarios"] if each["requirement"] == "RST-019"]
    assert {each["verdict"] for each in ended} == {"inconclusive"}
    assert {each["step"] for each in ended} == {"Given Ada has been mailed another enrolment link by a reset"}


def test_a_departure_from_a_should_or_a_convention_only_warns(on_kaltura: Any) -> None:
    warned = {name for name, verdict in on_kaltura.verdicts.items() if verdict == "warning"}
    assert warned == {"STD-005", "STD-006", "STD-007", "STD-011"}


def test_a_fail_says_what_was_expected_and_seen_and_how_to_see_it_again(judge: Callable[..., Any]) -> None:
    ran = judge("OneDeparture", "--only", "SWI-002", KMC_TEST_FIELD="switch_between_two_factor_accounts_needs_login")
    shown = " ".join(ran.out.split())
    assert "fail SWI-002" in shown
    assert "step Then she is refused" in shown
    assert "expected Ada refused" in shown
    assert "actual accepted with a session" in shown
    assert "--only SWI-002 --seed 0" in shown
    assert "partial run:" in shown


def _secrets_of_people(report: Any) -> set[str]:
    return {"s3cure-pass!", "wr0ng-pw!", "N3w!", "wr0ng-guess!"}


@pytest.mark.parametrize("target", ["", "TellsSecrets", "Crashes", "CrashesAtOnce"])
def test_no_secret_is_in_output_or_report(target: str, judge: Callable[..., Any], on_kaltura: Any) -> None:
    ran = judge(target, "--profile", "strict") if target else on_kaltura
    # Digests are made of what is written, and pictures are scanned by a test of their own: both look random.
    told = re.sub(r"'picture': '[^']*'|'digest': 'sha256:[0-9a-f]{64}'", "", repr(ran.report))
    # Names of scenarios are as long as secrets.
    names = sorted({bindings.name_of(template) for _, template in bindings.scenarios()}, key=len, reverse=True)
    written = re.sub("|".join(names), "", ran.out + ran.err + told)
    for secret in _secrets_of_people(ran.report):
        assert secret not in written
    assert not re.search(r"otpauth|secret=|[A-Z2-7]{16,}|auth-info/|restore-password/|[\w-]{32,}=*(?=['\" ])", written)
    events = [event for each in ran.report["scenarios"] for step in each["steps"] for event in step["events"]]
    texts = [event.get("message", "") for event in events]
    codes = [word for text in texts for word in re.findall(r"\b\d{6}\b", text)]
    assert codes == []


@pytest.mark.parametrize(
    ("wrong", "failed"),
    [
        ("", {}),
        ("takes", {"LOG-005": ["is to complete a pairing", "has paired nothing"]}),
        ("pairs", {"LOG-005": ["has paired nothing"]}),
        ("drops", {"LOG-009": ["Again after starting"]}),
        ("forgets", {"LOG-004": ["After starting"]}),
    ],
)
def test_a_pairing_in_the_settings_is_in_force_once_completed_and_until_then_the_old_one(
    wrong: str, failed: dict[str, list[str]], judge: Callable[..., Any]
) -> None:
    only = [word for name in ("LOG-004", "LOG-005", "LOG-009") for word in ("--only", name)]
    ran = judge("Settings", *only, KMC_TEST_SETTINGS=wrong)
    found: dict[str, list[str]] = {}
    for each in ran.report["scenarios"]:
        if each["verdict"] not in ("pass", "skipped"):
            assert each["verdict"] == "fail"
            found.setdefault(each["requirement"], []).append(each["title"])
    assert list(found) == list(failed)
    assert all(word in title for name in failed for word, title in zip(failed[name], found[name], strict=True))


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("reset_link_ttl_s=90000", "pass"),
        ("OpenEnrolmentLink.made_to_reset dropped", "fail"),
        ("SetPassword.made_to_enrol dropped", "fail"),
    ],
)
def test_a_link_of_the_other_kind_is_tried_where_links_of_the_kind_lead(
    fault: str, verdict: str, judge: Callable[..., Any]
) -> None:
    ran = judge("TellsKindsByAddress", "--only", "SEC-006", KMC_TEST_FAULT=fault)
    assert ran.verdicts["SEC-006"] == verdict


@pytest.mark.parametrize(
    ("renewal", "departures", "skipped"),
    [
        ("mail", [], ["RST-019"]),
        ("OK and mail", ["RST-003"], []),
        ("nothing", [], ["ENR-012", "RST-002", "RST-019", "STD-004"]),
        ("pairing stays", ["RST-007"], ["ENR-012", "RST-002", "RST-019", "STD-004"]),
    ],
)
def test_how_a_reset_leads_to_a_new_qr_code_is_nobodys_fault(
    renewal: str, departures: list[str], skipped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is judged is the QR code that came, shown or mailed; where none came, what needs one is skipped."""
    monkeypatch.setenv("KMC_TEST_RENEWAL", renewal)
    results = told(RenewsOtherwise())
    assert list(_departed(results)) == departures
    of_the_new_one = {
        "The first login with the QR code of a reset comes too late",
        "The old password and a code of the new QR code",
        "The link of a reset",
        "The secret of a reset",
    }
    without = {each.requirement for each in results if each.title in of_the_new_one and each.verdict is Verdict.SKIPPED}
    assert sorted(without) == skipped


@pytest.mark.parametrize(("shortest", "verdict", "covered"), [("6", "pass", "2 of 6"), ("3", "skipped", "")])
def test_a_refused_password_is_judged_where_the_rules_are_others_but_refuse_it(
    shortest: str, verdict: str, covered: str, judge: Callable[..., Any]
) -> None:
    ran = judge("HasOtherRules", "--only", "RST-013", KMC_TEST_SHORTEST=shortest)
    assert ran.verdicts == {"RST-013": verdict}
    assert ran.report["requirements"][0]["partly_covered"] == (covered and f"{covered} scenarios; not offered: rules")


@pytest.mark.parametrize(("tells", "verdict"), [("yes", "skipped"), ("", "inconclusive")])
def test_a_login_that_has_no_word_for_an_account_lets_nobody_in_elsewhere(
    tells: str, verdict: str, judge: Callable[..., Any]
) -> None:
    ran = judge("NamesNoTeam", "--only", "LOG-012", KMC_TEST_TELLS=tells)
    assert ran.verdicts == {"LOG-012": verdict}
    seen = {each["actual"] for each in ran.report["scenarios"]}
    assert seen == {
        "the target does not offer 'a login that names an account'" if tells
        else "Bo was let in, but where was not shown: tell Observation.account"
    }  # fmt: skip


def test_a_vendor_who_is_refused_is_told_of_and_nothing_passes_for_it(judge: Callable[..., Any]) -> None:
    ran = judge("RefusesTheVendor", "--only", "ENA-001", "--only", "ENA-003", "--only", "ENA-014")
    assert set(ran.verdicts.values()) == {"fail"}
    assert {each["actual"] for each in ran.report["scenarios"] if each["verdict"] == "fail"} == {
        "refused: Not for you."
    }


def test_where_nobody_is_in_two_accounts_only_what_needs_that_is_skipped(judge: Callable[..., Any]) -> None:
    assert _departed(told(TeamsOfTheirOwn())) == {}
    ran = judge("TeamsOfTheirOwn", "--only", "ENA-001,ENR-010,SEC-003")
    partly_covered = {each["id"]: each["partly_covered"] for each in ran.report["requirements"]}
    assert partly_covered["ENA-001"] == "6 of 8 scenarios; not offered: memberships"
    assert partly_covered["ENR-010"] == "2 of 3 scenarios; not offered: memberships"
    assert partly_covered["SEC-003"] == ""
    assert set(ran.verdicts.values()) == {"pass"}


def test_a_settings_page_that_keeps_a_pairing_through_a_reset_departs_there_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KMC_TEST_KEEPS", "1")
    assert _departed(told(Settings())) == {"RST-007": "fail"}


def test_where_people_pair_on_a_settings_page_the_general_requirements_are_judged(judge: Callable[..., Any]) -> None:
    ran = judge("Settings")
    assert {name: each for name, each in ran.verdicts.items() if each not in ("pass", "skipped")} == {}
    assert ran.verdicts["RST-007"] == "pass"
    judged = {name for name, each in ran.verdicts.items() if each == "pass"}
    assert judged >= {"LOG-004", "LOG-009", "ENR-007", "ENR-011", "STD-003", "SEC-003", "SEC-011", "RST-009"}
    every = {each["id"]: each["partly_covered"] for each in ran.report["requirements"]}
    covered = {name: words for name, words in every.items() if words}
    assert covered["LOG-013"] == "2 of 6 scenarios; not offered: accounts"
    assert f"{len(covered)} of them partly" in " ".join(ran.out.split())


class _ShowsText(ModelTarget):
    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        return replace(seen, picture="iVBORw0") if seen.picture else seen  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (Observation(accepted=1), "accepted of type int, not bool"),  # type: ignore[arg-type]
        (Observation(accepted=True, message=None), "message of type NoneType, not str"),  # type: ignore[arg-type]
        (Observation(accepted=True, session=5), "session of type int, not str"),  # type: ignore[arg-type]
    ],
)
def test_a_field_of_another_type_is_the_adapters_mistake(observation: Observation, words: str) -> None:
    class Answers(ModelTarget):
        def perform(self, action: Action) -> Observation:
            return observation

    with pytest.raises(AdapterMistake, match=f"RegisterUser was answered with {words}"):
        World(Answers(), "test").given.user("Ada", "Acme")


def test_a_picture_that_is_no_bytes_is_the_adapters_mistake() -> None:
    with pytest.raises(AdapterMistake, match="OpenEnrolmentLink was answered with picture of type str, not bytes"):
        World(_ShowsText(), "test").given.open_screen("Ada")


class _TellsItsNumber(ModelTarget):
    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        return replace(seen, account="4711") if seen.account else seen


def test_an_account_that_nobody_named_is_the_adapters_mistake() -> None:
    with pytest.raises(AdapterMistake, match=r"LogIn was answered with account '4711', .* give the name from the"):
        World(_TellsItsNumber(), "test").given.session("Ada", "Acme")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("eight digits", "a code of eight digits"),
        ("sha256", "a code made with SHA-256"),
        ("sixty seconds", "a code made in steps of 60 s"),
    ],
)
def test_what_the_qr_code_asks_for_is_no_code_made_another_way(fault: str, words: str) -> None:
    world = World(ModelTarget(by_name(fault).variant), "test")
    world.given.pairing("Ada")
    with pytest.raises(Unreached, match=f"{words} was to be typed, but that is what the QR code asks for"):
        world.codes.typed(world.people["Ada"], Code(flaw=words))


class _MixesUpKinds(ModelTarget):
    def outbox(self, email: str) -> Sequence[Mail]:
        mails = super().outbox(email)
        return [replace(m, links=tuple(replace(each, kind=LinkKind.RESET) for each in m.links)) for m in mails]


def test_links_told_to_be_of_the_other_kind_are_named() -> None:
    told = "no mail with such a link came, but 1 mail in all, with links told to be for reset"
    with pytest.raises(Unreached, match=told):
        World(_MixesUpKinds(), "test").given.enrolment_mail("Ada")


def test_where_a_scenario_fails_all_mail_is_evidence_read_or_not(judge: Callable[..., Any]) -> None:
    ran = judge("WithFault", "--only", "ENA-011", KMC_TEST_FAULT="on makes anew")
    failed = next(each for each in ran.report["scenarios"] if each["verdict"] == "fail")
    mailed = [event["to"] for event in failed["steps"][-1]["events"] if event["kind"] == "mailed"]
    assert mailed.count("Ada") >= 1


def test_a_product_that_is_unlike_others_departs_nowhere() -> None:
    assert _departed(told(Unusual())) == {}


@pytest.mark.parametrize(
    ("target", "requirement"),
    [("AddressesInLinks", "SEC-005"), ("SpellsSecrets", "SEC-008"), ("OpensWhenRefusing", "LOG-003")],
)
def test_what_looks_like_what_is_unusual_is_found(target: str, requirement: str, judge: Callable[..., Any]) -> None:
    ran = judge(target, "--profile", "all", "--only", requirement)
    assert ran.verdicts[requirement] == "fail", ran.out
