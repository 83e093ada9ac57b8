"""Studies: a policy and a behaviour, simulated for several seeds; tables of what came of it, with confidence intervals.

Users are simulated in blocks of a fixed size, each with random numbers of its own, and counts are whole numbers: so a
study is the same whatever the number of workers, here or on a cluster.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kmc_model.analysis.population.behaviour import Behaviour
from kmc_model.analysis.population.crowd import CALLS, FIRSTS, Arrays, Counts, Crowd, Ints, Log, arrays_of
from kmc_model.analysis.population.settings import apply_settings, check
from kmc_model.policy import ARTICLE, Policy

__all__ = ["BLOCK", "Study", "simulate", "sweep"]

BLOCK = 16_384
"""Users simulated together, at most: their state fits into the cache."""
TASK = 2_000_000
"""User days in one task for a worker, about: half a second."""

Progress = Callable[[float], None]


class Task(NamedTuple):
    """Some blocks of one seed."""

    study: int
    replication: int
    first: int
    last: int


class Plan(NamedTuple):
    """What one study simulates: users in blocks of `block` at most."""

    policy: Policy
    behaviour: Behaviour
    users: int
    days: int
    seed: int
    block: int
    arrays: Arrays

    @property
    def blocks(self) -> int:
        return -(-self.users // self.block)

    def size(self, block: int) -> int:
        """Return how many users a block has; all blocks are as even as can be."""
        even, more = divmod(self.users, self.blocks)
        return even + (block < more)

    def crowd(self, replication: int, block: int, log: Log | None = None) -> Crowd:
        seed = np.random.SeedSequence(self.seed, spawn_key=(replication, block))
        return Crowd(self.arrays, self.behaviour, self.size(block), self.days, seed, log)


def plan_of(policy: Policy, behaviour: Behaviour, users: int, days: int, seed: int, block: int = 0) -> Plan:
    """Compile what is to be simulated."""
    return Plan(policy, behaviour, users, days, seed, block or BLOCK, arrays_of(policy))


def work(plan: Plan, task: Task) -> Counts:
    """Simulate some blocks."""
    total = Counts.none(plan.days, plan.arrays)
    for block in range(task.first, task.last):
        total.add(plan.crowd(task.replication, block).run())
    return total


@dataclass(frozen=True)
class Study:
    """What came of a policy and a behaviour, for each seed. Means are over seeds; intervals hold 95 % of the time.

    Attributes:
        policy: by which rules.
        behaviour: of which people.
        users: how many, for each seed.
        days: for how long from the day on which two-factor authentication is switched on.
        counts: by seed.

    """

    policy: Policy
    behaviour: Behaviour
    users: int
    days: int
    arrays: Arrays
    counts: tuple[Counts, ...]

    @cached_property
    def _measured(self) -> Ints:
        """By seed, day and measure."""
        return np.array([each.traces @ self.arrays.counts for each in self.counts])

    @property
    def events(self) -> int:
        """How many actions the users performed on the model, over all seeds."""
        done = [bool(answer) for _, answer, _ in self.arrays.measures]
        return int(self._measured[:, :, done].sum())

    def _count(self, what: str, answer: str | None = None) -> Ints:
        """Return by seed and day how often something was done, with an answer or with any."""
        chosen = [
            done.removesuffix(" with a code") == what and (answer is None or answer == answered)
            for done, answered, _ in self.arrays.measures
        ]
        counts: Ints = self._measured[:, :, chosen].sum(axis=2)
        return counts

    @cached_property
    def _by_day(self) -> dict[str, Ints]:
        """By name, what is counted by seed and day."""
        firsts = np.array([each.firsts for each in self.counts])
        calls = np.array([each.calls for each in self.counts])
        refused = self._count("LogIn") - self._count("LogIn", "accepted") - self._count("LogIn", "code needed")
        return {
            **{f"first {name}": firsts[:, :, n] for n, name in enumerate(FIRSTS)},
            "logins": self._count("LogIn", "accepted"),
            "logins refused": refused,
            "QR codes died unused": self._count("QR code dies"),
            "links ran out unopened": self._count("link runs out"),
            "links refused": self._count("OpenEnrolmentLink", "link not valid")
            + self._count("SetPassword", "link not valid"),
            "resets asked for": self._count("RequestReset"),
            "resets": self._count("SetPassword", "accepted"),
            "help desk calls": calls.sum(axis=2),
            **{f"calls: {name}": calls[:, :, n] for n, name in enumerate(CALLS)},
            "locked": self._count("locked"),
        }

    @property
    def by_day(self) -> pd.DataFrame:
        """What happened on each day: means over seeds. `first ...` count the users who did so for the first time."""
        made = pd.DataFrame({name: counts.mean(axis=0) for name, counts in self._by_day.items()})
        return made.rename_axis("day")

    @property
    def funnel(self) -> pd.DataFrame:
        """How far users have come by the end of each day: mean, low and high of the number of users, by stage."""
        frames = [
            _interval(self._by_day[f"first {name}"].cumsum(axis=1).T).assign(stage=name, day=range(self.days))
            for name in FIRSTS
        ]
        mailed = pd.DataFrame({"mean": float(self.users), "low": self.users, "high": self.users}, range(self.days))
        mailed = mailed.assign(stage="was mailed a link", day=range(self.days))
        return pd.concat([mailed, *frames], ignore_index=True)[["day", "stage", "mean", "low", "high"]]

    def to_frame(self) -> pd.DataFrame:
        """Return all numbers in one table: day (from 1; none for all days), measure, mean, low, high."""
        frames = [self.summary.assign(day=pd.array([None] * len(self.summary), "Int64"))]
        for name, counts in self._by_day.items():
            days = pd.array(range(1, self.days + 1), "Int64")
            frames.append(_interval(counts.T).assign(measure=name, day=days))
        return pd.concat(frames, ignore_index=True)[["day", "measure", "mean", "low", "high"]]

    @property
    def refusals(self) -> pd.DataFrame:
        """What was refused: action, reason, requirement, and how often; the most frequent first.

        A first answer that merely asks for a code is none.
        """
        at = [n for n, each in enumerate(self.arrays.measures) if each[1] not in ("", "accepted", "code needed")]
        keys = pd.DataFrame([self.arrays.measures[n] for n in at], columns=["action", "reason", "requirement"])
        found = keys.join(_interval(self._measured[:, :, at].sum(axis=1).T))
        return found[found["mean"] > 0].sort_values("mean", ascending=False, ignore_index=True)

    @property
    def summary(self) -> pd.DataFrame:
        """The study in a few numbers: measure, mean, low, high; counts over all users and days."""
        rows = {f"enrolled by day {day + 1}": self._enrolled(day) for day in (0, 1, 6) if day < self.days}
        rows["enrolled"] = self._enrolled(self.days - 1)
        rows["never saw a QR code"] = self.users - self._by_day[f"first {FIRSTS[0]}"].sum(axis=1)
        rows |= {name: each.sum(axis=1) for name, each in self._by_day.items() if not name.startswith("first")}
        made = _interval(np.array(list(rows.values())))
        made.insert(0, "measure", list(rows))
        return made

    def _enrolled(self, day: int) -> Ints:
        enrolled: Ints = self._by_day[f"first {FIRSTS[1]}"][:, : day + 1].sum(axis=1)
        return enrolled


def _interval(values: Ints) -> pd.DataFrame:
    """Return mean, low and high of each row: 95 % by Student's t over seeds; not a number with one seed."""
    seeds = values.shape[1]
    mean = values.mean(axis=1)
    half = np.full(mean.shape, np.nan)
    if seeds > 1:
        half = _student(seeds - 1) * values.std(axis=1, ddof=1) / np.sqrt(seeds)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def _student(freedom: int) -> float:
    """Return the 97.5th percentile of Student's t (Abramowitz and Stegun, 26.7.5; from a table where that is rough)."""
    few = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706, 6: 2.4469}
    z = NormalDist().inv_cdf(0.975)
    one, two = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return few.get(freedom, z + one / freedom + two / freedom**2 + three / freedom**3)


def simulate(
    users: int,
    days: int = 90,
    policy: Policy = ARTICLE,
    behaviour: Behaviour | None = None,
    *,
    seed: int = 0,
    seeds: int = 5,
    workers: int = 1,
    client: Any = None,
    on_progress: Progress | None = None,
) -> Study:
    """Simulate `users` for `days` from the Monday on which two-factor authentication is switched on, once a seed.

    Args:
        users: 1 to a thousand million, for each seed.
        days: 1 to 3650.
        policy: by which rules.
        behaviour: of which people; the defaults of `Behaviour` if left out.
        seed: same seed, same study, whatever the number of workers.
        seeds: how many independent repetitions; confidence intervals need two.
        workers: processes to work in; 1 works here.
        client: a Dask client to work on instead (`distributed.Client`).
        on_progress: is told which share is done, from 0 to 1.

    Raises:
        Impossible: settings that make no sense or are not simulated, before any work.

    """
    chosen = [(policy, behaviour or Behaviour())]
    (study,) = _studies(chosen, users, days, seed, seeds, workers, client, on_progress)
    return study


def sweep(
    grid: Mapping[str, Sequence[object]],
    users: int = 10_000,
    days: int = 90,
    policy: Policy = ARTICLE,
    behaviour: Behaviour | None = None,
    *,
    seed: int = 0,
    seeds: int = 5,
    workers: int = 1,
    client: Any = None,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Simulate every combination of `grid`: settings by name, as `{"qr_ttl": ["1h", "24h", "7d"]}`.

    A name is a field of `Policy` or `Behaviour`, or `qr_ttl`; all combinations meet the same users (the same seed).
    Returns one row for each combination and measure: the settings, then measure, mean, low, high as in `Study.summary`.
    The other arguments and errors are those of `simulate`.
    """
    rows = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    chosen = [apply_settings(row, policy, behaviour) for row in rows]
    studies = _studies(chosen, users, days, seed, seeds, workers, client, on_progress)
    frames = []
    for row, study in zip(rows, studies, strict=True):
        frame = study.summary
        for at, (name, value) in enumerate(row.items()):
            frame.insert(at, name, [value] * len(frame))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _studies(
    chosen: Sequence[tuple[Policy, Behaviour]],
    users: int,
    days: int,
    seed: int,
    seeds: int,
    workers: int,
    client: Any,
    on_progress: Progress | None,
) -> list[Study]:
    for policy, _ in chosen:
        check(users, days, seeds, policy)
    plans = [plan_of(policy, behaviour, users, days, seed) for policy, behaviour in chosen]
    counts = [[Counts.none(days, plan.arrays) for _ in range(seeds)] for plan in plans]
    tasks = list(_tasks(plans, seeds))
    for done, (task, made) in enumerate(_results(plans, tasks, workers, client), start=1):
        counts[task.study][task.replication].add(made)
        if on_progress:
            on_progress(done / len(tasks))
    return [
        Study(plan.policy, plan.behaviour, users, days, plan.arrays, tuple(mine))
        for plan, mine in zip(plans, counts, strict=True)
    ]


def _tasks(plans: Sequence[Plan], seeds: int) -> Iterator[Task]:
    for study, plan in enumerate(plans):
        step = max(1, TASK // (plan.block * plan.days))
        for replication in range(seeds):
            for first in range(0, plan.blocks, step):
                yield Task(study, replication, first, min(first + step, plan.blocks))


def _results(plans: Sequence[Plan], tasks: Sequence[Task], workers: int, client: Any) -> Iterator[tuple[Task, Counts]]:
    """Yield what came of each task, in any order."""
    if client is not None:
        yield from _on_cluster(plans, tasks, client)
    elif workers > 1 and len(tasks) > 1:
        with ProcessPoolExecutor(min(workers, len(tasks)), initializer=_remember, initargs=(plans,)) as pool:
            yield from _in_pool(pool, tasks)
    else:
        for task in tasks:
            yield task, work(plans[task.study], task)


_PLANS: list[Plan] = []


def _remember(plans: Sequence[Plan]) -> None:
    _PLANS[:] = plans


def _work_here(task: Task) -> Counts:
    return work(_PLANS[task.study], task)


def _in_pool(pool: Executor, tasks: Sequence[Task]) -> Iterator[tuple[Task, Counts]]:
    """Yield results as they come; never more in the air than the pool can soon take up, so that memory stays small."""
    waiting = iter(tasks)
    running = {pool.submit(_work_here, task): task for task in islice(waiting, 8)}
    while running:
        for each in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(each), each.result()
            for task in waiting:
                running[pool.submit(_work_here, task)] = task
                break


def _on_cluster(plans: Sequence[Plan], tasks: Sequence[Task], client: Any) -> Iterator[tuple[Task, Counts]]:
    """Yield results from a Dask cluster. Plans are compiled there, so that what a lost worker had is all made again."""
    from distributed import as_completed

    sent = [client.submit(plan_of, *plan[:-1], pure=False) for plan in plans]
    running = {client.submit(work, sent[task.study], task, pure=False): task for task in tasks}
    for future in as_completed(list(running)):  # type: ignore[no-untyped-call] # distributed has no types
        yield running.pop(future), future.result()
