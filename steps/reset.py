"""Forgot Password, the reset link and the new password."""

from collections.abc import Callable

from pytest_bdd import given, then, when

from kmc_harness.scenario.givens import NEWEST_RESET
from kmc_harness.scenario.world import World
from kmc_model.sentences import Link

from ._words import sentence


@given(sentence("{who:Who} takes {taken:Taken} at each reset"))
def _(world: World, who: str, taken: Callable[[str, int], str]) -> None:
    world.people[who].takes = taken


@given(sentence("{who:Who} has asked for a reset"))
def _(world: World, who: str) -> None:
    world.given.reset_mail(who)


@given(sentence("{who:Who} has set a new password"))
def _(world: World, who: str) -> None:
    world.given.new_password(who)


@given(sentence("{who:Who} has reset the password"))
@when(sentence("{who:Who} resets the password"))
def _(world: World, who: str) -> None:
    world.given.reset(who)


@when(sentence("{who:Who} follows the renewal steps"))
def _(world: World, who: str) -> None:
    world.given.renewal(who)


@given(sentence("{who:Who} has been mailed another enrolment link by a reset"))
def _(world: World, who: str) -> None:
    world.given.renewal_mail(who)


@given(sentence("{who:Who} has reset the password {count:d} times"))
@when(sentence("{who:Who} resets the password {count:d} times"))
def _(world: World, who: str, count: int) -> None:
    world.given.resets(who, count)


@when(sentence("{who:Who} asks for a reset with the e-mail in capitals"))
def _(world: World, who: str) -> None:
    world.act.ask_for_reset(who, typed=str.upper)


@then(sentence("no reset link goes to the e-mail of {who:Who} in capitals"))
def _(world: World, who: str) -> None:
    world.expect.none_mailed_as_typed(who, str.upper)


@when(sentence("{who:Who} asks for a reset"))
def _(world: World, who: str) -> None:
    world.act.ask_for_reset(who)


@then(sentence("the answer does not tell the link mailed to {who:Who}"))
def _(world: World, who: str) -> None:
    world.expect.no_link_told(who)


@when(sentence("{who:Who} asks for a reset {count:d} times, {apart_s:Duration} apart"))
def _(world: World, who: str, count: int, apart_s: int) -> None:
    world.act.ask_for_resets(who, count, apart_s)


@when(sentence("{who:Who} asks for a reset {count:d} times"))
def _(world: World, who: str, count: int) -> None:
    world.act.ask_for_resets(who, count)


@when(sentence("{who:Who} asks for a reset {count:d} times, every other time with the e-mail in capitals"))
def _(world: World, who: str, count: int) -> None:
    world.act.ask_for_resets(who, count, typed=(str, str.upper))


@when(sentence("{who:Who} sets a new password through {link:Link}{place:Place}"))
def _(world: World, who: str, link: Link, place: dict[str, str]) -> None:
    world.act.set_password(who, link, **place)


@when(sentence('{who:Who} tries to set the password "{password}"'))
def _(world: World, who: str, password: str) -> None:
    world.act.try_password(who, NEWEST_RESET, password)


@when(sentence("{who:Who} confirms the new password"))
def _(world: World, who: str) -> None:
    world.act.confirm_password(who)


@when(sentence("{who:Who} changes the password in the KMC"))
def _(world: World, who: str) -> None:
    world.act.change_password(who)


@when(sentence("{who:Who} tries to change the password in the KMC with {password:Password}"))
def _(world: World, who: str, password: Callable[[str], str]) -> None:
    world.act.change_password(who, present=password)


@when(sentence('{who:Who} tries to change the password in the KMC to "{password}"'))
def _(world: World, who: str, password: str) -> None:
    world.act.try_change(who, password)


@then(sentence("{count:d} reset mails at most reach {who:Who}"))
def _(world: World, count: int, who: str) -> None:
    world.expect.at_most_mailed(who, count)
