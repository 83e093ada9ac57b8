"""What stands on the KMC's screens, as a person reads it: another skin or language is another table."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["Words"]

_STORES = {
    "Google Authenticator for Android": r"^https://play\.google\.com/.*com\.google\.android\.apps\.authenticator2",
    "Google Authenticator for iOS": r"^https://(?:itunes|apps)\.apple\.com/.*google-authenticator",
}


def _reads(pattern: str) -> re.Pattern[str]:
    return re.compile(f"^(?:{pattern})$", re.IGNORECASE)


class Words(NamedTuple):
    """Labels and names as regular expressions, and the addresses one starts from."""

    email: re.Pattern[str] = _reads(r"e-?mail")
    password: re.Pattern[str] = _reads("password")
    code: re.Pattern[str] = _reads(r"(?:enter )?authenticator code")
    remember: re.Pattern[str] = _reads("remember me")
    forgot: re.Pattern[str] = _reads(r"forgot password\??")
    sign_up: re.Pattern[str] = _reads("sign up")
    log_in: re.Pattern[str] = _reads("log ?in")
    log_out: re.Pattern[str] = _reads("log ?out")
    follow: re.Pattern[str] = _reads("continue")
    ok: re.Pattern[str] = _reads("ok")
    send: re.Pattern[str] = _reads("send")
    old_password: re.Pattern[str] = _reads("old password")
    new_password: re.Pattern[str] = _reads("enter new password")
    again: re.Pattern[str] = _reads("confirm new password")
    set_password: re.Pattern[str] = _reads("set password|save")
    settings: re.Pattern[str] = _reads("change password")
    two_factor: re.Pattern[str] = _reads(".*two-factor.*")
    switch_to: str = "Switch to {account}"
    start: str = "/index.php/kmcng/login"
    home: str = "/index.php/kmcng/home"
    links: Mapping[str, str] = MappingProxyType(
        {
            "enrolment": "/index.php/kmcng/actions/auth-info/",
            "reset": "/index.php/kmcng/actions/restore-password/",
        }
    )

    def named(self, label: str, address: str = "") -> str:
        """Return what the article calls a field, button or link; its own label where the article is silent."""
        if address:
            for name, pattern in _STORES.items():
                if re.search(pattern, address):
                    return name
            if label in _STORES:
                return f"{label} (elsewhere)"
        for name, reads in self._article():
            if reads.match(label):
                return name
        return label

    def _article(self) -> list[tuple[str, re.Pattern[str]]]:
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
