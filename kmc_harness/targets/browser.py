"""The KMC's screens in Chromium: what a person does is done by role and label, what they see is read there.

How a page is looked at and used is the page's own (`browser_page`); what reads how is a table (`browser_words`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    GoToLogin,
    LogIn,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    Screen,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UseSession,
)
from kmc_harness.targets._lab import BesideLab
from kmc_harness.targets.browser_page import FLAGS, Kept, Page, chromium
from kmc_harness.targets.browser_words import Word, Words, read

if TYPE_CHECKING:
    from kmc_harness.targets._kaltura_admin import Administration

__all__ = ["FLAGS", "Browser", "chromium"]

NO_SUCH_THING = "there is nothing on the screen to do this with"


def _vendor(url: str, secret: str) -> "Administration":
    try:
        from kmc_harness.targets._kaltura_admin import Administration
        from kmc_harness.targets._kaltura_wire import Wire
    except ModuleNotFoundError as error:
        hint = "to administer by API v3, install Kaltura's client: pip install 'kmc-harness[kaltura]'"
        raise ModuleNotFoundError(hint, name=error.name) from error
    return Administration(Wire(url), secret, "")


class Browser(BesideLab):
    """A KMC in Chromium; administration, clock and mail are the lab's, or administration goes by API v3."""

    name = "browser"
    viewport: ClassVar[tuple[int, int]] = (640, 860)
    by_itself = frozenset(
        {
            Offer.SWITCH,
            Offer.RESET,
            Offer.RENEW,
            Offer.RULES,
            Offer.CHANGE,
            Offer.SCREEN,
            Offer.ACCOUNTS,
            Offer.MEMBERSHIPS,
            Offer.BROWSERS,
        }
    )

    def __init__(self, url: str, token: str = "", wording: str | Words = "", secret: str = "") -> None:
        """Look at `url`, with what `token` opens beside it (see BesideLab).

        Args:
            url: where the site is.
            token: opens the lab there.
            wording: what stands on the screens: a table, or the name of its file.
            secret: where there is no lab: the vendor's (partner -2) on the server of these screens, which founds
                accounts and sets them up by API v3.

        Raises:
            LookupError: there is no Chromium.
            Misuse: there is no such table, or it makes no sense.

        """
        super().__init__(url, token)
        self.words = wording if isinstance(wording, Words) else read(wording) if wording else Words()
        self.page = Page(self._url, self.words.selectors(), self.words.busy, self.viewport)
        self._vendor = _vendor(self._url, secret) if secret else None
        self.numbers: dict[str, int] = self._vendor.partners if self._vendor else {}
        """The numbers of the accounts spoken of, as far as they are told."""
        self._machines: dict[tuple[str, str], Kept] = {}
        self._sessions: dict[str, tuple[Kept, tuple[str, str] | None]] = {}
        self._shown = ""
        self._refused_at: tuple[str, str] | None = None
        self._dones: dict[str, Any] = {}
        self._acts: dict[type[Action], Callable[[Any], Observation]] = {
            OpenEnrolmentLink: self._open,
            GoToLogin: self._go_to_login,
            LogIn: self._log_in,
            LogOut: self._log_out,
            UseSession: self._use,
            SwitchAccount: self._switch,
            ChangePassword: self._change,
            RequestReset: self._forgot,
            SetPassword: self._restore,
            ConfirmPassword: self._confirm,
        }

    @property
    def offers(self) -> frozenset[Offer]:
        """What the screens do, and what lab or vendor do beside them."""
        return self._vendor.changed(self.by_itself) if self._vendor else super().offers

    def reset(self) -> None:
        """Everybody is new in any case; machines and sessions of the scenario before are forgotten."""
        if self._vendor:
            self._vendor.reset()
        for place in self._dones.values():
            if not isinstance(place, str):
                place.close()
        for kept in (self._machines, self._sessions, self._dones):
            kept.clear()

    def perform(self, action: Action) -> Observation:
        """Do in the browser what users do, and through the lab what they do not."""
        if isinstance(action, RegisterUser | SetUserStatus | SetAccountStatus):
            return self._administer(action)
        if isinstance(action, EnableTwoFactor | DisableTwoFactor):
            return self._administer(action) if action.session is None else self._try_switching(action.session)
        if type(action) not in self._acts:
            raise NotOffered(type(action).__name__)
        return self._acts[type(action)](action)

    def _administer(self, action: Any) -> Observation:
        if self._vendor:
            return self._vendor.answered(action)
        said = self._with_lab(type(action).__name__).perform(action)
        if said.get("partnerId"):
            self.numbers[action.account] = said["partnerId"]
        return Observation(said["accepted"], said["message"])

    def mails_are_out(self) -> bool:
        """Whether the server has no mail left to send, as its vendor is told.

        Raises:
            NotOffered: one is not trusted with that.

        """
        if self._vendor is None:
            raise NotOffered("what the vendor does")
        return self._vendor.mails_are_out()

    def close(self) -> None:
        """End the browser."""
        self.page.close()
        super().close()

    # The page

    def go(self, path: str) -> None:
        """Load an address."""
        self._shown, self._refused_at = "", None
        self.page.go(path)

    def must(self, was_there: bool, what: Word) -> None:
        """Break off where something is missing that is always there: that nobody answers is no refusal."""
        if not was_there:
            raise LookupError(f"nothing on the screen reads {what}")

    def _see(self, accepted: bool | None = None, **more: Any) -> Observation:
        """Return what is on the page; `accepted`: None where a QR code says so."""
        look, named = self.page.look, self.words.named
        names = [named(label) for label, *_ in look.field]
        names += [named(label, address) for label, address, _ in look.control]
        filled_in = {named(label): text for label, text, _ in look.field}
        told = "" if accepted and more.get("session") else self.page.told()
        picture, cache_control = self.page.picture() or (None, self.page.cache_control())
        if picture:
            names += [named(address, address) for address in self.page.leads(self.words.opens)]
        return Observation(
            accepted=bool(picture) if accepted is None else accepted,
            message=told,
            picture=picture,
            screen=Screen(tuple(dict.fromkeys(names)), filled_in, cache_control),
            **more,
        )

    def _refused(self, **more: Any) -> Observation:
        """Return what is on the page of somebody who was refused.

        Raises:
            LookupError: nothing on it says so; that a page cannot be read is no refusal.

        """
        seen, fields = self._see(False, **more), (self.words.email, self.words.password, self.words.new_password)
        if not seen.message and not any(self.page.look.has("field", each) for each in fields):
            raise LookupError(f"{self.page.address} says neither that it was done nor that it was refused")
        return seen

    # What people do

    def _address(self, kind: str, link: str) -> str:
        return self.words.links[kind] + quote(link.rpartition("/")[2], safe="=-_%")

    def _open(self, action: OpenEnrolmentLink) -> Observation:
        self._visit(self._address("enrolment", action.link), action.browser)
        self._shown = action.link
        return self._see()

    def _visit(self, address: str, handle: str | None) -> None:
        """Open a mailed link where a session is at home, if one is named; what it makes of that is kept."""
        kept, machine = self._sessions.get(handle or "", (Kept(), None))
        self.page.sit_at(kept)
        self.go(address)
        if handle in self._sessions:
            self._sessions[handle] = (self.page.kept(), machine)

    def _go_to_login(self, action: GoToLogin) -> Observation:
        if action.link is not None:
            on_it = self._shown == action.link and self.page.click(self.words.follow)
            self._shown = ""
            return self._see(on_it)
        self.page.sit_at(self._machines.get((action.email, action.device or ""), Kept()).in_a_new_tab())
        self.go(self.words.start)
        return self._see(True)

    def _log_in(self, action: LogIn) -> Observation:
        words, page = self.words, self.page
        machine = (action.email, action.device) if action.device else None
        place = self.login_of(action.account)
        if machine or self._refused_at != place or (action.code is None and page.look.has("field", words.code)):
            self._go_to(place, self._machines.get(machine, Kept()) if machine else Kept())
        had_code = page.look.has("field", words.code)
        self.must(page.fill(words.email, action.email), words.email)
        self.must(page.fill(words.password, action.password), words.password)
        if machine or page.look.has("field", words.remember):
            page.tick(words.remember, machine is not None)
        if had_code:
            page.fill(words.code, action.code or "")
        self.must(page.click(words.log_in), words.log_in)
        asks = page.look.has("field", words.code)
        if asks and not had_code and action.code is not None:
            page.fill(words.code, action.code)
            page.click(words.log_in)
        if not self.is_inside():
            # The next stranger types into what is there.
            self._refused_at = None if machine else place
            return self._refused(asks_for_code=asks and not action.code and page.look.has("field", words.code))
        self._refused_at = None
        kept = page.kept()
        if machine:
            self._machines[machine] = kept
        handle = f"machine of login {len(self._sessions) + 1}"
        self._sessions[handle] = (kept, machine)
        return self._inside(handle)

    def login_of(self, account: str | None) -> tuple[str, str]:
        """Return where one logs in to an account: an address, and what the machine remembers of it."""
        return self.words.start + (f"?{urlencode({'account': account})}" if account else ""), ""

    def remembering(self, kept: Kept, remembered: str) -> Kept:
        """Return what a machine keeps that remembers this of where one logs in."""
        return kept

    def _go_to(self, place: tuple[str, str], kept: Kept) -> None:
        address, remembered = place
        self.page.sit_at(self.remembering(kept.in_a_new_tab(), remembered))
        self.go(address)

    def is_inside(self) -> bool:
        """Whether one is logged in, by what the page offers."""
        return self.page.look.has("control", self.words.log_out)

    def _inside(self, handle: str) -> Observation:
        account = self.here()
        return self._see(True, session=handle, account=account)

    def here(self) -> str:
        """Return the account that the page is about."""
        return self.page.look.heading

    def _enter(self, handle: str) -> bool:
        """Load the first page with what a machine keeps; whether that is still a page for insiders."""
        self.page.sit_at(self._sessions[handle][0] if handle in self._sessions else Kept())
        self.go(self.words.home)
        return self.is_inside()

    def _use(self, action: UseSession) -> Observation:
        return self._inside(action.session) if self._enter(action.session) else self._refused()

    def _log_out(self, action: LogOut) -> Observation:
        if self._enter(action.session):
            self.leave()
            if machine := self._sessions[action.session][1]:
                self._machines[machine] = self.page.kept()
        return self._see(True)

    def leave(self) -> None:
        """Log out."""
        self.must(self.page.click(self.words.log_out), self.words.log_out)

    def _switch(self, action: SwitchAccount) -> Observation:
        if not self._enter(action.session):
            return self._refused()
        if self.here() == action.account:
            return self._inside(action.session)
        if not self.choose_account(action.account):
            return Observation(False, NO_SUCH_THING)
        if not self.is_inside():
            return self._refused()
        told = self.page.told()
        if (account := self.here()) != action.account:
            if not told:
                raise LookupError(f"neither a word of refusal nor {action.account}: the page is about {account!r}")
            return Observation(False, told)
        self._sessions[action.session] = (self.page.kept(), self._sessions[action.session][1])
        return self._inside(action.session)

    def choose_account(self, account: str) -> bool:
        """Ask for another account; False where it is not offered."""
        return self.page.click(self.words.switch(account))

    def _try_switching(self, handle: str) -> Observation:
        """Look for a way to switch two-factor authentication, on the pages of somebody logged in."""
        if not self._enter(handle):
            return self._see(False)
        return self._see(self.page.click(self.words.two_factor))

    def _change(self, action: ChangePassword) -> Observation:
        if not self._enter(action.session) or not self.open_settings():
            return self._see(False)
        self.page.fill(self.words.old_password, action.password)
        self.page.fill(self.words.code, action.code or "")
        done = self._choose(action.new_password) and self.has_changed()
        return self._see(done, session=action.session)

    def open_settings(self) -> bool:
        """Go to where a password is changed; False where there is no way."""
        return self.page.click(self.words.settings)

    def has_changed(self) -> bool:
        """Whether the password has been changed, by what the page says."""
        return self.page.look.says(self.words.saved)

    def _choose(self, password: str) -> bool:
        return (
            self.page.fill(self.words.new_password, password)
            and self.page.fill(self.words.again, password)
            and self.page.click(self.words.set_password)
        )

    def _forgot(self, action: RequestReset) -> Observation:
        words, page = self.words, self.page
        page.sit_at(Kept())
        self.go(words.start)
        self.must(page.click(words.forgot), words.forgot)
        self.must(page.fill(words.email, action.email), words.email)
        self.must(page.click(words.send), words.send)
        return self._see(page.look.says(words.sent))

    def _restore(self, action: SetPassword) -> Observation:
        self._visit(self._address("reset", action.link), action.browser)
        if not self._choose(action.password):
            return self._see(False)
        done = self.page.look.has("control", self.words.ok)
        seen = self._see(done)
        if done:
            # What a page with scripts has to show is in its tab alone, which stays as it is until somebody comes back.
            self._dones[action.link] = self.page.new_tab() if self.page.look.scripted else self.page.address
        return seen

    def _confirm(self, action: ConfirmPassword) -> Observation:
        place = self._dones.get(action.link)
        if place is None:
            return Observation(False, NO_SUCH_THING)
        if isinstance(place, str):
            self.go(place)
        else:
            self.page.back_to(place)
            del self._dones[action.link]
        if not self.page.click(self.words.ok):
            return self._see(False)
        self._shown = action.link
        seen = self._see()
        return seen if seen.picture or not self.page.look.has("field", self.words.email) else self._see(True)
