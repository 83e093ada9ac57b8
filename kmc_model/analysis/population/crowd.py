"""A block of users, day by day, in NumPy: who sits down when, and what the tables say comes of it.

Most users on most days log in as ever: these go through the tables all at once. Whoever has a mail to read, a deadline
that day, or slips, goes through them one visit after another, in the order of time, still all such users at once.

Times are seconds since midnight before two-factor authentication was switched on, a Monday.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc_model import actions as a
from kmc_model.analysis.configurations import Rules
from kmc_model.analysis.population.behaviour import DAY_S, HOUR_S, Behaviour, LogNormal
from kmc_model.analysis.population.tables import DEADLINES, Cell, Due, Keep, compiled, fitting, gap_s
from kmc_model.analysis.population.visits import KINDS, TICK_S, TRIES, Done
from kmc_model.clock import STEP_S
from kmc_model.policy import Policy

__all__ = ["CALLS", "ENABLED_AT_S", "FIRSTS", "Arrays", "Counts", "Crowd", "Log", "Measure", "arrays_of"]

Ints = NDArray[np.int64]

ENABLED_AT_S = 9 * HOUR_S
FIRSTS = ("saw a QR code", "logged in with a code")
CALLS = ("codes refused", "no mail came", "link refused")
NEVER = 2**40
WIDTH = len(KINDS) + len(DEADLINES) + 1
STEPS = 65536
_KIND = {(each.name, each.wrong_codes): number for number, each in enumerate(KINDS)}

Measure = tuple[str, str, str]
"""What was done, how it was answered (`accepted`, or the reason), by which requirement."""


@dataclass(frozen=True)
class Arrays:
    """The tables of all groups in one, as arrays by cell: state times `WIDTH` plus kind.

    Attributes:
        starts: by group, the state before two-factor authentication is switched on.
        next: state times WIDTH after the visit; negative where there can be none.
        trace: which of `traces` is done.
        deadlines: by deadline and cell, see `Keep`.
        due: see `Due`.
        changes: whether anything changes.
        links_refused: how many.
        lasts: seconds.
        traces: what can be done in a visit, without repetition.
        measures: what is counted.
        counts: by trace and measure.
        first: whether a QR code is shown (1) and a login with a code accepted (2).
        gap_s: seconds between two visits.
        fits: by how many seconds a code is off, from `least_off` on, and the second of the step.

    """

    starts: Ints
    next: Ints
    trace: NDArray[np.int32]
    deadlines: Ints
    due: NDArray[np.int8]
    changes: NDArray[np.bool_]
    links_refused: NDArray[np.int8]
    lasts: NDArray[np.int32]
    traces: tuple[tuple[tuple[Done, ...], str], ...]
    measures: tuple[Measure, ...]
    counts: Ints
    first: NDArray[np.int8]
    fits: NDArray[np.bool_]
    least_off: int
    gap_s: int

    @cached_property
    def longest_s(self) -> int:
        """Return how long a visit lasts at most."""
        return int(self.lasts.max())


OFF_MAX_S = 3600
AGE_MAX_S = 600


@lru_cache(maxsize=64)
def arrays_of(policy: Policy) -> Arrays:
    """Compile the rules under `policy` into arrays."""
    rules = Rules(policy)
    tables = compiled(rules)
    offsets = np.cumsum([0, *(len(each.cells) for each in tables)])
    cells: list[tuple[Cell | None, int]] = [
        (cell, int(offset))
        for table, offset in zip(tables, offsets, strict=False)
        for row in table.cells
        for cell in row
    ]
    size = len(cells)
    made: dict[str, Any] = {
        "next": np.full(size, -1, np.int64),
        "trace": np.zeros(size, np.int32),
        "deadlines": np.full((len(DEADLINES), size), Keep.IT, np.int64),
        "due": np.zeros(size, np.int8),
        "changes": np.zeros(size, bool),
        "links_refused": np.zeros(size, np.int8),
        "lasts": np.zeros(size, np.int32),
        "first": np.zeros(size, np.int8),
    }
    traces: dict[tuple[tuple[Done, ...], str], int] = {((), ""): 0}
    for at, (cell, offset) in enumerate(cells):
        if cell is None:
            continue
        kind = at % WIDTH
        happens = DEADLINES[kind - len(KINDS)] if len(KINDS) <= kind < WIDTH - 1 else ""
        if cell.deadlines[3] >= 0:
            happens = "locked"
        made["next"][at] = (cell.state + offset) * WIDTH
        made["trace"][at] = traces.setdefault((cell.trace, happens), len(traces))
        made["deadlines"][:, at] = cell.deadlines
        made["due"][at] = cell.due
        made["changes"][at] = (
            made["next"][at] != at - kind
            or any(each != Keep.IT for each in cell.deadlines)
            or cell.due not in (Due.AS_BEFORE, Due.NOTHING)
        )
        made["links_refused"][at] = sum(str(done.reason) == "link not valid" for done in cell.trace)
        made["lasts"][at] = len(cell.trace) * TICK_S
        made["first"][at] = any(done.shows_qr_code for done in cell.trace) + 2 * any(map(_with_code, cell.trace))
    measures, counts = _measures(traces)
    least_off = -OFF_MAX_S - AGE_MAX_S
    off = np.arange(least_off, OFF_MAX_S + STEP_S) // STEP_S
    steps = fitting(tables[0], rules)
    most = max(steps)
    fits = np.array([steps[each] for each in range(-most, most + 1)])[np.clip(off, -most, most) + most]
    return Arrays(
        starts=offsets[:-1] * WIDTH,
        traces=tuple(traces),
        measures=measures,
        counts=counts,
        fits=fits,
        least_off=least_off,
        gap_s=gap_s(policy),
        **made,
    )


def _with_code(done: Done) -> bool:
    return done.act.does is a.LogIn and done.act.code is not None and done.accepted


def _measures(traces: Iterable[tuple[tuple[Done, ...], str]]) -> tuple[tuple[Measure, ...], Ints]:
    numbers: dict[Measure, int] = {}
    counted: list[list[int]] = []
    for trace, happens in traces:
        mine = [_measure(done) for done in trace] + ([(happens, "", "")] if happens else [])
        counted.append([numbers.setdefault(each, len(numbers)) for each in mine])
    counts = np.zeros((len(counted), len(numbers)), np.int64)
    for row, each in zip(counts, counted, strict=True):
        np.add.at(row, each, 1)
    return tuple(numbers), counts


def _measure(done: Done) -> Measure:
    with_code = " with a code" if done.act.code is not None else ""
    return done.act.does.__name__ + with_code, str(done.reason or "accepted"), done.requirement or ""


@dataclass
class Counts:
    """What is counted of some users: by day, and by trace, kind of first time, or kind of call."""

    traces: Ints
    firsts: Ints
    calls: Ints

    @classmethod
    def none(cls, days: int, arrays: Arrays) -> "Counts":
        return cls(*(np.zeros((days, width), np.int64) for width in (len(arrays.traces), len(FIRSTS), len(CALLS))))

    def add(self, other: "Counts") -> None:
        self.traces += other.traces
        self.firsts += other.firsts
        self.calls += other.calls


@dataclass
class Log:
    """Who sat down when, and what came of it: one array for each round, of equal lengths."""

    users: list[Ints] = field(default_factory=list)
    at: list[Ints] = field(default_factory=list)
    cells: list[Ints] = field(default_factory=list)
    offs: list[Ints] = field(default_factory=list)
    """By attempt: how many seconds a code is off; `MISTYPED` for one that is mistyped."""


MISTYPED = 32767


def _quantiles(values: Any) -> NDArray[np.int16]:
    ages: NDArray[np.int16] = np.clip(np.asarray(values), 0, AGE_MAX_S).astype(np.int16)
    return ages


class _Draws:
    """What of a behaviour is drawn by looking it up: times of day, ages of codes, slips."""

    def __init__(self, behaviour: Behaviour) -> None:
        share = (np.arange(STEPS) + 0.5) / STEPS
        begins, lasts = behaviour.day_begins_s, behaviour.day_ends_s - behaviour.day_begins_s
        early = begins + lasts * np.sqrt(share / 2)
        late = begins + lasts * (1 - np.sqrt((1 - share) / 2))
        self.time_of_day = np.where(share < 0.5, early, late).astype(np.int64)
        self.second_of_step = (self.time_of_day % STEP_S).astype(np.int16)
        some = NormalDist()
        bends = np.interp(
            share, np.linspace(0.0001, 0.9999, 4096), [some.inv_cdf(p) for p in np.linspace(0.0001, 0.9999, 4096)]
        )
        self.age = _quantiles(np.exp(behaviour.typing_time.mu + behaviour.typing_time.sigma * bends))
        self.slips = [behaviour.slips(two_accounts=each) for each in (False, True)]
        self.kinds = ["logs in", *self.slips[0], ""]
        self.acts = (behaviour.logs_in_on_working_day, behaviour.logs_in_at_weekend)
        self.plain = np.array(
            [
                [min(STEPS - 1, int(acts * (1 - sum(slips.values())) * STEPS)) for slips in self.slips]
                for acts in self.acts
            ],
            np.uint16,
        )
        self.most = [min(STEPS, -int(-acts * STEPS // 1)) for acts in self.acts]
        # Of those who neither log in as ever nor stay away for sure: what they do, as cumulated shares.
        self.rest = np.array(
            [
                [self._rest(acts, slips, int(plain), most) for slips, plain in zip(self.slips, plains, strict=True)]
                for acts, plains, most in zip(self.acts, self.plain, self.most, strict=True)
            ]
        )

    def _rest(self, acts: float, slips: dict[str, float], plain: int, most: int) -> Any:
        whole = max(most - plain, 1) / STEPS
        as_ever = acts * (1 - sum(slips.values())) - plain / STEPS
        return np.cumsum([as_ever, *(acts * each for each in slips.values())]) / whole


class Crowd:
    """A block of users from the day on which two-factor authentication is switched on."""

    def __init__(
        self,
        arrays: Arrays,
        behaviour: Behaviour,
        users: int,
        days: int,
        seed: np.random.SeedSequence,
        log: Log | None = None,
    ) -> None:
        self.arrays, self.behaviour, self.draws = arrays, behaviour, _Draws(behaviour)
        self.users, self.days, self.log = users, days, log
        self.rng = np.random.Generator(np.random.SFC64(seed))
        self.counts = Counts.none(days, arrays)
        chance = self.rng.random
        two = chance(users) < behaviour.has_two_accounts
        group = np.where(two, np.where(chance(users) < behaviour.second_has_two_factor, 1, 2), 0)
        self.group = group
        self.two_accounts = two.astype(np.intp)
        self.base = arrays.starts[group]
        self.off = self._phones()
        self.bounces = chance(users) < behaviour.mail_bounces
        self.deadlines = np.full((len(DEADLINES), users), NEVER, np.int64)
        self.due = np.zeros(users, np.int8)
        self.due_at = np.full(users, NEVER, np.int64)
        self.free_at = np.full(users, 0, np.int64)
        self.next_at = np.full(users, 0, np.int64)
        self.firsts = np.zeros(users, np.int8)
        everyone = np.arange(users)
        self._perform(0, everyone, np.full(users, ENABLED_AT_S), self.base + WIDTH - 1)
        ignores = chance(users) < behaviour.ignores_enrolment_mail
        self.due[ignores], self.due_at[ignores] = Due.AS_BEFORE, NEVER
        self._look_ahead(everyone)

    def _phones(self) -> NDArray[np.int16]:
        behaviour, rng = self.behaviour, self.rng
        by_hand = rng.random(self.users) < behaviour.phone_clock_is_off
        mean = np.where(by_hand, behaviour.phone_clock_error_by_hand.mean_s, behaviour.phone_clock_error.mean_s)
        sd = np.where(by_hand, behaviour.phone_clock_error_by_hand.sd_s, behaviour.phone_clock_error.sd_s)
        off = np.rint(mean + sd * rng.standard_normal(self.users))
        return np.clip(off, -OFF_MAX_S, OFF_MAX_S).astype(np.int16)

    def run(self) -> Counts:
        """Live through all days."""
        for day in range(self.days):
            self._live(day)
        return self.counts

    def _live(self, day: int) -> None:
        arrays, draws = self.arrays, self.draws
        begins, weekend = day * DAY_S, int(day % 7 >= 5)
        drawn, when, age = self.rng.integers(0, STEPS, (3, self.users), np.uint16)
        plain = drawn < draws.plain[weekend].take(self.two_accounts)
        off = draws.second_of_step.take(when)
        off += self.off
        off -= draws.age.take(age)
        off -= arrays.least_off
        fits = arrays.fits.take(off)
        # On the first day nobody sits down before all is switched on.
        busy = self.next_at < (begins + DAY_S + arrays.longest_s if day else NEVER + 1)
        acts = drawn < draws.most[weekend]
        as_ever = plain & fits & ~busy
        who = np.flatnonzero(as_ever)
        cells = self.base[who]
        at = begins + draws.time_of_day.take(when[who]) if self.log else None
        self.counts.traces[day] += np.bincount(arrays.trace.take(cells), minlength=len(arrays.traces))
        if self.log is not None and at is not None:
            self._note(
                who, at, cells, np.repeat((self.off[who] - draws.age[age[who]])[None].astype(np.int64), TRIES, 0)
            )
        changes = np.flatnonzero(arrays.changes.take(cells))
        if changes.size:
            changed = who[changes]
            self._change(day, changed, begins + draws.time_of_day.take(when[changed]), cells[changes])
            busy[changed] = self.next_at[changed] < begins + DAY_S
        slow = np.flatnonzero(busy | (acts & ~as_ever))
        if slow.size:
            logs_in = acts[slow] & ~as_ever[slow]
            what = np.where(plain[slow], 0, self._slips(slow, weekend))
            logs_in &= what < len(draws.kinds) - 1
            login_at = np.where(logs_in, begins + draws.time_of_day.take(when[slow]), NEVER)
            self._live_slowly(day, slow, login_at, what, draws.age.take(age[slow]))

    def _slips(self, who: Ints, weekend: int) -> Ints:
        """Return what happens at a login that is not as ever; the last number is: there is none."""
        shares = self.draws.rest[weekend][self.two_accounts[who]]
        drawn: Ints = (self.rng.random(who.size)[:, None] >= shares).sum(axis=1)
        return drawn

    def _live_slowly(self, day: int, who: Ints, login_at: Ints, what: Ints, age: NDArray[np.int16]) -> None:
        ends = (day + 1) * DAY_S
        while True:
            waits = (self.due[who] == Due.FOLLOW) | (self.due[who] == Due.ASK)
            login_at = np.where(waits, NEVER, login_at)
            due_at = self.due_at[who]
            sits_at = np.maximum(np.minimum(due_at, login_at), self.free_at[who])
            runs_out = self.deadlines[:, who].min(axis=0)
            caught = (runs_out > sits_at) & (runs_out <= sits_at + self.arrays.longest_s)
            sits_at = np.where(caught, runs_out, sits_at)
            goes_on = np.flatnonzero(np.minimum(sits_at, runs_out) < ends)
            if not goes_on.size:
                return
            who, login_at, what, age = who[goes_on], login_at[goes_on], what[goes_on], age[goes_on]
            sits_at, runs_out, due_at = sits_at[goes_on], runs_out[goes_on], due_at[goes_on]
            late = runs_out <= sits_at
            if late.any():
                idle = who[late]
                which = self.deadlines[:, idle].argmin(axis=0)
                self._perform(day, idle, runs_out[late], self.base[idle] + len(KINDS) + which)
            sits = np.flatnonzero(~late)
            if sits.size:
                due = due_at[sits] <= login_at[sits]
                self._sit(day, who[sits], sits_at[sits], due, what[sits], age[sits])
                login_at[sits[~due]] = NEVER

    def _sit(self, day: int, who: Ints, at: Ints, due: NDArray[np.bool_], what: Ints, age: NDArray[np.int16]) -> None:
        draws, behaviour, rng = self.draws, self.behaviour, self.rng
        kind = np.where(due, self._errands(self.due[who]), self._logins(what))
        kind = np.where(~due & self.bounces[who], _KIND["gets no mail", 0], kind)
        offs = self.off[who].astype(np.int64) - draws.age.take(rng.integers(0, STEPS, (TRIES, who.size)))
        offs[0] = np.where(due, offs[0], self.off[who] - age)
        mistyped = rng.random((TRIES, who.size)) < behaviour.mistypes_code
        mistyped[0] = np.where(due, mistyped[0], what == draws.kinds.index("mistypes code"))
        right = self.arrays.fits[at % STEP_S + offs - self.arrays.least_off] & ~mistyped
        wrong_codes = np.where(right.any(axis=0), right.argmax(axis=0), TRIES)
        kind += np.where(_HAS_CODES[kind], wrong_codes, 0)
        self.due[who[due]], self.due_at[who[due]] = Due.AS_BEFORE, NEVER
        cells = self.base[who] + kind
        if self.log is not None:
            self._note(who, at, cells, np.where(mistyped, MISTYPED, offs))
        self._perform(day, who, at, cells)

    def _logins(self, what: Ints) -> Ints:
        """Return the kind of visit by what happens at a login, as in `_Draws.kinds`."""
        names = ["logs in" if name == "mistypes code" else name for name in self.draws.kinds[:-1]]
        return np.array([_KIND[name, 0] for name in names]).take(np.minimum(what, len(names) - 1))

    def _errands(self, due: NDArray[np.int8]) -> Ints:
        """Return the kind of visit by what is due."""
        behaviour = self.behaviour
        closes, no_phone = behaviour.closes_before_ok, behaviour.has_no_phone_at_hand
        names = {
            Due.FOLLOW: ("closes before OK", "chooses weak password", "follows reset link"),
            Due.ENROL: ("has no phone at hand", "logs in later", "enrols"),
            Due.ASK: ("asks again",) * 3,
        }
        shares = {
            Due.FOLLOW: (closes, closes + (1 - closes) * behaviour.chooses_weak_password),
            Due.ENROL: (no_phone, no_phone + (1 - no_phone) * behaviour.logs_in_later),
            Due.ASK: (0.0, 0.0),
        }
        chance = self.rng.random(due.size)
        kind = np.zeros(due.size, np.int64)
        for each, three in names.items():
            these = np.flatnonzero(due == each)
            which = np.searchsorted(shares[each], chance[these], side="right")
            kind[these] = np.array([_KIND[name, 0] for name in three])[which]
        return kind

    def _note(self, who: Ints, at: Ints, cells: Ints, offs: Ints) -> None:
        if log := self.log:
            log.users.append(who)
            log.at.append(at)
            log.cells.append(cells)
            log.offs.append(offs)

    def _perform(self, day: int, who: Ints, at: Ints, cells: Ints) -> None:
        self.counts.traces[day] += np.bincount(self.arrays.trace.take(cells), minlength=len(self.arrays.traces))
        self._change(day, who, at, cells)

    def _change(self, day: int, who: Ints, at: Ints, cells: Ints) -> None:
        """Bring about what visits change: states, deadlines, what is due, first times, calls."""
        arrays, behaviour, calls = self.arrays, self.behaviour, self.counts.calls[day]
        self.base[who] = state = arrays.next[cells]
        if state.min() < 0:
            raise AssertionError(f"no table has the cells {cells[state < 0][:5]}")
        effects = arrays.deadlines[:, cells]
        new = np.where(effects == Keep.IT, self.deadlines[:, who], np.where(effects >= 0, at + effects, NEVER))
        self.deadlines[:, who] = np.minimum(new, NEVER)
        self.free_at[who] = at + arrays.lasts[cells] + arrays.gap_s
        first = arrays.first[cells] & ~self.firsts[who]
        if first.any():
            self.counts.firsts[day] += [np.count_nonzero(first & bit) for bit in (1, 2)]
            self.firsts[who] |= first
        refused = int(arrays.links_refused[cells].sum())
        if refused:
            calls[2] += self.rng.binomial(refused, behaviour.calls_about_link)
        due = arrays.due[cells]
        todo = np.flatnonzero(due)
        if todo.size:
            self._becomes_due(who[todo], at[todo] + arrays.lasts[cells[todo]], due[todo], calls)
        self._look_ahead(who)

    def _becomes_due(self, who: Ints, at: Ints, due: NDArray[np.int8], calls: Ints) -> None:
        behaviour = self.behaviour
        in_vain = self.bounces[who]
        # Whoever waits for a mail in vain calls the help desk, which corrects the address.
        misses = in_vain & (due == Due.FOLLOW)
        calls[1] += np.count_nonzero(misses)
        calls[0] += np.count_nonzero(due == Due.ASK)
        self.bounces[who[misses]] = False
        self.off[who[due == Due.ASK]] = 0
        due = np.where(misses, Due.ASK, due)
        when = np.full(who.size, NEVER)
        for what, delay, outside in (
            (Due.FOLLOW, behaviour.reset_mail_delay, behaviour.reads_outside_hours),
            (Due.ENROL, behaviour.enrolment_mail_delay, behaviour.reads_outside_hours),
            (Due.ASK, behaviour.help_desk_delay, 0.0),
        ):
            these = np.flatnonzero(due == what)
            if these.size:
                when[these] = self._read_at(at[these], delay, outside)
        when[in_vain & (due == Due.ENROL)] = NEVER
        due = np.where(when == NEVER, Due.AS_BEFORE, due)
        self.due[who], self.due_at[who] = due, when

    def _read_at(self, at: Ints, delay: LogNormal, outside: float) -> Ints:
        """Return when something is seen to: after a delay, and at work unless the person also reads outside hours."""
        rng, begins, ends = self.rng, self.behaviour.day_begins_s, self.behaviour.day_ends_s
        waited = np.exp(delay.mu + delay.sigma * rng.standard_normal(at.size))
        at = at + np.minimum(waited, NEVER / 4).astype(np.int64)
        day, second = at // DAY_S, at % DAY_S
        at_work = (day % 7 < 5) & (second >= begins) & (second < ends)
        anyway = rng.random(at.size) < outside
        within_hour = rng.integers(0, HOUR_S, at.size)
        awake = np.where(second < 6 * HOUR_S, 6 * HOUR_S + within_hour, np.minimum(second, 22 * HOUR_S + within_hour))
        next_day = day + (second >= begins) * 1
        next_day += np.choose(next_day % 7, (0, 0, 0, 0, 0, 2, 1))
        in_the_morning = next_day * DAY_S + begins + within_hour
        seen: Ints = np.where(at_work, at, np.where(anyway, day * DAY_S + awake, in_the_morning))
        return seen

    def _look_ahead(self, who: Ints) -> None:
        """Note when something happens next, besides a login.

        Whoever gets no mail, or waits for one or for the help desk and so does not log in, is looked at every day.
        """
        soonest = np.minimum(self.deadlines[:, who].min(axis=0), self.due_at[who])
        waits = (self.due[who] == Due.FOLLOW) | (self.due[who] == Due.ASK)
        self.next_at[who] = np.where(self.bounces[who] | waits, 0, soonest)


_HAS_CODES = np.array([(each.name, TRIES) in _KIND for each in KINDS])
