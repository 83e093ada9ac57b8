"""Contexts: what may have happened before or meanwhile, in which a scenario must end as it does plainly.

They are data in the sentences of the suite, below `features/contexts/`. A scenario in a context is a scenario like any
other, with one Given more; it is called a pair.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path

import msgspec

from kmc_harness.specification.bindings import Sentence, Told
from kmc_harness.specification.locations import FEATURES, read_toml
from kmc_model.sentences import DURATION_PATTERN, duration_in_words, duration_s

__all__ = [
    "MEANWHILE",
    "Context",
    "Indifference",
    "OneWay",
    "Place",
    "indifferences",
    "is_race",
    "length_of",
    "load",
    "one_ways",
    "pair",
    "places",
    "rows_of",
    "shortened",
]

MEANWHILE, HAPPENED, AT_ONCE = "meanwhile:", "this has happened:", "at the moment of the next act:"
_NAMES = re.compile(r"\b(?:Ada|Bo|Grace|Mallory)\b")
_PASSING = re.compile(rf"({DURATION_PATTERN}) (pass|have passed)")
_NOUN = re.compile(r"<(\w+)>")
_ACCOUNTS = re.compile(r"\b(?:Acme|Globex|Initech)\b")


@dataclass(frozen=True)
class Context:
    """A situation of a scenario.

    Attributes:
        name: unique.
        dimension: what it varies.
        meanwhile: sentences with `<person>`, `<other>` and `<account>` in them, for names of the scenario.
        instead: words of the scenario, and what stands in their place.
        is_early: whether it is told before everything else alone, not between the sentences too.
        exchanges: whether two Givens that follow each other change places.
        given, by: a Given of the scenario, and what else brings it about, with `<who>` and `<account>` in them.
        at_once: what else is done while an act of the scenario is under way.

    """

    name: str
    dimension: str
    meanwhile: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    is_early: bool = True
    exchanges: bool = False
    given: str = ""
    by: tuple[str, ...] = ()
    at_once: str = ""

    def __hash__(self) -> int:
        """Hash by the name: it is looked up for each scenario."""
        return hash(self.name)

    @cached_property
    def nouns(self) -> frozenset[str]:
        """The nouns for which a scenario has to have names."""
        return frozenset(_NOUN.findall(" ".join((*self.meanwhile, self.at_once))))


@cache
def length_of(name: str) -> int:
    """Return how many sentences the interlude of a context has; 0 where it has none, or is not known."""
    return next((len(each.meanwhile) for each in load() if each.name == name), 0)


@dataclass(frozen=True)
class Place:
    """Before the sentence number `at` of a scenario, from 0, or in the midst of the time that passes in it."""

    at: int
    is_inside: bool = False

    def __str__(self) -> str:
        return f"{self.at}{'+' * self.is_inside}"


class _Single(msgspec.Struct, forbid_unknown_fields=True):
    dimension: str
    name: str
    meanwhile: tuple[str, ...] = ()
    instead: dict[str, str] = {}
    early: bool = True
    exchange: bool = False
    given: str = ""
    by: tuple[str, ...] = ()
    at_once: str = ""


class OneWay(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Givens that nothing else brings about, and why; `*` in them stands for any words."""

    why: str
    given: tuple[str, ...]

    def says(self, sentence: str) -> bool:
        """Whether `sentence` is one of them."""
        return any(_said(each, sentence) is not None for each in self.given)


class Indifference(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why a dimension does not matter to some requirements: none of their scenarios has a pair in it."""

    dimension: str
    why: str
    to: tuple[str, ...]


class _Who(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    account: str
    elsewhere: str = "<elsewhere>"
    before: tuple[str, ...] = ()

    def told(self, sentence: str) -> str:
        """Return an act's sentence with their name and accounts in it."""
        nouns = {"<who>": self.name, "<account>": self.account, "<elsewhere>": self.elsewhere}
        return re.sub("|".join(nouns), lambda found: nouns[found[0]], sentence)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """Contexts one by one, or a grid of acts by who, how often and how long ago."""

    context: tuple[_Single, ...] = ()
    does_not_matter: tuple[Indifference, ...] = ()
    one_way: tuple[OneWay, ...] = ()
    dimension: str = ""
    often: tuple[tuple[int, str], ...] = ()
    who: dict[str, _Who] = {}
    act: dict[str, tuple[str, ...]] = {}
    event: dict[str, tuple[str, ...]] = {}


@cache
def load(folder: Path = FEATURES / "contexts") -> tuple[Context, ...]:
    """Return all contexts, in the order of their files.

    Raises:
        Misuse: a file is no TOML, or has a field that is not known.

    """
    return tuple(each for file in _files(folder) for each in _contexts(file))


def indifferences(folder: Path = FEATURES / "contexts") -> tuple[Indifference, ...]:
    """Return where a dimension does not matter, and why."""
    return tuple(each for file in _files(folder) for each in file.does_not_matter)


def one_ways(folder: Path = FEATURES / "contexts") -> tuple[OneWay, ...]:
    """Return the Givens that nothing else brings about, and why."""
    return tuple(each for file in _files(folder) for each in file.one_way)


def _files(folder: Path) -> list[_File]:
    return [read_toml(path, _File, "contexts") for path in sorted(folder.glob("*.toml"))]


def _contexts(file: _File) -> Iterator[Context]:
    for each in file.context:
        instead = tuple(each.instead.items())
        told = each.meanwhile, instead, each.early, each.exchange, each.given, each.by, each.at_once
        yield Context(each.name, each.dimension, *told)
    for often, later in file.often:
        words = f"{f', {often} times' * (often > 1)}{f', {later} ago' * bool(later)}"
        passing = (f"{later} have passed",) * bool(later)
        for act, sentences in file.act.items():
            for name, who in file.who.items():
                meanwhile = who.before + tuple(map(who.told, sentences)) * often + passing
                yield Context(f"{name} {act}{words}", file.dimension, meanwhile, is_early=False)
        for event, sentences in file.event.items():
            if meanwhile := sentences * often + passing:
                yield Context(f"{event}{words}", file.dimension, meanwhile, is_early=False)


@cache
def places(told: Told, context: Context) -> tuple[Place, ...]:
    """Return where in a scenario a context can be told.

    That is before each sentence up to the last act, and while time passes in one; for a context that `is_early`, before
    the first alone.
    """
    if context.exchanges:
        pairs = zip(told.sentences, told.sentences[1:], strict=False)
        return tuple(Place(at) for at, both in enumerate(pairs) if {each.kind for each in both} == {"given"})
    if context.given:
        givens = enumerate(takewhile(lambda each: each.kind == "given", told.sentences))
        return tuple(Place(at) for at, each in givens if _said(context.given, each.text) is not None)
    if context.instead:
        changes = any(_instead(each.text, context) != each.text for each in told.sentences)
        return (Place(0),) * changes
    if not context.nouns.issubset(_names(told)):
        return ()
    if context.at_once:
        acts = enumerate(told.sentences)
        return tuple(Place(at) for at, each in acts if each.kind == "when" and not _PASSING.fullmatch(each.text))
    return _places(told)[:1] if context.is_early else _places(told)


@cache
def _places(told: Told) -> tuple[Place, ...]:
    found: list[Place] = []
    for at, each in enumerate(told.sentences):
        if each.kind == "then":
            break
        found += [Place(at), *[Place(at, is_inside=True)] * bool(_PASSING.fullmatch(each.text))]
    return tuple(found)


def pair(told: Told, context: Context, place: Place) -> Told:
    """Return a scenario in a context, told at one of its `places`."""
    at, sentences = place.at, told.sentences
    named = replace(told, id=f"{told.id} ~ {context.name} ~ {place}", context=context.name)
    if context.exchanges:
        return replace(named, sentences=(*sentences[:at], sentences[at + 1], sentences[at], *sentences[at + 2 :]))
    if context.given:
        names = _names(told) | (_said(context.given, sentences[at].text) or {})
        rows = tuple((_named(each, names),) for each in context.by)
        other = Sentence("given", HAPPENED, sentences[at].line, rows)
        return replace(named, sentences=(*sentences[:at], other, *sentences[at + 1 :]))
    if context.instead:
        return replace(named, sentences=tuple(replace(each, text=_instead(each.text, context)) for each in sentences))
    aside = Sentence("given", MEANWHILE, sentences[at].line, _meanwhile(told, context))
    if context.at_once:
        other = Sentence("given", AT_ONCE, aside.line, ((_named(context.at_once, _names(told)),),))
        before = (aside, other) if aside.rows else (other,)
        return replace(named, needs=told.needs | {"race"}, sentences=(*sentences[:at], *before, *sentences[at:]))
    if not place.is_inside:
        return replace(named, sentences=(*sentences[:at], aside, *sentences[at:]))
    first, second = _halves(sentences[at])
    return replace(named, sentences=(*sentences[:at], first, aside, second, *sentences[at + 1 :]))


def is_race(pair: Told) -> bool:
    """Whether two different acts come at the same moment in a pair."""
    return any(each.text == AT_ONCE for each in pair.sentences)


def rows_of(pair: Told) -> list[str]:
    """Return the sentences of a pair's interlude."""
    return [row for each in pair.sentences if each.text == MEANWHILE for (row,) in each.rows]


def shortened(pair: Told, rows: Sequence[str]) -> Told:
    """Return a pair with no other rows in its interlude than `rows`."""
    asides = (
        replace(each, rows=tuple((row,) for row in rows)) if each.text == MEANWHILE else each for each in pair.sentences
    )
    return replace(pair, sentences=tuple(asides))


def _halves(passing: Sentence) -> tuple[Sentence, Sentence]:
    found = _PASSING.fullmatch(passing.text)
    assert found is not None
    seconds = duration_s(found[1])
    parts = (seconds // 2, seconds - seconds // 2)
    first, second = (replace(passing, text=f"{duration_in_words(each)} {found[2]}") for each in parts)
    return first, second


def _instead(text: str, context: Context) -> str:
    for words, others in context.instead:
        text = text.replace(words, others)
    return text


def _meanwhile(told: Told, context: Context) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the interlude with the names of the scenario."""
    return tuple((_named(each, _names(told)),) for each in context.meanwhile)


def _named(sentence: str, names: Mapping[str, str]) -> str:
    for noun, name in names.items():
        sentence = sentence.replace(f"<{noun}>", name)
    return sentence


@cache
def _said(pattern: str, sentence: str) -> dict[str, str] | None:
    """Return the names in `sentence` by the nouns of a pattern that it fits; None where it does not fit."""
    words = {"<who>": "(?P<who>[A-Z][a-z]+)", "<account>": f"(?P<account>{_ACCOUNTS.pattern})", "*": ".+"}
    parts = re.split("(<who>|<account>|[*])", pattern)
    found = re.fullmatch("".join(words.get(each) or re.escape(each) for each in parts), sentence)
    return found.groupdict() if found else None


@cache
def _names(told: Told) -> dict[str, str]:
    acts = [each.text for each in told.sentences if each.kind != "given"]
    everything = [*acts, *(each.text for each in told.sentences)]
    people = list(dict.fromkeys(name for text in everything for name in _NAMES.findall(text))) or ["Ada"]
    accounts = [name for each in told.sentences for name in _ACCOUNTS.findall(each.text)] or ["Acme"]
    elsewhere = next(each for each in ("Initech", "Globex") if each not in accounts[:1])
    named = list(dict.fromkeys(accounts))
    return {
        "person": people[0],
        "account": accounts[0],
        "elsewhere": elsewhere,
        **({"other": people[1]} if people[1:] else {}),
        **({"second": named[1]} if named[1:] else {}),
    }
