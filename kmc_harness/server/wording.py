"""What the screens say: as the article has it, and as the published front end has it."""

from dataclasses import dataclass

__all__ = ["WORDINGS", "Wording"]


@dataclass(frozen=True)
class Wording:
    """The words of the screens."""

    heading: str = "Log in"
    email: str = "E-mail"
    code: str = "Authenticator Code"
    forgot: str = "Forgot Password?"
    scan: str = "Scan this QR code with your authentication app."
    download: str = "You can download an authentication app for both platforms:"
    send: str = "Send"


WORDINGS = {
    "article": Wording(),
    "kaltura-server": Wording(heading="Login", email="Email", code="Enter Authenticator Code"),
}
