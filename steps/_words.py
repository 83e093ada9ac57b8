"""The words that sentences are made of."""

from collections.abc import Callable

import parse
from pytest_bdd import parsers

from kmc_harness.scenario import calendar, people
from kmc_model import sentences

__all__ = ["sentence"]


def _account_named(text: str) -> str | None:
    return text.removeprefix("to ") if text.startswith("to ") else None


def _place(text: str) -> dict[str, str]:
    """Return where a link is opened, as acts are told it: in whose browser, or at the address of whose link."""
    name = text.removesuffix("'s").rpartition(" ")[2]
    return {"browser_of" if "browser" in text else "address_of": name} if text else {}


def _typed(pattern: str, convert: Callable[[str], object] = str) -> Callable[[str], object]:
    def converted(text: str) -> object:
        return convert(text)

    return parse.with_pattern(pattern)(converted)  # type: ignore[no-any-return]


_WHO = "Ada|Bo|Cleo|Dan|Grace|Mallory|she|he|they"
_TYPES = {
    "Who": _typed(_WHO),
    "Account": _typed(r"Acme|Globex|Initech"),
    "Duration": _typed(sentences.DURATION_PATTERN, sentences.duration_s),
    "Code": _typed(sentences.CODE_PATTERN, sentences.code),
    "Result": _typed(r"accepted|refused|asked for a code"),
    "On": _typed(r"on|off", "on".__eq__),
    "Place": _typed(rf"| in the browser of (?:{_WHO})|, at the address of (?:{_WHO})'s", _place),
    "Where": _typed(r"to Acme|to Globex|to Initech|naming no account", _account_named),
    "Into": _typed(r"| to Acme| to Globex| to Initech", lambda text: text.removeprefix(" to ")),
    "Before": _typed(
        r"the code was asked for|a login to (?:Acme|Globex|Initech)",
        lambda text: text.removeprefix("a login to ") if text.startswith("a login") else "",
    ),
    "Each": _typed(
        r"a code|the e-mail in other capitals",
        {"a code": {"code": "123456"}, "the e-mail in other capitals": {"in_other_capitals": True}}.__getitem__,
    ),
    "Password": _typed("|".join(sentences.PASSWORDS), sentences.PASSWORDS.__getitem__),
    "Taken": _typed("|".join(people.TAKEN), people.TAKEN.__getitem__),
    "WhichSession": _typed(r"the session|the earlier session", "the earlier session".__eq__),
    "Link": _typed(sentences.LINK_PATTERN, sentences.link),
    "Status": _typed(
        r"blocked in|removed from|restored in",
        {"blocked in": "blocked", "removed from": "removed", "restored in": "active"}.__getitem__,
    ),
    "How": _typed(r"with a password|by mail", "with a password".__eq__),
    "Time": _typed(r"\d\d:\d\d"),
    "Day": _typed(calendar.DAY_PATTERN),
    "EmailShape": _typed("|".join(people.EMAILS), people.EMAILS.__getitem__),
    "EmailLike": _typed("|".join(people.EMAILS_LIKE), people.EMAILS_LIKE.__getitem__),
    "PasswordShape": _typed("|".join(people.PASSWORDS), people.PASSWORDS.__getitem__),
    "Way": _typed(r"by its address|by Continue", "by Continue".__eq__),
    "Names": _typed(r".+", lambda text: tuple(text.replace(" and ", ", ").split(", "))),
    "Kind": _typed(r"enrolment|reset"),
    "Sense": _typed(r"behind|ahead", {"behind": -1, "ahead": 1}.__getitem__),
    "Ahead": _typed(r"\d+ s (?:fast|slow)", lambda text: int(text.split()[0]) * (-1 if "slow" in text else 1)),
}


def sentence(text: str) -> parsers.StepParser:
    """Return the parser of a step's sentence with the words above as types."""
    return parsers.parse(text, extra_types=_TYPES)
