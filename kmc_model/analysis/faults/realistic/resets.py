"""Resets and newcomers: what is made anew, what stays, and who is brought to a QR code."""

import re
import unicodedata
from dataclasses import replace

from kmc_model import mails
from kmc_model import rules as r
from kmc_model.actions import ChangePassword, RegisterUser, RequestReset, SetPassword, UserStatus
from kmc_model.analysis.faults._fault import Fault, effect_instead, row_of, with_row, without
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import RESET, fault, of_turn, when, with_effect
from kmc_model.records import Credentials, Link, LinkKind, LinkStatus, Mail
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["RESETS", "NeedIsOfTheFirstAccount", "TakesAnyCase"]


def _use_link(turn: Turn) -> None:
    if turn.link:
        turn.put_link(changed(turn.link, status=LinkStatus.USED))


def _forget_password(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, password=None))


def _forget_pairing(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, secret=None))


def _switch_off_here(turn: Turn) -> None:
    for each in tuple(turn.memberships()):
        turn.put_account(changed(turn.state.accounts[each.account], two_factor=False))


def _renew_everybodys_secret(turn: Turn) -> None:
    here = {each.account for each in turn.memberships()}
    for each in tuple(turn.state.memberships.values()):
        if each.account in here:
            turn.new_secret(each.email)


class TakesAnyCase(Turn):
    """Finds a person whatever the case of the e-mail typed, and mails the address that was registered."""

    def _email(self) -> str:
        email = super()._email()
        if email in self.state.credentials:
            return email
        return next((each for each in self.state.credentials if each.lower() == email.lower()), email)


class CountsResetsAsTyped(TakesAnyCase):
    """Takes an e-mail in any case, and counts no resets of who types it otherwise than it was registered."""


def _too_many_as_typed(turn: Turn) -> bool:
    return turn.action.email == turn.email and r.too_many_resets(turn)


class NeedIsOfTheFirstAccount(Turn):
    """Looks at the person's first account alone to see whether a reset needs a QR code."""

    def needs_two_factor(self) -> bool:
        first = next(self.memberships(), None)
        return first is not None and self.state.accounts[first.account].two_factor


class QrCodeForAll(Turn):
    """Makes a QR code at every reset, whether any account needs one or not."""

    def needs_two_factor(self) -> bool:
        return True


class QrCodeForWhoeverHadOne(Turn):
    """Makes a QR code at the reset of whoever has a secret, though no account demands one any more."""

    def needs_two_factor(self) -> bool:
        return self.own.secret is not None or super().needs_two_factor()


def _unblock(turn: Turn) -> None:
    for each in tuple(turn.memberships()):
        if each.status is UserStatus.BLOCKED:
            turn.put_membership(changed(each, status=UserStatus.ACTIVE))


def _replace_links_of_colleagues(turn: Turn) -> None:
    here = {each.account for each in turn.memberships()}
    colleagues = {each.email for each in turn.state.memberships.values() if each.account in here} - {turn.email}
    for link in tuple(turn.state.links.values()):
        if link.email in colleagues and link.status is LinkStatus.OPEN:
            turn.put_link(changed(link, status=LinkStatus.REPLACED))


def _mail_reset_to_colleagues(turn: Turn) -> None:
    here = {each.account for each in turn.memberships()}
    for each in tuple(turn.state.memberships.values()):
        if each.account in here and each.email != turn.email:
            turn.put_mail(mails.reset(turn.new_link(LinkKind.RESET, each.email)))


class NewLinkIsAsOldAsThePairing(Turn):
    """Counts the hours of a reset's QR code from the first one's issue."""

    def new_link(self, kind: LinkKind, email: str) -> Link:
        first = next((each for each in self.state.links.values() if each.email == email and each.kind is kind), None)
        link = super().new_link(kind, email)
        link = changed(link, issued_at=first.issued_at if first else link.issued_at)
        self.put_link(link)
        return link


def _enrol_only_the_known(turn: Turn) -> None:
    if turn.own.password is not None and len(list(turn.memberships())) > 1:
        r.enrol_late_user(turn)


def _enrol_everywhere(turn: Turn) -> None:
    name = turn.action.account
    account = turn.state.accounts[name]
    turn.put_account(changed(account, two_factor=True))
    r.enrol_late_user(turn)
    turn.put_account(account)


def _register_anew(turn: Turn) -> None:
    r.register(turn)
    if turn.action.password:
        turn.put_credentials(Credentials(turn.email, turn.action.password))


class AnybodysAccounts(Turn):
    """Looks at everybody's accounts to see whether a reset needs a QR code."""

    def needs_two_factor(self) -> bool:
        return any(account.two_factor for account in self.state.accounts.values())


class LastStepOutlivesTheSecret(Turn):
    """Keeps the time step that was used last when it makes a new secret, and takes no other code of it."""

    def new_secret(self, email: str) -> None:
        last = self.state.credentials[email].last_counter
        super().new_secret(email)
        self.put_credentials(changed(self.state.credentials[email], last_counter=last))


class HoursOfTheFirstMail(Turn):
    """Counts an unused secret's hours from the first mail, though it is mailed again for another account."""

    def put_credentials(self, credentials: Credentials) -> None:
        before = self.state.credentials.get(credentials.email)
        held, new = before.secret if before else None, credentials.secret
        if held and new and held.base32 == new.base32:
            credentials = changed(credentials, secret=changed(new, issued_at=held.issued_at))
        super().put_credentials(credentials)


def _replace_everybodys_links(turn: Turn) -> None:
    for email in turn.state.credentials:
        turn.replace_links(email, LinkKind.RESET)


class NoResetAfterAChange(Stateful):
    """Takes no reset link of somebody who has changed the password."""

    @property
    def link(self) -> Link | None:
        link = super().link
        return link if link and not (link.kind is LinkKind.RESET and self.has_noted("changed", link.email)) else None


def _note_change(turn: Turn) -> None:
    if isinstance(turn, Stateful):
        turn.note("changed", turn.email)


class TypedInAnyCase(Turn):
    """Finds a person whatever the case of the e-mail typed, and mails the reset link to what was typed."""

    def fold(self, email: str) -> str:
        """Return `email` as it is compared."""
        return email.lower()

    def _email(self) -> str:
        email = super()._email()
        if not isinstance(self.action, RequestReset) or email in self.state.credentials:
            return email
        return next((each for each in self.state.credentials if self.fold(each) == self.fold(email)), email)

    def put_mail(self, mail: Mail) -> None:
        asked = isinstance(self.action, RequestReset)
        super().put_mail(changed(mail, recipient=self.action.email) if asked else mail)


class ComparedInCapitals(TypedInAnyCase):
    """Compares e-mails in capitals, where a dotless i is an i, and mails the reset link to what was typed."""

    def fold(self, email: str) -> str:
        return email.upper()


class AccentsLeftOut(TypedInAnyCase):
    """Compares e-mails without their accents, and mails the reset link to what was typed."""

    def fold(self, email: str) -> str:
        return unicodedata.normalize("NFKD", email).encode("ascii", "ignore").decode()


class NameAlone(TypedInAnyCase):
    """Compares what is before the @ alone, and mails the reset link to what was typed."""

    def fold(self, email: str) -> str:
        return email.partition("@")[0]


class LooksUpByPattern(TypedInAnyCase):
    """Takes an underscore in an e-mail for any letter, and mails the reset link to what was typed."""

    def fold(self, email: str) -> str:
        return re.sub("^.|_", "?", email)


class TellsTheLink(Turn):
    """Answers whoever asks for a reset with a developer's message that has the mailed link's token in it."""

    def message(self, reason: Reason) -> str:
        mails_one = isinstance(self.action, RequestReset) and self.state.outbox
        return f"mailed: {self.state.outbox[-1].link}" if mails_one else super().message(reason)


_MAILED = row_of(RequestReset, "always")

RESETS: tuple[Fault, ...] = (
    of_turn(TellsTheLink, "RST-022", rules=with_row(_MAILED, replace(r.RULES[_MAILED], reason=Reason.NOT_ALLOWED))),
    of_turn(TypedInAnyCase, "RST-022"),
    of_turn(ComparedInCapitals, "RST-022"),
    of_turn(AccentsLeftOut, "RST-022"),
    of_turn(NameAlone, "RST-022"),
    of_turn(LooksUpByPattern, "RST-022"),
    of_turn(AnybodysAccounts, "RST-014"),
    of_turn(LastStepOutlivesTheSecret, "RST-005"),
    of_turn(HoursOfTheFirstMail, "ENR-010"),
    fault(
        "asking drops the password",
        "Asking for a reset makes the password worthless at once.",
        "RST-009",
        rules=with_effect(row_of(RequestReset, "always"), _forget_password),
    ),
    fault(
        "asking drops the pairing",
        "Asking for a reset drops the pairing at once.",
        "RST-009",
        rules=with_effect(row_of(RequestReset, "always"), _forget_pairing),
    ),
    fault(
        "refused password uses the link up",
        "A new password that is refused uses the link up.",
        "RST-013",
        rules=with_effect(row_of(SetPassword, "password_refused"), _use_link),
    ),
    fault(
        "refused password is set",
        "A new password that is refused is set all the same.",
        "RST-013",
        rules=with_effect(row_of(SetPassword, "password_refused"), r.set_password),
    ),
    fault(
        "refused password drops the pairing",
        "A new password that is refused makes a new secret all the same.",
        "RST-013",
        rules=with_effect(row_of(SetPassword, "password_refused"), r.renew_secret),
    ),
    fault(
        "reset switches it off",
        "A reset switches two-factor authentication off for the person's accounts.",
        "ENA-007",
        "LOG-009",
        rules=with_effect(RESET, _switch_off_here),
    ),
    fault(
        "reset hits everybody",
        "A reset makes new secrets for the whole account.",
        "RST-015",
        rules=effect_instead(RESET, "renew_secret", _renew_everybodys_secret),
    ),
    fault(
        "reset replaces colleagues' links",
        "A reset makes the unused links of everybody in the account worthless.",
        "RST-015",
        rules=with_effect(RESET, _replace_links_of_colleagues),
    ),
    fault(
        "reset mail to everybody",
        "Everybody in the account is mailed when one person asks for a reset.",
        "RST-001",
        rules=with_effect(row_of(RequestReset, "always"), _mail_reset_to_colleagues),
    ),
    of_turn(QrCodeForAll, "RST-014"),
    of_turn(QrCodeForWhoeverHadOne, "RST-014"),
    fault(
        "reset unblocks",
        "A new password restores somebody who was blocked.",
        "LOG-014",
        rules=with_effect(RESET, _unblock),
    ),
    of_turn(NeedIsOfTheFirstAccount, "RST-003", "RST-007"),
    of_turn(NewLinkIsAsOldAsThePairing, "RST-019"),
    fault(
        "change drops the pairing",
        "Changing the password while logged in makes a new secret.",
        "LOG-015",
        rules=with_effect(row_of(ChangePassword, "always"), r.renew_secret),
    ),
    fault(
        "change replaces everybody's links",
        "A change of the password makes the reset links of all people worthless.",
        "RST-021",
        rules=effect_instead(row_of(ChangePassword, "always"), "replace_reset_links", _replace_everybodys_links),
    ),
    fault(
        "change ends resets",
        "Whoever has changed the password is sent reset links that do not work.",
        "RST-021",
        turn=NoResetAfterAChange,
        rules=with_effect(row_of(ChangePassword, "always"), _note_change),
    ),
    fault(
        "newcomers get no QR code",
        "Only those whose e-mail is known already are mailed a link when they join.",
        "ENA-008",
        rules=effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", _enrol_only_the_known),
    ),
    fault(
        "newcomers get a QR code everywhere",
        "Whoever joins an account is mailed a link, whether it is on there or not.",
        "ENA-005",
        rules=effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", _enrol_everywhere),
    ),
    fault(
        "joining again",
        "Somebody registered where they are a user already is taken for a newcomer.",
        "ENA-005",
        rules=without(row_of(RegisterUser, "is_member")),
    ),
    of_turn(CountsResetsAsTyped, "SEC-012", rules=when(row_of(RequestReset, "too_many_resets"), _too_many_as_typed)),
    fault(
        "joining starts afresh",
        "Joining a second account makes the credentials anew.",
        "ENA-015",
        "ENR-008",
        rules=effect_instead(row_of(RegisterUser, "always"), "register", _register_anew),
    ),
)
