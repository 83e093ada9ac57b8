"""Switching two-factor authentication on and off."""

from pytest_bdd import given, when

from kmc_harness.scenario.world import World

from ._words import sentence


@given(sentence("two-factor authentication is {on:On} for {account:Account}"))
def _(world: World, on: bool, account: str) -> None:
    world.given.two_factor(account, on=on)


@when(sentence("the vendor switches two-factor authentication {on:On} for {account:Account}"))
def _(world: World, on: bool, account: str) -> None:
    world.act.vendor_switches(account, on=on)


@when(sentence("{who:Who} tries to switch two-factor authentication {on:On} for {account:Account}"))
def _(world: World, who: str, on: bool, account: str) -> None:
    world.act.switch_two_factor(account, on=on, by=who)
