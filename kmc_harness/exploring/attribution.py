"""Which requirement a departure breaks: read from its shortest story, and from what differs at its end.

The reference answers by one row, but what is wrong may be something else: a QR code that is refused after a reset was
to be shown by RST-005, not by ENR-001.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kmc_harness.exploring.divergence import Divergence
from kmc_harness.scenario.people import owner_of
from kmc_model.analysis.configurations import Act, Move
from kmc_model.clock import STEP_S
from kmc_model.sentences import Source, duration_s

__all__ = ["broken", "is_open", "leaked"]

DAY_S = 86_400
MOST_OFF_S = 300
"""A code so far off is refused (LOG-008); less is another matter (STD-002, STD-012)."""


@dataclass(frozen=True)
class _Story:
    """A departure, as the questions below see it."""

    moves: tuple[Move, ...]
    divergence: Divergence
    answered_by: str | None

    @property
    def last(self) -> Move:
        return self.divergence.move.steps[-1]

    @property
    def before(self) -> Iterator[Move]:
        """All that was done before the last thing."""
        steps = [step for move in self.moves for step in move.steps]
        return iter(steps[:-1])

    def did(self, *acts: Act) -> bool:
        return any(step.act in acts for step in self.before)

    def did_of(self, who: str, *acts: Act) -> bool:
        return any(step.act in acts and step.actor == who for step in self.before)

    @property
    def waited_s(self) -> int:
        return sum(duration_s(step.sentence.removesuffix(" pass")) for step in self.before if step.act is Act.WAIT)

    @property
    def is_refused(self) -> bool:
        """Whether the target refuses what was to be accepted."""
        return self.divergence.expected.accepted and not self.divergence.actual.accepted

    @property
    def is_accepted(self) -> bool:
        """Whether the target accepts what was to be refused."""
        return self.divergence.actual.accepted and not self.divergence.expected.accepted


def broken(moves: tuple[Move, ...], divergence: Divergence, answered_by: str | None) -> str | None:
    """Return the requirement that a departure breaks.

    Args:
        moves: the shortest story.
        divergence: what differs at its end.
        answered_by: the requirement behind the reference's answer; None in a comparison with another target.

    """
    story = _Story(moves, divergence, answered_by)
    if divergence.fields == ("leaks",):
        return answered_by
    if answered_by is None and story.last.act not in _OF_NO_ROW:
        return None
    if divergence.actual.tried < divergence.expected.tried:
        return _refused_login(story) or answered_by
    if divergence.actual.tried > divergence.expected.tried:
        by_password = any(each.act is Act.TRY_WRONG and each.password for each in divergence.move.steps)
        return "LOG-006" if by_password else "LOG-005"
    if _MAILS.issuperset(divergence.fields) and divergence.move.does(Act.SET_PASSWORD, Act.RESET_PASSWORD):
        return _qr_code(story) or _mailed(story, "RST-004", "RST-004", "RST-014") or answered_by
    read = _READ.get(story.last.act) if story.last.act else None
    return (read(story) if read else None) or answered_by


def is_open(divergence: Divergence, answered_by: str | None) -> bool:
    """Whether no requirement says if this is accepted or refused: only that nothing comes of it, and nothing does."""
    last = divergence.move.steps[-1]
    if not {"accepted", "silent"}.issuperset(divergence.fields) or divergence.expected.shown:
        return False
    from_reset = last.act is Act.OPEN_LINK and last.link is not None and last.link.kind == "reset"
    return from_reset or last.act is Act.CONFIRM_PASSWORD or (last.act is Act.SWITCH_ON and answered_by == "ENA-009")


def leaked(divergence: Divergence) -> str | None:
    """Return what is broken where more is given away than should be."""
    return next((each.requirement for each in divergence.actual.leaks), None)


def _qr_code(story: _Story) -> str | None:
    """Return what is broken where a QR code is shown that is not as it should be."""
    one, other = story.divergence.expected, story.divergence.actual
    if one.qr_code and other.qr_code and one.qr_code != other.qr_code:
        at = next(at for at, pair in enumerate(zip(one.qr_code, other.qr_code, strict=False)) if pair[0] != pair[1])
        return ("ENR-003", "STD-004", "STD-005", "STD-007", "STD-008")[at]
    if other.shown.endswith("'s"):
        return "ENA-006"
    if one.shown == "new" and other.shown == "known":
        resets = sum(step.act in (Act.RESET_PASSWORD, Act.SET_PASSWORD) for step in story.before)
        return "RST-008" if resets > (story.last.act is not Act.RESET_PASSWORD) else "RST-007"
    if one.shown == "known" and other.shown == "new":
        return "ENA-011" if story.did(Act.SWITCH_OFF) else "ENA-015" if story.did(Act.LOG_IN) else None
    return None


def _login(story: _Story) -> str | None:  # noqa: PLR0911 (one line a question)
    last, one, other = story.last, story.divergence.expected, story.divergence.actual
    source = last.code.source if last.code else None
    typed = last.code is not None and source is not Source.EMPTY and " no code" not in last.sentence
    if story.is_accepted:
        if last.password:
            is_old = last.password.startswith("the first ")
            return "RST-002" if is_old and story.did(Act.SET_PASSWORD, Act.RESET_PASSWORD) else None
        if story.answered_by not in _OF_CODES:
            return None
        if one.asks_for_code and " naming no account " in last.sentence:
            return "LOG-013"
        if one.asks_for_code and " same machine " in last.sentence:
            return "LOG-009"
        if one.asks_for_code:
            by_code = any(
                s.act is Act.LOG_IN and s.actor == last.actor and " with a code" in s.sentence for s in story.before
            )
            return "LOG-009" if by_code else "ENA-007"
        return _code(story) if typed else None
    if story.is_refused:
        return _refused_login(story)
    if one.asks_for_code and not (other.accepted or other.asks_for_code) and story.did(Act.TRY_WRONG):
        return "SEC-011"
    if not one.accepted and other.asks_for_code and not one.asks_for_code:
        return "SEC-003"
    return None


def _code(story: _Story) -> str | None:
    """Return what is broken where a code is accepted that should not be."""
    code = story.last.code
    assert code is not None
    if code.owner:
        return "ENR-007"
    if "without its leading zeros" in story.last.sentence:
        return "STD-006"
    if code.is_earlier:
        return "RST-007"
    if code.source in (Source.ZEROS, Source.EMPTY_KEY) and not story.did_of(story.last.actor, Act.OPEN_LINK):
        return "ENA-012"
    if code.offset_s:
        return "LOG-008" if abs(code.offset_s) >= MOST_OFF_S else "STD-012" if code.offset_s > 0 else "STD-002"
    return None


def _refused_login(story: _Story) -> str | None:  # noqa: PLR0911 (one line a question)
    """Return what is broken where somebody is refused who should be let in, or asked for a code."""
    last = story.last
    by_code = " no code" not in last.sentence
    if by_code and story.waited_s > DAY_S and story.did(Act.LOG_IN):
        return "ENR-011"
    if last.code and last.code.offset_s:
        return "STD-002" if last.code.offset_s == -STEP_S else "STD-010" if last.code.offset_s == STEP_S else None
    if story.did(Act.TRY_WRONG) or any(step.act is Act.LOG_IN and step.password for step in story.before):
        return "SEC-011"
    if story.did_of(last.actor, Act.RESET_PASSWORD, Act.SET_PASSWORD):
        set_one = not any(step.act is Act.SET_PASSWORD and step.password for step in story.before)
        return "RST-013" if not set_one else "RST-005" if by_code else "RST-002"
    if story.did_of(last.actor, Act.ASK_FOR_RESET):
        return "RST-009"
    if " naming no account " in last.sentence:
        return "LOG-013" if story.divergence.actual.asks_for_code else None
    if story.did(Act.SET_STATUS):
        return "LOG-014"
    if by_code and story.did(Act.SWITCH_OFF):
        return "ENA-011"
    if story.did(Act.SWITCH_OFF):
        return "ENA-010"
    if by_code and story.did(Act.CHANGE_PASSWORD):
        return "LOG-015"
    if by_code and sum(step.act is Act.SWITCH_ON for step in story.before) > 1:
        return "ENA-015"
    return None


def _opening(story: _Story) -> str | None:
    if "mailed" in story.divergence.fields:
        return "ENR-013"
    if story.is_refused:
        if story.waited_s >= DAY_S // 2:
            return "ENR-009"
        return "RST-020" if story.did(Act.ASK_FOR_RESET) and not story.did(Act.SET_PASSWORD) else None
    if not story.divergence.expected.shown and story.is_accepted and not story.divergence.actual.shown:
        return "ENR-013"
    return _qr_code(story)


def _switching_on(story: _Story) -> str | None:
    return _mailed(story, "ENA-003", "ENA-004", "ENA-005")


def _mailed(story: _Story, owner: str, others: str, too_many: str) -> str | None:
    """Return what is broken where a mail did not come, to the owner or to somebody else, or where one came."""
    for (name, *one), (_, *two) in zip(story.divergence.expected.mailed, story.divergence.actual.mailed, strict=False):
        if one < two:
            return too_many
        if one > two:
            return owner if name == owner_of(story.last.account) else others
    return None


def _resetting(story: _Story) -> str | None:  # noqa: PLR0911 (one line a question)
    """Return what is broken where a password is set, or all steps of a reset are done."""
    last = story.last
    if not any(step.act is Act.SWITCH_ON for step in story.before) and last.act is Act.RESET_PASSWORD:
        is_asked = any(map(sum, _counts(story.divergence.actual.mailed)))
        return "RST-014" if is_asked else None
    if "unreached" in story.divergence.fields and story.divergence.actual.unreached:
        return "RST-001" if not any(map(sum, _counts(story.divergence.actual.mailed))) else "RST-003"
    if story.is_refused and last.act is Act.SET_PASSWORD:
        if any(step.act is Act.SET_PASSWORD and step.password for step in story.before):
            return "RST-013"
        return "RST-011" if story.waited_s else None
    if "shown" in story.divergence.fields or "qr_code" in story.divergence.fields:
        return _qr_code(story)
    if not story.is_accepted and "mailed" in story.divergence.fields:
        return _mailed(story, "RST-004", "RST-004", "RST-014")
    return None


def _counts(mailed: tuple[tuple[str, int, int], ...]) -> Iterator[tuple[int, int]]:
    return ((enrolment, reset) for _, enrolment, reset in mailed)


def _session(story: _Story) -> str | None:
    """Return what is broken where a session is used, or an account is gone to."""
    if story.is_accepted:
        if story.did(Act.SET_PASSWORD, Act.RESET_PASSWORD, Act.CHANGE_PASSWORD):
            return "SEC-007"
        return "LOG-010" if story.did(Act.LOG_OUT) else None
    if story.is_refused:
        if story.did(Act.SWITCH_ACCOUNT):
            return "SWI-005" if story.did(Act.SWITCH_ON) else "SWI-009"
        if story.did(Act.SWITCH_ON) and not story.did(Act.SWITCH_ACCOUNT):
            return "ENA-014"
        return "LOG-010" if story.did(Act.LOG_OUT) else None
    return None


def _registering(story: _Story) -> str | None:
    if "mailed" not in story.divergence.fields:
        return None
    return _mailed(story, "ENA-008", "ENA-008", "ENA-005")


_MAILS = frozenset({"mailed", "leaks", "silent"})
_OF_CODES = ("LOG-003", "LOG-005", "ENA-012", "STD-003")
"""What the reference answers by where it looks at a code."""
_OF_NO_ROW = (Act.REGISTER, Act.SWITCH_ACCOUNT)
_READ: dict[Act, Callable[[_Story], str | None]] = {
    Act.LOG_IN: _login,
    Act.OPEN_LINK: _opening,
    Act.CONFIRM_PASSWORD: _qr_code,
    Act.SWITCH_ON: _switching_on,
    Act.SET_PASSWORD: _resetting,
    Act.RESET_PASSWORD: _resetting,
    Act.USE_SESSION: _session,
    Act.SWITCH_ACCOUNT: _session,
    Act.REGISTER: _registering,
}
