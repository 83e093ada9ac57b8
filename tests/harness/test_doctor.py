"""What `kmc doctor` finds; how somebody new meets it is told in test_adopting."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kmc_harness.port import (
    ACTIONS,
    Action,
    EnableTwoFactor,
    GoToLogin,
    LogIn,
    LogOut,
    Mail,
    Observation,
    Offer,
    UseSession,
)
from kmc_harness.running.doctor import MEANS, TRIES, State, examine
from kmc_harness.targets.model import ModelTarget
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE
from tests.conftest import ROOT, kmc
from tests.targets import BreaksPromise, CrashesAtOnce, LetsAnybodyIn, OffersNothing, SaysYes, Settings


class AsksAsTheVendor(ModelTarget):
    """Switches two-factor authentication on with the vendor's rights, whoever asks."""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, EnableTwoFactor):
            action = EnableTwoFactor(action.account)
        return super().perform(action)


class TellsNoLinks(ModelTarget):
    """Finds the mails, and knows none of the addresses in them, as where `links` has a wrong pattern."""

    def outbox(self, email: str) -> list[Mail]:
        return [
            replace(mail, text=" ".join(link.url for link in mail.links), links=()) for mail in super().outbox(email)
        ]


class MixesCookies(ModelTarget):
    """Keeps one cookie jar for everybody: who logs out ends the session of whoever logged in last."""

    jar = ""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, LogOut):
            action = LogOut(self.jar)
        seen = super().perform(action)
        self.jar = seen.session or self.jar
        return seen


class KeepsNoCopy(ModelTarget):
    """Presents what the jar of the machine holds now, whichever session is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.machine_of: dict[str, str | None] = {}
        self.jars: dict[str | None, str] = {}

    def perform(self, action: Action) -> Observation:
        if isinstance(action, UseSession | LogOut) and action.session in self.machine_of:
            machine = self.machine_of[action.session]
            action = replace(action, session=self.jars.get(machine, "") if machine else action.session)
        seen = super().perform(action)
        if isinstance(action, LogIn) and seen.session:
            self.machine_of[seen.session], self.jars[action.device] = action.device, seen.session
        if isinstance(action, LogOut):
            self.jars = {machine: held for machine, held in self.jars.items() if held != action.session}
        return seen


class NamesTheMachine(KeepsNoCopy):
    """Answers the name of the machine as the session."""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, UseSession | LogOut):
            return super().perform(replace(action, session=self.jars.get(action.session, action.session)))
        seen = super().perform(action)
        return replace(seen, session=action.device) if getattr(action, "device", None) and seen.session else seen


class DropsTheJar(ModelTarget):
    """Forgets the cookies of whoever logs out, and looks for them again."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: set[str] = set()

    def perform(self, action: Action) -> Observation:
        if isinstance(action, UseSession) and action.session in self.dropped:
            raise KeyError(action.session)
        if isinstance(action, LogOut):
            self.dropped.add(action.session)
        return super().perform(action)


class ChangesNothing(ModelTarget):
    offers = ModelTarget.offers - {Offer.CHANGE}


def states(target: ModelTarget) -> dict[str, State]:
    return {each.what: each.state for each in examine(target).findings}


def test_every_action_is_tried_and_every_offer_has_words() -> None:
    # Screens are looked at by browser:URL alone, which nobody writes.
    assert {each.action for each in TRIES} >= set(ACTIONS) - {GoToLogin}
    assert set(MEANS) == set(Offer)


def test_on_the_model_all_works_but_the_other_way_to_pair() -> None:
    made = examine(ModelTarget())
    assert [each.what for each in made.findings if each.state is not State.WORKS] == [
        "she sees a QR code in the settings"
    ]
    assert (made.next, made.refusal) == (None, "")


def test_what_is_declared_and_not_done_is_named_with_how_to_write_it() -> None:
    found = next(each for each in examine(BreaksPromise()).findings if each.state is State.MISSING)
    assert found.advice == "write SwitchAccount(session, account); answer: accepted and the session"


def test_what_is_not_offered_is_no_mistake() -> None:
    made = examine(ChangesNothing())
    (found,) = (each for each in made.findings if each.what == "the password is changed")
    assert found.state is State.LACKS
    assert found.advice.endswith(
        "logged in: write ChangePassword(session, password, new_password, code) and offer 'change'; "
        "11 requirements use it"
    )
    assert (made.next, made.refusal) == (None, "")


def test_what_a_customer_tries_is_not_done_with_the_vendors_rights() -> None:
    made = examine(AsksAsTheVendor())
    (found,) = (each for each in made.findings if each.state is not State.WORKS and each.state is not State.LACKS)
    assert (found.what, found.state) == ("no customer can switch it on", State.WRONG)
    assert found.advice.endswith("never with the vendor's key; without one (None) it is the vendor")
    assert made.next == found


def test_one_cookie_jar_for_everybody_is_found_out() -> None:
    (found,) = (each for each in examine(MixesCookies()).findings if each.what.startswith("another's session"))
    assert found.state is State.WRONG
    assert found.advice.endswith("keep the cookies of each apart")


@pytest.mark.parametrize(
    ("target", "what", "words"),
    [
        (KeepsNoCopy(), "what has ended stays ended", "after the next login it was open again"),
        (NamesTheMachine(), "what has ended stays ended", "two logins were answered with the same session"),
        (DropsTheJar(), "she logs out, which ends it", "instead it broke: KeyError"),
    ],
)
def test_who_keeps_no_copy_of_what_a_session_held_is_found_out(target: ModelTarget, what: str, words: str) -> None:
    (found,) = (each for each in examine(target).findings if each.what == what)
    assert found.state is State.WRONG
    assert words in found.advice
    assert "keep a copy" in found.advice


def test_a_settings_page_that_takes_any_code_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    what = "a wrong code completes no pairing"
    assert states(Settings())[what] is State.WORKS
    monkeypatch.setenv("KMC_TEST_SETTINGS", "takes")
    assert states(Settings())[what] is State.WRONG


def test_where_nothing_is_switched_on_no_customer_is_asked_to() -> None:
    assert "no customer can switch it on" not in states(Settings())


@pytest.mark.parametrize(
    ("name", "status", "last"),
    [("AsksAsTheVendor", 1, "kmc doctor"), ("ChangesNothing", 0, "kmc run --target")],
)
def test_it_ends_with_what_comes_next_and_with_1_where_something_is_red(name: str, status: int, last: str) -> None:
    target = f"python:tests.harness.test_doctor:{name}"
    done = kmc("doctor", target, cwd=ROOT, COLUMNS="120")
    assert done.returncode == status
    assert done.stdout.rstrip().endswith(f"{last} {target}")


class CountsByAnotherClock(ModelTarget):
    """Counts requests for ever, as a cache does whose clock stands still."""

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, resets_period_s=10**9)))


def test_what_is_counted_for_ever_is_told_to_count_by_another_clock() -> None:
    (found,) = (each for each in examine(CountsByAnotherClock()).findings if each.what == "what is counted expires")
    assert found.state is State.WRONG
    assert "monotonic under [clock] moves that of caches" in found.advice


class MailsLate(ModelTarget):
    """Its mail has not come when it is looked for."""

    settle = "10ms"

    def outbox(self, email: str) -> list[Mail]:
        return []


def test_where_no_mail_came_at_all_it_is_told_how_long_was_waited() -> None:
    (found,) = (each for each in examine(MailsLate()).findings if each.what == "a reset link is mailed")
    told = "0 mails in all, within 10ms of the act: what comes later takes a longer settle under [mail]"
    assert told in found.advice


def test_mails_whose_addresses_are_not_known_are_shown_without_what_is_secret() -> None:
    (found,) = (each for each in examine(TellsNoLinks()).findings if each.what == "a reset link is mailed")
    assert found.state is State.UNREACHED
    assert "no mail with such a link came, but 3 mails in all, some hold addresses that no pattern" in found.advice
    assert re.search(r"fits, nor in `no_links`: (https://kmc\.example/[a-z./-]+/\w\w…(, |$))+$", found.advice)


def test_until_codes_log_in_a_way_to_pair_comes_next() -> None:
    first = examine(OffersNothing()).next
    assert first is not None
    assert (first.what, first.state) == ("she sees a QR code in the settings", State.LACKS)


def test_what_is_wrong_comes_first() -> None:
    made = examine(LetsAnybodyIn())
    assert made.next is not None
    assert (made.next.what, made.next.state) == ("a wrong password is refused", State.WRONG)
    assert "somebody just made up was logged in" in made.refusal


def test_who_says_yes_to_everything_is_found_out() -> None:
    found = states(SaysYes())
    assert found["what nobody knows is not offered"] is State.WRONG
    assert found["a stranger is refused"] is State.WRONG


def test_an_adapter_that_breaks_is_quoted_without_secrets() -> None:
    broke = [each for each in examine(CrashesAtOnce()).findings if each.state is State.BROKE]
    assert broke[0].advice.startswith("RuntimeError: lost ")
    assert "s3cure-pass!" not in "".join(each.advice for each in broke)


@pytest.mark.parametrize(("name", "status"), [("model", 0), ("python:tests.targets:SaysYes", 1)])
def test_it_ends_with_0_where_the_suite_can_judge(name: str, status: int) -> None:
    done = kmc("doctor", name, cwd=ROOT, COLUMNS="80")
    assert done.returncode == status
    assert ("kmc run would not judge it" in done.stdout) is bool(status)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_on_demand_it_shows_what_was_asked_and_what_came_back_without_secrets() -> None:
    target = "python:tests.targets:TellsSecrets"
    brief = kmc("doctor", target, cwd=ROOT, COLUMNS="80")
    done = kmc("doctor", "--verbose", target, cwd=ROOT, COLUMNS="80")
    told, _, table = done.stdout.partition("what people do")
    assert "NoSuchAction → not offered" in told
    assert re.search(r"a wrong code is refused: works\n(  .*\n)+", told)
    assert re.search(r"LogOut session \w\w… → accepted *\n", told)
    assert "s3cure-pass!" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.returncode == brief.returncode
    assert f"what people do{table}" == brief.stdout


def test_what_broke_is_among_what_was_asked() -> None:
    found = next(each for each in examine(CrashesAtOnce()).findings if each.state is State.BROKE)
    assert [getattr(each, "answer", "") for each in found.events][-1] == "broke off"


def test_a_target_that_does_not_start_is_one_clear_line() -> None:
    done = kmc("doctor", "exec:false", cwd=ROOT)
    assert (done.returncode, done.stdout) == (3, "")
    assert "it does not start: the adapter ended with status 1 when asked for start" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_target_that_does_not_exist_is_misuse() -> None:
    done = kmc("doctor", "nowhere", cwd=ROOT)
    assert done.returncode == 2
    assert "unknown target 'nowhere'" in done.stderr


STOPS = """
import os, signal, threading
from kmc_harness.targets.model import ModelTarget

class Mine(ModelTarget):
    def perform(self, action):
        os.kill(os.getppid(), signal.SIGTERM)
        threading.Event().wait()
"""


def test_a_doctor_that_is_stopped_ends_with_the_signal(tmp_path: Path) -> None:
    (tmp_path / "stops.py").write_text(STOPS)
    done = kmc("doctor", "python:stops:Mine", cwd=tmp_path)
    assert done.returncode == 143, done.stderr
