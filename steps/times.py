"""Time that passes, and clocks that are off."""

from pytest_bdd import given, when

from kmc_harness.scenario.world import World

from ._words import sentence


@given(sentence("{seconds:Duration} have passed"))
@when(sentence("{seconds:Duration} pass"))
def _(world: World, seconds: int) -> None:
    world.exchange.pass_time(seconds)


@given(sentence("it is {time:Time} on {day:Day}"))
def _(world: World, time: str, day: str) -> None:
    world.exchange.await_time(time, day)


@given("it is the middle of a 30 s step")
def _(world: World) -> None:
    world.exchange.move_into_step(15)


@given(sentence("the code of {who:Who} begins with 0"))
def _(world: World, who: str) -> None:
    world.given.leading_zero(who)


@given(sentence("the authenticator of {who:Who} is {ahead_s:Ahead}"))
def _(world: World, who: str, ahead_s: int) -> None:
    world.given.offset(who, ahead_s)
