"""Ways to reach a situation: what a Given says, in the port's actions.

Each raises `Unreached` where the situation cannot be had: nothing was judged then.
"""

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
from kmc_harness.scenario.acting import Acting
from kmc_harness.scenario.scene import DESK, HOME, STEP_S, Person
from kmc_harness.verdicts import Departure, Unreached

__all__ = ["Situations"]

ELSEWHERE = "Globex"
APART_S = 600
A_DAY_S = 24 * 3600 + 60
RESET_SPACING_S = 61
"""Ten reset mails in ten minutes are allowed (SEC-012); scenarios with many stay below."""
LINK_SPACING_S = 2
"""Some products make a link of the second: two that are asked for within one are the same."""


class Situations(Acting):
    """One scenario's people, brought to where it begins."""

    def reach_plain_user(self, name: str) -> Person:
        """Make `name` a user whom nothing asks for a code: where that depends on the account, of another one."""
        return self.reach_user(name, ELSEWHERE if Offer.ENABLE in self.offers else HOME)

    def reach_registration(self, name: str, account: str, *, password: bool) -> None:
        """Have `name` registered in `account`."""
        self._must(self.register(name, account, password=password), f"{name} was to be registered in {account}")

    def reach_two_factor(self, account: str, *, on: bool = True) -> None:
        """Have the vendor switch two-factor authentication on or off."""
        self._must(
            self.switch_two_factor(account, on=on), f"two-factor authentication was to be switched for {account}"
        )

    def reach_enrolment_mail(self, name: str) -> Person:
        """Make `name` a user of an account with two-factor authentication who has been mailed a link."""
        person = self._people.get(name) or self.person(name)
        if not person.accounts:
            self.reach_user(name, HOME)
        if not self._two_factor.intersection(person.accounts):
            self.reach_two_factor(person.accounts[0])
        if not self.links(person, LinkKind.ENROLMENT):
            raise Unreached(f"{name} was to be mailed a link to a QR code, but {self._came_instead(person)}")
        return self.person(name)

    def reach_enrolment_mails(self, name: str, count: int) -> None:
        """See that `name` has been mailed `count` links to a QR code by what has happened so far."""
        if (came := len(self.links(self.person(name), LinkKind.ENROLMENT))) < count:
            raise Unreached(f"{name} was to be mailed {count} links to QR codes, but {came} came")

    def reach_open_screen(self, name: str) -> Person:
        """Have `name` open the newest enrolment link and look at the QR code."""
        person = self.reach_enrolment_mail(name)
        seen = self._must(self.open_link(name), f"{name} was to see a QR code")
        if not seen.shows_qr_code:
            raise Unreached(f"{name} was to see a QR code, but none was shown")
        return person

    def reach_pairing(self, name: str) -> Person:
        """Have `name` pair an authenticator: from the mailed link, or on the settings page where there is none."""
        person = self.person(name)
        if person.authenticator is None:
            self._needs_renewal(person)
            if Offer.ENABLE not in self.offers and Offer.SETTINGS in self.offers:
                self._pair_alone(self.reach_user(name, HOME))
            else:
                self.reach_open_screen(name)
                self.scan(name)
        return person

    def reach_scan_in_settings(self, name: str) -> None:
        """Have `name`, who has paired nothing, log in and scan the QR code that the settings show."""
        person = self.reach_user(name, HOME)
        person.session = self._scan_in_settings(person)

    def _scan_in_settings(self, person: Person) -> str:
        """Return the session in which the QR code was asked for."""
        session = self._must(self._log_in_plainly(person), f"{person.name} was to log in without a code").session or ""
        asked = StartPairing(session, person.password)
        person.shown = self._must(self.perform(asked), f"{person.name} was to see a QR code in the settings")
        self.scan(person.name)
        return session

    def _pair_alone(self, person: Person) -> None:
        session = self._scan_in_settings(person)
        confirmed = ConfirmPairing(session, self.code(person.name, "a code") or "")
        self._must(self.perform(confirmed), f"{person.name} was to complete the pairing with a code")
        person.paired_alone = True
        if Offer.CLOCK in self.offers:
            # No scenario speaks of the code that completed the pairing: none shall come near it.
            self.pass_time(APART_S)

    def _log_in_plainly(self, person: Person) -> Observation:
        return self.perform(LogIn(person.email, person.password, None, self.account(person.accounts[0]), DESK))

    def reach_session(self, name: str, account: str) -> Person:
        """Have `name` log in to `account`, with a code where an authenticator is paired."""
        person = self.reach_user(name, account)
        if account in self._two_factor:
            self.reach_pairing(name)
        needs_code = person.authenticator and (account in self._two_factor or person.paired_alone)
        code = self.code(name, "a code") if needs_code else None
        # Whoever has a session already opens another one elsewhere: in one browser, many products have but one.
        machine = None if person.session else DESK
        login = LogIn(person.email, person.password, code, self.account(account), machine)
        seen = self._must(self.perform(login), f"{name} was to log in to {account}")
        person.earlier_session, person.session = person.session, seen.session
        return person

    def reach_logout(self, name: str) -> None:
        """Have `name` log out."""
        self._must(self.log_out(name), f"{name} was to log out")

    def reach_reset_mail(self, name: str) -> Person:
        """Have `name` ask for a reset and get the mail."""
        person = self.person(name)
        if not person.accounts:
            self.reach_user(name, HOME)
        if self.links(person, LinkKind.RESET):
            self.pass_time(LINK_SPACING_S)
        self._must(self.perform(RequestReset(person.email)), f"{name} was to ask for a reset")
        if not self._has_come(person, LinkKind.RESET):
            raise Unreached(f"{name} was to be mailed a reset link, but {self._came_instead(person)}")
        return person

    def reach_new_password(self, name: str) -> Person:
        """Have `name` reset the password without clicking OK."""
        person = self.reach_reset_mail(name)
        self._must(self.set_password(name, "the newest reset"), f"{name} was to set a new password")
        return person

    def reach_reset(self, name: str) -> Person:
        """Have `name` reset the password and pair anew, if they had: by what OK shows, by mail, or in the settings.

        Where nothing brings a new QR code, the app that they have is the earlier one.
        """
        person = self.reach_new_password(name)
        if Offer.RENEW in self.offers:
            seen = self._must(self.confirm_password(name), f"{name} was to confirm the new password")
            if seen.shows_qr_code:
                self.scan(name)
                return person
        if not self._two_factor.intersection(person.accounts):
            self._pair_alone_again(person)
        elif self._has_come(person, LinkKind.ENROLMENT):
            self.reach_open_screen(name)
            self.scan(name)
        elif Offer.RENEW in self.offers:
            raise Unreached(f"{name} was to be shown a new QR code after OK, or mailed one, but neither came")
        else:
            person.earlier += [person.authenticator] if person.authenticator else []
            person.authenticator, person.without_renewal = None, True
        return person

    def _pair_alone_again(self, person: Person) -> None:
        """Have them pair again where the reset took the pairing; else the app they have is the earlier one."""
        if not person.paired_alone or person.authenticator is None:
            return
        seen = self._log_in_plainly(person)
        if seen.accepted:
            self._pair_alone(person)
        elif seen.asks_for_code:
            person.earlier.append(person.authenticator)
        else:
            self._must(seen, f"{person.name} was to log in with the new password")

    def reach_resets(self, name: str, count: int) -> None:
        """Have `name` reset the password `count` times, scanning each QR code."""
        for _ in range(count):
            self.pass_time(RESET_SPACING_S)
            self.reach_reset(name)

    def reach_renewal_mail(self, name: str) -> None:
        """Have `name` set a new password and be mailed a link to the new QR code, without clicking OK."""
        person = self.reach_new_password(name)
        if not self._has_come(person, LinkKind.ENROLMENT):
            raise Unreached(f"{name} was to be mailed a link to the new QR code, but {self._came_instead(person)}")

    def _has_come(self, person: Person, kind: LinkKind) -> bool:
        """Whether a link of `kind` has come since their mails were read last."""
        read = self._mails_noted[person.name]
        return any(link.kind is kind for mail in self.mails(person)[read:] for link in mail.links)

    def renew(self, name: str) -> None:
        """Have `name` follow the five renewal steps; that they can be followed is itself expected."""
        try:
            self.reach_reset(name)
        except Unreached as broken_off:
            raise Departure("the renewal steps to lead to a new QR code", str(broken_off)) from broken_off

    def reach_pairings(self, count: int, among: str) -> None:
        """Have `count` people pair an authenticator each, `among` one of them."""
        names = [among, *(f"Person{number}" for number in range(1, count))]
        for name in names:
            self.reach_user(name, HOME)
        for name in names:
            self.reach_pairing(name)

    def reach_switch(self, name: str, account: str) -> None:
        """Have `name` switch to another account."""
        self._must(self.switch_account(name, account), f"{name} was to switch to {account}")

    def reach_offset(self, name: str, ahead_s: int) -> None:
        """Put the clock of `name`'s authenticator ahead (or back, below 0)."""
        self._known_authenticator(self.person(name)).offset_s = ahead_s

    def reach_status(self, name: str, status: UserStatus, account: str) -> None:
        """Have the account's administration block, remove or restore `name`."""
        self._must(self.set_status(name, status, account), f"{name} was to be {status} in {account}")

    def reach_account_status(self, account: str, status: AccountStatus) -> None:
        """Have the vendor block `account`."""
        self._must(self.set_account_status(account, status), f"{account} was to be {status}")

    def reach_failures(self, name: str, count: int, what: str) -> None:
        """Have somebody try `count` logins as `name` with a wrong password or wrong codes."""
        if any(seen.accepted for seen in self.try_wrong(name, count, what)):
            raise Unreached(f"logins with wrong {what} were to be refused, but one was accepted")

    def reach_days_of_failures(self, name: str, days: int, count: int) -> None:
        """Have `count` wrong codes tried for `name` on each of `days`, and `name` log in after them."""
        for _ in range(days):
            self.reach_failures(name, count, "codes")
            self.reach_session(name, HOME)
            self.pass_time(A_DAY_S)

    def reach_leading_zero(self, name: str) -> None:
        """Let time pass until `name`'s code begins with 0."""
        authenticator = self._known_authenticator(self.person(name))
        self._settle()
        steps = next((n for n in range(2, 400) if authenticator.code_at(self.now() + n * STEP_S)[0] == "0"), None)
        if steps is None:
            raise Unreached("no code of the next 400 begins with 0")
        self.pass_time(steps * STEP_S)
