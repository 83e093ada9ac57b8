"""Mail: to whom it goes, how often, and what it gives away."""

import base64
from functools import lru_cache

from kmc_model import rules as r
from kmc_model.actions import EnableTwoFactor, RegisterUser, UserStatus
from kmc_model.analysis.faults._fault import Fault, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import ENABLED, fault, of_turn, with_effect
from kmc_model.qr import key_uri
from kmc_model.records import LinkKind, Mail
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["MAIL"]


class MailsTwice(Turn):
    """Sends each mail with a link to a QR code twice."""

    def put_mail(self, mail: Mail) -> None:
        super().put_mail(mail)
        if mail.link and self.state.links[mail.link].kind is LinkKind.ENROLMENT:
            super().put_mail(mail)


class MailsTwoAtMost(Turn):
    """Mails the first page of the users, which holds two."""

    def put_mail(self, mail: Mail) -> None:
        sent = [each for each in self.state.outbox if each.sent_at == self.now]
        if len(sent) < 2 or not isinstance(self.action, EnableTwoFactor):
            super().put_mail(mail)


class MailTellsTheSecret(Turn):
    """Writes the secret into the mail, for those whose app cannot scan."""

    def put_mail(self, mail: Mail) -> None:
        secret = self.state.credentials[mail.recipient].secret
        super().put_mail(changed(mail, text=mail.text + (secret.base32 if secret else "")))


class MailTellsThePassword(Turn):
    """Repeats the password in the mail."""

    def put_mail(self, mail: Mail) -> None:
        super().put_mail(changed(mail, text=f"{mail.text} {self.state.credentials[mail.recipient].password}"))


class MailEncodesThePassword(Turn):
    """Has an address in the mail that fills in the password, in base64."""

    def put_mail(self, mail: Mail) -> None:
        password = (self.state.credentials[mail.recipient].password or "").encode()
        address = f"https://kmc.example/login/{base64.urlsafe_b64encode(password).decode()}"
        super().put_mail(changed(mail, text=f"{mail.text} Log in by {address}"))


class MailTellsTheRawSecret(Turn):
    """Writes the secret into the mail in hexadecimal."""

    def put_mail(self, mail: Mail) -> None:
        secret = self.state.credentials[mail.recipient].secret
        told = base64.b32decode(secret.base32 + "=" * (-len(secret.base32) % 8)).hex() if secret else ""
        super().put_mail(changed(mail, text=f"{mail.text} {told}"))


class MailDrawsTheQrCode(Turn):
    """Draws the QR code in the mail, as SVG."""

    def put_mail(self, mail: Mail) -> None:
        secret = self.state.credentials[mail.recipient].secret
        uri = key_uri(secret.base32, mail.recipient, names_issuer=True) if secret else ""
        super().put_mail(changed(mail, text=f"{mail.text} {_drawn(uri) if uri else ''}"))


@lru_cache(maxsize=64)
def _drawn(uri: str) -> str:
    import qrcode

    symbol = qrcode.QRCode(mask_pattern=0)
    symbol.add_data(uri)
    modules = symbol.get_matrix()
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(modules) for x, is_dark in enumerate(row) if is_dark)
    return f'<svg viewBox="0 0 {len(modules)} {len(modules)}"><path d="{"".join(dark)}"/></svg>'


def _mail_everybody(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is not UserStatus.ACTIVE:
            r._mail_qr_code(turn, each.email)


class MailsOnceAnAccount(Stateful):
    """Mails nobody when an account has it switched on for the second time."""

    def put_mail(self, mail: Mail) -> None:
        if not (isinstance(self.action, EnableTwoFactor) and self.has_noted("on", self.action.account)):
            super().put_mail(mail)


def _note_on(turn: Turn) -> None:
    if isinstance(turn, MailsOnceAnAccount):
        turn.note("on", turn.action.account)


def _mail_everybody_again(turn: Turn) -> None:
    r.enrol_late_user(turn)
    if turn.state.accounts[turn.action.account].two_factor:
        for each in tuple(turn.state.memberships.values()):
            if each.account == turn.action.account and each.email != turn.email:
                r._mail_qr_code(turn, each.email)


def _mail_all_customers(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.credentials):
        if each not in inside:
            r._mail_qr_code(turn, each)


MAIL: tuple[Fault, ...] = (
    of_turn(MailsTwice, "ENA-005", "ENA-003"),
    of_turn(MailsTwoAtMost, "ENA-004"),
    of_turn(MailTellsTheSecret, "SEC-008"),
    of_turn(MailTellsThePassword, "SEC-008"),
    of_turn(MailEncodesThePassword, "SEC-008"),
    of_turn(MailTellsTheRawSecret, "SEC-008"),
    of_turn(MailDrawsTheQrCode, "SEC-008"),
    fault(
        "mail to the removed",
        "Those who are blocked or removed are mailed too.",
        "ENA-005",
        rules=with_effect(ENABLED, _mail_everybody),
    ),
    of_turn(MailsOnceAnAccount, "ENA-004", rules=with_effect(ENABLED, _note_on)),
    fault(
        "on again mails the owner",
        "Switching it on where it is on already mails the owner once more.",
        "ENA-009",
        rules=with_effect(row_of(EnableTwoFactor, "account_has_two_factor"), r.mail_owner),
    ),
    fault(
        "newcomers' colleagues mailed",
        "Whoever joins has the whole account mailed once more.",
        "ENA-005",
        rules=effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", _mail_everybody_again),
    ),
    fault(
        "mail to all customers",
        "Users of other accounts are mailed too.",
        "ENA-005",
        rules=with_effect(ENABLED, _mail_all_customers),
    ),
)
