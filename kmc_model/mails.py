"""The mails, as a person gets them: a link is known by its kind, never by words, and mailed as soon as it is issued."""

from kmc_model.records import Link, LinkKind, Mail

__all__ = ["PATHS", "account_joined", "enrolment", "first_password", "renewal", "reset"]

SITE = "https://kmc.example/index.php/kmcng/actions"
PATHS = {LinkKind.ENROLMENT: "auth-info", LinkKind.RESET: "restore-password"}


def _url(link: Link) -> str:
    return f"{SITE}/{PATHS[link.kind]}/{link.token}"


def enrolment(link: Link) -> Mail:
    """The mail that leads to the authentication screen."""
    text = (
        "Two-factor authentication is on for an account of yours.\n"
        f"Open this link to see your QR code and scan it with an authenticator app:\n{_url(link)}\n"
        "The link shows the QR code once. Your password stays as it is.\n"
    )
    return Mail(link.email, link.issued_at, "Set up two-factor authentication for the KMC", text, link.token)


def renewal(link: Link) -> Mail:
    """The mail that brings the new QR code after a reset."""
    text = (
        "You have set a new password, so your earlier QR code is no longer valid.\n"
        f"Your new QR code:\n{_url(link)}\nThe link shows the QR code once.\n"
    )
    return Mail(link.email, link.issued_at, "Your new QR code for the KMC", text, link.token)


def reset(link: Link) -> Mail:
    """The mail that answers Forgot Password."""
    text = f"Someone asked to reset your password. Set a new one here:\n{_url(link)}\n"
    return Mail(link.email, link.issued_at, "Reset your KMC password", text, link.token)


def first_password(link: Link) -> Mail:
    """The mail to someone who was registered without a password."""
    text = f"You are now a user of the KMC. Set your password here:\n{_url(link)}\n"
    return Mail(link.email, link.issued_at, "Welcome to the KMC", text, link.token)


def account_joined(email: str, now: int) -> Mail:
    """The mail to someone who already has credentials; it carries no link."""
    return Mail(email, now, "You have a new KMC account", "Your credentials now open one account more.\n")
