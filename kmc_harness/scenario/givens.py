"""The situations of `Given` steps, each brought about by acts.

Each method raises `Unreached` if it cannot reach its situation; then nothing was judged.
"""

from collections.abc import Callable

from kmc_harness.port import (
    AccountStatus,
    ConfirmPairing,
    LinkKind,
    LogIn,
    Observation,
    Offer,
    RequestReset,
    StartPairing,
    UserStatus,
)
from kmc_harness.scenario.acts import Acts
from kmc_harness.scenario.codes import Codes
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.people import DESK, HOME, Person
from kmc_harness.scenario.post import Post
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.sentences import A_CODE, LINKS_APART_S, Link, Which

__all__ = ["NEWEST_ENROLMENT", "NEWEST_RESET", "Givens"]

NEWEST_ENROLMENT, NEWEST_RESET = Link(Which.NEWEST, "enrolment"), Link(Which.NEWEST, "reset")
ELSEWHERE = "Globex"
APART_S = 600
A_DAY_S = 24 * 3600 + 60
RESETS_APART_S = 61
"""Ten reset mails in ten minutes are allowed (SEC-012); scenarios with many stay below."""


class Givens:
    """Brings people to the start of a scenario; each situation has the name that sentences use for it."""

    def __init__(self, exchange: Exchange, post: Post, codes: Codes, acts: Acts) -> None:
        """Reach situations before the target of `exchange`."""
        self._exchange = exchange
        self._people = exchange.people
        self._post = post
        self._codes = codes
        self._acts = acts

    # Accounts and their users

    def user(self, name: str, account: str, *, administrator: bool = True) -> Person:
        """Make `name` a user of `account`."""
        return self._acts.make_user(name, account, administrator=administrator)

    def email(self, name: str, other: str, shaped: Callable[[str], str]) -> None:
        """Give `name`, before they are registered, an e-mail made from that of `other`."""
        person = self._people.unregistered(name)
        person.email = shaped(self._people[other].email)
        person.unusual = f"an e-mail as {person.email}"

    def password(self, name: str, password: str) -> None:
        """Give `name`, before they are registered, another first password."""
        person = self._people.unregistered(name)
        person.password, person.unusual = (
            self._people.password_so(password),
            f"a first password of {len(password)} signs",
        )

    def owner(self, name: str, account: str) -> Person:
        """Make `name` the first user of `account`, which nobody has founded yet."""
        if account in self._people.founded:
            raise Unreached(f"{name} was to found {account}, but it has an owner")
        self._people.founded.add(account)
        return self.user(name, account)

    def plain_user(self, name: str) -> Person:
        """Make `name` a user who needs no code: in another account, if this depends on the account."""
        return self.user(name, ELSEWHERE if Offer.ENABLE in self._exchange.offers else HOME)

    def registration(self, name: str, account: str, *, password: bool) -> None:
        """Have `name` registered in `account`."""
        seen = self._acts.register(name, account, password=password)
        self._exchange.must(seen, f"{name} was to be registered in {account}")

    def two_factor(self, account: str, *, on: bool = True) -> None:
        """Have the vendor switch two-factor authentication on or off."""
        seen = self._acts.switch_two_factor(account, on=on)
        self._exchange.must(seen, f"two-factor authentication was to be switched for {account}")

    def status(self, name: str, status: UserStatus, account: str) -> None:
        """Have the account's administration block, remove or restore `name`."""
        self._exchange.must(self._acts.set_status(name, status, account), f"{name} was to be {status} in {account}")

    def account_status(self, account: str, status: AccountStatus) -> None:
        """Have the vendor block `account`."""
        self._exchange.must(self._acts.set_account_status(account, status), f"{account} was to be {status}")

    # Pairing

    def enrolment_mail(self, name: str) -> Person:
        """Make `name` a user of an account with two-factor authentication who has been mailed a link."""
        person = self._people.known(name) or self._people[name]
        if not person.accounts:
            self.user(name, HOME)
        if not self._people.two_factor.intersection(person.accounts):
            self.two_factor(person.accounts[0])
        if not self._post.links(person, LinkKind.ENROLMENT):
            raise Unreached(f"{name} was to be mailed a link to a QR code, but {self._post.what_came(person)}")
        return self._people[name]

    def enrolment_mails(self, name: str, count: int) -> None:
        """Check that `name` has received `count` links to a QR code so far."""
        if (came := len(self._post.links(self._people[name], LinkKind.ENROLMENT))) < count:
            raise Unreached(f"{name} was to be mailed {count} links to QR codes, but {came} came")

    def open_screen(self, name: str) -> Person:
        """Have `name` open the newest enrolment link and look at the QR code."""
        person = self.enrolment_mail(name)
        seen = self._exchange.must(self._acts.open_link(name, NEWEST_ENROLMENT), f"{name} was to see a QR code")
        if not seen.shows_qr_code:
            raise Unreached(f"{name} was to see a QR code, but none was shown")
        return person

    def pairing(self, name: str) -> Person:
        """Have `name` pair an authenticator: from the mailed link, or on the settings page where there is none."""
        person = self._people[name]
        if person.authenticator is None:
            self._codes.need_renewal(person)
            if Offer.ENABLE not in self._exchange.offers and Offer.SETTINGS in self._exchange.offers:
                self._pair_alone(self.user(name, HOME))
            else:
                self.open_screen(name)
                self._acts.scan(name)
        return person

    def pairings(self, count: int, among: str) -> None:
        """Have `count` people pair an authenticator each, `among` one of them."""
        for name in _several(count, among):
            self.user(name, HOME)
        for name in _several(count, among):
            self.pairing(name)

    def sessions(self, count: int, among: str) -> None:
        """Have `count` people log in, `among` one of them."""
        for name in _several(count, among):
            self.user(name, HOME)
        for name in _several(count, among):
            self.session(name, HOME)

    def scan_in_settings(self, name: str) -> None:
        """Have `name`, who has paired nothing, log in and scan the QR code that the settings show."""
        person = self.user(name, HOME)
        person.session = self._scan_in_settings(person)

    def _scan_in_settings(self, person: Person) -> str:
        """Log in, scan the QR code of the settings, and return the session."""
        let_in = self._exchange.must(self._log_in_plainly(person), f"{person.name} was to log in without a code")
        session = let_in.session or ""
        asked = self._exchange.perform(StartPairing(session, person.password))
        person.shown = self._exchange.must(asked, f"{person.name} was to see a QR code in the settings")
        self._codes.scan(person)
        return session

    def _pair_alone(self, person: Person) -> None:
        session = self._scan_in_settings(person)
        confirmed = self._exchange.perform(ConfirmPairing(session, self._codes.typed(person, A_CODE) or ""))
        self._exchange.must(confirmed, f"{person.name} was to complete the pairing with a code")
        person.paired_alone = True
        if Offer.CLOCK in self._exchange.offers:
            # No scenario mentions the code that completed the pairing: later codes must be far from it in time.
            self._exchange.keep_apart(APART_S)

    def _log_in_plainly(self, person: Person) -> Observation:
        account = self._exchange.account(person.home)
        return self._exchange.perform(LogIn(person.email, person.password, None, account, DESK))

    # Sessions, and attempts at them

    def session(self, name: str, account: str) -> Person:
        """Have `name` log in to `account`, with a code where an authenticator is paired."""
        person = self.user(name, account)
        if account in self._people.two_factor:
            self.pairing(name)
        needs_code = person.authenticator and (account in self._people.two_factor or person.paired_alone)
        typed = self._codes.typed(person, A_CODE) if needs_code else None
        # A second session opens on another machine: many products have only one session in a browser.
        machine = None if person.session else DESK
        login = LogIn(person.email, person.password, typed, self._exchange.account(account), machine)
        seen = self._exchange.must(self._exchange.perform(login), f"{name} was to log in to {account}")
        person.earlier_session, person.session = person.session, seen.session
        person.last_code = typed or person.last_code
        return person

    def logout(self, name: str) -> None:
        """Have `name` log out."""
        self._exchange.must(self._acts.log_out(name), f"{name} was to log out")

    def switch(self, name: str, account: str) -> None:
        """Have `name` switch to another account."""
        self._exchange.must(self._acts.switch_account(name, account), f"{name} was to switch to {account}")

    def failures(
        self, name: str, count: int, what: str, *, code: str | None = None, in_other_capitals: bool = False
    ) -> None:
        """Have somebody try `count` logins as `name` with a wrong password, and `code`, or with wrong codes.

        `in_other_capitals`: the e-mail is typed otherwise each time.
        """
        spelled = _in_capitals if in_other_capitals else _as_registered
        if any(seen.accepted for seen in self._acts.try_wrong(name, count, what, code=code, spelled=spelled)):
            raise Unreached(f"logins with wrong {what} were to be refused, but one was accepted")

    def days_of_failures(self, name: str, days: int, count: int) -> None:
        """Have `count` wrong codes tried for `name` on each of `days`, and `name` log in ten minutes later."""
        for _ in range(days):
            self.failures(name, count, "codes")
            self._exchange.pass_time(APART_S)
            self.session(name, HOME)
            self._exchange.pass_time(A_DAY_S)

    def offset(self, name: str, ahead_s: int) -> None:
        """Put the clock of `name`'s authenticator ahead (or back, below 0)."""
        self._codes.app_of(self._people[name]).offset_s = ahead_s

    def leading_zero(self, name: str) -> None:
        """Let time pass until `name`'s code begins with 0."""
        self._codes.await_leading_zero(self._people[name])

    # Resets

    def reset_mail(self, name: str) -> Person:
        """Have `name` ask for a reset and get the mail."""
        person = self._people[name]
        if not person.accounts:
            self.user(name, HOME)
        if self._post.links(person, LinkKind.RESET):
            self._exchange.keep_apart(LINKS_APART_S)
        self._exchange.must(self._exchange.perform(RequestReset(person.email)), f"{name} was to ask for a reset")
        if not self._post.has_come(person, LinkKind.RESET):
            raise Unreached(f"{name} was to be mailed a reset link, but {self._post.what_came(person)}")
        return person

    def new_password(self, name: str) -> Person:
        """Have `name` reset the password without clicking OK."""
        person = self.reset_mail(name)
        self._exchange.must(self._acts.set_password(name, NEWEST_RESET), f"{name} was to set a new password")
        return person

    def reset(self, name: str) -> Person:
        """Have `name` reset the password, and pair again after an earlier pairing.

        The new QR code comes after OK, by mail, or in the settings. Without one, the present app entry becomes the
        earlier one.
        """
        person = self.new_password(name)
        if Offer.RENEW in self._exchange.offers:
            seen = self._exchange.must(self._acts.confirm_password(name), f"{name} was to confirm the new password")
            if seen.shows_qr_code:
                self._acts.scan(name)
                return person
        if not self._people.must_renew(person):
            self._pair_alone_again(person)
        elif self._post.has_come(person, LinkKind.ENROLMENT):
            self.open_screen(name)
            self._acts.scan(name)
        elif Offer.RENEW in self._exchange.offers:
            raise Unreached(f"{name} was to be shown a new QR code after OK, or mailed one, but neither came")
        else:
            person.earlier, person.authenticator, person.without_renewal = person.entries, None, True
        return person

    def _pair_alone_again(self, person: Person) -> None:
        """Have `person` pair again if the reset removed the pairing; else the app entry becomes the earlier one."""
        if not person.paired_alone or person.authenticator is None:
            return
        seen = self._log_in_plainly(person)
        if seen.accepted:
            self._pair_alone(person)
        elif seen.asks_for_code:
            person.earlier.append(person.authenticator)
        else:
            self._exchange.must(seen, f"{person.name} was to log in with the new password")

    def resets(self, name: str, count: int) -> None:
        """Have `name` reset the password `count` times, scanning each QR code."""
        for _ in range(count):
            self._exchange.keep_apart(RESETS_APART_S)
            self.reset(name)

    def renewal_mail(self, name: str) -> None:
        """Have `name` set a new password and be mailed a link to the new QR code, without clicking OK."""
        person = self.new_password(name)
        if not self._post.has_come(person, LinkKind.ENROLMENT):
            raise Unreached(f"{name} was to be mailed a link to the new QR code, but {self._post.what_came(person)}")

    def renewal(self, name: str) -> None:
        """Have `name` follow the five renewal steps; a step out of reach is a departure."""
        try:
            self.reset(name)
        except Unreached as broken_off:
            if self._post.turned_away():
                raise
            raise Departure("the renewal steps to lead to a new QR code", str(broken_off)) from broken_off


def _several(count: int, among: str) -> list[str]:
    return [among, *(f"Person{number}" for number in range(1, count))]


def _as_registered(email: str, _: int) -> str:
    return email


def _in_capitals(email: str, nth: int) -> str:
    """Return `email` with other letters in capitals for each `nth`, from 0, and never with all."""
    places = [at for at, sign in enumerate(email) if sign.isalpha()]
    capitals = {at for bit, at in enumerate(places) if (nth + 1) >> bit & 1}
    return "".join(sign.upper() if at in capitals else sign for at, sign in enumerate(email))
