"""The screens of the published front end, kmc-ng: what no table of words can say of them.

One's account, the other accounts and the way out are in a menu; another account is chosen in a dialog.
An account to log in to has no address: the machine remembers which one was wanted where the dialog of a switch has led
to the login.
"""

from kmc_harness.targets.browser import Browser
from kmc_harness.targets.browser_page import Kept
from kmc_harness.targets.browser_words import Words

__all__ = ["KmcNg"]

WANTED = "ngx-webstorage|loginpartnerid"
NOBODYS_ID = 999_999_999


class KmcNg(Browser):
    """kmc-ng in Chromium."""

    viewport = (1280, 900)

    def __init__(self, url: str, token: str = "", wording: str | Words = "kmc-ng.toml", secret: str = "") -> None:
        """Look at `url`, as a Browser does."""
        super().__init__(url, token, wording, secret)

    def login_of(self, account: str | None) -> tuple[str, str]:
        """Return where one logs in: the same address for all, and the number of the account that is wanted."""
        return self.words.start, str(self.numbers.get(account, NOBODYS_ID)) if account else ""

    def remembering(self, kept: Kept, remembered: str) -> Kept:
        """Return what a machine keeps on which somebody was led from the dialog of a switch to the login."""
        stored = {name: value for name, value in kept.stored if name != WANTED}
        return kept._replace(stored=(*(stored | ({WANTED: remembered} if remembered else {})).items(),))

    def is_inside(self) -> bool:
        """Whether there is the menu of somebody logged in."""
        return self.page.look.has("control", self.words.menu)

    def _in_menu(self) -> None:
        if not self.page.look.has("control", self.words.log_out):
            self.must(self.page.click(self.words.menu), self.words.menu)

    def here(self) -> str:
        """Return the account that the menu names."""
        self._in_menu()
        return "-".join(self.page.texts(self.words.menu_account))

    def leave(self) -> None:
        """Log out, by the menu."""
        self._in_menu()
        super().leave()

    def choose_account(self, account: str) -> bool:
        """Ask for another account, in the dialog that the menu leads to."""
        self._in_menu()
        self.must(self.page.click(self.words.accounts), self.words.accounts)
        return self.page.tick(self.words.switch(account)) and self.page.click(self.words.follow)

    def has_changed(self) -> bool:
        """Whether the dialog has gone, which it does where the password has been changed; no other lies over it."""
        look = self.page.look
        return look.has("control", self.words.settings) and not look.has("field", self.words.new_password)
