"""The enrolment link, the authentication screen and the pairing."""

from pytest_bdd import given, then, when

from kmc_harness.scenario.world import LinkKind, World

from ._words import sentence


@given(sentence("{who:Who} has been mailed an enrolment link"))
def _(world: World, who: str) -> None:
    world.reach_enrolment_mail(who)


@given(sentence("{who:Who} has been mailed {count:d} enrolment links"))
def _(world: World, who: str, count: int) -> None:
    world.reach_enrolment_mails(who, count)


@given(sentence("{who:Who} has opened the enrolment link"))
def _(world: World, who: str) -> None:
    world.reach_open_screen(who)


@given(sentence("{who:Who} has paired an authenticator"))
@when(sentence("{who:Who} pairs an authenticator"))
def _(world: World, who: str) -> None:
    world.reach_pairing(who)


@given(sentence("{who:Who} has scanned a QR code in the settings"))
def _(world: World, who: str) -> None:
    world.reach_scan_in_settings(who)


@when(sentence("{who:Who} starts to pair in the settings"))
def _(world: World, who: str) -> None:
    world.start_pairing(who)


@when(sentence("{who:Who} completes the pairing with {code:Code}"))
def _(world: World, who: str, code: str) -> None:
    world.confirm_pairing(who, code)


@when(sentence("{who:Who} opens {link:Link}"))
def _(world: World, who: str, link: str) -> None:
    world.open_link(who, link)


@when(sentence("two people use {link:Link} of {who:Who} at the same moment"))
def _(world: World, link: str, who: str) -> None:
    world.race_link(who, link)


@when(sentence("{who:Who} scans the QR code"))
def _(world: World, who: str) -> None:
    world.scan(who)


@then(sentence("a QR code is shown to {who:Who}"))
def _(world: World, who: str) -> None:
    world.expect_qr_code(who)


@then(sentence("{who:Who} is shown or mailed a QR code"))
def _(world: World, who: str) -> None:
    world.expect_way_to_qr_code(who)


@then("no QR code is shown")
def _(world: World) -> None:
    world.expect_no_qr_code()


@then(sentence("{who:Who} is told so"))
def _(world: World, who: str) -> None:
    world.expect_words(who)


@then(sentence("{who:Who} is mailed one {kind:Kind} link"))
def _(world: World, who: str, kind: str) -> None:
    world.expect_mailed(who, 1, LinkKind(kind))


@then(sentence("{who:Who} is mailed no {kind:Kind} link"))
def _(world: World, who: str, kind: str) -> None:
    world.expect_none_mailed(who, LinkKind(kind))


@then(sentence("{who:Who} and {other:Who} have different secrets"))
def _(world: World, who: str, other: str) -> None:
    world.expect_different_secrets(who, other)


@then(sentence("all {count:d} QR codes of {who:Who} hold different secrets"))
def _(world: World, count: int, who: str) -> None:
    world.expect_secrets_of(who, count)
