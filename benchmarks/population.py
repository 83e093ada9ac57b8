"""How fast populations are simulated, beside SimPy driving `Model`; whether both say the same.

On the SimPy side a user is a process with a `Model` of their own, and draws from Python's `random`. Days, delays, mails
and calls are written anew; what is done within a visit is the same code, so that the behaviour is the same. A user
event is an action that a user performs on the model; days without one are none.

    python benchmarks/population.py [--users 1000000] [--days 365] [--simpy-users 400] [--most 10000000] [--chart FILE]
"""

import argparse
import math
import os
import random
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from threading import Event, Thread

import numpy as np
import simpy
from rich.console import Console
from rich.table import Table

from kmc_model.actions import LogIn, RequestReset, SetPassword
from kmc_model.analysis.population import Behaviour, LogNormal, simulate
from kmc_model.analysis.population.behaviour import DAY_S, HOUR_S
from kmc_model.analysis.population.crowd import ENABLED_AT_S
from kmc_model.analysis.population.sampling import MIDNIGHT, MISTYPED, newcomer, typed
from kmc_model.analysis.population.study import plan_of
from kmc_model.analysis.population.tables import GROUPS, gap_s
from kmc_model.analysis.population.visits import KINDS, Done, sit
from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy
from kmc_model.records import LinkKind
from kmc_model.turn import Reason

KIND = {(each.name, each.wrong_codes): each for each in KINDS}
NEVER = math.inf


# Beside: SimPy drives the model


class Somebody:
    """One user as a SimPy process."""

    def __init__(self, env: simpy.Environment, policy: Policy, behaviour: Behaviour, rng: random.Random) -> None:
        self.env, self.policy, self.behaviour, self.rng = env, policy, behaviour, rng
        two = rng.random() < behaviour.has_two_accounts
        self.group = GROUPS[two and (1 if rng.random() < behaviour.second_has_two_factor else 2)]
        by_hand = rng.random() < behaviour.phone_clock_is_off
        error = behaviour.phone_clock_error_by_hand if by_hand else behaviour.phone_clock_error
        self.off = max(-3600, min(3600, round(rng.gauss(error.mean_s, error.sd_s))))
        self.bounces = rng.random() < behaviour.mail_bounces
        self.slips = behaviour.slips(two_accounts=two)
        self.free_at = 0
        self.due = ""
        self.due_at = NEVER
        self.counts: Counter[str] = Counter()
        self.enrolled_on: int | None = None
        self.person = newcomer(self.group, policy)

    def lives(self, days: int) -> Generator[simpy.Event, None, None]:
        """Live: on each day a login perhaps, and whatever is due, in the order of time."""
        if not self.bounces and self.rng.random() >= self.behaviour.ignores_enrolment_mail:
            self.due, self.due_at = "enrol", self.read_at(ENABLED_AT_S, self.behaviour.enrolment_mail_delay)
        self.free_at = ENABLED_AT_S + gap_s(self.policy)
        for day in range(days):
            login_at, what = self.login(day)
            while True:
                if self.due in ("follow", "ask"):
                    login_at = NEVER
                at = max(min(self.due_at, login_at), self.free_at)
                if at >= (day + 1) * DAY_S:
                    break
                yield self.env.timeout(at - self.env.now)
                if self.due_at <= login_at:
                    self.errand()
                else:
                    self.sits("gets no mail" if self.bounces else what)
                    login_at = NEVER

    def login(self, day: int) -> tuple[float, str]:
        behaviour, rng = self.behaviour, self.rng
        acts = behaviour.logs_in_on_working_day if day % 7 < 5 else behaviour.logs_in_at_weekend
        if rng.random() >= acts:
            return NEVER, ""
        at = day * DAY_S + int(rng.triangular(behaviour.day_begins_s, behaviour.day_ends_s))
        (what,) = rng.choices(["logs in", *self.slips], [1 - sum(self.slips.values()), *self.slips.values()])
        return at, what

    def errand(self) -> None:
        behaviour, rng, due = self.behaviour, self.rng, self.due
        self.due, self.due_at = "", NEVER
        if due == "ask":
            self.sits("asks again")
        elif due == "follow":
            closes = rng.random() < behaviour.closes_before_ok
            weak = rng.random() < behaviour.chooses_weak_password
            self.sits("closes before OK" if closes else "chooses weak password" if weak else "follows reset link")
        else:
            no_phone = rng.random() < behaviour.has_no_phone_at_hand
            later = rng.random() < behaviour.logs_in_later
            self.sits("has no phone at hand" if no_phone else "logs in later" if later else "enrols")

    def sits(self, what: str) -> None:
        now, behaviour, rng = int(self.env.now), self.behaviour, self.rng
        person, model = self.person, self.person.model
        model.clock.advance(MIDNIGHT + now - model.clock.now())
        ages = [min(600, int(_drawn(behaviour.typing_time, rng))) for _ in range(3)]
        slips = [rng.random() < behaviour.mistypes_code for _ in range(3)]
        first_is_login = what not in ("follows reset link", "chooses weak password", "enrols")
        slips[0] = what == "mistypes code" if first_is_login else slips[0]
        person.code_of = typed(model, tuple(MISTYPED if s else self.off - a for s, a in zip(slips, ages, strict=True)))
        person.attempt = 0
        kind = KIND["logs in" if what == "mistypes code" else what, 0]
        done, end = sit(person, kind.begin(person, self.group.where))
        self.note(now, done)
        finished = now + len(done) * 30
        self.free_at = finished + gap_s(self.policy)
        mailed = {each for one in done for each in one.mails}
        own = model.state.credentials[person.email]
        paired = own.secret is not None and own.secret.base32 == person.known.app
        if end.gave_up:
            self.calls("codes refused", finished)
            self.off = 0
        elif any(one.act.does is RequestReset for one in done):
            if self.bounces:
                self.bounces = False
                self.calls("no mail came", finished)
            else:
                self.due, self.due_at = "follow", self.read_at(finished, behaviour.reset_mail_delay)
        elif LinkKind.ENROLMENT in mailed and not paired:
            at = NEVER if self.bounces else self.read_at(finished, behaviour.enrolment_mail_delay)
            self.due, self.due_at = ("enrol", at) if at < NEVER else ("", NEVER)
        elif paired:
            self.due, self.due_at = "", NEVER

    def calls(self, why: str, at: int) -> None:
        self.counts["help desk calls"] += 1
        self.due, self.due_at = "ask", self.read_at(at, self.behaviour.help_desk_delay, outside=0)

    def note(self, now: int, done: tuple[Done, ...]) -> None:
        for one in done:
            self.counts["events"] += 1
            if one.act.does is LogIn and one.accepted:
                self.counts["logins"] += 1
                if one.act.code is not None and self.enrolled_on is None:
                    self.enrolled_on = now // DAY_S
            if one.act.does is LogIn and one.reason not in (None, Reason.CODE_NEEDED):
                self.counts["logins refused"] += 1
            self.counts["resets asked for"] += one.act.does is RequestReset
            self.counts["resets"] += one.act.does is SetPassword and one.accepted
            if one.reason is Reason.LINK_NOT_VALID:
                self.counts["links refused"] += 1
                self.counts["help desk calls"] += self.rng.random() < self.behaviour.calls_about_link

    def read_at(self, at: float, delay: LogNormal, outside: float | None = None) -> int:
        behaviour, rng = self.behaviour, self.rng
        outside = behaviour.reads_outside_hours if outside is None else outside
        at = int(at + _drawn(delay, rng))
        day, second = divmod(at, DAY_S)
        if day % 7 < 5 and behaviour.day_begins_s <= second < behaviour.day_ends_s:
            return at
        within_hour = rng.randrange(HOUR_S)
        if rng.random() < outside:
            awake = 6 * HOUR_S + within_hour if second < 6 * HOUR_S else min(second, 22 * HOUR_S + within_hour)
            return day * DAY_S + awake
        day += second >= behaviour.day_begins_s
        day += {5: 2, 6: 1}.get(day % 7, 0)
        return day * DAY_S + behaviour.day_begins_s + within_hour


def _drawn(delay: LogNormal, rng: random.Random) -> float:
    return math.exp(rng.gauss(delay.mu, delay.sigma))


def with_simpy(users: int, days: int, policy: Policy, seed: int) -> Counter[str]:
    """Return what SimPy and the model count."""
    env, rng = simpy.Environment(), random.Random(seed)  # noqa: S311 (people are no secret)
    everybody = [Somebody(env, policy, Behaviour(), rng) for _ in range(users)]
    for each in everybody:
        env.process(each.lives(days))
    env.run()
    total: Counter[str] = Counter()
    for each in everybody:
        total += each.counts
        for day in (0, 1, 6):
            total[f"enrolled by day {day + 1}"] += each.enrolled_on is not None and each.enrolled_on <= day
    return total


# What is measured


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the wall and of the processor, children included."""
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return time.perf_counter() - wall, _cpu_s() - cpu


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


class Memory:
    """The most memory that this process and its children hold of their own, above the start (bytes)."""

    def __enter__(self) -> "Memory":
        self._done, self.most, self._start = Event(), 0, _private()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.most = max(self.most, _private() - self._start)


def _private() -> int:
    """Return the proportional memory of this process and its children: what they share counts once."""
    mine = os.getpid()
    children = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and _parent(each) == mine]
    return sum(_pss(pid) for pid in (mine, *children))


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for each in columns:
        table.add_column(each, justify="left" if each == columns[0] else "right")
    return table


def speed(console: Console, users: int, days: int) -> None:
    """A large study on two cores: wall, events a second and core, memory a user."""
    plan_of(ARTICLE, Behaviour(), users, days, 0)
    made = []
    with Memory() as memory:
        wall, cpu = timed(lambda: made.append(simulate(users, days, seeds=1, workers=2)))
    events = made[0].events
    console.print(
        f"{users:,} users, {days} days, two processes: {wall:.1f} s, {events:,} user events; "
        f"{events / cpu / 1e6:.1f} million a second of one core; {memory.most / users:.0f} bytes a user above the start"
    )


def flatness(console: Console, most: int, chart: str | None) -> None:
    """The cost of an event by the number of users, one process."""
    table = _table("users, 90 days", "user events", "ns an event", "")
    points = []
    users = 10_000
    while users <= most:
        events, cpu = min((_cost(users, seed) for seed in range(max(1, 300_000 // users))), key=lambda each: each[1])
        cost = cpu / events * 1e9
        points.append((users, cost))
        table.add_row(f"{users:,}", f"{events:,}", f"{cost:.1f}", "█" * round(cost / 4))
        users *= 10
    console.print(table)
    if chart:
        _draw(points, chart)


def _cost(users: int, seed: int) -> tuple[int, float]:
    made = []
    _, cpu = timed(lambda: made.append(simulate(users, 90, seed=seed, seeds=1)))
    return made[0].events, cpu


def _draw(points: list[tuple[int, float]], chart: str) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3))
    axes.semilogx(*zip(*points, strict=True), marker="o")
    axes.set(xlabel="users", ylabel="ns a user event, one core", ylim=(0, 1.2 * max(cost for _, cost in points)))
    axes.grid(visible=True)
    figure.tight_layout()
    figure.savefig(chart)


MANY = 200
"""Times the users of SimPy that ours simulates, for a time that can be measured."""
STUDENT = {5: 2.7764, 10: 2.2622}


def beside(console: Console, policy: Policy, users: int, days: int, seeds: int) -> None:
    """SimPy driving the model, and the same numbers of both."""
    simulate(100, 2, policy)
    totals: list[Counter[str]] = []
    _, slow = timed(lambda: totals.extend(with_simpy(users, days, policy, seed) for seed in range(seeds)))
    made = []
    _, fast = timed(lambda: made.append(simulate(users * MANY, days, policy, seeds=seeds)))
    theirs, ours = sum(each["events"] for each in totals) / slow, made[0].events / fast
    console.print(
        f"\npolicy {policy.name}, {users} users, {days} days, {seeds} seeds: SimPy {theirs:,.0f} user events "
        f"a second of one core, ours {ours:,.0f}: [bold]{ours / theirs:,.0f} times[/]"
    )
    table = _table("of 100 users", "SimPy, 95 %", "ours, 95 %", "agree")
    for measure, _, low, high in made[0].summary.itertuples(index=False):
        mine = [100 * each[measure] / users for each in totals]
        if any(mine):
            middle, half = statistics.mean(mine), STUDENT[seeds] * statistics.stdev(mine) / seeds**0.5
            one = middle - half, middle + half
            other = 100 * low / users / MANY, 100 * high / users / MANY
            agree = "yes" if one[0] <= other[1] and other[0] <= one[1] else "no"
            table.add_row(measure, f"{one[0]:.1f} to {one[1]:.1f}", f"{other[0]:.1f} to {other[1]:.1f}", agree)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--simpy-users", type=int, default=200)
    parser.add_argument("--simpy-days", type=int, default=60)
    parser.add_argument("--seeds", type=int, choices=(5, 10), default=10)
    parser.add_argument("--most", type=int, default=10_000_000, help="users at most, for the cost of an event")
    parser.add_argument("--chart", help="draw the cost of an event, as .svg or .png")
    asked = parser.parse_args()
    console = Console(width=100, highlight=False)
    console.print(f"NumPy {np.__version__}, SimPy {simpy.__version__}\n")
    speed(console, asked.users, asked.days)
    for policy in (ARTICLE, KALTURA_SERVER):
        beside(console, policy, asked.simpy_users, asked.simpy_days, asked.seeds)
    console.print()
    flatness(console, asked.most, asked.chart)


if __name__ == "__main__":
    main()
