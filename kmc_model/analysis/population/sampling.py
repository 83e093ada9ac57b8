"""Lives sampled from a simulation, and replayed on `Model` action by action: both must say the same of each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from kmc_model import actions as a
from kmc_model.analysis.configurations import email_of
from kmc_model.analysis.population.behaviour import DAY_S, Behaviour
from kmc_model.analysis.population.crowd import ENABLED_AT_S, MISTYPED, WIDTH, Log
from kmc_model.analysis.population.settings import check
from kmc_model.analysis.population.study import plan_of
from kmc_model.analysis.population.tables import GROUPS, Group
from kmc_model.analysis.population.visits import KINDS, PASSWORDS, Done, Person, perform
from kmc_model.clock import START, ManualClock
from kmc_model.model import Model, Variant
from kmc_model.policy import ARTICLE, Policy
from kmc_model.records import LinkKind
from kmc_model.totp import SeededSecrets, code_at

__all__ = ["MIDNIGHT", "Difference", "SampledLife", "Sat", "lives", "newcomer", "replay", "typed"]

MIDNIGHT = START - START % DAY_S
"""When a simulation begins: epoch seconds of the Monday on which two-factor authentication is switched on."""


class Sat(NamedTuple):
    """One visit of a life.

    Attributes:
        at: seconds since `MIDNIGHT`.
        kind: the name of the kind of visit.
        offs: by attempt, how many seconds the code is off; `MISTYPED` for one that is mistyped.
        done: the actions, and what the simulation says came of each.

    """

    at: int
    kind: str
    offs: tuple[int, ...]
    done: tuple[Done, ...]


class SampledLife(NamedTuple):
    """All that one user did, in the order of time."""

    group: Group
    visits: tuple[Sat, ...]

    @property
    def actions(self) -> int:
        """How many actions the user performed."""
        return sum(len(sat.done) for sat in self.visits)


class Difference(NamedTuple):
    """An action of which simulation and model do not say the same; `at` is in epoch seconds."""

    at: int
    visit: str
    simulated: Done
    modelled: Done


def lives(
    users: int, days: int = 90, policy: Policy = ARTICLE, behaviour: Behaviour | None = None, *, seed: int = 0
) -> Iterator[SampledLife]:
    """Yield the lives of `users`, as `simulate` lives them with the same arguments for its first seed."""
    check(users, days, 1, policy)
    plan = plan_of(policy, behaviour or Behaviour(), users, days, seed)
    for block in range(plan.blocks):
        log = Log()
        crowd = plan.crowd(0, block, log)
        crowd.run()
        who, at, cells = (np.concatenate(each) for each in (log.users, log.at, log.cells))
        offs = np.concatenate(log.offs, axis=1)
        order = np.lexsort((at, who))
        of_user = np.split(order, np.searchsorted(who[order], np.arange(1, crowd.users)))
        for group, mine in zip(crowd.group, of_user, strict=True):
            visits = (
                Sat(
                    int(at[n]),
                    KINDS[cells[n] % WIDTH].name,
                    tuple(offs[:, n].tolist()),
                    plan.arrays.traces[plan.arrays.trace[cells[n]]][0],
                )
                for n in mine
            )
            yield SampledLife(GROUPS[group], tuple(visits))


def replay(life: SampledLife, policy: Policy = ARTICLE) -> list[Difference]:
    """Perform every action of `life` on a `Model` of its own at its time; return where the two do not say the same."""
    person = newcomer(life.group, policy)
    model = person.model
    found = []
    for sat in life.visits:
        person.code_of = typed(model, sat.offs)
        if sat.kind == "forgets password":
            person.forgets_password()
        if sat.kind == "loses phone":
            person.loses_phone()
        for done in sat.done:
            at = MIDNIGHT + sat.at + done.after_s
            model.clock.advance(at - model.clock.now())
            modelled, answer = perform(person, done.act, done.after_s)
            if modelled != done:
                found.append(Difference(at, sat.kind, done, modelled))
            if answer.qr_code and sat.kind != "has no phone at hand":
                person.scan(answer)
    return found


def newcomer(group: Group, policy: Policy) -> Person:
    """Return a user in front of a model of their own in which two-factor authentication has just been switched on."""
    model = Model(ManualClock(MIDNIGHT), SeededSecrets(0), Variant(policy))
    email = email_of("Ada")
    for account in group.accounts:
        model.perform(a.RegisterUser(account, email, PASSWORDS[0]))
    model.clock.advance(ENABLED_AT_S)
    for account in group.two_factor:
        model.perform(a.EnableTwoFactor(account))
    person = Person(model, email, typed(model, (0,)))
    assert person.has_mail(LinkKind.ENROLMENT)
    return person


def typed(model: Model, offs: tuple[int, ...]) -> Callable[[str, int], str]:
    """Return what types the codes: by attempt off by so many seconds, or mistyped."""

    def code_of(secret: str, attempt: int) -> str:
        mistyped = offs[attempt] == MISTYPED
        code = code_at(secret, model.clock.now() + (0 if mistyped else offs[attempt]))
        return code[:-1] + str((int(code[-1]) + 1) % 10) if mistyped else code

    return code_of
