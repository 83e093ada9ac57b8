"""A departure as a scenario in the words of the features, and as a program that shows it again."""

from collections.abc import Callable, Iterable, Sequence

from kmc_harness.exploring.divergence import Observed
from kmc_harness.exploring.search import Found
from kmc_harness.specification import catalogue
from kmc_model.analysis.configurations import Act, Move
from kmc_model.policy import ARTICLE, POLICIES, choices

__all__ = ["as_feature", "as_python", "then"]

_QR_CODE = (
    "the QR code of {who} asks for nothing that common apps ignore",
    "the secret of {who} has 128 bits or more",
    "the secret of {who} has 160 bits or more",
    "the QR code of {who} names issuer and account alike in label and parameter",
    "the picture has a quiet zone of 4 modules",
)
_NAMES = ("Ada", "Bo", "Grace", "Mallory")


def then(found: Found) -> str | None:
    """Return what should have been seen, as a `Then` sentence; None where no sentence says it."""
    divergence = found.divergence
    last = divergence.move.steps[-1]
    who = last.actor or last.whom or "Ada"
    expected, actual, fields = divergence.expected, divergence.actual, divergence.fields
    if "unreached" in fields:
        return f"{who} is accepted" if last.act is Act.RESET_PASSWORD else None
    answers = {"accepted", "asks_for_code", "opened", "account"} & set(fields)
    if answers and last.act is Act.USE_SESSION:
        ended = f"{'the earlier session' if last.is_earlier else 'the session'} of {who} has ended"
        if not expected.accepted:
            return ended
        return f"{who} still has an open session in {divergence.account}" if divergence.account else None
    if answers:
        return _answer(who, expected, actual)
    told: dict[str, Callable[[], str | None]] = {
        "shown": lambda: _shown(who, expected, actual, found.entries),
        "qr_code": lambda: _QR_CODE[_first_difference(expected.qr_code, actual.qr_code)].format(who=who),
        "mailed": lambda: _mailed(expected, actual),
        "tried": lambda: f"{who} is refused each time",
        "silent": lambda: f"{who} is told so",
        "leaks": lambda: _leak(who, actual, found.moves),
    }
    return told[fields[0]]()


def _answer(who: str, expected: Observed, actual: Observed) -> str:
    if bool(expected.shown) != bool(actual.shown):
        return f"a QR code is shown to {who}" if expected.shown else "no QR code is shown"
    if expected.opened and expected.account:
        return f"{who} is logged in to {expected.account}"
    if expected.asks_for_code:
        return f"{who} is asked for a code"
    return f"{who} is {'accepted' if expected.accepted else 'refused'}"


def _shown(who: str, expected: Observed, actual: Observed, entries: int) -> str | None:
    if not expected.shown or not actual.shown or actual.shown == "unreadable":
        return f"a QR code is shown to {who}" if expected.shown else "no QR code is shown"
    if actual.shown.endswith("'s"):
        return f"{who} and {actual.shown[:-2]} have different secrets"
    return f"all {entries} QR codes of {who} hold different secrets" if expected.shown == "new" else None


def _mailed(expected: Observed, actual: Observed) -> str | None:
    for (name, *one), (_, *two) in zip(expected.mailed, actual.mailed, strict=True):
        for kind, count, found in zip(("enrolment", "reset"), one, two, strict=True):
            if count != found and name in _NAMES:
                how_many = {0: "no", 1: "one"}.get(count)
                return f"{name} is mailed {how_many} {kind} link" if how_many else None
    return None


def _leak(who: str, actual: Observed, moves: Sequence[Move]) -> str | None:
    if not actual.leaks:
        return None
    leak = actual.leaks[0]
    if leak.act:
        # Only where both answers are the last two can they be spoken of.
        return "the last 2 answers look the same" if len(moves) > 1 and moves[-2].does(leak.act) else None
    return leak.check.replace("<person>", who) or None


def _first_difference(one: tuple[object, ...], two: tuple[object, ...]) -> int:
    return next((at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)


def as_feature(departures: Iterable[Found]) -> str | None:
    """Return a feature that shows departures and runs as it is; None where of none a sentence says what differs."""
    # What stands after a rule is the rule's: those of no requirement go first.
    shown = filter(None, map(_as_scenario, sorted(departures, key=lambda each: each.requirement or "")))
    scenarios = ["\n".join(each) for each in shown]
    return "\n\n".join(["Feature: Found by exploring", *scenarios]) + "\n" if scenarios else None


def _as_scenario(found: Found) -> list[str] | None:
    """Return the lines of one departure, under the rule of the requirement that the reference answers by."""
    expected = then(found)
    if expected is None:
        return None
    rows = [f"{name} is a KMC user of {account}" for name, account in found.founders]
    for at, move in enumerate(found.moves):
        # Using a session changes nothing; what became of it is asked for at the end.
        is_last = at == len(found.moves) - 1
        rows += [step.sentence for step in move.steps if is_last or step.act is not Act.USE_SESSION]
        rows += [f"{move.actor} scans the QR code"] if at in found.scanned else []
    last = found.divergence.move.steps[-1]
    *before, when = rows
    if "unreached" in found.divergence.fields:
        # That the steps can be followed is itself expected, where they are called renewal.
        when = when.replace("resets the password", "follows the renewal steps")
    requirement = catalogue.load().get(found.requirement or "")
    lines = [
        *([f"  @REQ-{requirement.id}", f"  Rule: {requirement.title}", ""] if requirement else []),
        f"    Scenario: {when[0].upper()}{when[1:]}, after {len(before)} other things",
        "      Given this has happened:",
        *(f"        | {row} |" for row in before),
        f"      When {when}",
    ]
    shows = found.divergence.expected.shown and found.divergence.actual.shown
    if shows and last.act is not Act.RESET_PASSWORD:
        lines.append(f"      And {last.actor} scans the QR code")
    return [*lines, f"      Then {expected}"]


def as_python(found: Found, target: tuple[str, str], against: tuple[str, str], seed: str = "0") -> str:
    """Return a program that runs the trace again on both targets, given by name and policy, and shows the departure."""
    base = POLICIES.get(against[1], ARTICLE)
    chosen = {name: value for name in choices() if (value := getattr(found.policy, name)) != getattr(base, name)}
    chooses = against[0] == "model" and chosen
    return "\n".join(
        [
            *(["from dataclasses import replace", ""] if chooses else []),
            "from kmc_harness import targets",
            "from kmc_harness.exploring.search import rerun",
            *(["from kmc_model import Variant"] if chooses else []),
            "",
            f"expected = targets.load({against[0]!r}, policy={against[1]!r}, seed={seed!r})",
            *([f"expected.variant = Variant(replace(expected.policy, **{chosen!r}))"] if chooses else []),
            f"target = targets.load({target[0]!r}, policy={target[1]!r}, seed={seed!r})",
            f"founders = {list(found.founders)!r}",
            "sentences = [",
            *(f"    {sentence!r}," for sentence in found.sentences),
            "]",
            "print(*rerun(expected, target, founders, sentences), sep='\\n')",
            "",
        ]
    )
