"""Faults with hidden state: the first attempt goes right, a later one wrong. Tests of single steps miss them."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace

from kmc_model.actions import (
    ChangePassword,
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RequestReset,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
)
from kmc_model.analysis.faults._fault import Fault, Kind, Table, effect_instead, inserted, row_of, with_row, words_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.model import Variant
from kmc_model.records import Account, Link, LinkKind, LinkStatus, Secret
from kmc_model.rules import RULES, Effect, Rule
from kmc_model.turn import Reason, Turn

__all__ = ["HIDDEN"]

DAY_S = 86_400
ACCEPTED = row_of(LogIn, "always")
ENABLED = row_of(EnableTwoFactor, "always")
RESET = row_of(SetPassword, "always")


class Counting(Stateful):
    """Counts what happens to each person."""

    def count(self, what: str) -> int:
        """Return the count of `what` for the person of this turn."""
        return sum(isinstance(note, tuple) and note[:2] == (what, self.email) for note in self.notes)

    def count_one(self, what: str) -> None:
        """Count `what` once more."""
        self.note(what, self.email, self.count(what))


def _counts(what: str) -> Callable[[Turn], None]:
    def count(turn: Turn) -> None:
        assert isinstance(turn, Counting)
        turn.count_one(what)

    return count


def _counted(what: str, least: int) -> Callable[[Turn], bool]:
    def reached(turn: Turn) -> bool:
        assert isinstance(turn, Counting)
        return turn.count(what) >= least

    return reached


def _counting(rules: Table, at: int, what: str) -> Table:
    """Return `rules` with a row that counts `what` after its effects."""
    rule = replace(rules[at], effects=(*rules[at].effects, Effect(None, _counts(what))))
    return (*rules[:at], rule, *rules[at + 1 :])


def _unless(at: int, exempt: Callable[[Turn], bool]) -> Table:
    """Return the table with a row that does not apply where `exempt` holds."""
    applies = RULES[at].applies

    def still_applies(turn: Turn) -> bool:
        return applies(turn) and not exempt(turn)

    still_applies.__name__ = applies.__name__
    return with_row(at, replace(RULES[at], applies=still_applies))


def _refusing(at: int, refuses: Callable[[Turn], bool]) -> Table:
    """Return the table with a refusal before a row, where `refuses` holds."""
    return inserted(at, Rule(RULES[at].requirement, RULES[at].action, refuses, Reason.NEW_LOGIN_REQUIRED))


def _skipping(at: int, name: str, skips: Callable[[Turn], bool]) -> Table:
    """Return the table without the effect `name` of a row, whenever `skips` holds."""
    (effect,) = (each.apply for each in RULES[at].effects if each.apply.__name__ == name)

    def unless_skipped(turn: Turn) -> None:
        if not skips(turn):
            effect(turn)

    return effect_instead(at, name, unless_skipped)


class CodeLess(Counting):
    """Asks for no code where `spares` says so."""

    @abstractmethod
    def spares(self) -> bool:
        """Whether this login is let through without a code."""

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.spares()


class AfterTwoLogins(CodeLess):
    """Asks for no code from the third login on."""

    def spares(self) -> bool:
        return self.count("login") >= 2


class AfterASwitch(CodeLess):
    """Asks for no code of somebody who has ever switched accounts."""

    def spares(self) -> bool:
        return self.count("switch") > 0


class AfterAMonth(CodeLess):
    """Asks for no code from the 31st day after the first mail on."""

    def spares(self) -> bool:
        return bool(self.state.outbox) and self.now > self.state.outbox[0].sent_at + 30 * DAY_S


class AfterARestore(CodeLess):
    """Asks for no code of somebody who was blocked and restored."""

    def spares(self) -> bool:
        return self.count("status") >= 2


class AfterALock(CodeLess):
    """Asks for no code of somebody whose lock has ended."""

    def spares(self) -> bool:
        return self.own.locked_until > 0


class AfterAChange(CodeLess):
    """Asks for no code of somebody who has changed the password while logged in."""

    def spares(self) -> bool:
        return self.count("change") > 0


class SpentAfterAMonth(Turn):
    """Drops a pairing that is older than 31 days."""

    def is_dead(self, secret: Secret) -> bool:
        return super().is_dead(secret) or self.now > secret.issued_at + 31 * DAY_S


class LaterSecretsNeverDie(Turn):
    """Enforces the 24 hours of an unused QR code only for the first one."""

    def is_dead(self, secret: Secret) -> bool:
        was_reset = any(
            each.kind is LinkKind.RESET and each.email == self.email and each.status is LinkStatus.USED
            for each in self.state.links.values()
        )
        return super().is_dead(secret) and not was_reset


class LaterLinksNeverDie(Turn):
    """Enforces the 24 hours of a link only for each person's first one."""

    def is_expired(self, link: Link) -> bool:
        same = [each for each in self.state.links.values() if (each.email, each.kind) == (link.email, link.kind)]
        return super().is_expired(link) and link.token == same[0].token


class NinthIsTheFirst(Stateful):
    """Gives every ninth secret the value of the first one."""

    def base32(self, serial: int) -> str:
        made = sum(isinstance(note, tuple) and note[0] == "secret" for note in self.notes)
        self.note("secret", serial)
        return super().base32(0 if made % 9 == 0 else serial)


def _fault(name: str, sentence: str, *requirements: str, rules: Table = RULES, turn: type[Turn] = Counting) -> Fault:
    return Fault(name, sentence, requirements, Kind.HIDDEN, Variant(rules=rules, turn=turn))


def _of_turn(turn: type[Turn], *requirements: str, rules: Table = RULES) -> Fault:
    return _fault(words_of(turn), turn.__doc__ or "", *requirements, rules=rules, turn=turn)


_USED = row_of(OpenEnrolmentLink, "link_used")
_REPLAYED = row_of(LogIn, "code_used_before")
_WRONG = row_of(LogIn, "code_wrong")
_SWITCHED = row_of(SwitchAccount, "always")
_LOGOUT = row_of(LogOut, "always")
_STATUS = row_of(SetUserStatus, "always")
_CHANGED = row_of(ChangePassword, "always")
_ASKED = row_of(RequestReset, "always")
_PASSWORD_WRONG = row_of(LogIn, "password_wrong")
_SAME_2FA = row_of(SwitchAccount, "from_account_with_two_factor")
_TO_2FA = row_of(SwitchAccount, "from_account_without_two_factor")


def _second_in_this_reset(turn: Turn) -> bool:
    """Whether this is the person's second reset, or every other one after it."""
    return isinstance(turn, Counting) and turn.count("reset") % 2 == 1


def _is_locked_again(turn: Turn) -> bool:
    return turn.own.locked_until > 0


def _is_blocked(turn: Turn) -> bool:
    return turn.action.status is not UserStatus.ACTIVE


def _renew_again(turn: Turn) -> None:
    assert isinstance(turn, Counting)
    name = turn.action.account
    before = sum(isinstance(note, tuple) and note[0] == "on" for note in turn.notes)
    for each in tuple(turn.state.memberships.values()) if before else ():
        if each.account == name:
            turn.new_secret(each.email)


HIDDEN: tuple[Fault, ...] = (
    _fault(
        "third opening",
        "A used link is refused once, and shows its QR code again after that.",
        "ENR-002",
        rules=_counting(_unless(_USED, _counted("reopened", 1)), _USED, "reopened"),
    ),
    _of_turn(AfterTwoLogins, "LOG-009", rules=_counting(RULES, ACCEPTED, "login")),
    _of_turn(AfterASwitch, "LOG-009", rules=_counting(RULES, _SWITCHED, "switch")),
    _of_turn(AfterAMonth, "LOG-009", "ENA-007"),
    _of_turn(AfterARestore, "LOG-009", "LOG-014", rules=_counting(RULES, _STATUS, "status")),
    _of_turn(AfterALock, "LOG-009"),
    _of_turn(AfterAChange, "LOG-009", "LOG-015", rules=_counting(RULES, _CHANGED, "change")),
    _of_turn(SpentAfterAMonth, "ENR-011"),
    _of_turn(LaterSecretsNeverDie, "ENR-012"),
    _of_turn(LaterLinksNeverDie, "ENR-009", "RST-019"),
    _of_turn(NinthIsTheFirst, "STD-009"),
    _fault(
        "every other reset keeps the secret",
        "The second reset, and every other one after it, shows the same secret again.",
        "RST-007",
        "RST-008",
        rules=_counting(_skipping(RESET, "renew_secret", _second_in_this_reset), RESET, "reset"),
    ),
    _fault(
        "third reset link works again",
        "A reset link can be used again by somebody who has reset twice before.",
        "RST-010",
        rules=_counting(_skipping(RESET, "use_reset_link", _counted("reset", 2)), RESET, "reset"),
    ),
    _fault(
        "second replay",
        "A code used before is refused once, and accepted when it is tried again.",
        "STD-003",
        rules=_counting(_unless(_REPLAYED, _counted("replayed", 1)), _REPLAYED, "replayed"),
    ),
    _fault(
        "third wrong code",
        "The third wrong code lets the person in.",
        "LOG-005",
        rules=_counting(_unless(_WRONG, _counted("wrong", 2)), _WRONG, "wrong"),
    ),
    _fault(
        "tenth wrong password",
        "The tenth wrong password lets the person in.",
        "SEC-001",
        "LOG-006",
        rules=_counting(_unless(_PASSWORD_WRONG, _counted("guessed", 9)), _PASSWORD_WRONG, "guessed"),
    ),
    _fault(
        "locked only once",
        "Somebody whose lock has ended is never locked again.",
        "SEC-001",
        rules=_skipping(_PASSWORD_WRONG, "count_failure", _is_locked_again),
    ),
    _fault(
        "second switching on forgets",
        "Switching it on for the second time makes a new secret for those who have one.",
        "ENA-011",
        rules=_counting(
            with_row(
                ENABLED,
                replace(RULES[ENABLED], effects=(*RULES[ENABLED].effects, Effect(None, _renew_again))),
            ),
            ENABLED,
            "on",
        ),
    ),
    _fault(
        "logout after a switch",
        "Logging out ends no session that was moved to another account.",
        "LOG-010",
        rules=_counting(_skipping(_LOGOUT, "end_session", _counted("switch", 1)), _SWITCHED, "switch"),
    ),
    _fault(
        "second switch",
        "Somebody who has switched once may switch to any of their accounts.",
        "SWI-009",
        "SWI-001",
        rules=_counting(_unless(_TO_2FA, _counted("switch", 1)), _SWITCHED, "switch"),
    ),
    _fault(
        "switch after a reset",
        "Somebody who has reset the password may switch between accounts that have it on.",
        "SWI-002",
        rules=_counting(_unless(_SAME_2FA, _counted("reset", 1)), RESET, "reset"),
    ),
    _fault(
        "third request keeps the links",
        "Asking for a reset for the third time leaves the earlier links working.",
        "RST-012",
        rules=_counting(_skipping(_ASKED, "replace_reset_links", _counted("asked", 2)), _ASKED, "asked"),
    ),
    _fault(
        "one reset a person",
        "Somebody who has reset the password before is mailed no reset link again.",
        "RST-001",
        rules=_counting(_skipping(_ASKED, "mail_reset_link", _counted("reset", 1)), RESET, "reset"),
    ),
    _fault(
        "one switch a session",
        "Somebody who has switched once must log in again for any other account.",
        "SWI-009",
        rules=_counting(_refusing(_SWITCHED, _counted("switch", 1)), _SWITCHED + 1, "switch"),
    ),
    _fault(
        "blocked a second time",
        "Somebody who was restored once cannot be blocked again.",
        "LOG-014",
        rules=_counting(
            _skipping(_STATUS, "set_user_status", lambda turn: _is_blocked(turn) and _counted("status", 2)(turn)),
            _STATUS,
            "status",
        ),
    ),
)
