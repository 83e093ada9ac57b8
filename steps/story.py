"""A whole story at once: what other steps say, a row each."""

from pytest_bdd import given

from kmc_harness.scenario.world import World


@given("meanwhile:")
def _(world: World, datatable: list[list[str]]) -> None:
    world.tell_aside(row[0] for row in datatable)


@given("this has happened:")
def _(world: World, datatable: list[list[str]]) -> None:
    world.tell(row[0] for row in datatable)


@given("at the moment of the next act:")
def _(world: World, datatable: list[list[str]]) -> None:
    world.tell_at_once(row[0] for row in datatable)
