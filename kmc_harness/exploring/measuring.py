"""What a product chooses where the requirements leave it a choice: short traces, told to it and to the model.

A number is looked for, each try with somebody new. Anything else is told once, and taken from the model that shows the
same. `examples/targets/behaviour.py` shows the same measurements of several products side by side.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from kmc_harness.exploring.counts import spoken
from kmc_harness.exploring.differential import Seen, Subject, agrees
from kmc_harness.exploring.search import need_clock
from kmc_harness.port import NotOffered, Target
from kmc_harness.report.choices import Choice
from kmc_harness.scenario.evidence import Recorder
from kmc_harness.scenario.world import World
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.verdicts import Unreached
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, DAY_S, HOUR_S, MINUTE_S, Policy, choices
from kmc_model.sentences import code, duration_in_words

__all__ = [
    "STAGES",
    "Bench",
    "Measured",
    "for_report",
    "is_locked",
    "least",
    "limit_of_wrong_codes",
    "measure",
    "window",
]

_T = TypeVar("_T")
Founders = tuple[tuple[str, str], ...]
ADA: Founders = (("Ada", "Acme"),)
TWICE: Founders = (("Ada", "Acme"), ("Ada", "Globex"))
ON = "the vendor switches two-factor authentication on for Acme"
OFF = ON.replace(" on ", " off ")
OPENS = "Ada opens the newest enrolment link"
PLAIN, CODE = "Ada logs in to Acme with no code", "Ada logs in to Acme with a code"
WRONG = "Ada logs in with a wrong password and no code"
USES, USES_EARLIER = "Ada uses the session", "Ada uses the earlier session"
CHANGES = "Ada changes the password in the KMC"
ASKS, SETS = "Ada asks for a reset", "Ada sets a new password through the newest reset link"
ASIDE_S = 5
"""How far from a limit one looks where a clock runs by itself."""
USUAL_LIMITS = (3, 5, 10, 20, 30, 50, 100)
USUAL_S = (
    *(30, MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 15 * MINUTE_S, 30 * MINUTE_S),
    *(HOUR_S, 2 * HOUR_S, 8 * HOUR_S, 12 * HOUR_S, DAY_S),
)
LONGEST_S = 400 * DAY_S
LONGER_S = (7 * DAY_S, 14 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S, LONGEST_S)
NEVER_LOCKED = f"the right password is accepted after {USUAL_LIMITS[-1]} wrong ones"

TOLD: tuple[tuple[str, Founders, tuple[str, ...]], ...] = (
    ("login_ends_sessions", ADA, (PLAIN, PLAIN, USES_EARLIER)),
    ("logout_ends_all_sessions", ADA, (PLAIN, PLAIN, "Ada logs out", USES_EARLIER)),
    ("change_ends_own_session", ADA, (PLAIN, CHANGES, USES)),
    (
        "change_needs_code_of",
        ADA,
        (PLAIN, ON, CHANGES, OPENS, CODE, CHANGES, "Ada logs in to Acme with a code made 0 s from now"),
    ),
    ("change_renews_pairing", ADA, (ON, OPENS, CODE, CHANGES)),
    ("blocked_account_ends_sessions", ADA, (PLAIN, "Acme is blocked", USES)),
    ("switch_in_place_needs_login", TWICE, (ON, OPENS, CODE, "Ada switches to Acme")),
    (
        "nameless_login_opens",
        TWICE,
        (named := "Ada logs in naming no account with no code", "Ada is blocked in Acme", named),
    ),
    (
        "registering_twice_is_refused",
        (("Bo", "Globex"), ("Ada", "Acme")),
        ("Bo is registered in Acme with a password", "Bo is registered in Acme with a password"),
    ),
    ("locked_out_are_mailed_resets", ADA, ("Ada is blocked in Acme", ASKS)),
    ("blocked_users_are_mailed", ADA, ("Ada is blocked in Acme", ON)),
    ("only_administrators_enrol", ADA, ("Mallory is a user of Acme who is no administrator", ON)),
    ("switching_on_renews_pairings", ADA, (ON, OPENS, CODE, OFF, ON, CODE)),
    ("switching_on_ends_sessions", ADA, (PLAIN, ON, USES)),
    ("link_shows_until_login", ADA, (ON, OPENS, OPENS)),
    (
        "newest_reset_link_alone",
        ADA,
        (ASKS, "61 s pass", ASKS, "Ada sets a new password through the earlier reset link"),
    ),
    ("one_link_at_a_time", ADA, (ON, ASKS, OPENS)),
    ("unused_qr_code_ttl_s", ADA, (ON, OPENS, "24 h 1 min pass", CODE)),
)
"""Choices with the trace that the values answer differently."""


class Unmeasured(Exception):
    """A choice could not be measured; the message says why."""


@dataclass(frozen=True)
class Measured:
    """What a target was found to choose.

    Attributes:
        policy: of the model that chooses the same.
        chosen: the value of each field that was measured.
        unmeasured: why the others were not, by field.
        actions: how many actions it took.
        is_broken: whether the adapter broke in it.
        was_stopped: whether somebody has stopped it (Ctrl-C); the rest is not measured.

    """

    policy: Policy
    chosen: dict[str, Any]
    unmeasured: dict[str, str]
    actions: int
    is_broken: bool = False
    was_stopped: bool = False


class Bench:
    """A target on which short traces are tried, each by people who are new to it."""

    def __init__(self, target: Target, tag: str = "m", policy: Policy = ARTICLE) -> None:
        """Begin with `policy`, which what is measured then changes."""
        self.target = target
        self.policy = policy
        self.runs = False
        self.locks = True
        self._tag = tag
        self._worlds: list[World] = []
        self._began = 0

    @property
    def actions(self) -> int:
        """How many actions the target was asked to perform."""
        return sum(world.exchange.count for world in self._worlds)

    def world(self) -> World:
        """Return a world of new people."""
        self._look_at_clock()
        self._worlds.append(World(self.target, f"{self._tag}{len(self._worlds):x}"))
        self._began = self.target.now()
        return self._worlds[-1]

    def _look_at_clock(self) -> None:
        if self._worlds:
            self.runs |= self.target.now() != self._began + self._worlds[-1].exchange.moved_s

    def tell(self, founders: Founders, sentences: Iterable[str]) -> list[Seen]:
        """Tell a trace to the target, and return what it showed.

        Raises:
            NotOffered: the people at its start need an offer that is missing.
            Unmeasured: something in it could not be done, or was not to be reached.

        """
        world = self.world()
        subject = Subject(self.target, world)
        try:
            for name, account in founders:
                world.given.user(name, account)
        except Unreached as error:
            raise Unmeasured(str(error)) from error
        seen: list[Seen] = []
        for sentence in sentences:
            at, move = self.target.now(), spoken(sentence)
            seen.append(Seen(at, move, subject.perform(move)))
            if seen[-1].observed.unreached:
                raise Unmeasured(f"{sentence!r} could not be done")
        return seen

    def accepts(self, founders: Founders, *sentences: str) -> bool:
        """Whether the last of `sentences` is accepted."""
        return self.tell(founders, sentences)[-1].observed.accepted

    def takes_code(self, name: str, world: World, words: str) -> bool:
        """Whether a login with the code that `words` describe is accepted."""
        return world.act.log_in(name, code(words)).accepted

    def paired(self) -> World:
        """Return a world in which Ada has paired an authenticator, in the middle of a step."""
        world = self.world()
        world.given.pairing("Ada")
        world.exchange.move_into_step(STEP_S // 2)
        return world


def least(
    holds: Callable[[int], bool], usual: Sequence[int], likely: int, *, unit: int = 1, most: int | None = None
) -> int | None:
    """Return the least number from which on `holds`, to `unit`; None where it does not hold for the last usual one.

    The `likely` one is tried first, then `usual` ones, then what lies between two of them.
    """
    if holds(likely):
        if likely <= unit or not holds(likely - unit):
            return likely
        usual = [each for each in usual if each < likely] + [likely]
    else:
        usual = [each for each in usual if each > likely]
        if not usual or not holds(usual[-1]):
            return None
    low, high = -1, len(usual) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(usual[middle]) else (middle, high)
    below, above = usual[low] if low >= 0 else 0, usual[high]
    if above - unit <= below or (above != likely and not holds(above - unit)):
        return above
    if low >= 0 and holds(below + unit):
        return below + 1
    while above - below > unit:
        between = (below + above) // 2
        below, above = (below, between) if holds(between) else (between, above)
    return above


def window(bench: Bench, steps: Iterable[int]) -> list[int]:
    """Return those of `steps` from now whose code is accepted, each tried by somebody else."""
    return [
        each for each in steps if bench.takes_code("Ada", bench.paired(), f"a code made {each * STEP_S} s from now")
    ]


def limit_of_wrong_codes(bench: Bench, usual: Sequence[int], likely: int, after_s: int = 0) -> int | None:
    """Return after how many wrong codes the right one is refused; None where it is accepted after them all."""
    return least(lambda wrong: is_locked(bench, wrong, after_s), usual, likely)


def is_locked(bench: Bench, wrong: int, after_s: int = 0) -> bool:
    """Whether the right code is refused after so many wrong ones, and so long."""
    world = bench.paired()
    world.exchange.move_into_step((STEP_S // 2 - after_s) % STEP_S)  # so that nobody waits to type the right one
    world.act.try_wrong("Ada", wrong, "codes")
    if after_s:
        world.exchange.pass_time(after_s)
    return not bench.takes_code("Ada", world, "a code")


def _passes(seconds: int) -> tuple[str, ...]:
    return (f"{duration_in_words(seconds)} pass",) if seconds else ()


def _wrong(count: int) -> tuple[str, ...]:
    return (f"{count} wrong passwords are tried for Ada",)


# Numbers: each yields the fields that it measures


Fields = dict[str, Any]


def _codes(bench: Bench) -> Fields:
    behind = len(window(bench, (-1,)))
    ahead = 0
    while ahead < 9 and window(bench, (ahead + 1,)):
        ahead += 1
    return {"tolerance_steps": behind, "steps_ahead": None if ahead == behind else ahead}


def _wait_after_wrong_code(bench: Bench) -> Fields:
    world = bench.paired()
    world.act.try_wrong("Ada", 1, "codes")
    waits = not bench.takes_code("Ada", world, "a code") and bool(
        world.act.log_in("Ada", code("no code")).asks_for_code
    )
    if not waits:
        return {"wrong_code_wait_s": 0}
    unit = ASIDE_S if bench.runs else 1
    waited = least(lambda after_s: not is_locked(bench, 1, after_s), USUAL_S, 30, unit=unit)
    return {"wrong_code_wait_s": waited or 0}


def _wrong_passwords(bench: Bench) -> Fields:
    likely = min(bench.policy.failures_max, USUAL_LIMITS[-1])
    most = least(lambda wrong: not bench.accepts(ADA, *_wrong(wrong), PLAIN), USUAL_LIMITS, likely)
    if most is None:
        bench.policy = replace(bench.policy, failures_max=max(bench.policy.failures_max, USUAL_LIMITS[-1]))
        bench.locks = False
        raise Unmeasured(NEVER_LOCKED)
    if most == 1 and not bench.accepts(ADA, PLAIN):
        raise Unmeasured("the right password is refused")
    return {"failures_max": most}


def _wrong_codes(bench: Bench) -> Fields:
    if bench.policy.wrong_code_wait_s:
        raise Unmeasured("codes wait after a wrong one")
    shared = min(bench.policy.failures_max, USUAL_LIMITS[-1])
    most = limit_of_wrong_codes(bench, USUAL_LIMITS, shared)
    if most is None:
        raise Unmeasured(f"the right code is accepted after {USUAL_LIMITS[-1]} wrong ones")
    if most == 1 and not window(bench, (0,)):
        raise Unmeasured("the right code is refused")
    if most == shared > 1:
        world = bench.paired()
        world.act.try_wrong("Ada", 1, "passwords")
        world.act.try_wrong("Ada", shared - 1, "codes")
        if not bench.takes_code("Ada", world, "a code"):
            return {"code_failures_max": None}
    return {"code_failures_max": most}


def _lock(bench: Bench) -> Fields:
    most, unit = bench.policy.failures_max, ASIDE_S if bench.runs else 1
    if not bench.locks:
        raise Unmeasured(NEVER_LOCKED)

    def is_free(after_s: int) -> bool:
        return bench.accepts(ADA, *_wrong(most), *_passes(after_s), PLAIN)

    lock_s = least(is_free, USUAL_S, bench.policy.lock_s, unit=unit)
    if lock_s is None:
        raise Unmeasured("it is still locked after 24 hours")
    longer = _passes(lock_s * 6 // 10 + ASIDE_S)
    return {
        "lock_s": lock_s,
        "attempts_extend_lock": not bench.accepts(ADA, *_wrong(most), *longer, WRONG, *longer, PLAIN),
        "lock_clears_failures": most < 2 or bench.accepts(ADA, *_wrong(most), *_passes(lock_s + ASIDE_S), WRONG, PLAIN),
    }


def _sessions(bench: Bench) -> Fields:
    unit = ASIDE_S if bench.runs else 1

    def is_over(after_s: int) -> bool:
        return not bench.accepts(ADA, PLAIN, *_passes(after_s), USES)

    if not is_over(LONGEST_S):
        return {"session_ttl_s": None, "use_renews_session": False}
    ttl_s = least(is_over, (*USUAL_S, *LONGER_S), 8 * HOUR_S, unit=unit)
    most = _passes((ttl_s or 0) * 6 // 10)
    return {"session_ttl_s": ttl_s, "use_renews_session": bench.accepts(ADA, PLAIN, *most, USES, *most, USES)}


def _reset_links(bench: Bench) -> Fields:
    """A link is good in its last second too: what is looked for is the first one after it."""
    unit = ASIDE_S if bench.runs else 1
    dead_s = least(
        lambda after_s: not bench.accepts(ADA, ASKS, *_passes(after_s), SETS),
        tuple(each + 1 for each in USUAL_S),
        bench.policy.reset_link_ttl_s + 1,
        unit=unit,
    )
    if dead_s is None:
        raise Unmeasured("it is still good after 24 hours")
    return {"reset_link_ttl_s": dead_s - 1}


def _renewal_links(bench: Bench) -> Fields:
    half_s = bench.policy.reset_link_ttl_s // 2
    told = (ON, ASKS, *_passes(half_s), SETS, *_passes(DAY_S - half_s + ASIDE_S), OPENS)
    *_, renewed, _, opened = bench.tell(ADA, told)
    is_mailed = any(enrolment for _, enrolment, _ in renewed.observed.mailed)
    return {"renewal_link_shares_time": is_mailed and not opened.observed.accepted}


def _reset_mails(bench: Bench) -> Fields:
    def came(*sentences: str) -> int:
        return sum(reset for _, _, reset in bench.tell(ADA, sentences)[-1].observed.mailed)

    most = came(f"{ASKS} {bench.policy.resets_max} times")
    if not most:
        raise Unmeasured("no mail came")
    if most == bench.policy.resets_max and came(f"{ASKS} {most} times", ASKS):
        raise Unmeasured(f"another mail came at once after {most}")
    unit = ASIDE_S if bench.runs else 1
    asked = ASKS if most == 1 else f"{ASKS} {most} times"
    period_s = least(
        lambda after_s: bool(came(asked, *_passes(after_s), ASKS)),
        tuple(each for each in (*USUAL_S, *LONGER_S) if each >= 10 * MINUTE_S),
        bench.policy.resets_period_s,
        unit=unit,
    )
    return {"resets_max": most} | ({"resets_period_s": period_s} if period_s else {})


NUMBERS: tuple[tuple[tuple[str, ...], Callable[[Bench], Fields]], ...] = (
    (("failures_max",), _wrong_passwords),  # whether a clock runs by itself shows in it: the first one
    (("session_ttl_s", "use_renews_session"), _sessions),
    (("lock_s", "attempts_extend_lock", "lock_clears_failures"), _lock),
    (("tolerance_steps", "steps_ahead"), _codes),
    (("wrong_code_wait_s",), _wait_after_wrong_code),
    (("code_failures_max",), _wrong_codes),
    (("reset_link_ttl_s",), _reset_links),
    (("renewal_link_shares_time",), _renewal_links),
    (("resets_max", "resets_period_s"), _reset_mails),
)

NOT_ALLOWED = "what it shows is none of the answers that are allowed"
STAGES = len(NUMBERS) + len(TOLD)
"""How often progress is told."""


def measure(
    target: Target,
    policy: Policy = ARTICLE,
    *,
    tag: str = "m",
    on_progress: Callable[[int], None] = lambda count: None,
) -> Measured:
    """Measure what `target` chooses where the requirements leave it a choice.

    Args:
        target: its clock must be movable.
        policy: what is taken where nothing is measured.
        tag: makes the people of the traces new to it.
        on_progress: called after each measurement with the number of actions so far.

    Raises:
        Misuse: its clock cannot be moved.

    """
    need_clock(target)
    measuring, was_stopped = _Measuring(Bench(target, tag, policy), on_progress), False
    try:
        _measure(measuring)
    except KeyboardInterrupt:
        was_stopped = True
    bench, chosen, unmeasured = measuring.bench, measuring.chosen, measuring.unmeasured
    return Measured(bench.policy, chosen, unmeasured, bench.actions, measuring.is_broken, was_stopped)


def _measure(measuring: "_Measuring") -> None:
    for names, look in NUMBERS:
        if found := measuring.look(names, look):
            measuring.take({name: value for name, value in found.items() if _is_allowed(name, value)})
    traces: dict[str, tuple[Founders, list[Seen]]] = {}
    for name, founders, sentences in TOLD:
        if seen := measuring.look((name,), partial(Bench.tell, founders=founders, sentences=sentences)):
            traces[name] = founders, seen
    # One choice may show in the trace of another: what nothing explains yet is looked at once more.
    for name in [*traces, *traces]:
        if name not in measuring.chosen:
            measuring.explain(name, *traces[name])
    measuring.unmeasured |= {
        name: "no allowed answer is what it shows" for name in traces if name not in measuring.chosen
    }


def for_report(measured: Measured | None, why: str = "") -> tuple[Choice, ...]:
    """Return all choices as a report holds them; where nothing could be measured it is said `why`."""
    chosen, unmeasured = (measured.chosen, measured.unmeasured) if measured else ({}, {})

    def row(name: str, source: str) -> Choice:
        missing = "" if name in chosen else unmeasured.get(name, why or NOT_ALLOWED)
        return Choice(name, chosen.get(name), getattr(ARTICLE, name), source, Recorder().quoted(missing))

    return tuple(row(name, choice.source) for name, choice in choices().items())


@dataclass
class _Measuring:
    """What has been measured so far."""

    bench: Bench
    on_progress: Callable[[int], None]
    chosen: Fields = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    is_broken: bool = False

    def look(self, names: Iterable[str], look: Callable[[Bench], _T]) -> _T | None:
        """Return what is measured of the fields `names`; None where it cannot be, or where the target broke before."""
        try:
            if not self.is_broken:
                return look(self.bench)
            why = "the adapter broke before"
        except NotOffered as error:
            why = f"the target does not offer '{error}'"
        except (Unmeasured, Unreached) as error:
            why = str(error)
        except Exception as error:  # whose fault it is shows when the target is explored
            self.is_broken = True
            why = f"the adapter broke: {in_words(error, self.bench.target)}"
        finally:
            self.on_progress(self.bench.actions)
        self.unmeasured |= dict.fromkeys(names, why)
        return None

    def take(self, found: Fields) -> None:
        """Have the model choose so."""
        self.chosen |= found
        self.bench.policy = replace(self.bench.policy, **found)

    def explain(self, name: str, founders: Founders, seen: list[Seen]) -> None:
        """Take the value with which the model shows what the target has shown, if there is one."""
        present = getattr(self.bench.policy, name)
        for value in dict.fromkeys((present, *choices()[name].allowed)):
            variant = Variant(replace(self.bench.policy, **{name: value}))
            if agrees(variant, founders, seen, self.bench.target.offers):
                self.take({name: value})
                return


def _is_allowed(name: str, value: Any) -> bool:
    return value in choices()[name].allowed or value == getattr(ARTICLE, name)
