"""What people do, and how their codes are made.

Steps parse a sentence and make one call to the world, which is this, the ways to reach a situation, and what is
expected.

A code is never made within 5 s of a step's edge, and an ordinary login never reuses a time step.
"""

import hashlib
from collections.abc import Callable, Iterable
from itertools import islice

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, empty_key_code
from kmc_harness.port import (
    AccountStatus,
    ChangePassword,
    ConfirmPairing,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    GoToLogin,
    LinkKind,
    LogIn,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    StartPairing,
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_harness.scenario.evidence import Scanned
from kmc_harness.scenario.scene import DESK, HOME, STEP_S, Person, Scene, owner_of
from kmc_harness.secrecy import tokens
from kmc_harness.verdicts import Departure, Unreached

__all__ = ["Acting"]

NEAR_S = range(-5 * STEP_S, 6 * STEP_S, STEP_S)
"""Where a code might still count, with room to spare."""


class Acting(Scene):
    """One scenario's people, and what they do."""

    # What people do

    def begin_act(self) -> None:
        """Remember how much mail everybody has, so that a Then can tell what this act brought."""
        if Offer.OUTBOX in self.offers:
            self._mails_before = {name: len(self.mails(each)) for name, each in self._people.items()}

    def switch_two_factor(self, account: str, *, on: bool, by: str | None = None) -> Observation:
        """Have the vendor, or `by` in their session, switch two-factor authentication."""
        if account not in self._founded:
            self.reach_user(owner_of(account), account)
        session = self._session(self.person(by)) if by else None
        switch = EnableTwoFactor if on else DisableTwoFactor
        seen = self._answer(self.perform(switch(self.account(account), session)))
        if seen.accepted:
            (self._two_factor.add if on else self._two_factor.discard)(account)
        return seen

    def vendor_switches(self, account: str, *, on: bool) -> None:
        """Have the vendor switch two-factor authentication; that it can be switched is itself expected.

        What is on already may be refused to be switched on.
        """
        is_so = (account in self._two_factor) is on
        seen = self.switch_two_factor(account, on=on)
        if not seen.accepted and not is_so:
            what = f"the vendor to switch two-factor authentication {'on' if on else 'off'} for {account}"
            raise Departure(what, f"refused: {seen.message or 'without a word'}")

    def set_status(self, name: str, status: UserStatus, account: str) -> Observation:
        """Have the account's administration block, remove or restore `name`."""
        return self._answer(self.perform(SetUserStatus(self.account(account), self.person(name).email, status)))

    def set_account_status(self, account: str, status: AccountStatus) -> Observation:
        """Have the vendor block `account`, or lift the block."""
        return self._answer(self.perform(SetAccountStatus(self.account(account), status)))

    def register(self, name: str, account: str, *, password: bool) -> Observation:
        """Have `name` registered as a user of `account`, with a password or by mail."""
        person = self.person(name)
        self._may_join(person)
        action = RegisterUser(self.account(account), person.email, person.password if password else None)
        seen = self._answer(self.perform(action))
        if seen.accepted:
            person.accounts.append(account)
        return seen

    def open_link(self, name: str, link: str = "the newest enrolment") -> Observation:
        """Have `name` open a link to see its QR code; `link` says in words which one."""
        person = self.person(name)
        url = self._link(person, link)
        seen = self._answer(self.perform(OpenEnrolmentLink(url)))
        person.shown = seen
        person.opened_link = url if seen.shows_qr_code else person.opened_link
        return seen

    def _link(self, person: Person, words: str) -> str:
        """Return the link that `words` describe, such as `the newest reset` or `the reset link as an enrolment`.

        As one of the other kind it stands at the address of one, where there is one.
        """
        which, _, kind = words.rpartition(" ")
        if " as " in words:
            url = self._link(person, f"the newest {words.split()[1]}")
            others = self.links(person, LinkKind(kind))
            return tokens.with_token_of(others[-1], url) if others else url
        kept = person.opened_link if kind == LinkKind.ENROLMENT else person.reset_link
        if which == "the same":
            return self._had([kept] if kept else [], f"a used {kind} link", -1)
        links = list(dict.fromkeys(self.links(person, LinkKind(kind))))
        if which == "the first" and len(links) == 1 < len(self.links(person, LinkKind(kind))):
            raise Unreached(f"{person.name} was to have two {kind} links, but was mailed the same one again")
        if which == "the earlier":
            return self._had(links[:-1], f"two mailed {kind} links", -1)
        url = self._had(links, f"a mailed {kind} link", 0 if which == "the first" else -1)
        return tokens.made_up(url) if which == "a made-up" else url

    def start_pairing(self, name: str) -> Observation:
        """Have `name` ask for a QR code in the settings; it is not scanned."""
        person = self.person(name)
        person.shown = self._answer(self.perform(StartPairing(self._session(person), person.password)))
        return person.shown

    def confirm_pairing(self, name: str, code: str) -> Observation:
        """Have `name` type a code in the settings, which is to complete the pairing; `code` says in words which."""
        session = self._session(self.person(name))
        return self._answer(self.perform(ConfirmPairing(session, self.code(name, code) or "")))

    def scan(self, name: str) -> Authenticator:
        """Have `name` scan the QR code on the screen; the entry paired before is kept as an earlier one."""
        person = self.person(name)
        if person.shown is None or not person.shown.shows_qr_code:
            raise Unreached(f"{name} was to scan a QR code, but none is shown")
        try:
            scanned = Authenticator.scan(person.shown.picture, person.shown.uri)
        except UnreadableQrCode as error:
            raise Unreached(f"{name} was to scan a QR code, but there is {error}") from error
        self.recorder.learn(scanned.secret, scanned.uri)
        if person.authenticator:
            person.earlier.append(person.authenticator)
        person.authenticator = scanned
        self.recorder.note(Scanned(at=self.now(), by=person.name))
        return scanned

    def log_in(
        self,
        name: str,
        code: str,
        *,
        account: str | None = "",
        password: str | None = None,
        same_machine: bool = False,
    ) -> Observation:
        """Have `name` log in; `code` says in words which code is typed.

        The account is the first of theirs unless another is named; None: the login names no account.
        """
        person = self.person(name)
        typed = self.code(name, code)
        if account == "":
            account = next(iter(person.accounts), HOME)
        named = self.account(account) if account else None
        chosen = person.password if password is None else password
        action = LogIn(person.email, chosen, typed, named, DESK if same_machine else None)
        seen = self._answer(self.perform(action))
        person.was_let_in = seen.accepted or (code == "the same code" and person.was_let_in)
        self._see_that_it_was_there(person, account, seen)
        if seen.accepted and seen.session:
            person.earlier_session, person.session = person.session, seen.session
        return seen

    def _see_that_it_was_there(self, person: Person, account: str | None, seen: Observation) -> None:
        """See that who was let in, naming an account that they are not in, was not taken to their only one instead.

        Where nobody is in two accounts, a login often has no word for one.

        Raises:
            NotOffered: it shows the account of theirs.
            Unreached: it does not show which one it is.

        """
        named = bool(account and person.accounts and account not in person.accounts)
        if not named or not seen.accepted or Offer.MEMBERSHIPS in self.offers:
            return
        if seen.account in {self.account(each) for each in person.accounts}:
            raise NotOffered("a login that names an account")
        if seen.account is None:
            raise Unreached(f"{person.name} was let in, but where was not shown: tell Observation.account")

    def go_to_login(self, name: str, *, by_continue: bool) -> Observation:
        """Have `name` go to the login screen on their own machine, by its address or by Continue."""
        person = self.person(name)
        self.needs(Offer.SCREEN)
        links = [person.opened_link] if person.opened_link else []
        link = self._had(links, "a screen with Continue", -1) if by_continue else None
        return self._answer(self.perform(GoToLogin(person.email, link, DESK)))

    def try_wrong(self, name: str, count: int, what: str, *, after: str | None = None) -> list[Observation]:
        """Have somebody try `count` wrong `passwords` or `codes` as `name`, in the first of their accounts.

        `after`: each time after a login without a code to that account; empty: to the same one.
        """
        person = self.person(name)
        account = self.account(person.accounts[0])
        tries: Iterable[tuple[str, str | None]]
        if what == "passwords":
            tries = ((f"wr0ng-pw!{nth}", None) for nth in range(count))
        else:
            codes = self._known_authenticator(person).wrong_codes(self.now())
            tries = ((person.password, code) for code in islice(codes, count))
        self.tried = []
        for password, code in tries:
            if after is not None:
                self.perform(LogIn(person.email, password, None, self.account(after) if after else account))
            self.tried.append(self.perform(LogIn(person.email, password, code, account)))
        return self.tried

    def race_logins(self, name: str, code: str) -> None:
        """Have two people log in as `name` at the same moment, with one code."""
        person = self.person(name)
        action = LogIn(person.email, person.password, self.code(name, code), self.account(person.accounts[0]))
        self._race(action, action)

    def race_link(self, name: str, link: str) -> None:
        """Have two people use one link of `name` at the same moment: open it, or set a password each through it."""
        url = self._link(self.person(name), link)
        if link.endswith(LinkKind.ENROLMENT):
            self._race(OpenEnrolmentLink(url), OpenEnrolmentLink(url))
        else:
            self._race(SetPassword(url, _new_password(1)), SetPassword(url, _new_password(2)))

    def use_session(self, name: str, *, earlier: bool) -> Observation:
        """Have `name` load a page that only someone logged in may see."""
        person = self.person(name)
        handle = person.earlier_session if earlier else self._session(person)
        handle = self._had([handle] if handle else [], "an earlier session", -1)
        return self._answer(self.perform(UseSession(handle)))

    def log_out(self, name: str) -> Observation:
        """Have `name` log out."""
        return self._answer(self.perform(LogOut(self._session(self.person(name)))))

    def switch_account(self, name: str, account: str) -> Observation:
        """Have `name` go to another account without logging out."""
        person = self.person(name)
        return self._answer(self.perform(SwitchAccount(self._session(person), self.account(account))))

    def ask_for_reset(self, name: str) -> Observation:
        """Have `name` use Forgot Password."""
        return self._answer(self.perform(RequestReset(self.person(name).email)))

    def ask_for_resets(self, name: str, count: int, apart_s: int = 0) -> None:
        """Have `name` use Forgot Password `count` times, on end or with time in between."""
        for nth in range(count):
            if nth and apart_s:
                self.pass_time(apart_s)
            self.ask_for_reset(name)

    def set_password(self, name: str, link: str, password: str | None = None) -> Observation:
        """Have `name` set a password through a link; `link` says in words which one."""
        person = self.person(name)
        url = self._link(person, link)
        new = _new_password(person.passwords_set + 1) if password is None else password
        seen = self._answer(self.perform(SetPassword(url, new)))
        if seen.accepted:
            self._keep_password(person, new)
            person.reset_link = url
        return seen

    def try_password(self, name: str, password: str) -> None:
        """Have `name` try a password that the KMC's rules refuse.

        A target that takes it has other rules, unless it declares these: then nothing is to be seen of a refusal.
        """
        if self.set_password(name, "the newest reset", password).accepted:
            self.needs(Offer.RULES)

    def confirm_password(self, name: str) -> Observation:
        """Have `name` click OK after setting a password."""
        person = self.person(name)
        if person.reset_link is None:
            raise Unreached(f"{name} was to click OK, but no new password was set")
        seen = self._answer(self.perform(ConfirmPassword(person.reset_link)))
        person.shown = seen
        return seen

    def change_password(self, name: str) -> Observation:
        """Have `name` change the password while logged in."""
        person = self.person(name)
        code = self.code(name, "a code") if person.authenticator else None
        new = _new_password(person.passwords_set + 1)
        action = ChangePassword(self._session(person), person.password, new, code)
        seen = self._answer(self.perform(action))
        if seen.accepted:
            self._keep_password(person, new)
        return seen

    def _keep_password(self, person: Person, password: str) -> None:
        person.password, person.passwords_set = password, person.passwords_set + 1

    # Codes

    def code(self, name: str, words: str) -> str | None:
        """Return the code that `words` describe, made at the target's clock.

        `a code` is the ordinary case: in a time step that no earlier login of this person has used.
        """
        if words in ("no code", "an empty code"):
            return None if words == "no code" else ""
        self._settle()
        if words == "a code made of six zeros":
            return self._six_zeros(self.person(name))
        if words == "the code of an empty key":
            return empty_key_code(self.now())
        person = self.person(name)
        if words.endswith("'s code"):
            other = words.removesuffix("'s code")
            made = self._known_authenticator(self._people.get(other) or Person(other, "")).code_at(self.now())
            self.person(name)
            return made
        if words in ("a code of the earlier QR code", "a code of the first app"):
            return self._fresh_code(person, self._had(person.earlier, "an earlier authenticator", -1))
        if words == "the same code":
            if not person.was_let_in:
                raise Unreached(f"{name} was to log in with the code first, but was not let in")
            return self._had([person.last_code] if person.last_code else [], "a code used before", -1)
        authenticator = self._known_authenticator(person)
        if words == "a code":
            return self._fresh_code(person, authenticator)
        if words.endswith(" s from now"):
            offset_s = int(words.split()[3])
            return self._remember(person, authenticator.code_at(self.now() + offset_s))
        return self._misshapen(authenticator, words)

    def _six_zeros(self, person: Person) -> str:
        """Return 000000, at a time when it is not by chance the right code."""
        authenticator = person.authenticator
        while authenticator and "000000" in (authenticator.code_at(self.now() + offset_s) for offset_s in NEAR_S):
            self.pass_time(2 * STEP_S)
        return "000000"

    def _fresh_code(self, person: Person, authenticator: Authenticator) -> str:
        unused_from = (person.last_step + 2) * STEP_S
        if self.now() < unused_from:
            self.pass_time(2 * STEP_S)
        person.last_step = self.now() // STEP_S
        return self._remember(person, authenticator.code_at(self.now()))

    def _remember(self, person: Person, code: str) -> str:
        person.last_code, person.last_step = code, self.now() // STEP_S
        return code

    def _misshapen(self, authenticator: Authenticator, words: str) -> str:
        right = authenticator.code_at(self.now())
        shapes: dict[str, Callable[[], str]] = {
            "a wrong code": lambda: next(authenticator.wrong_codes(self.now())),
            "letters for a code": lambda: "abcdef",
            "a code cut short": lambda: right[:-1],
            "a code with a digit too many": lambda: right + right[-1],
            "the code without its leading zeros": lambda: right.lstrip("0"),
            "a code made with SHA-256": lambda: authenticator.code_at(self.now(), digest=hashlib.sha256),
            "a code of eight digits": lambda: authenticator.code_at(self.now(), digits=8),
            "a code made in steps of 60 s": lambda: authenticator.code_at(self.now(), interval=60),
        }
        made = shapes[words]()
        if made == right:
            raise Unreached(f"{words} was to be typed, but that is what the QR code asks for")
        return made

    def _known_authenticator(self, person: Person) -> Authenticator:
        if person.authenticator is None:
            self._needs_renewal(person)
            raise Unreached(f"{person.name} was to make a code, but has paired no authenticator")
        return person.authenticator

    def _needs_renewal(self, person: Person) -> None:
        """Note that a new QR code is needed, where a reset brought none."""
        if person.without_renewal:
            self.needs(Offer.RENEW)


def _new_password(number: int) -> str:
    """Return a password unlike all others, which obeys the usual rules: long, of letters of both cases, with more."""
    return f"N3w!{hashlib.sha256(str(number).encode()).hexdigest()[:16]}"
