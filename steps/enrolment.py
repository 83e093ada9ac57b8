"""The enrolment link, the authentication screen and the pairing."""

from pytest_bdd import given, then, when

from kmc_harness.scenario.world import LinkKind, World
from kmc_model.sentences import Code, Link

from ._words import sentence


@given(sentence("{who:Who} has been mailed an enrolment link"))
def _(world: World, who: str) -> None:
    world.given.enrolment_mail(who)


@given(sentence("{who:Who} has been mailed {count:d} enrolment links"))
def _(world: World, who: str, count: int) -> None:
    world.given.enrolment_mails(who, count)


@given(sentence("{who:Who} has opened the enrolment link"))
def _(world: World, who: str) -> None:
    world.given.open_screen(who)


@given(sentence("{who:Who} has paired an authenticator"))
@when(sentence("{who:Who} pairs an authenticator"))
def _(world: World, who: str) -> None:
    world.given.pairing(who)


@given(sentence("{who:Who} has scanned a QR code in the settings"))
def _(world: World, who: str) -> None:
    world.given.scan_in_settings(who)


@when(sentence("{who:Who} starts to pair in the settings"))
def _(world: World, who: str) -> None:
    world.act.start_pairing(who)


@when(sentence("{who:Who} completes the pairing with {code:Code}"))
def _(world: World, who: str, code: Code) -> None:
    world.act.confirm_pairing(who, code)


@when(sentence("{who:Who} opens {link:Link}{place:Place}"))
def _(world: World, who: str, link: Link, place: dict[str, str]) -> None:
    world.act.open_link(who, link, **place)


@then(sentence("{who:Who} is not shown the QR code of {other:Who}"))
def _(world: World, who: str, other: str) -> None:
    world.expect.no_qr_code_of(who, other)


@when(sentence("two people use {link:Link} of {who:Who} at the same moment"))
def _(world: World, link: Link, who: str) -> None:
    world.act.race_link(who, link)


@when(sentence("{who:Who} scans the QR code"))
def _(world: World, who: str) -> None:
    world.act.scan(who)


@then(sentence("a QR code is shown to {who:Who}"))
def _(world: World, who: str) -> None:
    world.expect.qr_code(who)


@then(sentence("{who:Who} is shown or mailed a QR code"))
def _(world: World, who: str) -> None:
    world.expect.way_to_qr_code(who)


@then("no QR code is shown")
def _(world: World) -> None:
    world.expect.no_qr_code()


@then(sentence("{who:Who} is told so"))
def _(world: World, who: str) -> None:
    world.expect.words(who)


@then(sentence("{who:Who} is mailed one {kind:Kind} link"))
def _(world: World, who: str, kind: str) -> None:
    world.expect.mailed(who, 1, LinkKind(kind))


@then(sentence("{who:Who} is mailed no {kind:Kind} link"))
def _(world: World, who: str, kind: str) -> None:
    world.expect.none_mailed(who, LinkKind(kind))


@then(sentence("{who:Who} and {other:Who} have different secrets"))
def _(world: World, who: str, other: str) -> None:
    world.expect.different_secrets(who, other)


@then(sentence("all {count:d} QR codes of {who:Who} hold different secrets"))
def _(world: World, count: int, who: str) -> None:
    world.expect.secrets_of(who, count)
