"""Codes: what is taken for one, when, and how often."""

from dataclasses import replace

from kmc_model import rules as r
from kmc_model.actions import LogIn, LogOut
from kmc_model.analysis.faults._fault import Fault, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import ACCEPTED, fault, of_turn, when, with_effect
from kmc_model.clock import STEP_S
from kmc_model.rules import RULES
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["CODES", "LEARNING", "FollowsTheClock"]


class OldSecretsStay(Stateful):
    """Checks a code against every secret the person ever had."""

    def new_secret(self, email: str) -> None:
        if old := self.state.credentials[email].secret:
            self.note("secret", email, old.base32)
        super().new_secret(email)

    def counter(self) -> int | None:
        had = (note[2] for note in self.notes if isinstance(note, tuple) and note[:2] == ("secret", self.email))
        return next(filter(None, map(self.fits, had)), super().counter())

    def fits(self, base32: object) -> int | None:
        return self.secrets.counter_of(self.action.code, str(base32), self.now, self.policy.tolerance_steps, False)


class AnybodysCode(OldSecretsStay):
    """Checks a code against the secrets of everybody."""

    def counter(self) -> int | None:
        held = (each.secret.base32 for each in self.state.credentials.values() if each.secret)
        return next(filter(None, map(self.fits, held)), None)


class ColleaguesCode(OldSecretsStay):
    """Checks a code against the secrets of everybody in the same account."""

    def counter(self) -> int | None:
        here = self.account.name if self.account else ""
        emails = (each.email for each in self.state.memberships.values() if each.account == here)
        held = (secret.base32 for each in emails if (secret := self.state.credentials[each].secret))
        return next(filter(None, map(self.fits, held)), None)


class LongEnoughPrefix(Turn):
    """Compares only as many digits as were typed."""

    def counter(self) -> int | None:
        own = self.own.secret
        if own is None or not self.action.code:
            return None
        codes = (self.secrets.code_at(own.base32, self.now + steps * 30) for steps in (-1, 0, 1))
        return self.now // 30 if any(code.startswith(self.action.code) for code in codes) else None


class FirstSixCharacters(Turn):
    """Cuts off whatever is typed after six characters."""

    def counter(self) -> int | None:
        self.action = replace(self.action, code=self.action.code[:6])
        return super().counter()


class ClockAnHourOff(Turn):
    """Checks codes at a clock that is an hour behind."""

    def counter(self) -> int | None:
        self.now -= 3600
        found = super().counter()
        self.now += 3600
        return found


class NoStepBack(Turn):
    """Takes codes of the present and the next step, not of the one before."""

    def counter(self) -> int | None:
        found = super().counter()
        return found if found is None or found >= self.now // 30 else None


class TenStepsAhead(Turn):
    """Takes codes of the next ten steps."""

    def counter(self) -> int | None:
        here, found = self.now, None
        for steps in range(11):
            self.now = here + 30 * steps
            found = super().counter() if found is None else found
        self.now = here
        return found


class TwoStepsBack(Turn):
    """Takes codes of two steps before."""

    further_s = -30

    def counter(self) -> int | None:
        found = super().counter()
        self.now += self.further_s
        found = super().counter() if found is None else found
        self.now -= self.further_s
        return found


class TwoStepsAhead(TwoStepsBack):
    """Takes codes of two steps ahead."""

    further_s = 30


class FollowsTheClock(Stateful):
    """Learns from each login how far the app is off, and moves the window there, however far."""

    def drift(self) -> int:
        """Return by how many steps the app was off when a code of it was accepted last."""
        secret = self.own.secret
        of = ("drift", secret.base32 if secret else "")
        notes = [note for note in self.notes if isinstance(note, tuple) and note[:2] == of]
        return int(str(max(notes, key=lambda note: int(str(note[2])))[3])) if notes else 0

    def counter(self) -> int | None:
        drift_s = self.drift() * STEP_S
        self.now += drift_s
        found = super().counter()
        self.now -= drift_s
        return found

    def learn(self, off: int) -> None:
        """Note that a code was accepted that was `off` steps off."""
        self.note("drift", self.own.secret.base32 if self.own.secret else "", self.now, off)


class OneClockForAll(FollowsTheClock):
    """Learns from each login how far all apps are off, by a step at most."""

    def drift(self) -> int:
        notes = [note for note in self.notes if isinstance(note, tuple) and note[0] == "drift"]
        return int(str(max(notes, key=lambda note: int(str(note[2])))[3])) if notes else 0

    def learn(self, off: int) -> None:
        super().learn(max(-1, min(1, off)))


class WidensWithEachLogin(FollowsTheClock):
    """Takes codes of five steps more, either way, after each login with a code of another step."""

    def counter(self) -> int | None:
        secret = self.own.secret
        widened = 1 + 5 * sum(isinstance(note, tuple) and note[0] == "drift" for note in self.notes)
        return self.secrets.counter_of(self.action.code, secret.base32, self.now, widened, False) if secret else None

    def learn(self, off: int) -> None:
        if off:
            super().learn(off)


def learn_drift(turn: Turn) -> None:
    counter = turn.counter() if isinstance(turn, FollowsTheClock) else None
    if isinstance(turn, FollowsTheClock) and counter is not None:
        turn.learn(counter - turn.now // STEP_S)


LEARNING = with_effect(ACCEPTED, learn_drift)


class ReplayPerAccount(Stateful):
    """Remembers used codes for each account on its own."""

    def used_in(self) -> int | None:
        counter = self.counter()
        return counter if self.account and self.has_noted("used", self.email, self.account.name, counter) else None


def _used_in_this_account(turn: Turn) -> bool:
    return isinstance(turn, ReplayPerAccount) and turn.used_in() is not None


def _note_used_code(turn: Turn) -> None:
    if isinstance(turn, ReplayPerAccount) and turn.account:
        turn.note("used", turn.email, turn.account.name, turn.counter())


def _forget_used_code(turn: Turn) -> None:
    if turn.session:
        turn.put_credentials(changed(turn.own, last_counter=-1))


def _wrong_but_no_master_code(turn: Turn) -> bool:
    return turn.action.code != "000000" and r.code_wrong(turn)


def _wrong_but_not_none(turn: Turn) -> bool:
    return turn.action.code != str(None) and r.code_wrong(turn)


def _missing_and_never_typed(turn: Turn) -> bool:
    return turn.action.code is None and r.code_missing(turn)


def _wrong_and_typed(turn: Turn) -> bool:
    return bool(turn.action.code) and r.code_wrong(turn)


class TakesCodesFor4Minutes(Turn):
    """Takes the codes of eight steps before and after."""

    def counter(self) -> int | None:
        own = self.own.secret
        return self.secrets.counter_of(self.action.code, own.base32, self.now, 8, False) if own else None


class ForgetsUsedCodesEarly(TakesCodesFor4Minutes):
    """Takes codes for four minutes, and remembers those that were used for forty seconds."""

    def counter(self) -> int | None:
        found = super().counter()
        is_forgotten = found is not None and self.now >= found * 30 + 40
        return max(found, self.own.last_counter + 1) if found is not None and is_forgotten else found


def _remember_present_step(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, last_counter=turn.now // 30))


CODES: tuple[Fault, ...] = (
    of_turn(OldSecretsStay, "RST-007", "RST-008"),
    of_turn(AnybodysCode, "ENR-007"),
    of_turn(ColleaguesCode, "ENR-007"),
    of_turn(LongEnoughPrefix, "LOG-005"),
    of_turn(FirstSixCharacters, "LOG-005"),
    of_turn(ClockAnHourOff, "LOG-004", "LOG-008"),
    of_turn(NoStepBack, "STD-002", "STD-010"),
    of_turn(TwoStepsBack, "STD-002"),
    of_turn(TwoStepsAhead, "STD-012"),
    of_turn(TenStepsAhead, "LOG-008"),
    of_turn(FollowsTheClock, "STD-013", rules=LEARNING),
    of_turn(OneClockForAll, "STD-002", rules=LEARNING),
    of_turn(WidensWithEachLogin, "LOG-008", "STD-002", "STD-012", rules=LEARNING),
    of_turn(ForgetsUsedCodesEarly, "STD-003", "STD-002"),
    fault(
        "remembers the present step",
        "Takes codes from ahead, and remembers with each login the present time step, whatever code was typed.",
        "STD-003",
        turn=TakesCodesFor4Minutes,
        rules=effect_instead(ACCEPTED, "remember_counter", _remember_present_step),
    ),
    of_turn(
        ReplayPerAccount,
        "STD-003",
        rules=(
            *when(row_of(LogIn, "code_used_before"), _used_in_this_account)[:ACCEPTED],
            with_effect(ACCEPTED, _note_used_code)[ACCEPTED],
            *RULES[ACCEPTED + 1 :],
        ),
    ),
    fault(
        "replay after logout",
        "Logging out forgets which code was used last.",
        "STD-003",
        rules=with_effect(row_of(LogOut, "always"), _forget_used_code),
    ),
    fault(
        "master code",
        "000000 is right for everybody who has paired.",
        "LOG-005",
        rules=when(row_of(LogIn, "code_wrong"), _wrong_but_no_master_code),
    ),
    fault(
        "None is a code",
        "The word None is right for everybody, since no code was kept that it is compared with.",
        "LOG-005",
        rules=when(row_of(LogIn, "code_wrong"), _wrong_but_not_none),
    ),
    fault(
        "empty code",
        "A code field sent empty is taken for a right code.",
        "LOG-003",
        "LOG-005",
        rules=tuple(
            replace(rule, applies=_missing_and_never_typed)
            if rule.applies is r.code_missing
            else replace(rule, applies=_wrong_and_typed)
            if rule.applies is r.code_wrong
            else rule
            for rule in RULES
            if rule.applies not in (r.code_used_before, r.code_older_than_last)
        ),
    ),
)
