"""Logging in and out, and the session."""

from collections.abc import Callable
from typing import Any

from pytest_bdd import given, then, when

from kmc_harness.scenario.world import World
from kmc_model.sentences import Code

from ._words import sentence


@given(sentence("{who:Who} has logged in to {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.given.session(who, account)


@when(sentence("{who:Who} uses {earlier:WhichSession}"))
def _(world: World, who: str, earlier: bool) -> None:
    world.act.use_session(who, earlier=earlier)


@given(sentence("{who:Who} has logged out"))
def _(world: World, who: str) -> None:
    world.given.logout(who)


@when(sentence("{who:Who} logs out"))
def _(world: World, who: str) -> None:
    world.act.log_out(who)


@given(sentence("{count:d} wrong {what:w} have been tried for {who:Who}"))
def _(world: World, count: int, what: str, who: str) -> None:
    world.given.failures(who, count, what)


@given(sentence("{count:d} wrong passwords, each with {what:Each}, have been tried for {who:Who}"))
def _(world: World, count: int, what: dict[str, Any], who: str) -> None:
    world.given.failures(who, count, "passwords", **what)


@given(sentence("{who:Who} has logged in on {days:d} days, each time after {count:d} wrong codes"))
def _(world: World, who: str, days: int, count: int) -> None:
    world.given.days_of_failures(who, days, count)


@when(sentence("{count:d} wrong {what:w} are tried for {who:Who}"))
def _(world: World, count: int, what: str, who: str) -> None:
    world.act.try_wrong(who, count, what)


@when(sentence("{count:d} wrong codes are tried for {who:Who}, each after {account:Before}"))
def _(world: World, count: int, who: str, account: str) -> None:
    world.act.try_wrong(who, count, "codes", after=account)


@when(sentence("{count:d} wrong codes are tried for {who:Who}, {together:d} at the same moment"))
def _(world: World, count: int, who: str, together: int) -> None:
    world.act.race_wrong_codes(who, count, together)


@when(sentence("{who:Who} logs in {account:Where} with {code:Code}"))
def _(world: World, who: str, account: str | None, code: Code) -> None:
    world.act.log_in(who, code, account=account)


@when(sentence("{who:Who} logs in {count:d} times, {apart_s:Duration} apart, each code one step further {sense:Sense}"))
def _(world: World, who: str, count: int, apart_s: int, sense: int) -> None:
    world.act.log_in_further_off(who, count, apart_s, sense)


@when(sentence("{who:Who} logs in on the same machine with {code:Code}"))
def _(world: World, who: str, code: Code) -> None:
    world.act.log_in(who, code, same_machine=True)


@when(sentence("{who:Who} logs in to {account:Account} with the e-mail in capitals and {code:Code}"))
def _(world: World, who: str, account: str, code: Code) -> None:
    world.act.log_in(who, code, account=account, spelled=str.upper)


@when(sentence("{who:Who} logs in{account:Into} with {password:Password} and {code:Code}"))
def _(world: World, who: str, account: str, password: Callable[[str], str], code: Code) -> None:
    world.act.log_in(who, code, account=account, password=password)


@when(sentence("two people log in as {who:Who} with {code:Code} at the same moment"))
def _(world: World, who: str, code: Code) -> None:
    world.act.race_logins(who, code)


@then("one of the two succeeds at most")
def _(world: World) -> None:
    world.expect.one_at_most()


@then(sentence("one of the last {count:d} answers is a yes at most"))
def _(world: World, count: int) -> None:
    world.expect.one_of_last_at_most(count)


@then(sentence("{who:Who} is logged in to {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.expect.session(who, account)


@then(sentence("{who:Who} is {result:Result}"))
def _(world: World, who: str, result: str) -> None:
    world.expect.result(who, result)


@then(sentence("{who:Who} is refused each time"))
def _(world: World, who: str) -> None:
    world.expect.refused_each_time(who)


@then(sentence("{who:Who} still has an open session in {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.expect.open_session(who, account)


@then(sentence("{earlier:WhichSession} of {who:Who} has ended"))
def _(world: World, earlier: bool, who: str) -> None:
    world.expect.ended_session(who, earlier=earlier)


@then("no session is open without a code")
def _(world: World) -> None:
    world.expect.no_session_without_code()


@then(sentence("the last {count:d} answers look the same"))
def _(world: World, count: int) -> None:
    world.expect.same_answers(count)
