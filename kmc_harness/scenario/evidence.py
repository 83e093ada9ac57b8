"""The evidence of one scenario: step by step, what was done when, what was expected and what was seen.

Secrets never leave the recorder: they are shortened in every text, and QR codes in pictures are blurred.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from kmc_harness.port import shorten
from kmc_harness.secrecy import redaction

__all__ = ["Acted", "Checked", "Event", "Mailed", "Recorder", "Scanned", "Step", "StepEnd", "Waited"]

_UNSHOWABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Controls that move a terminal's cursor or turn text around, and what XML or UTF-8 cannot hold."""


class _Happened(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", kw_only=True
):
    """Something that happened. `at`: epoch seconds of the target's clock."""

    at: int

    @property
    def kind(self) -> str:
        """What kind of event it is: acted, waited, scanned, mailed or checked."""
        return str(self.__struct_config__.tag)


class Acted(_Happened, frozen=True, tag="acted"):
    """Somebody did something; `answer` is `accepted`, `refused`, `not offered` or `broke off`.

    `message` is in the target's own words; `picture` a small PNG, QR codes in it blurred.
    """

    by: str
    action: str
    details: dict[str, str]
    answer: str
    message: str = ""
    shown: tuple[str, ...] = ()
    picture: bytes | None = None


class Waited(_Happened, frozen=True, tag="waited"):
    """The target's clock was moved, from `at` on by `seconds`."""

    seconds: int


class Scanned(_Happened, frozen=True, tag="scanned"):
    """Somebody scanned a QR code."""

    by: str


class Mailed(_Happened, frozen=True, tag="mailed"):
    """A mail was found in an outbox; `at` is when it was sent, `links` the kinds of link in it."""

    to: str
    subject: str
    links: tuple[str, ...]


class Checked(_Happened, frozen=True, tag="checked"):
    """The requirement was held against what was seen."""

    expected: str
    actual: str
    held: bool


Event = Acted | Waited | Scanned | Mailed | Checked


class StepEnd(StrEnum):
    """How a step ended; `failed` is where the scenario broke off, for whatever reason."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence of the scenario, at `line` of its feature, and what happened in it."""

    text: str
    line: int
    ended: StepEnd
    events: tuple[Event, ...] = ()


class Recorder:
    """Takes down what happens in a scenario, and knows its secrets; one that `is_idle` does neither."""

    def __init__(self, *, is_idle: bool = False) -> None:
        self.is_idle = is_idle
        self._begun: list[list[Event]] = []
        self._secrets: set[str] = set()
        self._mark = ""

    @property
    def is_on(self) -> bool:
        """Whether a sentence has begun: what happens before belongs to no evidence."""
        return bool(self._begun)

    @property
    def step(self) -> int:
        """The number of the sentence that is being told, from 0."""
        return max(len(self._begun) - 1, 0)

    def begin_step(self) -> None:
        """Start the next sentence."""
        if not self.is_idle:
            self._begun.append([])

    def note(self, event: Event) -> None:
        """Take down `event`; what happens before the first step belongs to no evidence."""
        if self._begun:
            self._begun[-1].append(event)

    def learn(self, *secrets: str | None) -> None:
        """Keep `secrets` out of every text, also spelled in groups or percent-encoded."""
        for secret in () if self.is_idle else secrets:
            if secret and len(secret) >= redaction.SHORTEST and secret not in self._secrets:
                self._secrets |= redaction.spelled(secret)
                redaction.keep(secret)

    def leave_out(self, mark: str) -> None:
        """Leave `mark` out of every text: names have it that are new in each run (`Naming`)."""
        self._mark = mark

    def redact(self, text: str) -> str:
        """Return `text` with every secret of the scenario shortened, and what no report can hold spelled out."""
        text = text.replace(self._mark, "") if self._mark else text
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, shorten(secret))
        return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

    def quoted(self, text: str) -> str:
        """Return `text`, of an exception, also without what other scenarios have seen: it may quote a log."""
        return self.redact(redaction.without_secrets(text))

    def steps(self, planned: Sequence[tuple[str, int]], *, broke_off: bool) -> tuple[Step, ...]:
        """Return the evidence of the `planned` steps (text, line); where it broke off, the last begun one failed."""
        shown: dict[str, str] = {}
        ended = [StepEnd.PASSED] * len(self._begun)
        if broke_off and ended:
            ended[-1] = StepEnd.FAILED
        ended += [StepEnd.NOT_RUN] * (len(planned) - len(ended))
        events = [*self._begun, *[[]] * (len(planned) - len(self._begun))]
        return tuple(
            Step(self._shown(text, shown), line, end, tuple(self._without_secrets(each, shown) for each in happened))
            for (text, line), end, happened in zip(planned, ended, events, strict=True)
        )

    def latest(self) -> tuple[Event, ...]:
        """Return what has happened in the sentence begun last."""
        shown: dict[str, str] = {}
        return tuple(self._without_secrets(each, shown) for each in self._begun[-1]) if self._begun else ()

    def _without_secrets(self, event: Event, shown: dict[str, str]) -> Event:
        changes = {name: self._redacted(getattr(event, name), shown) for name in _TEXTS[type(event)]}
        return msgspec.structs.replace(event, **changes) if changes else event

    def _redacted(self, value: object, shown: dict[str, str]) -> object:
        if isinstance(value, dict):
            return {name: self._shown(text, shown) for name, text in value.items()}
        return self._shown(value, shown) if isinstance(value, str) else value

    def _shown(self, text: str, shown: dict[str, str]) -> str:
        if text not in shown:
            shown[text] = self.redact(text)
        return shown[text]


def _texts(kinds: Iterable[type[_Happened]]) -> dict[type[_Happened], tuple[str, ...]]:
    return {
        kind: tuple(each.name for each in msgspec.structs.fields(kind) if each.type in (str, dict[str, str]))
        for kind in kinds
    }


_TEXTS = _texts((Acted, Waited, Scanned, Mailed, Checked))
