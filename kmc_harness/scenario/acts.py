"""What people do: each act is one thing that a `When` says, in the port's actions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from kmc_harness.phone.authenticator import Authenticator
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
from kmc_harness.scenario.codes import Codes
from kmc_harness.scenario.exchange import Exchange, Guesses
from kmc_harness.scenario.people import DESK, HOME, Person, owner_of
from kmc_harness.scenario.post import Post
from kmc_harness.secrecy.tokens import with_token_of
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.clock import STEP_S
from kmc_model.sentences import A_CODE, FIRST_PASSWORD, Code, Link, new_password

__all__ = ["Acts"]

MANY = 50
FEWER = (10, 5, 20, 3, 30, 50)
"""After how many wrong attempts products lock a user, the commonest first."""


class Acts:
    """What people do, named as sentences name them."""

    def __init__(self, exchange: Exchange, post: Post, codes: Codes) -> None:
        """Act before the target of `exchange`."""
        self._exchange = exchange
        self._people = exchange.people
        self._post = post
        self._codes = codes

    # Accounts and their users

    def make_user(self, name: str, account: str, *, administrator: bool = True, password: bool = True) -> Person:
        """Make `name` a user of `account`, which is founded by its owner first.

        Raises:
            Unreached: the target refuses.
            NotOffered: it refuses an e-mail or a password that is unusual.

        """
        if account not in self._people.founded:
            self._people.founded.add(account)
            if name != (owner := owner_of(account)):
                self.make_user(owner, account)
        person = self._people[name]
        if account in person.besides:
            person.besides.remove(account)
            person.accounts.append(account)
        if account not in person.accounts:
            registration = self._registration(person, account, password=password, administrator=administrator)
            seen = self._exchange.perform(registration)
            if person.unusual and not person.accounts and not seen.accepted:
                raise NotOffered(person.unusual)
            self._exchange.must(seen, f"{name} was to become a user of {account}")
            person.accounts.append(account)
        return person

    def register(
        self, name: str, account: str, *, password: bool = True, chosen: Callable[[str], str] | None = None
    ) -> Observation:
        """Have `name` registered as a user of `account`, with a password or by mail.

        `chosen`: what somebody else makes of their password for it; None: their own is given.
        """
        person = self._people[name]
        registration = self._registration(person, account, password=password)
        if chosen:
            registration = replace(registration, password=chosen(person.password))
        seen = self._exchange.act(registration)
        if seen.accepted:
            person.accounts.append(account)
            person.besides = [each for each in person.besides if each != account]
        return seen

    def _registration(
        self, person: Person, account: str, *, password: bool, administrator: bool = True
    ) -> RegisterUser:
        if person.memberships:
            self._exchange.needs(Offer.MEMBERSHIPS)
        chosen = person.password if password else None
        return RegisterUser(self._exchange.account(account), person.email, chosen, administrator)

    def switch_two_factor(self, account: str, *, on: bool, by: str | None = None) -> Observation:
        """Have the vendor, or `by` in their session, switch two-factor authentication."""
        if account not in self._people.founded:
            self.make_user(owner_of(account), account)
        session = self._people[by].open_session if by else None
        switch = EnableTwoFactor if on else DisableTwoFactor
        seen = self._exchange.act(switch(self._exchange.account(account), session))
        if seen.accepted:
            (self._people.two_factor.add if on else self._people.two_factor.discard)(account)
        return seen

    def vendor_switches(self, account: str, *, on: bool) -> None:
        """Have the vendor switch two-factor authentication; that it can be switched is itself expected.

        What is on already may be refused to be switched on.
        """
        is_so = (account in self._people.two_factor) is on
        seen = self.switch_two_factor(account, on=on)
        if not seen.accepted and not is_so:
            what = f"the vendor to switch two-factor authentication {'on' if on else 'off'} for {account}"
            raise Departure(what, f"refused: {seen.message or 'without a word'}")

    def set_status(self, name: str, status: UserStatus, account: str) -> Observation:
        """Have the account's administration block, remove or restore `name`."""
        person = self._people[name]
        seen = self._exchange.act(SetUserStatus(self._exchange.account(account), person.email, status))
        if seen.accepted:
            lets_in = status is UserStatus.ACTIVE
            (person.locked_out.discard if lets_in else person.locked_out.add)(account)
        return seen

    def set_account_status(self, account: str, status: AccountStatus) -> Observation:
        """Have the vendor block `account`, or lift the block."""
        if account not in self._people.founded:
            self.make_user(owner_of(account), account)
        return self._exchange.act(SetAccountStatus(self._exchange.account(account), status))

    # Pairing

    def open_link(self, name: str, said: Link, *, browser_of: str = "", address_of: str = "") -> Observation:
        """Have `name` open a link to see its QR code; see `set_password` for the rest."""
        person, browser, url = self._at(name, said, browser_of, address_of)
        person.shown = seen = self._exchange.act(OpenEnrolmentLink(url, browser))
        person.opened_link = url if seen.shows_qr_code else person.opened_link
        return seen

    def _at(self, name: str, said: Link, browser_of: str, address_of: str) -> tuple[Person, str | None, str]:
        """Return who opens a link, in which browser, and at which address."""
        browser = self._people[browser_of].open_session if browser_of else None
        address = self._post.link(self._people[address_of], said) if address_of else None
        person = self._people[name]
        url = self._post.link(person, said)
        return person, browser, with_token_of(address, url) if address else url

    def scan(self, name: str) -> Authenticator:
        """Have `name` scan the QR code on the screen.

        Raises:
            NotOffered: the settings show the one that was scanned before.

        """
        person = self._people[name]
        before, scanned = person.authenticator, self._codes.scan(person)
        is_of_settings = bool(self._exchange.acts) and isinstance(self._exchange.acts[-1], StartPairing)
        if is_of_settings and before and before.secret == scanned.secret:
            raise NotOffered("a new QR code each time in the settings")
        return scanned

    def start_pairing(self, name: str) -> Observation:
        """Have `name` ask for a QR code in the settings; it is not scanned."""
        person = self._people[name]
        person.shown = self._exchange.act(StartPairing(person.open_session, person.password))
        return person.shown

    def confirm_pairing(self, name: str, said: Code) -> Observation:
        """Have `name` type a code in the settings, which is to complete the pairing."""
        person = self._people[name]
        session = person.open_session
        return self._exchange.act(ConfirmPairing(session, self._codes.typed(person, said) or ""))

    # Logging in and out

    def log_in(
        self,
        name: str,
        said: Code,
        *,
        account: str | None = "",
        password: Callable[[str], str] | None = None,
        same_machine: bool = False,
        spelled: Callable[[str], str] = str,
    ) -> Observation:
        """Have `name` log in.

        Args:
            name: who.
            said: which code is typed.
            account: empty: the first of theirs; None: the login names no account.
            password: what of their own password is typed; None: all of it.
            same_machine: on the machine of their own, not on a new one.
            spelled: how the e-mail is typed.

        Since many wrong attempts began a lock may have come and gone, if only some seconds have passed. Who is let in
        tries fewer, and logs in again at once: one refusal shows that attempts are limited.

        """
        person, guesses = self._people[name], self._exchange.guesses
        seen = self._log_in(person, said, account, password, same_machine=same_machine, spelled=spelled)
        if guesses and guesses.name == person.name and self._exchange.now() > guesses.began_at:
            for count in FEWER:
                if not seen.accepted:
                    break
                self._codes.be_ready(person, said)
                guesses.again(count)
                seen = self._log_in(person, said, account, password, same_machine=same_machine, spelled=spelled)
        return seen

    def log_in_further_off(self, name: str, count: int, apart_s: int, sense: int) -> None:
        """Have `name` log in `count` times, each time by a clock that is one step further behind (-1) or ahead (1)."""
        for steps in range(1, count + 1):
            self._exchange.pass_time(apart_s)
            self.log_in(name, Code(offset_s=sense * steps * STEP_S))

    def _log_in(
        self,
        person: Person,
        said: Code,
        account: str | None,
        password: Callable[[str], str] | None,
        *,
        same_machine: bool,
        spelled: Callable[[str], str],
    ) -> Observation:
        typed = self._codes.typed(person, said)
        if account == "":
            account = person.home
        named = self._exchange.account(account) if account else None
        chosen = password(person.password) if password else person.password
        chosen = self._people.password(chosen) if chosen == FIRST_PASSWORD else chosen
        machine = DESK if same_machine else None
        seen = self._exchange.act(LogIn(spelled(person.email), chosen, typed, named, machine))
        self._see_that_it_was_there(person, account, seen)
        if seen.accepted:
            person.last_code = typed or person.last_code
            if seen.session:
                person.earlier_session, person.session = person.session, seen.session
        return seen

    def _see_that_it_was_there(self, person: Person, account: str | None, seen: Observation) -> None:
        """See that who was let in, naming an account that they are not in, was not taken to their only one instead.

        Where nobody is in two accounts, a login often has no word for one.

        Raises:
            NotOffered: it shows the account of theirs.
            Unreached: it does not show which one it is.

        """
        named = bool(account and person.memberships and account not in person.memberships)
        if not named or not seen.accepted or Offer.MEMBERSHIPS in self._exchange.offers:
            return
        if seen.account in {self._exchange.account(each) for each in person.memberships}:
            raise NotOffered("a login that names an account")
        if seen.account is None:
            raise Unreached(f"{person.name} was let in, but where was not shown: tell Observation.account")

    def go_to_login(self, name: str, *, by_continue: bool) -> Observation:
        """Have `name` go to the login screen on their own machine, by its address or by Continue."""
        person = self._people[name]
        self._exchange.needs(Offer.SCREEN)
        if by_continue and person.opened_link is None:
            raise Unreached(f"{person.name} was to have a screen with Continue, but has none")
        return self._exchange.act(GoToLogin(person.email, person.opened_link if by_continue else None, DESK))

    def try_wrong(
        self,
        name: str,
        count: int,
        what: str,
        *,
        after: str | None = None,
        code: str | None = None,
        spelled: Callable[[str, int], str] = lambda email, nth: email,
    ) -> list[Observation]:
        """Have somebody try `count` wrong `passwords` or `codes` as `name`, in `HOME` or else their first account.

        `code`: typed with each password. `spelled`: how the e-mail is typed the nth time.

        `after`: each time after a login without a code to that account; empty: to the same one.
        """
        person = self._people[name]
        account = self._exchange.account(HOME if HOME in person.memberships else person.home)
        tries: Iterable[tuple[str, str | None]]
        if what == "passwords":
            tries = ((f"wr0ng-pw!{nth}", code) for nth in range(count))
        else:
            codes = self._codes.app_of(person).wrong_codes(self._exchange.now())
            tries = ((person.password, code) for code in islice(codes, count))
        tried: list[Observation] = []
        began_at = self._exchange.now()
        for nth, (password, typed) in enumerate(tries):
            if after is not None:
                there = self._exchange.account(after) if after else account
                self._exchange.perform(LogIn(person.email, password, None, there))
            tried.append(self._exchange.perform(LogIn(spelled(person.email, nth), password, typed, account)))
        self._exchange.tried = tried
        if count >= MANY:
            again = partial(self.try_wrong, name, what=what, after=after, code=code, spelled=spelled)
            self._exchange.guesses = Guesses(person.name, began_at, again)
        return tried

    def race_logins(self, name: str, said: Code) -> None:
        """Have two people log in as `name` at the same moment, with one code."""
        person = self._people[name]
        typed = self._codes.typed(person, said)
        action = LogIn(person.email, person.password, typed, self._exchange.account(person.home))
        self._exchange.race(action, action)

    def race_wrong_codes(self, name: str, count: int, together: int) -> None:
        """Have `count` wrong codes tried as `name`, `together` of them at the same moment."""
        person = self._people[name]
        account = self._exchange.account(person.home)
        began_at = self._exchange.now()
        codes = list(islice(self._codes.app_of(person).wrong_codes(began_at), count))
        for first in range(0, count, together):
            at_once = codes[first : first + together]
            self._exchange.race(*(LogIn(person.email, person.password, code, account) for code in at_once))
        if count >= MANY:
            again = partial(self.race_wrong_codes, name, together=together)
            self._exchange.guesses = Guesses(person.name, began_at, again)

    def use_session(self, name: str, *, earlier: bool = False) -> Observation:
        """Have `name` load a page that only someone logged in may see."""
        return self._exchange.act(UseSession(self.session_of(self._people[name], earlier=earlier)))

    @staticmethod
    def session_of(person: Person, *, earlier: bool) -> str:
        """Return the session of `person`, or the one before it.

        Raises:
            Unreached: there is none.

        """
        if not earlier:
            return person.open_session
        if person.earlier_session is None:
            raise Unreached(f"{person.name} was to have an earlier session, but has none")
        return person.earlier_session

    def log_out(self, name: str) -> Observation:
        """Have `name` log out."""
        return self._exchange.act(LogOut(self._people[name].open_session))

    def switch_account(self, name: str, account: str) -> Observation:
        """Have `name` go to another account without logging out."""
        session = self._people[name].open_session
        return self._exchange.act(SwitchAccount(session, self._exchange.account(account)))

    # Passwords

    def ask_for_reset(self, name: str, *, typed: Callable[[str], str] = str) -> Observation:
        """Have `name` use Forgot Password; `typed`: what of their e-mail they type."""
        return self._exchange.act(RequestReset(typed(self._people[name].email)))

    def ask_for_resets(
        self, name: str, count: int, apart_s: int = 0, *, typed: Sequence[Callable[[str], str]] = (str,)
    ) -> None:
        """Have `name` use Forgot Password `count` times, on end or with time in between; `typed`: what, in turn."""
        for nth in range(count):
            if nth and apart_s:
                self._exchange.pass_time(apart_s)
            self.ask_for_reset(name, typed=typed[nth % len(typed)])

    def set_password(
        self, name: str, said: Link, password: str | None = None, *, browser_of: str = "", address_of: str = ""
    ) -> Observation:
        """Have `name` set a password through a link: a new one, unless it is told.

        `browser_of`: who is logged in where it is opened. `address_of`: in whose link the token of theirs is put.
        """
        person, browser, url = self._at(name, said, browser_of, address_of)
        new = self._new_password(person) if password is None else password
        seen = self._exchange.act(SetPassword(url, new, browser))
        if seen.accepted:
            self._exchange.guesses = None
            _keep_password(person, new)
            person.reset_link = url
        return seen

    def _new_password(self, person: Person) -> str:
        number = person.passwords_set + 1
        if person.takes:
            return self._people.password_so(person.takes(person.password, number))
        return self._people.password(new_password(number))

    def try_password(self, name: str, said: Link, password: str) -> None:
        """Have `name` try a password that the KMC's rules refuse.

        A target that takes it has other rules, unless it declares these: then nothing is to be seen of a refusal.
        """
        if self.set_password(name, said, password).accepted:
            self._exchange.needs(Offer.RULES)

    def race_link(self, name: str, said: Link) -> None:
        """Have two people use one link of `name` at the same moment: open it, or set a password each through it.

        Raises:
            Unreached: the link goes on showing its QR code, which another requirement is about: nobody can win.

        """
        url = self._post.link(self._people[name], said)
        if said.kind == LinkKind.ENROLMENT:
            self._exchange.race(OpenEnrolmentLink(url), OpenEnrolmentLink(url))
            if self._exchange.perform(OpenEnrolmentLink(url)).shows_qr_code:
                raise Unreached("two people raced on a link, but it shows its QR code to a third one after them too")
        else:
            one, other = (self._people.password(new_password(number)) for number in (1, 2))
            self._exchange.race(SetPassword(url, one), SetPassword(url, other))

    def confirm_password(self, name: str) -> Observation:
        """Have `name` click OK after setting a password."""
        person = self._people[name]
        if person.reset_link is None:
            raise Unreached(f"{name} was to click OK, but no new password was set")
        person.shown = self._exchange.act(ConfirmPassword(person.reset_link))
        return person.shown

    def change_password(
        self, name: str, *, present: Callable[[str], str] | None = None, new: str | None = None
    ) -> Observation:
        """Have `name` change the password while logged in, with a code where they have an app.

        Args:
            name: who.
            present: what of their own password is typed as the present one; None: all of it.
            new: the password they want; None: one that they never had.

        """
        person = self._people[name]
        session = person.open_session
        typed = self._codes.typed(person, A_CODE) if person.authenticator else None
        own = present(person.password) if present else person.password
        wanted = self._people.password(new_password(person.passwords_set + 1)) if new is None else new
        seen = self._exchange.act(ChangePassword(session, own, wanted, typed))
        if seen.accepted:
            _keep_password(person, wanted)
        return seen

    def try_change(self, name: str, password: str) -> None:
        """Have `name` try to change the password to one that the KMC's rules refuse (see `try_password`)."""
        if self.change_password(name, new=password).accepted:
            self._exchange.needs(Offer.RULES)


def _keep_password(person: Person, password: str) -> None:
    person.passwords_before.append(person.password)
    person.password, person.passwords_set = password, person.passwords_set + 1
