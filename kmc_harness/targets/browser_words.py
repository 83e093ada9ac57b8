"""What stands on the KMC's screens, as a person reads it: another skin or language is another table."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from kmc_harness.verdicts import Misuse

__all__ = ["Word", "Words", "read"]

HERE = Path(__file__).parent
CSS = "css:"
NOWHERE = re.compile("(?!)")
_STORES = {
    "Google Authenticator for Android": r"^https://play\.google\.com/.*com\.google\.android\.apps\.authenticator2",
    "Google Authenticator for iOS": r"^https://(?:itunes|apps)\.apple\.com/.*google-authenticator",
}


class Word(NamedTuple):
    """How something is found: by what it reads as, or, where it reads as nothing, by a CSS selector."""

    pattern: re.Pattern[str]
    selector: str = ""

    def fits(self, name: str, selectors: Sequence[str]) -> bool:
        """Whether it is of that name, or one of the selectors that fit it is this one."""
        return self.selector in selectors if self.selector else bool(self.pattern.match(name))

    def __str__(self) -> str:
        return self.selector or self.pattern.pattern


def _reads(text: str) -> Word:
    """Return what finds all that reads as `text`, a regular expression; or `css:` and a selector.

    Raises:
        re.error: it is no regular expression.

    """
    if text.startswith(CSS):
        return Word(NOWHERE, text.removeprefix(CSS).strip())
    return Word(re.compile(f"^(?:{text})$", re.IGNORECASE))


class Words(NamedTuple):
    """Labels and names, and the addresses that one starts from.

    Attributes:
        sent: the line that says that the mail of a reset is on its way.
        saved: the line that says that a password has been changed.
        busy: what reads so is still under way.
        menu: what opens the menu of somebody logged in, where there is one.
        menu_account: what in that menu names the account, line by line.
        accounts: what in that menu leads to the other accounts.
        opens: controls of the screen with the QR code whose address is seen only in the window that they open.
        screens: which class goes through them, where they are not as `kmc serve` draws them.

    """

    email: Word = _reads("e-?mail")
    password: Word = _reads("password")
    code: Word = _reads("(?:enter )?authenticator code")
    remember: Word = _reads("remember me")
    forgot: Word = _reads(r"forgot password\??")
    sign_up: Word = _reads("sign up")
    log_in: Word = _reads("log ?in")
    log_out: Word = _reads("log ?out")
    follow: Word = _reads("continue")
    ok: Word = _reads("ok")
    send: Word = _reads("send")
    sent: Word = _reads("an e-?mail has been sent.*")
    old_password: Word = _reads("old password")
    new_password: Word = _reads("enter new password")
    again: Word = _reads("confirm new password")
    set_password: Word = _reads("set password|save")
    saved: Word = _reads(r"your password has been changed\.?")
    settings: Word = _reads("change password")
    menu: Word = Word(NOWHERE)
    menu_account: Word = Word(NOWHERE)
    accounts: Word = Word(NOWHERE)
    two_factor: Word = _reads(".*two-factor.*")
    busy: Word = _reads(r"wait(?:…|\.\.\.)")
    opens: Word = Word(NOWHERE)
    switch_to: str = "Switch to {account}"
    start: str = "/index.php/kmcng/login"
    home: str = "/index.php/kmcng/home"
    screens: str = ""
    links: Mapping[str, str] = MappingProxyType(
        {
            "enrolment": "/index.php/kmcng/actions/auth-info/",
            "reset": "/index.php/kmcng/actions/restore-password/",
        }
    )

    def selectors(self) -> list[str]:
        """Return the selectors by which something is found."""
        return [each.selector for each in self if isinstance(each, Word) and each.selector]

    def switch(self, account: str) -> Word:
        """Return what leads to an account; `switch_to` is the text that stands there, but for what is in braces."""
        said = "".join(
            re.escape(account) if part == "{account}" else ".*" if part == "{any}" else re.escape(part)
            for part in re.split(r"(\{\w+\})", self.switch_to)
        )
        return _reads(said)

    def named(self, label: str, address: str = "") -> str:
        """Return what the article calls a field or control; its own label where the article is silent."""
        if address:
            for name, pattern in _STORES.items():
                if re.search(pattern, address):
                    return name
            if label in _STORES:
                return f"{label} (elsewhere)"
        for name, reads in self._article():
            if reads.fits(label, ()):
                return name
        return label

    def _article(self) -> list[tuple[str, Word]]:
        return [
            ("E-mail", self.email),
            ("Password", self.password),
            ("Authenticator Code", self.code),
            ("Remember me", self.remember),
            ("Forgot Password?", self.forgot),
            ("Sign Up", self.sign_up),
            ("Login", self.log_in),
            ("Continue", self.follow),
        ]


def read(name: str) -> Words:
    """Return the table in the TOML file `name`, or in the one of that name that ships.

    Raises:
        Misuse: there is none, or it has an entry that makes no sense.

    """
    path = Path(name) if Path(name).exists() else HERE / name
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(each.name for each in sorted(HERE.glob("*.toml")))
        raise Misuse(f"--wording {name!r} cannot be read ({error.strerror}); these ship: {shipped}") from error
    except ValueError as error:
        raise Misuse(f"--wording {name!r} is no TOML: {error}") from error
    known = Words._field_defaults
    made: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise Misuse(f"--wording {name!r} names {key!r}; it takes {', '.join(known)}")
        try:
            made[key] = _entry(known[key], value)
        except (TypeError, re.error) as error:
            raise Misuse(f"--wording {name!r}: {key} cannot be {value!r}: {error}") from error
    return Words(**made)


def _entry(default: Any, value: Any) -> Any:
    """Return an entry of the table, of the kind that `default` is."""
    if isinstance(default, Mapping):
        if not isinstance(value, dict) or not default.keys() >= value.keys():
            raise TypeError(f"it is a table of {', '.join(default)}")
        return {**default, **value}
    if not isinstance(value, str):
        raise TypeError("it is a text")
    return _reads(value) if isinstance(default, Word) else value
