"""What standards say of QR codes, secrets, links and mail."""

from pytest_bdd import then

from kmc_harness.scenario.world import LinkKind, World

from ._words import sentence


@then(sentence("the QR code of {who:Who} asks for nothing that common apps ignore"))
def _(world: World, who: str) -> None:
    world.expect.common_parameters(who)


@then(sentence("the QR code of {who:Who} names issuer and account alike in label and parameter"))
def _(world: World, who: str) -> None:
    world.expect.named_entry(who)


@then(sentence("the QR codes of {who:Who} and {other:Who} have different labels"))
def _(world: World, who: str, other: str) -> None:
    world.expect.different_entries(who, other)


@then(sentence("the picture has a quiet zone of {modules:d} modules"))
def _(world: World, modules: int) -> None:
    world.expect.quiet_zone(modules)


@then(sentence("the secret of {who:Who} has {bits:d} bits or more"))
def _(world: World, who: str, bits: int) -> None:
    world.expect.secret_bits(who, bits)


@then(sentence("all {count:d} secrets are different, with no byte alike in all of them"))
def _(world: World, count: int) -> None:
    world.expect.unrelated_secrets(count)


@then(sentence("the {kind:Kind} links carry 128 unguessable bits and tell nothing about their users"))
def _(world: World, kind: str) -> None:
    world.expect.unguessable_links(LinkKind(kind))


@then("the session tokens carry 128 unguessable bits")
def _(world: World) -> None:
    world.expect.unguessable_sessions()


@then(sentence("no mail to {who:Who} contains the secret, the password or the code"))
def _(world: World, who: str) -> None:
    world.expect.no_secret_in_mail(who)
