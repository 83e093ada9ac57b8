"""Going from one account to another."""

from pytest_bdd import given, when

from kmc_harness.scenario.world import World

from ._words import sentence


@given(sentence("{who:Who} has switched to {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.given.switch(who, account)


@when(sentence("{who:Who} switches to {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.act.switch_account(who, account)
