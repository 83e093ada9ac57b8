"""Who is a user of which account."""

from collections.abc import Callable

from pytest_bdd import given, when

from kmc_harness.scenario.world import AccountStatus, UserStatus, World

from ._words import sentence


@given(sentence("{who:Who} is a KMC user of {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.given.user(who, account)


@given(sentence("{who:Who} is a user without two-factor authentication"))
def _(world: World, who: str) -> None:
    world.given.plain_user(who)


@given(sentence("the e-mail of {who:Who} {shaped:EmailShape}"))
def _(world: World, who: str, shaped: Callable[[str], str]) -> None:
    world.given.email(who, who, shaped)


@given(sentence("the e-mail of {who:Who} is that of {other:Who} {shaped:EmailLike}"))
def _(world: World, who: str, other: str, shaped: Callable[[str], str]) -> None:
    world.given.email(who, other, shaped)


@given(sentence("the password of {who:Who} {password:PasswordShape}"))
def _(world: World, who: str, password: str) -> None:
    world.given.password(who, password)


@given(sentence("{who:Who} is the owner of {account:Account}"))
def _(world: World, who: str, account: str) -> None:
    world.given.owner(who, account)


@given(sentence("{who:Who} is a user of {account:Account} who is no administrator"))
def _(world: World, who: str, account: str) -> None:
    world.given.user(who, account, administrator=False)


@given(sentence("{who:Who} has been registered in {account:Account} {with_password:How}"))
def _(world: World, who: str, account: str, with_password: bool) -> None:
    world.given.registration(who, account, password=with_password)


@when(sentence("{who:Who} is registered in {account:Account} {with_password:How}"))
def _(world: World, who: str, account: str, with_password: bool) -> None:
    world.act.register(who, account, password=with_password)


@when(sentence("{who:Who} is registered in {account:Account} with {password:Password}"))
def _(world: World, who: str, account: str, password: Callable[[str], str]) -> None:
    world.act.register(who, account, chosen=password)


@given(sentence("{who:Who} has been {status:Status} {account:Account}"))
def _(world: World, who: str, status: str, account: str) -> None:
    world.given.status(who, UserStatus(status), account)


@given(sentence("{account:Account} has been blocked"))
def _(world: World, account: str) -> None:
    world.given.account_status(account, AccountStatus.BLOCKED)


@given(sentence("{account:Account} has been restored"))
def _(world: World, account: str) -> None:
    world.given.account_status(account, AccountStatus.ACTIVE)


@when(sentence("{who:Who} is {status:Status} {account:Account}"))
def _(world: World, who: str, status: str, account: str) -> None:
    world.act.set_status(who, UserStatus(status), account)


@when(sentence("{account:Account} is blocked"))
def _(world: World, account: str) -> None:
    world.act.set_account_status(account, AccountStatus.BLOCKED)


@when(sentence("{count:d} people, {who:Who} among them, log in to Acme"))
def _(world: World, count: int, who: str) -> None:
    world.given.sessions(count, who)


@given(sentence("{count:d} people, {who:Who} among them, have paired an authenticator"))
@when(sentence("{count:d} people, {who:Who} among them, pair an authenticator"))
def _(world: World, count: int, who: str) -> None:
    world.given.pairings(count, who)
