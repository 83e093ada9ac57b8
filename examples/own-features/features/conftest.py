"""Sentences of our own. They talk to the same world as those of the suite."""

from pytest_bdd import given

from kmc_harness.scenario.world import World


@given("three weeks of holidays are over")
def _(world: World) -> None:
    world.exchange.pass_time(21 * 86_400)
