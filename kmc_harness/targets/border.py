"""The border between an adapter and what judges: whatever an adapter does or answers, no more than this passes.

1. What is raised ends what was asked, and nothing else: also SystemExit, pytest's own exceptions and the harness'. Only
   `NotOffered` has a meaning. KeyboardInterrupt is the user's where the user has pressed Ctrl-C, else the adapter's.
2. An answer is copied, field by field, into the exact types of the port; what does not fit is the adapter's mistake.
3. What is shown is cut and spelled out; what is handed back, as the handle of a session, is refused instead.
4. Offers are read once. A later change is a mistake.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

import msgspec

from kmc_harness.hosting import supervision
from kmc_harness.hosting.time_limit import limit
from kmc_harness.port import (
    Action,
    LinkKind,
    Mail,
    MailedLink,
    Naming,
    NotOffered,
    Observation,
    Offer,
    PasswordRules,
    Screen,
)
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.targets.adapters import METHODS, THIS_PROCESS, check_whole
from kmc_harness.verdicts import AdapterMistake

__all__ = ["Bordered", "Broke", "contained", "cut", "instant", "loading", "mails", "observation"]

LONGEST_MESSAGE = 10_000
LONGEST_TEXT = 1_000_000
LARGEST = 10_000_000
MOST_MAILS = 10_000
LOADED_WITHIN_S = 60.0
"""How long an adapter's module may be imported, and its class be called, where no answer may take longer."""
LATEST = 253_402_300_799
"""The last second of the year 9999: no calendar knows a later one."""

_T = TypeVar("_T")
_KNOWN = ", ".join(sorted(Offer))


class Broke(Exception):
    """An adapter raised something; the message says what, and in which line of it."""


@contextlib.contextmanager
def contained(adapter: object, *, at_end: bool = False) -> Iterator[None]:
    """Have what `adapter` (or its class, where there is no adapter yet) raises within this be no more than its failure.

    Not `at_end`, a run that the user has stopped ends here, also where the adapter has swallowed that.

    Raises:
        NotOffered: it says so.
        AdapterMistake: what it answered is not what the port asks for.
        Broke: it raised anything else.
        KeyboardInterrupt: the user has stopped the run.

    """
    try:
        yield
    except NotOffered as error:
        raise NotOffered(cut(_said(error))) from error
    except AdapterMistake:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and supervision.stopped_by() != 0:
            raise
        raise Broke(cut(in_words(error, adapter))) from error
    if supervision.stopped_by() and not at_end:
        raise KeyboardInterrupt


@contextlib.contextmanager
def loading(made: object, within_s: float) -> Iterator[None]:
    """Contain the import of an adapter's module, or the call of its class `made`, which may take longer than an answer.

    Raises:
        Broke: it raised something, or took too long.

    """
    with contained(made), limit(max(within_s, LOADED_WITHIN_S)):
        yield


def _said(error: BaseException) -> str:
    return "".join(each for each in error.args[:1] if isinstance(each, str))


def cut(text: str, most: int = LONGEST_MESSAGE) -> str:
    """Return `text` in a form that can be written and shown: not too long, and without half characters."""
    plain = "".join((text,)) if len(text) <= most else "".join((text[:most], "…"))
    return plain if plain.isascii() else plain.encode(errors="backslashreplace").decode()


def instant(answer: object, what: str = "now()") -> int:
    """Return `answer`, an instant in epoch seconds.

    Raises:
        AdapterMistake: it is none.

    """
    if type(answer) is not int:
        raise AdapterMistake(f"{what} answered {_shown(answer)}; the port asks for epoch seconds, an int")
    if not 0 <= answer <= LATEST:
        raise AdapterMistake(f"{what} answered {_shown(answer)}; the port asks for epoch seconds, up to the year 9999")
    return answer


def _shown(answer: object) -> str:
    """Return an answer and its type, in words; its own methods are asked only where it is a plain value."""
    kind = type(answer).__name__
    if answer is None:
        return "None"
    return f"{cut(str(answer), 40)} ({kind})" if type(answer) in (bool, int, float, str, bytes) else f"a {kind}"


class Bordered:
    """An adapter in Python behind the border; a target like any other."""

    runs_in = THIS_PROCESS

    def __init__(self, adapter: Any, *needed: str, within_s: float | None = None, patience_s: float = 120.0) -> None:
        """Look at what `adapter` is.

        `needed` are the methods that it must have beside those of every adapter; `within_s` is how long one answer may
        take, and `patience_s` how much longer where a clock is moved, in case that is done by waiting.

        Raises:
            AdapterMistake: something is missing, or is not what the port asks for.
            Broke: it raised when it was looked at.

        """
        self._adapter, self._within_s, self._patience_s = adapter, within_s, patience_s
        self._offers = self._declared()
        of_offers = {Offer.CLOCK: "advance", Offer.OUTBOX: "outbox"}
        with self._asked():
            check_whole(adapter, *needed, *(of for offer, of in of_offers.items() if offer in self._offers))
            self.name = _words(getattr(adapter, "name", ""), "name")
            self.naming = _naming(getattr(adapter, "naming", Naming()))
            self.password_rules = _rules(getattr(adapter, "password_rules", None))
            self.forgets = getattr(adapter, "forgets", False) is True

    @property
    def offers(self) -> frozenset[Offer]:
        """What it declared first."""
        return self._offers

    def _declared(self) -> frozenset[Offer]:
        with self._asked():
            found = {"".join((str(each),)) for each in getattr(self._adapter, "offers", ())}
        if unknown := sorted(found - set(Offer)):
            raise AdapterMistake(f"the adapter offers {', '.join(map(repr, unknown))}, which is none of {_KNOWN}")
        return frozenset(Offer(each) for each in found)

    @contextlib.contextmanager
    def _asked(self, more_s: float = 0.0, *, at_end: bool = False) -> Iterator[None]:
        within = limit(self._within_s + more_s) if self._within_s else contextlib.nullcontext()
        with contained(self._adapter, at_end=at_end), within:
            yield

    def reset(self) -> None:
        """Make a clean start.

        Raises:
            AdapterMistake: it declares other offers than before.

        """
        with self._asked():
            self._adapter.reset()
        if (now := self._declared()) != self._offers:
            changed = ", ".join(sorted(now ^ self._offers))
            raise AdapterMistake(f"offers changed during the run: {changed}; what is offered stays so until the end")

    def perform(self, action: Action) -> Observation:
        """Have `action` performed."""
        with self._asked():
            return observation(self._adapter.perform(action), type(action).__name__)

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Have all of `actions` performed at the same moment."""
        with self._asked():
            found = list(islice(self._adapter.at_once(actions), len(actions) + 1))
            if len(found) != len(actions):
                many = f"{len(actions)} actions with {len(found) if len(found) < len(actions) else 'more'} answers"
                raise AdapterMistake(f"at_once(actions) answered {many}; {METHODS['at_once']}")
            return [observation(seen, type(action).__name__) for action, seen in zip(actions, found, strict=True)]

    def now(self) -> int:
        """Return the target's clock in epoch seconds."""
        with self._asked():
            return instant(self._adapter.now())

    def advance(self, seconds: int) -> None:
        """Move the target's clock forward."""
        with self._asked(min(seconds, self._patience_s)):
            self._adapter.advance(seconds)

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`."""
        with self._asked():
            return mails(self._adapter.outbox(email))

    def mails_are_out(self) -> bool:
        """Whether all mail that was caused so far is in the mailbox."""
        with self._asked():
            return _truth(self._adapter.mails_are_out(), "mails_are_out() was answered with a value")

    def close(self) -> None:
        """Let go of everything."""
        with self._asked(at_end=True):
            self._adapter.close()


def mails(found: object) -> tuple[Mail, ...]:
    """Return a copy of the mails `found` in exact types.

    Raises:
        AdapterMistake: it is no sequence of mails, or a field of one is of another type.

    """
    if isinstance(found, str | bytes) or not isinstance(found, Sequence):
        raise AdapterMistake(f"outbox(email) answered {_shown(found)}; the port asks for a sequence of Mail")
    return tuple(_mail(each) for each in islice(found, MOST_MAILS))


def _naming(given: object) -> Naming:
    if not isinstance(given, Naming):
        raise AdapterMistake(f"naming is {_shown(given)}, not a kmc_harness.port.Naming")
    mark, addresses = _handle(given.mark, "naming.mark"), _handle(given.addresses, "naming.addresses")
    if addresses.count("{name}") != 1 or addresses.count("@") != 1 or not mark.isprintable():
        raise AdapterMistake(f"naming.addresses is {addresses!r}; it takes a pattern as qa+{{name}}@mail.example")
    return Naming(mark, addresses)


def _rules(given: object) -> PasswordRules | None:
    """Return a copy of what passwords must be; other things of this name are the adapter's own."""
    if not isinstance(given, PasswordRules):
        return None
    return msgspec.convert(msgspec.to_builtins(asdict(given)), PasswordRules)


def observation(answer: object, what: str) -> Observation:
    """Return a copy of `answer` in exact types.

    Raises:
        AdapterMistake: it is no observation, or a field is of another type.

    """
    if not isinstance(answer, Observation):
        raise AdapterMistake(f"{what} was answered with {type(answer).__name__}, not an Observation")
    said = f"{what} was answered with"
    return Observation(
        accepted=_truth(answer.accepted, f"{said} accepted"),
        message=_words(answer.message, f"{said} message"),
        asks_for_code=_truth(answer.asks_for_code, f"{said} asks_for_code"),
        picture=_or_none(_file, answer.picture, f"{said} picture"),
        uri=_or_none(_handle, answer.uri, f"{said} uri"),
        session=_or_none(_handle, answer.session, f"{said} session"),
        account=_or_none(_handle, answer.account, f"{said} account"),
        screen=_or_none(_screen, answer.screen, f"{said} screen"),
    )


def _screen(value: object, what: str) -> Screen:
    if not isinstance(value, Screen):
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not Screen")
    if not isinstance(value.filled_in, dict):
        raise AdapterMistake(f"{what}.filled_in of type {type(value.filled_in).__name__}, not dict")
    filled = {_words(name, what): _words(text, what) for name, text in dict.items(value.filled_in)}
    names = tuple(_words(each, f"{what}.names") for each in _several(value.names, f"{what}.names"))
    return Screen(names, filled, _words(value.cache_control, f"{what}.cache_control"))


def _mail(value: object) -> Mail:
    said = "outbox(email) answered"
    if not isinstance(value, Mail):
        raise AdapterMistake(f"{said} {_shown(value)} among the mails, not a kmc_harness.port.Mail")
    return Mail(
        recipient=_handle(value.recipient, f"{said} a recipient"),
        sent_at=instant(value.sent_at, "outbox(email), in sent_at,"),
        subject=_words(value.subject, f"{said} a subject"),
        text=_words(value.text, f"{said} a text", LONGEST_TEXT),
        links=tuple(_link(each) for each in _several(value.links, f"{said} links")),
        elsewhere=tuple(_link(each) for each in _several(value.elsewhere, f"{said} elsewhere")),
        raw=_file(value.raw, f"{said} raw"),
    )


def _link(value: object) -> MailedLink:
    if not isinstance(value, MailedLink):
        raise AdapterMistake(f"outbox(email) answered {_shown(value)} as a link, not a kmc_harness.port.MailedLink")
    kind = _handle(value.kind, "outbox(email) answered a link's kind")
    if kind not in set(LinkKind):
        raise AdapterMistake(f"outbox(email) answered a link of kind {kind!r}, which is none of {', '.join(LinkKind)}")
    url = _handle(value.url, "outbox(email) answered a link's url", LONGEST_TEXT)
    return MailedLink(LinkKind(kind), url, _words(value.part, "outbox(email) answered a link's part"))


def _or_none(kind: Callable[[object, str], _T], value: object, what: str) -> _T | None:
    return None if value is None else kind(value, what)


def _truth(value: object, what: str) -> bool:
    if type(value) is not bool:
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not bool")
    return value


def _several(value: object, what: str) -> Sequence[object]:
    if not isinstance(value, tuple | list):
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not tuple")
    return tuple(islice(value, MOST_MAILS))


def _words(value: object, what: str, most: int = LONGEST_MESSAGE) -> str:
    """Return what is shown."""
    if not isinstance(value, str):
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not str")
    return cut("".join((value,)), most)


def _handle(value: object, what: str, most: int = LONGEST_MESSAGE) -> str:
    """Return what is handed back, or looked up: it is as it was answered, or refused."""
    if not isinstance(value, str):
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not str")
    plain = "".join((value,))
    if len(plain) > most:
        raise AdapterMistake(f"{what} of {len(plain):,} characters; {most:,} are taken")
    if cut(plain, most) != plain:
        raise AdapterMistake(f"{what} with half a character in it (a lone surrogate), which no file can hold")
    return plain


def _file(value: object, what: str) -> bytes:
    if not isinstance(value, bytes):
        raise AdapterMistake(f"{what} of type {type(value).__name__}, not bytes")
    plain = b"".join((value,))
    if len(plain) > LARGEST:
        raise AdapterMistake(f"{what} of {len(plain):,} bytes; {LARGEST:,} are taken")
    return plain
