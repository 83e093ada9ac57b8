"""Changes that no requirement forbids: a suite that objects to one of them judges by habit."""

from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from kmc_model import rules as r
from kmc_model.actions import ChangePassword, EnableTwoFactor, LogIn, UseSession
from kmc_model.analysis.faults._fault import Fault, Kind, effect_instead, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.model import Variant
from kmc_model.records import Mail, Secret
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["BENIGN"]


class OtherWords(Turn):
    """Tells people everything in other words."""

    def message(self, reason: Reason) -> str:
        return f"Das geht nicht: {len(super().message(reason)) % 7}"

    def put_mail(self, mail: Mail) -> None:
        words = [word for word in mail.text.split() if mail.link and word.endswith(mail.link)]
        super().put_mail(changed(mail, subject="Nachricht", text=f"Guten Tag! {' '.join(words)}"))


class LongerTokens(Turn):
    """Makes longer links and session handles."""

    def token(self, serial: int, *, link: bool) -> str:
        return f"{super().token(serial, link=link)}{super().token(serial + 1000, link=link)}"


class OtherLabel(Turn):
    """Names another issuer and adds the parameters that are the default anyway."""

    def uri(self, secret: Secret) -> str:
        uri = super().uri(secret).replace("Kaltura%20KMC", "KMC")
        return f"{uri}&algorithm=SHA1&digits=6&period=30"


class WelcomesNewcomers(Turn):
    """Greets everybody by a mail without a link when something happens to them."""

    def put_mail(self, mail: Mail) -> None:
        super().put_mail(Mail(mail.recipient, mail.sent_at, "News", "Something has changed.\n"))
        super().put_mail(mail)


class OneMessageForAll(Turn):
    """Tells nothing but that it did not work."""

    def message(self, reason: Reason) -> str:
        return "That did not work."


class OpensTheFirstAccount(Turn):
    """Has a login that names no account open the first one joined, and refuses where that lets nobody in."""

    def _chosen_account(self) -> str:
        return next(self.memberships()).account


class NumbersItsAnswers(Turn):
    """Gives each answer an identifier of its own, for who has to ask about it."""

    def message(self, reason: Reason) -> str:
        return f"{super().message(reason)} (request {uuid5(NAMESPACE_OID, f'{self.action} {self.now}')})"


class MasksEmails(Turn):
    """Tells in each answer whose e-mail was typed, most of it hidden."""

    def message(self, reason: Reason) -> str:
        return f"{super().message(reason)} ({self.email[:1]}***@kmc.example)"


class WaitsAfterAWrongCode(Stateful):
    """Takes no code for 20 s after a wrong one (RFC 4226 7.3)."""

    @property
    def waits(self) -> bool:
        """Whether it is too soon."""
        return any(self.has_noted(self.email, self.now - ago) for ago in range(20))


def _too_soon(turn: Turn) -> bool:
    return isinstance(turn, WaitsAfterAWrongCode) and turn.waits


def _note_wrong_code(turn: Turn) -> None:
    if isinstance(turn, WaitsAfterAWrongCode):
        turn.note(turn.email, turn.now)


_WRONG = row_of(LogIn, "code_wrong")


def _waiting() -> tuple[r.Rule, ...]:
    wrong = r.RULES[_WRONG]
    noting = replace(wrong, effects=(*wrong.effects, r.Effect(None, _note_wrong_code)))
    too_soon = r.Rule(None, LogIn, _too_soon, Reason.WRONG_CODE)
    return (*r.RULES[:_WRONG], too_soon, noting, *r.RULES[_WRONG + 1 :])


def _end_all_sessions(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.email == turn.email:
            turn.put_session(changed(session, is_open=False))


def _give_new_handle(turn: Turn) -> None:
    if session := turn.session:
        r.end_session(turn)
        turn.opened = changed(session, handle=turn.token(turn.new_serial(), link=False))
        turn.put_session(turn.opened)


_ENABLED = row_of(EnableTwoFactor, "always")


def _others_first(turn: Turn) -> None:
    r.mail_other_users(turn)
    r.mail_owner(turn)


def _mails_reversed() -> tuple[r.Rule, ...]:
    others_first = effect_instead(_ENABLED, "mail_owner", _others_first)[_ENABLED]
    effects = tuple(each for each in others_first.effects if each.apply is not r.mail_other_users)
    return with_row(_ENABLED, replace(others_first, effects=effects))


def _benign(name: str, turn: type[Turn]) -> Fault:
    return Fault(name, turn.__doc__ or "", (), Kind.BENIGN, Variant(turn=turn))


BENIGN: tuple[Fault, ...] = (
    _benign("other words", OtherWords),
    _benign("longer tokens", LongerTokens),
    _benign("other label", OtherLabel),
    _benign("more mails", WelcomesNewcomers),
    _benign("one message for all", OneMessageForAll),
    Fault(
        "first account alone", OpensTheFirstAccount.__doc__ or "", (), Kind.BENIGN, Variant(turn=OpensTheFirstAccount)
    ),
    _benign("numbered answers", NumbersItsAnswers),
    _benign("masked e-mails", MasksEmails),
    Fault(
        "new handle each time",
        "Each page that is shown gives the session another handle, and the earlier one is worthless.",
        (),
        Kind.BENIGN,
        Variant(rules=effect_instead(row_of(UseSession, "always"), "keep_session", _give_new_handle)),
    ),
    Fault(
        "wait after a wrong code",
        WaitsAfterAWrongCode.__doc__ or "",
        (),
        Kind.BENIGN,
        Variant(rules=_waiting(), turn=WaitsAfterAWrongCode),
    ),
    Fault(
        "change ends its own session",
        "Changing the password while logged in ends that session too.",
        (),
        Kind.BENIGN,
        Variant(rules=effect_instead(row_of(ChangePassword, "always"), "end_other_sessions", _end_all_sessions)),
    ),
    Fault(
        "other order of mails",
        "The owner is mailed last.",
        (),
        Kind.BENIGN,
        Variant(rules=_mails_reversed()),
    ),
)
