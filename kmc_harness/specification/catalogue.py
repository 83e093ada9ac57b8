"""The catalogue of requirements: what must hold, by which source, and what is known of departures."""

from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from kmc_harness.specification.locations import FEATURES, read_toml
from kmc_harness.verdicts import Misuse, unknown

__all__ = [
    "CHAPTERS",
    "PROFILES",
    "Level",
    "Requirement",
    "Seen",
    "chapter_of",
    "load",
    "readings_of",
    "select",
]

CHAPTERS = {
    "ENA": "Enabling two-factor authentication",
    "ENR": "The authentication screen and its QR code",
    "LOG": "Logging in",
    "RST": "Resetting the password, and renewing a QR code",
    "SWI": "Several accounts",
    "STD": "Standards and conventions",
    "SEC": "Hardening",
}


class Level(StrEnum):
    """Where a requirement comes from."""

    STATED = "stated"
    IMPLIED = "implied"
    INTERPRETED = "interpreted"
    STANDARD = "standard"
    CONVENTION = "convention"
    HARDENING = "hardening"


class Seen(StrEnum):
    """Through which adapters a requirement can be judged."""

    ANYWHERE = "anywhere"
    SCREEN = "screen"
    NOWHERE = "nowhere"


_ARTICLE = frozenset({Level.STATED, Level.IMPLIED})
PROFILES: dict[str, frozenset[Level]] = {
    "article": _ARTICLE,
    "strict": _ARTICLE | {Level.INTERPRETED},
    "standard": frozenset({Level.STANDARD, Level.CONVENTION}),
    "hardening": frozenset({Level.HARDENING}),
    "all": frozenset(Level),
}


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One numbered sentence. `readings`: the reference's first; `observation`: Kaltura's departure, an I-number.

    `see`: tests of OWASP's Web Security Testing Guide and weaknesses of MITRE's CWE that speak of the same.
    """

    id: str
    level: Level
    word: str
    title: str
    text: str
    source: str
    since: str
    see: tuple[str, ...] = ()
    seen: Seen = Seen.ANYWHERE
    readings: tuple[str, ...] = ()
    as_built: str = "pass"
    observation: str = ""
    departure: str = ""
    actions: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()

    @property
    def only_warns(self) -> bool:
        """Whether a departure is a warning: from a SHOULD or a convention."""
        return self.word == "SHOULD" or self.level is Level.CONVENTION

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """The ids of CWE among what it names: what a departure from it is."""
        return tuple(each for each in self.see if each.startswith("CWE-"))

    @property
    def chapter(self) -> str:
        return self.id.partition("-")[0]


def chapter_of(requirement: str) -> str:
    """Return the chapter that a requirement's id belongs to, in words."""
    return CHAPTERS[requirement.partition("-")[0]]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    requirement: list[Requirement]


@cache
def load(path: Path = FEATURES / "requirements.toml") -> dict[str, Requirement]:
    """Return the requirements by id, in the order of the catalogue.

    Raises:
        Misuse: the file is missing, is no TOML, or has a field that is not known.

    """
    found = read_toml(path, _File, "a catalogue of requirements").requirement
    return {each.id: each for each in found}


def readings_of(requirement: str) -> tuple[str, ...]:
    """Return how a requirement's source is read here, and how else it could be; () where there is but one way.

    A report may be of a suite that knew other requirements.
    """
    known = load().get(requirement)
    return known.readings if known and len(known.readings) > 1 else ()


def select(profile: str, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the ids of a profile, or those that `only` names.

    Each of `only` is an id, which counts whatever its profile; a chapter (`SWI`), of which those of the profile count;
    or several with commas between. All may be in capitals or not.

    Raises:
        Misuse: no such profile, requirement or chapter, or nothing is left.

    """
    known = load()
    if profile not in PROFILES:
        raise unknown("profile", profile, PROFILES)
    of_profile = [each.id for each in known.values() if each.level in PROFILES[profile]]
    names = [name.strip() for each in only for name in each.split(",") if name.strip()]
    wanted: set[str] = set()
    for typed in names:
        name = typed.upper().replace("_", "-")
        if name in CHAPTERS:
            wanted |= {each for each in of_profile if each.startswith(name)}
        elif name in known:
            wanted.add(name)
        else:
            raise unknown("requirement", typed, known, f"`kmc requirements` lists all {len(known)}")
    if names and not wanted:
        raise Misuse(
            f"profile {profile!r} has none of {', '.join(names)}, so there is nothing to judge; try --profile all"
        )
    return tuple(each for each in known if each in wanted) if names else tuple(of_profile)
