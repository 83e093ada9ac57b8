"""What a person sees on a screen."""

from pytest_bdd import then, when

from kmc_harness.scenario.world import World

from ._words import sentence


@when(sentence("{who:Who} goes to the login screen {by_continue:Way}"))
def _(world: World, who: str, by_continue: bool) -> None:
    world.act.go_to_login(who, by_continue=by_continue)


@then(sentence("the screen has {names:Names}"))
def _(world: World, names: tuple[str, ...]) -> None:
    world.expect.on_screen(names)


@then(sentence("only the e-mail of {who:Who} is filled in"))
def _(world: World, who: str) -> None:
    world.expect.only_email_filled_in(who)


@then("the screen must not be kept")
def _(world: World) -> None:
    world.expect.not_kept()
