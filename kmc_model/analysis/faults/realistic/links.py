"""Links and QR codes: how long they live, what they tell, what is in the picture."""

import abc
import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from kmc_model import rules as r
from kmc_model.actions import OpenEnrolmentLink
from kmc_model.analysis.faults._fault import Fault, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import ACCEPTED, fault, of_turn, when, with_effect
from kmc_model.qr import ISSUER
from kmc_model.records import Link, LinkKind, LinkStatus, Secret
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["LINKS"]


class CountsFromOpening(Turn):
    """Lets a link lie for as long as it is not opened: the 24 hours begin then."""

    def is_expired(self, link: Link) -> bool:
        return link.kind is LinkKind.RESET and super().is_expired(link)


class CountsFromTheFirst(Turn):
    """Counts every link's hours from the first mail that was ever sent."""

    def is_expired(self, link: Link) -> bool:
        return super().is_expired(changed(link, issued_at=self.state.outbox[0].sent_at))


class CountsInDays(Turn):
    """Looks at the calendar's days: a link dies at midnight of the next day."""

    def is_expired(self, link: Link) -> bool:
        return self.now // 86_400 > link.issued_at // 86_400 + 1


class ExpiryUnpairs(Turn):
    """Drops a pairing when its QR code expires, used or not."""

    def is_dead(self, secret: Secret) -> bool:
        return super().is_dead(changed(secret, proven=False))


class UnknownLinkIsTheNewest(Turn):
    """Takes a link that it does not know for the newest one."""

    @property
    def link(self) -> Link | None:
        known = list(self.state.links.values())
        return super().link or (known[-1] if known else None)


class NullIsAnybodysLink(Turn):
    """Finds, for a link whose token is null, somebody who has none open, and takes the newest link for theirs."""

    @property
    def link(self) -> Link | None:
        resets = [each for each in self.state.links.values() if each.kind is LinkKind.RESET]
        return resets[-1] if resets and self.action.link.endswith("/null") else super().link


class TakesTheBeginningOfALink(Turn):
    """Takes the beginning of a link for the link, as a search by prefix does."""

    @property
    def link(self) -> Link | None:
        typed = self.action.link.rpartition("/")[2]
        return super().link or next((each for at, each in self.state.links.items() if at.startswith(typed)), None)


class ShownForTenMinutes(Stateful):
    """Answers a link from a cache for ten minutes after it was opened (I-04b)."""


def _used_and_out_of_the_cache(turn: Turn) -> bool:
    if not r.link_used(turn) or not isinstance(turn, ShownForTenMinutes) or turn.link is None:
        return r.link_used(turn)
    return not any(turn.has_noted("opened", turn.link.token, turn.now - ago) for ago in range(600))


def _note_opening(turn: Turn) -> None:
    if isinstance(turn, ShownForTenMinutes) and turn.link:
        turn.note("opened", turn.link.token, turn.now)


def _use_links_at_login(turn: Turn) -> None:
    for link in turn.state.links.values():
        if link.email == turn.email and link.kind is LinkKind.ENROLMENT:
            turn.put_link(changed(link, status=LinkStatus.USED))


class MixesUpTheBatch(Turn):
    """Shows the QR code of whoever was mailed before."""

    def uri(self, secret: Secret) -> str:
        others = [each.secret for each in self.state.credentials.values() if each.secret and each.email != self.email]
        return super().uri(others[-1] if others else secret)


class OneSecretABatch(Turn):
    """Makes one secret for all who are mailed together."""

    def new_secret(self, email: str) -> None:
        held = [each.secret for each in self.state.credentials.values() if each.secret]
        if held and held[-1].issued_at == self.now:
            self.put_credentials(changed(self.state.credentials[email], secret=changed(held[-1], proven=False)))
        else:
            super().new_secret(email)


class CountingTokens(Turn):
    """Numbers its links."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return f"link-{serial:012}" if link else super().token(serial, link=link)


class ShortTokens(Turn):
    """Makes links of 32 random bits."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return super().token(serial, link=link)[:6] if link else super().token(serial, link=link)


class TokenNamesTheUser(Turn):
    """Puts the user's e-mail into a link, base64-encoded."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        made = super().token(serial, link=link)
        return base64.urlsafe_b64encode(f"{self.email}:{made}".encode()).decode() if link else made


class _Guessable(Turn, abc.ABC):
    """Makes links of something that others can find out."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return self.guessable(serial) if link and self.email else super().token(serial, link=link)

    @abc.abstractmethod
    def guessable(self, serial: int) -> str:
        """Return the token of a link."""


class TokenIsTheHashOfTheEmail(_Guessable):
    """Makes a link of the SHA-256 of the e-mail, so that a person's links are all alike."""

    def guessable(self, serial: int) -> str:
        return hashlib.sha256(self.email.encode()).hexdigest()


class TokenIsTheHashOfTheTime(_Guessable):
    """Makes a link of the SHA-1 of e-mail and time."""

    def guessable(self, serial: int) -> str:
        return hashlib.sha1(f"{self.email}{self.now}".encode(), usedforsecurity=False).hexdigest()


class TokenIsTheHashOfANumber(_Guessable):
    """Makes a link of the MD5 of a number that is counted up."""

    def guessable(self, serial: int) -> str:
        return hashlib.md5(str(serial).encode(), usedforsecurity=False).hexdigest()


class TokenIsTheTime(_Guessable):
    """Makes a link of a UUID of version 1, which is the time and the machine."""

    def guessable(self, serial: int) -> str:
        ticks = (self.now * 10**7 + serial).to_bytes(8, "big")
        return str(uuid.UUID(bytes=ticks[4:] + ticks[2:4] + ticks[:2] + b"\x80\x01kmckmc", version=1))


class OneKeyForAllLinks(_Guessable):
    """Has one long key in all links, and a number beside it that is counted up."""

    def guessable(self, serial: int) -> str:
        return f"{super().token(0, link=None)}?n={serial}"


class OneLinkAPerson(Turn):
    """Mails a person the same link each time, made of the e-mail and a secret; each mail makes it new."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        if not (link and self.email):
            return super().token(serial, link=link)
        return hashlib.sha256(f"{super().token(0, link=None)}{self.email}".encode()).hexdigest()


class NumberBesideTheToken(Turn):
    """Has a person's number in a link beside the token, and believes it."""

    def new_link(self, kind: LinkKind, email: str) -> Link:
        link = super().new_link(kind, email)
        numbered = changed(link, token=f"{link.token}?user={list(self.state.credentials).index(email)}")
        self.put_link(numbered)
        return numbered

    @property
    def link(self) -> Link | None:
        token, _, number = str(self.action.link).rpartition("/")[2].partition("?user=")
        emails = dict(enumerate(self.state.credentials))
        found = (each for each in self.state.links.values() if each.token.partition("?")[0] == token)
        link = next(found, None)
        return (
            changed(link, email=emails[int(number)]) if link and number.isdecimal() and int(number) in emails else None
        )


class LinkForWhoIsLoggedIn(Turn):
    """Takes whoever is logged in in the browser for the owner of a link that is opened there."""

    def _email(self) -> str:
        logged_in = self.state.sessions.get(getattr(self.action, "browser", None) or "")
        return logged_in.email if logged_in and logged_in.is_open else super()._email()


def _renew_who_is_logged_in(turn: Turn) -> None:
    if logged_in := turn.state.sessions.get(turn.action.browser or ""):
        turn.new_secret(logged_in.email)


class CountingSessions(Turn):
    """Numbers its sessions."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return super().token(serial, link=link) if link else f"session-{serial:012}"


class ShortSessions(Turn):
    """Makes session tokens of 120 random bits."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return super().token(serial, link=link) if link else super().token(serial, link=link)[:20]


class SessionsOfTheSecondFactor(Turn):
    """Numbers the sessions that were opened with a code."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        with_code = not link and getattr(self.action, "code", None)
        return f"session-{serial:012}" if with_code else super().token(serial, link=link)


class WeakSecrets(Turn):
    """Makes secrets whose first byte is always the same."""

    def base32(self, serial: int) -> str:
        return "AA" + super().base32(serial)[2:]


class SecretsInRotation(Turn):
    """Makes twenty secrets, then the same again."""

    def base32(self, serial: int) -> str:
        return super().base32(serial % 20)


class _Uri(Turn):
    """Says something in the QR code that the server does not do, or that no app understands."""

    more = ""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret) + self.more


class EightDigits(_Uri):
    """Tells the app to make eight digits."""

    more = "&digits=8"


class Sha256(_Uri):
    """Tells the app to use SHA-256."""

    more = "&algorithm=SHA256"


class SixtySeconds(_Uri):
    """Tells the app to use steps of 60 s."""

    more = "&period=60"


class CounterBased(_Uri):
    """Makes a QR code for codes by counter."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("://totp/", "://hotp/")


class SecretAsHex(_Uri):
    """Spells the secret in hexadecimal digits."""

    def uri(self, secret: Secret) -> str:
        raw = base64.b32decode(secret.base32 + "=" * (-len(secret.base32) % 8))
        return super().uri(changed(secret, base32=raw.hex()))


class SecretCutShort(_Uri):
    """Leaves the end of the secret out of the QR code."""

    def uri(self, secret: Secret) -> str:
        return super().uri(changed(secret, base32=secret.base32[:-8]))


class LabelIsAnothers(_Uri):
    """Names one issuer in the label and another one in the parameter."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("issuer=", "issuer=Another%20")


class TomorrowIsInTheSameMonth(Turn):
    """Takes the day after for the same month's next: a link of a month's last day is dead at once."""

    def is_expired(self, link: Link) -> bool:
        issued = datetime.fromtimestamp(link.issued_at, UTC)
        return (issued + timedelta(days=1)).month != issued.month or super().is_expired(link)


class IssuerHasAPort(_Uri):
    """Names its host with a port as issuer, in label and parameter."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace(ISSUER, "127.0.0.1%3A8000")


class OneLabelForAll(_Uri):
    """Has the same label in the QR codes of all people."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace(quote(self.email), "user")


class PaddedSecret(_Uri):
    """Writes the secret with an equals sign at its end."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace(secret.base32, f"{secret.base32}=")


ACCEPTED_LINK = row_of(OpenEnrolmentLink, "always")

LINKS: tuple[Fault, ...] = (
    of_turn(TomorrowIsInTheSameMonth, "ENR-001", "ENR-009"),
    of_turn(CountsFromOpening, "ENR-009"),
    of_turn(CountsFromTheFirst, "ENR-010"),
    of_turn(CountsInDays, "ENR-009"),
    of_turn(ExpiryUnpairs, "ENR-011"),
    of_turn(UnknownLinkIsTheNewest, "ENR-013", "RST-010"),
    of_turn(NullIsAnybodysLink, "RST-010"),
    of_turn(TakesTheBeginningOfALink, "ENR-013", "RST-010"),
    of_turn(
        ShownForTenMinutes,
        "ENR-002",
        rules=(
            *when(row_of(OpenEnrolmentLink, "link_used"), _used_and_out_of_the_cache)[
                : row_of(OpenEnrolmentLink, "always")
            ],
            *with_effect(row_of(OpenEnrolmentLink, "always"), _note_opening)[row_of(OpenEnrolmentLink, "always") :],
        ),
    ),
    fault(
        "link used up by the login",
        "A link is used up by the first login with a code, not by being opened.",
        "ENR-002",
        rules=(
            *effect_instead(row_of(OpenEnrolmentLink, "always"), "use_enrolment_link")[:ACCEPTED],
            *with_effect(ACCEPTED, _use_links_at_login)[ACCEPTED:],
        ),
    ),
    of_turn(MixesUpTheBatch, "ENR-014", "ENR-007"),
    of_turn(OneSecretABatch, "ENA-006", "STD-009"),
    of_turn(CountingTokens, "SEC-005"),
    of_turn(ShortTokens, "SEC-005"),
    of_turn(TokenNamesTheUser, "SEC-005"),
    of_turn(TokenIsTheHashOfTheEmail, "SEC-005"),
    of_turn(TokenIsTheHashOfTheTime, "SEC-005"),
    of_turn(TokenIsTheHashOfANumber, "SEC-005"),
    of_turn(TokenIsTheTime, "SEC-005"),
    of_turn(OneKeyForAllLinks, "SEC-005"),
    of_turn(OneLinkAPerson, "RST-010"),
    of_turn(NumberBesideTheToken, "SEC-019"),
    of_turn(LinkForWhoIsLoggedIn, "SEC-019"),
    fault(
        "new secret for who is logged in",
        "Opening an enrolment link makes a new secret for whoever is logged in in that browser.",
        "SEC-019",
        rules=with_effect(ACCEPTED_LINK, _renew_who_is_logged_in),
    ),
    of_turn(CountingSessions, "SEC-016"),
    of_turn(ShortSessions, "SEC-016"),
    of_turn(SessionsOfTheSecondFactor, "SEC-016"),
    of_turn(WeakSecrets, "STD-009"),
    of_turn(SecretsInRotation, "STD-009"),
    of_turn(EightDigits, "ENR-003"),
    of_turn(Sha256, "ENR-003"),
    of_turn(SixtySeconds, "ENR-003"),
    of_turn(CounterBased, "ENR-001", "ENR-003"),
    of_turn(SecretAsHex, "ENR-001", "ENR-003"),
    of_turn(SecretCutShort, "ENR-003", "ENR-005"),
    of_turn(LabelIsAnothers, "STD-007"),
    of_turn(IssuerHasAPort, "STD-007"),
    of_turn(OneLabelForAll, "STD-007"),
    of_turn(PaddedSecret, "STD-007"),
)
