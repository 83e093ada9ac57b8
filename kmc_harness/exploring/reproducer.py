"""A departure as a scenario in the words of the features, and as a program that shows it again."""

from collections.abc import Callable, Iterable

from kmc_harness.exploring.differential import DIFFER
from kmc_harness.exploring.divergence import Departed, Glimpse
from kmc_harness.exploring.search import Found
from kmc_harness.specification import catalogue

__all__ = ["as_feature", "as_python", "then"]

_QR_CODE = (
    "the QR code of {who} asks for nothing that common apps ignore",
    "the secret of {who} has 128 bits or more",
    "the secret of {who} has 160 bits or more",
    "the QR code of {who} names issuer and account alike in label and parameter",
    "the picture has a quiet zone of 4 modules",
)
_NAMES = ("Ada", "Bo", "Grace", "Mallory")


def then(departed: Departed, entries: int, before: str = "") -> str | None:
    """Return what should have been seen, as a `Then` sentence; None where no sentence says it.

    Args:
        departed: what was expected, and what was seen.
        entries: how many QR codes the person has scanned by then.
        before: the sentence before the one at which they departed.

    """
    who = next((name for name in _NAMES if name in departed.sentence.split()), "Ada")
    expected, seen, fields = departed.expected, departed.seen, departed.fields
    if "unreached" in fields:
        return f"{who} is accepted" if departed.sentence.endswith("resets the password") else None
    answers = {"accepted", "asks_for_code", "opened", "account"} & set(fields)
    if answers and " uses the " in departed.sentence:
        which = "the earlier session" if "earlier" in departed.sentence else "the session"
        ended = f"{which} of {who} has ended"
        if not expected.accepted:
            return ended
        return f"{who} still has an open session in {departed.account}" if departed.account else None
    if answers:
        return _answer(who, expected, seen)
    told: dict[str, Callable[[], str | None]] = {
        "shown": lambda: _shown(who, expected, seen, entries),
        "qr_code": lambda: _QR_CODE[_first_difference(expected.qr_code, seen.qr_code)].format(who=who),
        "mailed": lambda: _mailed(expected, seen),
        "tried": lambda: f"{who} is refused each time",
        "silent": lambda: f"{who} is told so",
        "telling": lambda: _telling(who, seen, before),
    }
    return told[fields[0]]()


def _answer(who: str, expected: Glimpse, seen: Glimpse) -> str:
    if bool(expected.shown) != bool(seen.shown):
        return f"a QR code is shown to {who}" if expected.shown else "no QR code is shown"
    if expected.opened and expected.account:
        return f"{who} is logged in to {expected.account}"
    if expected.asks_for_code:
        return f"{who} is asked for a code"
    return f"{who} is {'accepted' if expected.accepted else 'refused'}"


def _shown(who: str, expected: Glimpse, seen: Glimpse, entries: int) -> str | None:
    if not expected.shown or not seen.shown or seen.shown == "unreadable":
        return f"a QR code is shown to {who}" if expected.shown else "no QR code is shown"
    if seen.shown.endswith("'s"):
        return f"{who} and {seen.shown[:-2]} have different secrets"
    return f"all {entries} QR codes of {who} hold different secrets" if expected.shown == "new" else None


def _mailed(expected: Glimpse, seen: Glimpse) -> str | None:
    for (name, *one), (_, *two) in zip(expected.mailed, seen.mailed, strict=True):
        for kind, count, found in zip(("enrolment", "reset"), one, two, strict=True):
            if count != found and name in _NAMES:
                how_many = {0: "no", 1: "one"}.get(count)
                return f"{name} is mailed {how_many} {kind} link" if how_many else None
    return None


def _telling(who: str, seen: Glimpse, before: str) -> str | None:
    if not seen.telling:
        return None
    (what, *_) = seen.telling
    if what.startswith(DIFFER):
        # Only where both answers are the last two can they be spoken of.
        return "the last 2 answers look the same" if what.removeprefix(DIFFER) in before else None
    return f"no mail to {who} contains the secret, the password or the code" if "in a mail" in what else None


def _first_difference(one: tuple[object, ...], two: tuple[object, ...]) -> int:
    return next((at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)


def as_feature(departures: Iterable[Found]) -> str | None:
    """Return a feature that shows departures and runs as it is; None where of none a sentence says what differs."""
    # What stands after a rule is the rule's: those of no requirement go first.
    told = filter(None, map(_as_scenario, sorted(departures, key=lambda each: each.requirement or "")))
    scenarios = ["\n".join(each) for each in told]
    return "\n\n".join(["Feature: Found by exploring", *scenarios]) + "\n" if scenarios else None


def _as_scenario(found: Found) -> list[str] | None:
    """Return the lines of one departure, under the rule of the requirement that the reference answers by."""
    expected = then(found.departed, found.entries, found.told[-2] if len(found.told) > 1 else "")
    if expected is None:
        return None
    rows = [f"{name} is a KMC user of {account}" for name, account in found.founders]
    for at, sentence in enumerate(found.told):
        # Using a session changes nothing; what became of it is asked for at the end.
        rows += [each for each in sentence.split("; ") if " uses the " not in each]
        rows += [f"{sentence.split()[0]} scans the QR code"] if at in found.scanned else []
    shows_last = found.departed.expected.shown and found.departed.seen.shown
    *before, last = rows
    if "unreached" in found.departed.fields:
        # That the steps can be followed is itself expected, where they are called renewal.
        last = last.replace("resets the password", "follows the renewal steps")
    requirement = catalogue.load().get(found.requirement or "")
    lines = [
        *([f"  @REQ-{requirement.id}", f"  Rule: {requirement.title}", ""] if requirement else []),
        f"    Scenario: {last[0].upper()}{last[1:]}, after {len(before)} other things",
        "      Given this has happened:",
        *(f"        | {row} |" for row in before),
        f"      When {last}",
    ]
    if shows_last and "resets" not in last:
        lines.append(f"      And {last.split()[0]} scans the QR code")
    return [*lines, f"      Then {expected}"]


def as_python(found: Found, target: tuple[str, str], against: tuple[str, str], seed: str = "0") -> str:
    """Return a program that tells both targets, given by name and policy, the story again, and where they depart."""
    return "\n".join(
        [
            "from kmc_harness import targets",
            "from kmc_harness.exploring.search import retell",
            "",
            f"expected = targets.load({against[0]!r}, {{'policy': {against[1]!r}, 'seed': {seed!r}}})",
            f"target = targets.load({target[0]!r}, {{'policy': {target[1]!r}, 'seed': {seed!r}}})",
            f"founders = {list(found.founders)!r}",
            "told = [",
            *(f"    {sentence!r}," for sentence in found.told),
            "]",
            "print(*retell(expected, target, founders, told), sep='\\n')",
            "",
        ]
    )
