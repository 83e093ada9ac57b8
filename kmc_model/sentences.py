"""The meaning of the words for codes, links and passwords in the sentences of the features.

Two readers interpret these sentences: the moves of the state space work with symbols, and the steps in front of a
target work with apps and mails. This module chooses the code, link or password for both. It also sets the waiting time
before a code is typed.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

from kmc_model.clock import STEP_S

__all__ = [
    "A_CODE",
    "CODE_PATTERN",
    "DURATION_PATTERN",
    "FIRST_PASSWORD",
    "HOUR_S",
    "LINKS_APART_S",
    "LINK_PATTERN",
    "NO_CODE",
    "PASSWORDS",
    "WRONG_PASSWORD",
    "Code",
    "Link",
    "Source",
    "Which",
    "chosen",
    "code",
    "duration_in_words",
    "duration_s",
    "link",
    "new_password",
    "wait_s",
]

_T = TypeVar("_T")


# Codes


class Source(Enum):
    """What a code comes from."""

    NOTHING = "none is typed"
    EMPTY = "an empty text is typed"
    LAST = "the last login of theirs that was accepted with a code"
    TYPED = "whatever they typed last, accepted or not"
    ZEROS = "six zeros"
    EMPTY_KEY = "the empty key, as a login without any secret might check it"
    APP = "an authenticator app"


class Code(NamedTuple):
    """A code as a sentence describes it.

    Attributes:
        source: the origin of the code; the other attributes describe the code of an app.
        owner: the owner of the app; empty for the person who types the code.
        is_earlier: whether the code comes from the app entry before the present one.
        is_fresh: whether its time step must be without another code of the same person.
        offset_s: the time of the code, in seconds from now; negative for the past.
        flaw: the difference between the typed text and the code in the app; empty for none.

    """

    source: Source = Source.APP
    owner: str = ""
    is_earlier: bool = False
    is_fresh: bool = False
    offset_s: int = 0
    flaw: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it is a code of the person's own app, for any time."""
        return self.source is Source.APP and not (self.owner or self.flaw)


NO_CODE, A_CODE = Code(Source.NOTHING), Code(is_fresh=True)

FLAWS = (
    "a wrong code",
    "letters for a code",
    "the word None for a code",
    "a code cut short",
    "a code with a digit too many",
    "the code without its leading zeros",
    "a code made with SHA-256",
    "a code of eight digits",
    "a code made in steps of 60 s",
    "a code with another first digit",
    "a code with another last digit",
    "a code with two digits exchanged",
    "a code turned round",
    "a code of six equal digits",
)
_CODES: dict[str, Code] = {
    "a code": A_CODE,
    "no code": NO_CODE,
    "an empty code": Code(Source.EMPTY),
    "a code made of six zeros": Code(Source.ZEROS),
    "the code of an empty key": Code(Source.EMPTY_KEY),
    "the same code": Code(Source.LAST),
    "the code typed before": Code(Source.TYPED),
    "a code of the earlier QR code": Code(is_earlier=True, is_fresh=True),
    "a code of the first app": Code(is_earlier=True, is_fresh=True),
    **{words: Code(flaw=words) for words in FLAWS},
}
CODE_PATTERN = "|".join((*_CODES, r"a code made -?\d+ s from now", "[A-Z][a-z]+'s code"))
"""A pattern of all words for a code."""


def code(words: str) -> Code:
    """Return the code that `words` speak of, which fit `CODE_PATTERN`."""
    if made_at := re.fullmatch(r"a code made (-?\d+) s from now", words):
        return Code(offset_s=int(made_at[1]))
    if words.endswith("'s code"):
        return Code(owner=words.removesuffix("'s code"))
    return _CODES[words]


EDGE_S = 5
"""The least distance, in seconds, of a typed code from the edges of its time step, unless a sentence sets it."""


def wait_s(code: Code, now: int, last_step: int) -> int:
    """Return how many seconds somebody waits before they type `code`.

    Args:
        code: which one.
        now: epoch seconds.
        last_step: the time step in which a code of theirs was typed last.

    """
    if code.source in (Source.NOTHING, Source.EMPTY):
        return 0
    into_s = now % STEP_S
    waits = 0 if EDGE_S <= into_s <= STEP_S - EDGE_S else (2 * EDGE_S - into_s) % STEP_S
    is_used = code.is_fresh and now + waits < (last_step + 2) * STEP_S
    return waits + 2 * STEP_S * is_used


# Lengths of time

DURATION_PATTERN = r"\d+ (?:days?|h|min|s)(?: \d+ (?:h|min|s))*"
"""A pattern of all words for a length of time."""
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
_UNITS_S = {"days": DAY_S, "day": DAY_S, "h": HOUR_S, "min": MINUTE_S, "s": 1}


def duration_s(words: str) -> int:
    """Return how many seconds `words` mean, which fit `DURATION_PATTERN`."""
    found = words.split()
    return sum(int(count) * _UNITS_S[unit] for count, unit in zip(found[::2], found[1::2], strict=True))


def duration_in_words(seconds: int) -> str:
    """Return words for a length of time; in hours up to two days."""
    days = seconds // DAY_S if seconds >= 2 * DAY_S else 0
    seconds -= days * DAY_S
    words = [f"{days} days"] if days else []
    for size_s, unit in ((HOUR_S, "h"), (MINUTE_S, "min"), (1, "s")):
        if seconds == MINUTE_S and not words:
            return "60 s"
        count, seconds = divmod(seconds, size_s)
        words += [f"{count} {unit}"] if count else []
    return " ".join(words) or "0 s"


# Links


class Which(Enum):
    """The choice among the links mailed to a person."""

    NEWEST = "the newest"
    FIRST = "the first"
    EARLIER = "the earlier"
    SAME = "the same"
    MADE_UP = "a made-up"
    NULL = "a null"
    HALF = "half of the newest"


class Link(NamedTuple):
    """A link as a sentence describes it.

    `used_as` is another kind of link, if the token of this link is put into an address of that kind.
    """

    which: Which
    kind: str
    used_as: str = ""


_KINDS = ("enrolment", "reset")
LINK_PATTERN = "|".join(
    (
        f"(?:{'|'.join(each.value for each in Which)}) (?:{'|'.join(_KINDS)}) link",
        "the reset link as an enrolment link",
        "the enrolment link as a reset link",
    )
)
"""A pattern of all words for a link."""


def link(words: str) -> Link:
    """Return the link that `words` speak of, which fit `LINK_PATTERN`."""
    if used_as := re.fullmatch(r"the (\w+) link as an? (\w+) link", words):
        return Link(Which.NEWEST, used_as[1], used_as[2])
    which, kind, _ = words.rsplit(" ", 2)
    return Link(Which(which), kind)


def chosen(which: Which, mailed: Sequence[_T], kept: _T | None = None) -> _T | None:
    """Return the link that `which` refers to, or None if there is none.

    The links `mailed` are in order of age, oldest first; `Which.SAME` means the link `kept`. `Which.MADE_UP`,
    `Which.NULL` and `Which.HALF` mean the newest link: the caller makes another one from it.
    """
    if which is Which.SAME:
        return kept
    if which is Which.EARLIER:
        mailed = mailed[:-1]
    if not mailed:
        return None
    return mailed[0 if which is Which.FIRST else -1]


LINKS_APART_S = 2
"""Seconds between two requests for a reset link: some products make a link from the time in seconds."""


# Passwords

FIRST_PASSWORD, WRONG_PASSWORD = "s3cure-pass!", "wr0ng-guess!"

PASSWORDS: Mapping[str, Callable[[str], str]] = {
    "a wrong password": lambda own: WRONG_PASSWORD,
    "the first password": lambda own: FIRST_PASSWORD,
    "the password in capitals": str.upper,
    "the password with another ending": lambda own: f"{own[:8]}xyz!",
    "the password cut short": lambda own: own[:8],
    "the password with more behind it": lambda own: f"{own}1",
    "an empty password": lambda own: "",
    "the password turned round": lambda own: own[::-1],
    "the password twice": lambda own: own * 2,
    "the password without its first sign": lambda own: own[1:],
    "the password with another last sign": lambda own: f"{own[:-1]}{'y' if own[-1:] == 'x' else 'x'}",
}
"""For each phrase, a function from a person's own password to the password that is typed."""


def new_password(number: int) -> str:
    """Return somebody's `number`-th new password, unlike all others; it obeys the KMC's rules: 8 to 14 signs (3.4).

    Of letters it has those of `N3w` alone, so that it holds nobody's name.
    """
    return f"N3w!{int(hashlib.sha256(str(number).encode()).hexdigest(), 16) % 10**8:08}"
