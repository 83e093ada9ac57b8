"""Defects as real systems have had them: each is a table with a row changed, or a turn that sees things otherwise."""

import base64
from collections.abc import Callable
from dataclasses import replace

from kmc_model import mails
from kmc_model import rules as r
from kmc_model.actions import (
    ChangePassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
)
from kmc_model.faults._fault import Fault, Kind, Rules, changed, effect_instead, inserted, row_of, without, words_of
from kmc_model.faults._noting import Noting
from kmc_model.policy import ARTICLE
from kmc_model.records import Account, Credentials, Link, LinkKind, LinkStatus, Mail, Secret
from kmc_model.rules import RULES, Effect, Rule
from kmc_model.turn import Reason, Turn

__all__ = ["REALISTIC"]

PLAIN = row_of(LogIn, "no_code_needed")
ACCEPTED = row_of(LogIn, "always")
ENABLED = row_of(EnableTwoFactor, "always")
RESET = row_of(SetPassword, "always")


def _with_effect(at: int, *effects: Callable[[Turn], None]) -> Rules:
    """Return the table with `effects` after those of a row."""
    return changed(at, replace(RULES[at], effects=(*RULES[at].effects, *(Effect(None, each) for each in effects))))


def _when(at: int, applies: Callable[[Turn], bool]) -> Rules:
    """Return the table with another condition for a row."""
    return changed(at, replace(RULES[at], applies=applies))


# Codes


class OldSecretsStay(Noting):
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


class SevenStepsAhead(Turn):
    """Takes codes of the next seven steps."""

    def counter(self) -> int | None:
        here, found = self.now, None
        for steps in range(8):
            self.now = here + 30 * steps
            found = super().counter() if found is None else found
        self.now = here
        return found


class TwoStepsBack(Turn):
    """Takes codes of two steps before."""

    def counter(self) -> int | None:
        found = super().counter()
        self.now -= 30
        found = super().counter() if found is None else found
        self.now += 30
        return found


class ReplayPerAccount(Noting):
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
        turn.put_credentials(replace(turn.own, last_counter=-1))


def _wrong_but_no_master_code(turn: Turn) -> bool:
    return turn.action.code != "000000" and r.code_wrong(turn)


def _missing_and_never_typed(turn: Turn) -> bool:
    return turn.action.code is None and r.code_missing(turn)


def _code_to_come(turn: Turn) -> bool:
    return r.code_missing(turn) and not r.no_code_needed(turn)


def _wrong_and_typed(turn: Turn) -> bool:
    return bool(turn.action.code) and r.code_wrong(turn)


def _never_paired_and_code_typed(turn: Turn) -> bool:
    return bool(turn.action.code) and (r.never_enrolled(turn) or r.secret_dead(turn))


# Passwords


def _first_eight_wrong(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or turn.action.password[:8] != own[:8]


def _wrong_whatever_the_case(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or turn.action.password.lower() != own.lower()


class OldPasswordsStay(Noting):
    """Lets earlier passwords in beside the present one."""


def _note_password(turn: Turn) -> None:
    if isinstance(turn, OldPasswordsStay):
        turn.note("password", turn.email, turn.own.password)


def _none_of_all_passwords(turn: Turn) -> bool:
    return r.password_wrong(turn) and not turn.has_noted("password", turn.email, turn.action.password)  # type: ignore[attr-defined]


# Links and QR codes


class CountsFromOpening(Turn):
    """Lets a link lie for as long as it is not opened: the 24 hours begin then."""

    def is_expired(self, link: Link) -> bool:
        return link.kind is LinkKind.RESET and super().is_expired(link)


class CountsFromTheFirst(Turn):
    """Counts every link's hours from the first mail that was ever sent."""

    def is_expired(self, link: Link) -> bool:
        return super().is_expired(replace(link, issued_at=self.state.outbox[0].sent_at))


class CountsInDays(Turn):
    """Looks at the calendar's days: a link dies at midnight of the next day."""

    def is_expired(self, link: Link) -> bool:
        return self.now // 86_400 > link.issued_at // 86_400 + 1


class ExpiryUnpairs(Turn):
    """Drops a pairing when its QR code expires, used or not."""

    def is_dead(self, secret: Secret) -> bool:
        return super().is_dead(replace(secret, proven=False))


class UnknownLinkIsTheNewest(Turn):
    """Takes a link that it does not know for the newest one."""

    @property
    def link(self) -> Link | None:
        known = list(self.state.links.values())
        return super().link or (known[-1] if known else None)


class ShownForTenMinutes(Noting):
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
            turn.put_link(replace(link, status=LinkStatus.USED))


def _use_link(turn: Turn) -> None:
    if turn.link:
        turn.put_link(replace(turn.link, status=LinkStatus.USED))


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
            self.put_credentials(replace(self.state.credentials[email], secret=replace(held[-1], proven=False)))
        else:
            super().new_secret(email)


class CountingTokens(Turn):
    """Numbers its links."""

    def token(self, serial: int, *, link: bool) -> str:
        return f"link-{serial:012}" if link else super().token(serial, link=link)


class ShortTokens(Turn):
    """Makes links of 32 random bits."""

    def token(self, serial: int, *, link: bool) -> str:
        return super().token(serial, link=link)[:6] if link else super().token(serial, link=link)


class TokenNamesTheUser(Turn):
    """Puts the user's e-mail into a link, base64-encoded."""

    def token(self, serial: int, *, link: bool) -> str:
        made = super().token(serial, link=link)
        return base64.urlsafe_b64encode(f"{self.email}:{made}".encode()).decode() if link else made


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
        return super().uri(replace(secret, base32=raw.hex()))


class SecretCutShort(_Uri):
    """Leaves the end of the secret out of the QR code."""

    def uri(self, secret: Secret) -> str:
        return super().uri(replace(secret, base32=secret.base32[:-8]))


class LabelIsAnothers(_Uri):
    """Names one issuer in the label and another one in the parameter."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("issuer=", "issuer=Another%20")


# Mail


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
        super().put_mail(replace(mail, text=mail.text + (secret.base32 if secret else "")))


class MailTellsThePassword(Turn):
    """Repeats the password in the mail."""

    def put_mail(self, mail: Mail) -> None:
        super().put_mail(replace(mail, text=f"{mail.text} {self.state.credentials[mail.recipient].password}"))


def _mail_everybody(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is not UserStatus.ACTIVE:
            r._mail_qr_code(turn, each.email)


def _mail_all_customers(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.credentials):
        if each not in inside:
            r._mail_qr_code(turn, each)


# Accounts and sessions


def _switch_on_everywhere(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.memberships.values()):
        if each.email in inside:
            turn.put_account(replace(turn.state.accounts[each.account], two_factor=True))


def _switch_off_everywhere(turn: Turn) -> None:
    for each in tuple(turn.state.accounts.values()):
        turn.put_account(replace(each, two_factor=False))


def _forget_others_secrets(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.credentials.values()):
        if each.email not in inside:
            turn.put_credentials(replace(each, secret=None))


def _forget_secrets(turn: Turn) -> None:
    for each in turn.state.memberships.values():
        if each.account == turn.action.account:
            turn.put_credentials(replace(turn.state.credentials[each.email], secret=None))


def _renew_secrets(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account:
            turn.new_secret(each.email)


def _end_all_sessions(turn: Turn) -> None:
    for each in turn.state.sessions.values():
        if each.account == turn.action.account:
            turn.put_session(replace(each, is_open=False))


def _end_sessions_of_everybody(turn: Turn) -> None:
    for each in turn.state.sessions.values():
        turn.put_session(replace(each, is_open=False))


def _end_session_without_two_factor(turn: Turn) -> None:
    if turn.session and not turn.state.accounts[turn.session.account].two_factor:
        r.end_session(turn)


class FlagOfTheFirstAccount(Turn):
    """Asks for a code if the person's first account demands one, whichever is opened."""

    def needs_code(self, account: Account) -> bool:
        first = next(self.memberships(), None)
        return self.state.accounts[first.account if first else account.name].two_factor


class CodeOncePerDay(Noting):
    """Asks for no code for a day after a login with one."""

    def needs_code(self, account: Account) -> bool:
        lately = any(
            isinstance(note, tuple) and note[:2] == ("let in", self.email) and self.now < note[2] + 86_400
            for note in self.notes
        )
        return super().needs_code(account) and not lately


class MachineRemembered(Noting):
    """Asks for no code on a machine from which a login with one was accepted."""

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.has_noted("machine", self.email, self.action.device)


def _note_login(turn: Turn) -> None:
    if isinstance(turn, Noting):
        turn.note("let in", turn.email, turn.now)


def _note_machine(turn: Turn) -> None:
    if isinstance(turn, Noting) and turn.action.device:
        turn.note("machine", turn.email, turn.action.device)


class FlagsOfTheLogin(Noting):
    """Judges a switch by the accounts as they were when the session was opened."""


def _note_flags(turn: Turn) -> None:
    if isinstance(turn, Noting) and turn.opened:
        for each in turn.state.accounts.values():
            if each.two_factor:
                turn.note("had it on", turn.opened.handle, each.name)


def _had_it_on(turn: Turn) -> bool:
    return isinstance(turn, Noting) and turn.has_noted("had it on", turn.action.session, turn.action.account)


def _not_in_account_and_no_code(turn: Turn) -> bool:
    return r.not_in_account(turn) and not turn.action.code


def _blocked_and_no_code(turn: Turn) -> bool:
    return r.inactive_in_account(turn) and not turn.action.code


def _from_without_and_never_paired(turn: Turn) -> bool:
    secret = turn.own.secret
    return r.from_account_without_two_factor(turn) and not (secret and secret.proven)


def _anybody_is_locked(turn: Turn) -> bool:
    return any(turn.now < each.locked_until for each in turn.state.credentials.values())


def _forgive_and_ask(turn: Turn) -> None:
    turn.put_credentials(replace(turn.own, failures=0))


def _drop_pairing_when_removed(turn: Turn) -> None:
    r.set_user_status(turn)
    if turn.action.status is not UserStatus.ACTIVE:
        turn.put_credentials(replace(turn.own, secret=None))


# Resets


def _forget_password(turn: Turn) -> None:
    turn.put_credentials(replace(turn.own, password=None))


def _forget_pairing(turn: Turn) -> None:
    turn.put_credentials(replace(turn.own, secret=None))


def _switch_off_here(turn: Turn) -> None:
    for each in tuple(turn.memberships()):
        turn.put_account(replace(turn.state.accounts[each.account], two_factor=False))


def _renew_everybodys_secret(turn: Turn) -> None:
    here = {each.account for each in turn.memberships()}
    for each in tuple(turn.state.memberships.values()):
        if each.account in here:
            turn.new_secret(each.email)


class NeedIsOfTheFirstAccount(Turn):
    """Looks at the person's first account alone to see whether a reset needs a QR code."""

    def needs_two_factor(self) -> bool:
        first = next(self.memberships(), None)
        return first is not None and self.state.accounts[first.account].two_factor


class QrCodeForAll(Turn):
    """Makes a QR code at every reset, whether any account needs one or not."""

    def needs_two_factor(self) -> bool:
        return True


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
        link = replace(link, issued_at=first.issued_at if first else link.issued_at)
        self.put_link(link)
        return link


def _enrol_only_the_known(turn: Turn) -> None:
    if turn.own.password is not None and len(list(turn.memberships())) > 1:
        r.enrol_late_user(turn)


def _enrol_everywhere(turn: Turn) -> None:
    name = turn.action.account
    account = turn.state.accounts[name]
    turn.put_account(replace(account, two_factor=True))
    r.enrol_late_user(turn)
    turn.put_account(account)


def _end_sessions_of_the_user(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.email == turn.email:
            turn.put_session(replace(session, is_open=False))


def _keep_counting(turn: Turn) -> None:
    turn.put_credentials(replace(turn.own, locked_until=0))


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
        self.put_credentials(replace(self.state.credentials[email], last_counter=last))


class HoursOfTheFirstMail(Turn):
    """Counts an unused secret's hours from the first mail, though it is mailed again for another account."""

    def put_credentials(self, credentials: Credentials) -> None:
        before = self.state.credentials.get(credentials.email)
        held, new = before.secret if before else None, credentials.secret
        if held and new and held.base32 == new.base32:
            credentials = replace(credentials, secret=replace(new, issued_at=held.issued_at))
        super().put_credentials(credentials)


def _fault(name: str, sentence: str, *requirements: str, rules: Rules = RULES, turn: type[Turn] = Turn) -> Fault:
    return Fault(name, sentence, requirements, Kind.REALISTIC, ARTICLE, rules, turn)


def _of_turn(turn: type[Turn], *requirements: str, rules: Rules = RULES) -> Fault:
    return _fault(words_of(turn), turn.__doc__ or "", *requirements, rules=rules, turn=turn)


_REFUSED_SWITCH = row_of(SwitchAccount, "from_account_without_two_factor")

REALISTIC: tuple[Fault, ...] = (
    # Codes
    _of_turn(OldSecretsStay, "RST-007", "RST-008"),
    _of_turn(AnybodysCode, "ENR-007"),
    _of_turn(ColleaguesCode, "ENR-007"),
    _of_turn(LongEnoughPrefix, "LOG-005"),
    _of_turn(FirstSixCharacters, "LOG-005"),
    _of_turn(ClockAnHourOff, "LOG-004", "LOG-008"),
    _of_turn(NoStepBack, "STD-002", "STD-010"),
    _of_turn(TwoStepsBack, "STD-002"),
    _of_turn(SevenStepsAhead, "STD-002"),
    _of_turn(
        ReplayPerAccount,
        "STD-003",
        rules=(
            *_when(row_of(LogIn, "code_used_before"), _used_in_this_account)[:ACCEPTED],
            _with_effect(ACCEPTED, _note_used_code)[ACCEPTED],
            *RULES[ACCEPTED + 1 :],
        ),
    ),
    _fault(
        "replay after logout",
        "Logging out forgets which code was used last.",
        "STD-003",
        rules=_with_effect(row_of(LogOut, "always"), _forget_used_code),
    ),
    _fault(
        "master code",
        "000000 is right for everybody who has paired.",
        "LOG-005",
        rules=_when(row_of(LogIn, "code_wrong"), _wrong_but_no_master_code),
    ),
    _fault(
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
            if rule.applies is not r.code_used_before
        ),
    ),
    # Passwords
    _fault(
        "password cut short",
        "Only the first eight characters of a password are compared.",
        "LOG-006",
        "LOG-002",
        rules=_when(row_of(LogIn, "password_wrong"), _first_eight_wrong),
    ),
    _fault(
        "password in any case",
        "Passwords are compared without regard to case.",
        "LOG-006",
        "LOG-002",
        rules=_when(row_of(LogIn, "password_wrong"), _wrong_whatever_the_case),
    ),
    _of_turn(
        OldPasswordsStay,
        "RST-002",
        rules=(
            *_when(row_of(LogIn, "password_wrong"), _none_of_all_passwords)[:RESET],
            replace(RULES[RESET], effects=(Effect(None, _note_password), *RULES[RESET].effects)),
            *RULES[RESET + 1 :],
        ),
    ),
    # Links and QR codes
    _of_turn(CountsFromOpening, "ENR-009"),
    _of_turn(CountsFromTheFirst, "ENR-010"),
    _of_turn(CountsInDays, "ENR-009"),
    _of_turn(ExpiryUnpairs, "ENR-011"),
    _of_turn(UnknownLinkIsTheNewest, "ENR-013", "RST-010"),
    _of_turn(
        ShownForTenMinutes,
        "ENR-002",
        rules=(
            *_when(row_of(OpenEnrolmentLink, "link_used"), _used_and_out_of_the_cache)[
                : row_of(OpenEnrolmentLink, "always")
            ],
            *_with_effect(row_of(OpenEnrolmentLink, "always"), _note_opening)[row_of(OpenEnrolmentLink, "always") :],
        ),
    ),
    _fault(
        "link used up by the login",
        "A link is used up by the first login with a code, not by being opened.",
        "ENR-002",
        rules=(
            *effect_instead(row_of(OpenEnrolmentLink, "always"), "use_enrolment_link")[:ACCEPTED],
            *_with_effect(ACCEPTED, _use_links_at_login)[ACCEPTED:],
        ),
    ),
    _of_turn(MixesUpTheBatch, "ENR-014", "ENR-007"),
    _of_turn(OneSecretABatch, "ENA-006", "STD-009"),
    _of_turn(CountingTokens, "SEC-005"),
    _of_turn(ShortTokens, "SEC-005"),
    _of_turn(TokenNamesTheUser, "SEC-005"),
    _of_turn(WeakSecrets, "STD-009"),
    _of_turn(SecretsInRotation, "STD-009"),
    _of_turn(EightDigits, "ENR-003"),
    _of_turn(Sha256, "ENR-003"),
    _of_turn(SixtySeconds, "ENR-003"),
    _of_turn(CounterBased, "ENR-001", "ENR-003"),
    _of_turn(SecretAsHex, "ENR-001", "ENR-003"),
    _of_turn(SecretCutShort, "ENR-003", "ENR-005"),
    _of_turn(LabelIsAnothers, "STD-007"),
    # Mail
    _of_turn(MailsTwice, "ENA-005", "ENA-003"),
    _of_turn(MailsTwoAtMost, "ENA-004"),
    _of_turn(MailTellsTheSecret, "SEC-008"),
    _of_turn(MailTellsThePassword, "SEC-008"),
    _fault(
        "mail to the removed",
        "Those who are blocked or removed are mailed too.",
        "ENA-005",
        rules=_with_effect(ENABLED, _mail_everybody),
    ),
    _fault(
        "mail to all customers",
        "Users of other accounts are mailed too.",
        "ENA-005",
        rules=_with_effect(ENABLED, _mail_all_customers),
    ),
    # Accounts and sessions
    _fault(
        "on everywhere",
        "Switching it on for one account does so for all accounts of its users.",
        "ENA-001",
        rules=_with_effect(ENABLED, _switch_on_everywhere),
    ),
    _fault(
        "off everywhere",
        "Switching it off for one account does so for all.",
        "ENA-001",
        rules=_with_effect(row_of(DisableTwoFactor, "always"), _switch_off_everywhere),
    ),
    _fault(
        "on forgets others",
        "Switching it on forgets the pairings of everybody in other accounts alone.",
        "ENA-001",
        rules=_with_effect(ENABLED, _forget_others_secrets),
    ),
    _fault(
        "off forgets",
        "Switching it off forgets the pairings.",
        "ENA-011",
        rules=_with_effect(row_of(DisableTwoFactor, "always"), _forget_secrets),
    ),
    _fault(
        "on makes anew",
        "Switching it on makes a new secret for those who have one.",
        "ENA-011",
        "ENA-015",
        rules=_with_effect(ENABLED, _renew_secrets),
    ),
    _fault(
        "on ends sessions",
        "Switching it on ends the account's sessions.",
        "ENA-014",
        rules=_with_effect(ENABLED, _end_all_sessions),
    ),
    _of_turn(FlagOfTheFirstAccount, "ENA-001"),
    _of_turn(CodeOncePerDay, "LOG-009", rules=_with_effect(ACCEPTED, _note_login)),
    _of_turn(MachineRemembered, "LOG-009", rules=_with_effect(ACCEPTED, _note_machine)),
    _of_turn(
        FlagsOfTheLogin,
        "SWI-007",
        rules=(
            *_with_effect(PLAIN, _note_flags)[:ACCEPTED],
            _with_effect(ACCEPTED, _note_flags)[ACCEPTED],
            *_when(_REFUSED_SWITCH, _had_it_on)[ACCEPTED + 1 :],
        ),
    ),
    _fault(
        "any account with a code",
        "Whoever has a right code is let into an account they are not in.",
        "LOG-012",
        rules=_when(row_of(LogIn, "not_in_account"), _not_in_account_and_no_code),
    ),
    _fault(
        "blocked but with a code",
        "Somebody blocked is let in with a right code.",
        "LOG-014",
        rules=_when(row_of(LogIn, "inactive_in_account"), _blocked_and_no_code),
    ),
    _fault(
        "switch for the paired",
        "Whoever has logged in with a code once may switch without one.",
        "SWI-001",
        "SWI-009",
        rules=_when(_REFUSED_SWITCH, _from_without_and_never_paired),
    ),
    _fault(
        "refused switch ends the session",
        "A refused switch logs the person out.",
        "SWI-005",
        rules=_with_effect(_REFUSED_SWITCH, r.end_session),
    ),
    _fault(
        "refused switch moves the session",
        "A refused switch moves the session all the same.",
        "SWI-005",
        rules=_with_effect(_REFUSED_SWITCH, r.move_session),
    ),
    _fault(
        "logout ends all sessions",
        "Logging out ends the sessions of everybody.",
        "LOG-010",
        rules=_with_effect(row_of(LogOut, "always"), _end_sessions_of_everybody),
    ),
    _fault(
        "logout without effect under two-factor",
        "Logging out ends no session of an account that has two-factor authentication on.",
        "LOG-010",
        rules=effect_instead(row_of(LogOut, "always"), "end_session", _end_session_without_two_factor),
    ),
    _fault(
        "removal drops the pairing",
        "Somebody blocked or removed loses the pairing, though restored later.",
        "LOG-014",
        rules=effect_instead(row_of(SetUserStatus, "always"), "set_user_status", _drop_pairing_when_removed),
    ),
    # Attacks
    _fault(
        "code asked before the password",
        "A code is asked for before the password is checked.",
        "SEC-003",
        rules=inserted(row_of(LogIn, "password_wrong"), Rule("SEC-003", LogIn, _code_to_come, Reason.CODE_NEEDED)),
    ),
    _fault(
        "unknown e-mail told",
        "Somebody who logs in with an unknown e-mail is told so.",
        "SEC-004",
        rules=changed(row_of(LogIn, "is_unknown"), Rule("LOG-007", LogIn, r.is_unknown, Reason.UNKNOWN)),
    ),
    _fault(
        "unknown e-mail told at reset",
        "Forgot Password tells that it does not know an e-mail.",
        "SEC-004",
        rules=changed(row_of(RequestReset, "is_unknown"), Rule("SEC-004", RequestReset, r.is_unknown, Reason.UNKNOWN)),
    ),
    _fault(
        "lock told",
        "Somebody who is locked is told so whatever the password.",
        "SEC-004",
        rules=changed(row_of(LogIn, "is_locked"), Rule("SEC-001", LogIn, r.is_locked, Reason.BLOCKED)),
    ),
    _fault(
        "lock shuts out everybody",
        "While one person is locked nobody is let in.",
        "SEC-011",
        rules=_when(row_of(LogIn, "is_locked"), _anybody_is_locked),
    ),
    _fault(
        "asking for a code forgives",
        "A right password wipes out the wrong codes counted behind it, before a code is given.",
        "SEC-002",
        rules=_with_effect(row_of(LogIn, "code_missing"), _forgive_and_ask),
    ),
    _fault(
        "login elsewhere forgives",
        "A login with the password alone, to an account without a second factor, wipes out the wrong codes counted.",
        "SEC-002",
        rules=effect_instead(PLAIN, "forgive_failures_without_two_factor", r.forgive_failures),
    ),
    _fault(
        "logins forgive nothing",
        "Wrong codes are counted up for good, whatever right ones come between.",
        "SEC-011",
        rules=effect_instead(ACCEPTED, "forgive_failures", _keep_counting),
    ),
    _fault(
        "reset ends everybody's sessions",
        "A reset ends the sessions of other people too.",
        "SEC-007",
        rules=effect_instead(RESET, "end_other_sessions", _end_sessions_of_everybody),
    ),
    _fault(
        "change ends its own session",
        "Changing the password while logged in ends that session too.",
        "SEC-007",
        rules=effect_instead(row_of(ChangePassword, "always"), "end_other_sessions", _end_sessions_of_the_user),
    ),
    # Resets
    _of_turn(AnybodysAccounts, "RST-014"),
    _of_turn(LastStepOutlivesTheSecret, "RST-005"),
    _of_turn(HoursOfTheFirstMail, "ENR-010"),
    _fault(
        "asking drops the password",
        "Asking for a reset makes the password worthless at once.",
        "RST-009",
        rules=_with_effect(row_of(RequestReset, "always"), _forget_password),
    ),
    _fault(
        "asking drops the pairing",
        "Asking for a reset drops the pairing at once.",
        "RST-009",
        rules=_with_effect(row_of(RequestReset, "always"), _forget_pairing),
    ),
    _fault(
        "refused password uses the link up",
        "A new password that is refused uses the link up.",
        "RST-013",
        rules=_with_effect(row_of(SetPassword, "password_refused"), _use_link),
    ),
    _fault(
        "refused password is set",
        "A new password that is refused is set all the same.",
        "RST-013",
        rules=_with_effect(row_of(SetPassword, "password_refused"), r.set_password),
    ),
    _fault(
        "refused password drops the pairing",
        "A new password that is refused makes a new secret all the same.",
        "RST-013",
        rules=_with_effect(row_of(SetPassword, "password_refused"), r.renew_secret),
    ),
    _fault(
        "reset switches it off",
        "A reset switches two-factor authentication off for the person's accounts.",
        "ENA-007",
        "LOG-009",
        rules=_with_effect(RESET, _switch_off_here),
    ),
    _fault(
        "reset hits everybody",
        "A reset makes new secrets for the whole account.",
        "RST-015",
        rules=effect_instead(RESET, "renew_secret", _renew_everybodys_secret),
    ),
    _fault(
        "reset mail to everybody",
        "Everybody in the account is mailed when one person asks for a reset.",
        "RST-001",
        rules=_with_effect(row_of(RequestReset, "always"), _mail_reset_to_colleagues),
    ),
    _of_turn(QrCodeForAll, "RST-014"),
    _of_turn(NeedIsOfTheFirstAccount, "RST-003", "RST-007"),
    _of_turn(NewLinkIsAsOldAsThePairing, "RST-019"),
    _fault(
        "change drops the pairing",
        "Changing the password while logged in makes a new secret.",
        "LOG-015",
        rules=_with_effect(row_of(ChangePassword, "always"), r.renew_secret),
    ),
    _fault(
        "newcomers get no QR code",
        "Only those whose e-mail is known already are mailed a link when they join.",
        "ENA-008",
        rules=effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", _enrol_only_the_known),
    ),
    _fault(
        "newcomers get a QR code everywhere",
        "Whoever joins an account is mailed a link, whether it is on there or not.",
        "ENA-005",
        rules=effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", _enrol_everywhere),
    ),
    _fault(
        "joining again",
        "Somebody registered where they are a user already is taken for a newcomer.",
        "ENA-005",
        rules=without(row_of(RegisterUser, "is_member")),
    ),
    _fault(
        "joining starts afresh",
        "Joining a second account makes the credentials anew.",
        "ENA-015",
        "ENR-008",
        rules=effect_instead(row_of(RegisterUser, "always"), "register", _register_anew),
    ),
)
