"""Targets that a test judges in a process of its own; what is wrong with one is told by the environment."""

import copy
import io
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from PIL import Image

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LinkKind,
    LogIn,
    Mail,
    MailedLink,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    SetPassword,
)
from kmc_harness.targets.model import ModelTarget
from kmc_harness.targets.self_service import SelfService
from kmc_model import records
from kmc_model.analysis.faults import by_name
from kmc_model.clock import START
from kmc_model.model import Model, Variant
from kmc_model.policy import ARTICLE, KALTURA_SERVER
from kmc_model.rules import RULES
from kmc_model.totp import SeededSecrets, counter_of
from kmc_model.turn import TEXTS, Reason
from kmc_model.values import changed


class OneDeparture(ModelTarget):
    """The reference, but for one field of the policy, which is as the published server has it."""

    def __init__(self) -> None:
        name = os.environ["KMC_TEST_FIELD"]
        super().__init__(Variant(replace(ARTICLE, **{name: getattr(KALTURA_SERVER, name)})))


class WithFault(ModelTarget):
    """The reference with one of the known faults, by its name."""

    def __init__(self) -> None:
        fault = by_name(os.environ["KMC_TEST_FAULT"])
        super().__init__(fault.variant)


class SaysYes(ModelTarget):
    """Accepts whatever it is asked, an action that does not exist among it."""

    def perform(self, action: Action) -> Observation:
        return Observation(accepted=True)


class LetsAnybodyIn(ModelTarget):
    """Logs in people whom nobody registered."""

    def perform(self, action: Action) -> Observation:
        return Observation(True, session="s") if isinstance(action, LogIn) else super().perform(action)


class LinksOfTheSecond(ModelTarget):
    """Mails the same reset link to whoever asks twice within a second; the newest works, as it should."""

    def reset(self) -> None:
        super().reset()
        self._of_second: dict[str, str] = {}

    def perform(self, action: Action) -> Observation:
        if isinstance(action, SetPassword):
            action = replace(action, link=self._of_second.get(action.link, action.link))
        return super().perform(action)

    def outbox(self, email: str) -> Sequence[Mail]:
        mails = super().outbox(email)
        return [replace(mail, links=tuple(self._dated(link, mail.sent_at) for link in mail.links)) for mail in mails]

    def _dated(self, link: MailedLink, at: int) -> MailedLink:
        url = f"https://shop.example/reset/{at}"
        self._of_second[url] = link.url
        return replace(link, url=url)


class FollowsLinks(ModelTarget):
    """Mails links of a site of its own, and reaches no other."""

    site, model_site = "https://shop.example/two-factor", "https://kmc.example/index.php/kmcng/actions"

    def perform(self, action: Action) -> Observation:
        if isinstance(action, OpenEnrolmentLink | SetPassword):
            if not action.link.startswith(self.site):
                raise OSError("Name or service not known")
            action = replace(action, link=action.link.replace(self.site, self.model_site))
        return super().perform(action)

    def outbox(self, email: str) -> Sequence[Mail]:
        return [replace(mail, links=tuple(map(self._own, mail.links))) for mail in super().outbox(email)]

    def _own(self, link: MailedLink) -> MailedLink:
        return replace(link, url=link.url.replace(self.model_site, self.site))


class TellsKindsByAddress(WithFault):
    """Looks at the address of a link, as a web site does, to know what it is for."""

    def perform(self, action: Action) -> Observation:
        word = {SetPassword: "restore-password", OpenEnrolmentLink: "auth-info"}.get(type(action), "")
        return super().perform(action) if word in getattr(action, "link", "") else Observation(False, "no such page")


class MailsOneLink(ModelTarget):
    """Mails nobody a second link to a QR code."""

    def outbox(self, email: str) -> Sequence[Mail]:
        mails = super().outbox(email)
        enrolling = [mail for mail in mails if any(link.kind is LinkKind.ENROLMENT for link in mail.links)]
        return [mail for mail in mails if mail not in enrolling[1:]]


class LooksBeforeItWrites(ModelTarget):
    """Keeps its rules for what comes one after another; what comes at the same moment sees the same state."""

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        before, seen = self.model, []
        for each in actions:
            self.model = copy.deepcopy(before)
            seen.append(self.perform(each))
        return seen


class MailsInAnyCase(ModelTarget):
    """Knows people in capitals too; so does its mailbox, which names whoever is asked for."""

    def __init__(self) -> None:
        super().__init__(by_name("e-mails in any case").variant)

    def outbox(self, email: str) -> Sequence[Mail]:
        return [replace(mail, recipient=email) for mail in super().outbox(email.lower())]


class NeverAsks(ModelTarget):
    """Refuses a login without a code, and says no more."""

    def perform(self, action: Action) -> Observation:
        return replace(super().perform(action), asks_for_code=False)


class ShowsOneSecret(ModelTarget):
    """Answers every enrolment link with the first QR code it ever showed."""

    picture: bytes | None = None

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, OpenEnrolmentLink) and seen.picture:
            self.picture = self.picture or seen.picture
            return replace(seen, picture=self.picture)
        return seen


class WithoutClock(ModelTarget):
    """Cannot move its clock."""

    offers = ModelTarget.offers - {Offer.CLOCK}


class BreaksPromise(ModelTarget):
    """Declares that it switches accounts, and does not."""

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "SwitchAccount":
            raise NotOffered("SwitchAccount")
        return super().perform(action)


class Crashes(ModelTarget):
    """Breaks whenever somebody logs out, with a secret in its last words."""

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "LogOut":
            raise RuntimeError(f"lost {action.session}")  # type: ignore[attr-defined]
        return super().perform(action)


class CrashesAtOnce(ModelTarget):
    """Breaks at every login, with the password in its last words."""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, LogIn):
            raise RuntimeError(f"lost {action.password}")
        return super().perform(action)


class Dies(ModelTarget):
    """Takes its whole process along when somebody who logged out tries to change the password."""

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "ChangePassword":
            os._exit(9)
        return super().perform(action)


class TellsSecrets(ModelTarget):
    """Repeats password and code in its answers, with markup around them."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, LogIn):
            return replace(seen, message=f"<script>{action.password} {action.code}</script> [red]{seen.message}")
        return seen


class ShowsUnreadable(ModelTarget):
    """Shows pictures without a QR code, once the probes are over (they have people of their own)."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if seen.picture and self.model.clock.now() > START:
            return replace(seen, picture=_blank())
        return seen

    def reset(self) -> None:
        super().reset()
        self.resets = getattr(self, "resets", 0) + 1
        if self.resets > 2:
            self.advance(60)


def _blank() -> bytes:
    out = io.BytesIO()
    Image.new("L", (99, 99), 255).save(out, "PNG")
    return out.getvalue()


class SpeaksMarkup(ModelTarget):
    """Answers and mails with markup and control characters that a report must not take for its own."""

    WORDS = "</script><script>document.title='taken'</script> | `x` ]]> \x00\x1b[31m \u202e \ud800 &amp; \"q\" 'a'"

    def __init__(self) -> None:
        super().__init__("kaltura-server")

    def perform(self, action: Action) -> Observation:
        return replace(super().perform(action), message=self.WORDS)

    def outbox(self, email: str) -> list[Mail]:
        return [replace(each, subject=self.WORDS) for each in super().outbox(email)]


class ChangesItsMind(ModelTarget):
    """Lets people switch without a code the first time it is asked to in this process, and never again."""

    asked = False

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "SwitchAccount" and not ChangesItsMind.asked:
            ChangesItsMind.asked = True
            return Observation(accepted=True, session="s")
        return super().perform(action)


class IsKilled(ModelTarget):
    """Kills all processes of the run, at once, at the action in this process that KMC_TEST_KILL_AT gives by number.

    Each clean start is told to the file KMC_TEST_LOG, by process.
    """

    performed = 0

    def reset(self) -> None:
        super().reset()
        if path := os.environ.get("KMC_TEST_LOG"):
            with open(path, "ab", buffering=0) as log:
                log.write(f"{os.getpid()}\n".encode())

    def perform(self, action: Action) -> Observation:
        IsKilled.performed += 1
        if IsKilled.performed == int(os.environ.get("KMC_TEST_KILL_AT", "0")):
            os.killpg(0, signal.SIGKILL)
        return super().perform(action)


class IsStopped(ModelTarget):
    """Stands for somebody who presses Ctrl-C when the first user asks for a reset."""

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "RequestReset":
            signal.raise_signal(signal.SIGINT)
        return super().perform(action)


class IsStoppedAt(WithFault):
    """The same, at the action of the number in KMC_TEST_STOP_AT."""

    performed = 0

    def perform(self, action: Action) -> Observation:
        IsStoppedAt.performed += 1
        if IsStoppedAt.performed == int(os.environ["KMC_TEST_STOP_AT"]):
            signal.raise_signal(signal.SIGINT)
        return super().perform(action)


class Settings(SelfService):
    """The reference as a product of another kind, with defects.

    A reset drops the pairing, or leaves it where KMC_TEST_KEEPS says so. KMC_TEST_SETTINGS says what is wrong with the
    page: a wrong code is accepted (`takes`), or refused and pairs all the same (`pairs`); to start anew drops the
    pairing (`drops`), or makes codes of the app useless (`forgets`).
    """

    def __init__(self) -> None:
        keeps = "KMC_TEST_KEEPS" in os.environ
        self.wrong = os.environ.get("KMC_TEST_SETTINGS", "")
        kept = by_name("SetPassword.always without renew_secret").variant
        super().__init__(kept if keeps else "article", keeps_pairing=keeps)

    def reset(self) -> None:
        super().reset()
        self.forgotten: set[str] = set()

    def perform(self, action: Action) -> Observation:
        if isinstance(action, LogIn) and action.email in self.forgotten and action.code is not None:
            return Observation(False)
        return super().perform(action)

    def start_pairing(self, email: str) -> Observation:
        if email in self.paired:
            if self.wrong == "drops":
                ModelTarget.perform(self, DisableTwoFactor(email))
            self.forgotten |= {email} if self.wrong == "forgets" else set()
        return super().start_pairing(email)

    def confirm_pairing(self, login: LogIn) -> Observation:
        seen = super().confirm_pairing(login)
        if not seen.accepted and self.wrong in ("takes", "pairs"):
            ModelTarget.perform(self, EnableTwoFactor(login.email))
            self.paired.add(login.email)
        return Observation(seen.accepted or self.wrong == "takes")


class _ThisProcess:
    def now(self) -> int:
        return int(time.time())


class _LeftBehind(SeededSecrets):
    """Judges codes by a reference to the clock taken at import, as passlib does: freezegun does not find it."""

    def counter_of(self, code, secret, now, tolerance_steps, as_numbers, look=time.time):
        return counter_of(code, secret, int(look()), tolerance_steps, as_numbers)


class InThisProcess(ModelTarget):
    """The reference as a product in the harness' own process, at that process' clock."""

    offers = ModelTarget.offers - {Offer.CLOCK, Offer.OUTBOX}
    secrets = SeededSecrets

    def reset(self) -> None:
        super().reset()
        self.model = Model(_ThisProcess(), self.secrets(0), self.variant)


class HalfFrozen(InThisProcess):
    """What freezegun moves in part: lifetimes and mails go along, codes do not."""

    secrets = _LeftBehind


class RegistersWithAPasswordOnly(ModelTarget):
    """Has no mail by which somebody registered sets a password."""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, RegisterUser) and action.password is None:
            raise NotOffered("RegisterUser")
        return super().perform(action)


class OffersNothing(ModelTarget):
    """Does only what every target does."""

    offers = frozenset[Offer]()


class RenewsOtherwise(ModelTarget):
    """The reference, where OK shows no QR code; KMC_TEST_RENEWAL says what there is instead.

    A link comes by mail, and there is no OK (`mail`) or one that shows nothing (`OK and mail`); or nothing comes, and
    the pairing is dropped (`nothing`) or left as it was (`pairing stays`).
    """

    def __init__(self) -> None:
        renewal = os.environ["KMC_TEST_RENEWAL"]
        if renewal != "OK and mail":
            self.offers = ModelTarget.offers - {Offer.RENEW}
        kept = by_name("SetPassword.always without renew_secret").variant.rules
        policy = replace(ARTICLE, reset_mails_qr_code=renewal.endswith("mail"))
        super().__init__(Variant(policy, kept if renewal == "pairing stays" else RULES))

    def perform(self, action: Action) -> Observation:
        return Observation(True) if isinstance(action, ConfirmPassword) else super().perform(action)


class TeamsOfTheirOwn(ModelTarget):
    """Has several accounts, and lets nobody be in two."""

    offers = ModelTarget.offers - {Offer.MEMBERSHIPS, Offer.SWITCH}

    def perform(self, action: Action) -> Observation:
        if isinstance(action, RegisterUser) and action.email in self.model.state.credentials:
            raise NotOffered("RegisterUser in a second account")
        return super().perform(action)


class NamesNoTeam(TeamsOfTheirOwn):
    """Has no word for an account in its login; KMC_TEST_TELLS says whether it shows where one is."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(replace(action, account=None) if isinstance(action, LogIn) else action)
        return seen if os.environ["KMC_TEST_TELLS"] else replace(seen, account=None)


class RefusesTheVendor(ModelTarget):
    """Does not let the vendor switch anything, for want of the right key."""

    def perform(self, action: Action) -> Observation:
        if isinstance(action, EnableTwoFactor) and action.session is None:
            return Observation(False, "Not for you.")
        return super().perform(action)


class HasOtherRules(ModelTarget):
    """Does not have the KMC's rules for passwords; KMC_TEST_SHORTEST says how long theirs are at least."""

    offers = ModelTarget.offers - {Offer.RULES}

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, password_min=int(os.environ["KMC_TEST_SHORTEST"]))))


class Unusual(ModelTarget):
    """Right in everything, as products are that nobody here has seen.

    Its links have a campaign behind the token and stand twice in a mail; a refusal brings a cookie that opens nothing,
    or names the session that was used; after a wrong password one waits for five seconds; new passwords need twelve
    characters and a capital.
    """

    offers = ModelTarget.offers - {Offer.RULES}

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, password_min=12)))

    def reset(self) -> None:
        super().reset()
        self._wrong_at: dict[str, int] = {}

    def perform(self, action: Action) -> Observation:
        if link := getattr(action, "link", None):
            action = replace(action, link=link.partition("k=")[2].partition("&")[0])  # type: ignore[call-arg]
        if isinstance(action, LogIn):
            return self._log_in(action)
        new = getattr(action, "new_password", getattr(action, "password", None))
        if isinstance(action, SetPassword | ChangePassword) and not any(each.isupper() for each in str(new)):
            return Observation(accepted=False, message="A capital is missing.")
        if isinstance(action, SetPassword):
            self._wrong_at.clear()
        seen = super().perform(action)
        session = self.model.state.sessions.get(getattr(action, "session", None) or "")
        return replace(seen, session=session.handle) if session and session.is_open and not seen.accepted else seen

    def _log_in(self, action: LogIn) -> Observation:
        if self.now() - self._wrong_at.get(action.email, 0) < 5:
            return Observation(accepted=False, message=TEXTS[Reason.WRONG_CREDENTIALS])
        seen = super().perform(action)
        if not seen.accepted and not seen.asks_for_code and action.code is None:
            self._wrong_at[action.email] = self.now()
        return replace(seen, session="half a session") if seen.asks_for_code else seen

    def _as_received(self, mail: records.Mail) -> Mail:
        received = super()._as_received(mail)
        links = tuple(
            replace(
                each, url=f"https://kmc.example/{each.kind}?k={each.url.rpartition('/')[2]}&campaign=two-factor-mail"
            )
            for each in received.links
        )
        return replace(received, links=links * 2)


class AddressesInLinks(ModelTarget):
    """Its links say beside the token whose they are."""

    def perform(self, action: Action) -> Observation:
        link = getattr(action, "link", "").partition("&token=")[2]
        return super().perform(replace(action, link=link) if link else action)  # type: ignore[call-arg]

    def _as_received(self, mail: records.Mail) -> Mail:
        received = super()._as_received(mail)
        told = f"https://kmc.example/?email={quote(mail.recipient)}&token="
        return replace(
            received, links=tuple(replace(each, url=told + each.url.rpartition("/")[2]) for each in received.links)
        )


class SpellsSecrets(ModelTarget):
    """Mails the secret for typing: in small letters and groups of four."""

    def outbox(self, email: str) -> Sequence[Mail]:
        own = self.model.state.credentials.get(email)
        secret = own.secret.base32.lower() if own and own.secret else ""
        typed = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return [replace(mail, text=f"{mail.text}\n{typed}") for mail in super().outbox(email)]


class OpensWhenRefusing(ModelTarget):
    """Asks for a code, and lets people in meanwhile."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if not isinstance(action, LogIn) or not seen.asks_for_code:
            return seen
        opened = records.Session("opened", action.email, action.account or "")
        self.model.state = changed(self.model.state, sessions={**self.model.state.sessions, "opened": opened})
        return replace(seen, session="opened")


class UsedLinkLogsIn(ModelTarget):
    """Logs in whoever opens a link to a QR code again."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        link = self.model.state.links.get(str(getattr(action, "link", "")).rpartition("/")[2])
        if (
            not isinstance(action, OpenEnrolmentLink)
            or seen.accepted
            or not link
            or link.status is not records.LinkStatus.USED
        ):
            return seen
        account = next(each.account for each in self.model.state.memberships.values() if each.email == link.email)
        handle = f"opened-{len(self.model.state.sessions)}"
        opened = records.Session(handle, link.email, account)
        self.model.state = changed(self.model.state, sessions={**self.model.state.sessions, handle: opened})
        return replace(seen, session=handle)
