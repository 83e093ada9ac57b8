"""What one move showed on either side, and how two of these differ."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from kmc_harness.port import LinkKind
from kmc_model.analysis.configurations import Act, Move

__all__ = ["Divergence", "Leak", "Observed"]

_BEFORE_AN_ANSWER = {"": "done", "Departure": "led elsewhere", "Unreached": "could not be done"}
_SHOWN = {
    "": "no QR code",
    "new": "a new QR code",
    "known": "the QR code that they have",
    "unreadable": "no readable one",
}
_OF_QR_CODES = ("128 bits", "160 bits", "issuer and account named alike", "a quiet zone of 4 modules")


class Leak(NamedTuple):
    """Something that gives away more than it should.

    Attributes:
        words: what.
        requirement: which forbids it.
        act: the act to which different people are answered differently, where it is that.
        check: the sentence that expects it not to be so, where there is one.

    """

    words: str
    requirement: str
    act: Act | None = None
    check: str = ""


class Observed(NamedTuple):
    """What one move showed; two of them are compared field by field.

    Attributes:
        unreached: why it could not be done; the kind of reason, not the words.
        accepted, asks_for_code: the last answer.
        opened: whether it brought a session, where that was asked for; elsewhere an adapter may tell the one used.
        account: the scenario's name of the account that the session is in, where the target tells.
        shown: a QR code: `new`, `known` for the secret scanned before, `Bo's` for one of Bo's; empty for none.
        qr_code: what apps and standards look at: parameters, bits, names, quiet zone.
        mailed: by person, how many links of each kind.
        tried: how many of the wrong passwords or codes just tried were accepted.
        silent: somebody was refused a link and told nothing.
        leaks: what gives away more than it should.

    """

    unreached: str = ""
    accepted: bool = False
    asks_for_code: bool = False
    opened: bool = False
    account: str = ""
    shown: str = ""
    qr_code: tuple[object, ...] = ()
    mailed: tuple[tuple[str, int, int], ...] = ()
    tried: int = 0
    silent: bool = False
    leaks: tuple[Leak, ...] = ()


@dataclass(frozen=True)
class Divergence:
    """The move at which two targets went different ways, and what each showed.

    Attributes:
        move: after which they differ.
        expected, actual: what each showed; `account` is empty on both where one of them does not tell.
        account: in which the first one's session is, where it tells.

    """

    move: Move
    expected: Observed
    actual: Observed
    account: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what differs."""
        pairs = zip(Observed._fields, self.expected, self.actual, strict=True)
        return tuple(name for name, one, two in pairs if one != two)

    def is_like(self, other: "Divergence") -> bool:
        """Whether the same differs in the same way."""
        ways = [(each.fields, each.expected.accepted, each.actual.accepted) for each in (self, other)]
        return ways[0] == ways[1]

    @property
    def wrongly_opened(self) -> bool:
        """Whether a login was accepted that should not have been."""
        return self.actual.opened and not self.expected.opened

    def in_words(self) -> Iterator[tuple[str, str]]:
        """Yield by field in which the two differ what was expected and what was seen, in words."""
        expected, actual = self.expected, self.actual
        words: dict[str, Callable[[Observed], str]] = {
            "unreached": lambda each: _BEFORE_AN_ANSWER.get(each.unreached, "not offered"),
            "accepted": lambda each: "accepted" if each.accepted else "refused",
            "asks_for_code": lambda each: "a code asked for" if each.asks_for_code else "no code asked for",
            "opened": lambda each: "a session" if each.opened else "no session",
            "account": lambda each: f"in {each.account}",
            "shown": lambda each: _SHOWN.get(each.shown, f"{each.shown} QR code"),
            "mailed": lambda each: _links(each) or "nothing mailed",
            "tried": lambda each: f"{each.tried} of the wrong ones accepted",
            "silent": lambda each: "no word" if each.silent else "a word",
            "leaks": lambda each: ", ".join(dict.fromkeys(leak.words for leak in each.leaks)) or "nothing given away",
        }
        for name in self.fields:
            if name in words:
                yield words[name](expected), words[name](actual)
            elif expected.qr_code and actual.qr_code:
                yield _of_qr_code(expected, actual), _of_qr_code(actual, expected)


def _links(observed: Observed) -> str:
    mailed = (
        (name, kind, many) for name, *counts in observed.mailed for kind, many in zip(LinkKind, counts, strict=True)
    )
    return ", ".join(f"{many} {kind} link{'s' * (many > 1)} to {name}" for name, kind, many in mailed if many)


def _of_qr_code(one: Observed, other: Observed) -> str:
    """Return what a QR code has that the other one has not, or lacks."""
    here, there = one.qr_code, other.qr_code
    words = ["{}, {} digits, {} s".format(*cast("tuple[object, ...]", here[0]))] if here[0] != there[0] else []
    for what, has, had in zip(_OF_QR_CODES, here[1:], there[1:], strict=True):
        words += [what if has else f"not {what}"] if has != had else []
    return "; ".join(words)
