"""Configurations: what people can do next, and what they know, in the words of the features.

Secrets and codes are symbols, so that a hundred thousand can be walked in a second. What is left out, so that there are
finitely many: whoever is shown a QR code scans it; of several links of a kind the newest two are told apart; wrong
attempts and requests for a reset count only in a run that reaches the limit.
"""

from kmc_model.analysis.configurations.abstraction import key_of
from kmc_model.analysis.configurations.configuration import (
    PASSED,
    PEOPLE,
    Act,
    Configuration,
    Knowledge,
    Move,
    Output,
    Rules,
    Scope,
    Symbols,
    Transition,
    email_of,
)
from kmc_model.analysis.configurations.making import edges
from kmc_model.analysis.configurations.phrases import then, waits
from kmc_model.analysis.configurations.scopes import SCOPES
from kmc_model.analysis.configurations.topics import EVERYTHING, TOPICS, move_of

__all__ = [
    "EVERYTHING",
    "PASSED",
    "PEOPLE",
    "SCOPES",
    "TOPICS",
    "Act",
    "Configuration",
    "Knowledge",
    "Move",
    "Output",
    "Rules",
    "Scope",
    "Symbols",
    "Transition",
    "edges",
    "email_of",
    "key_of",
    "move_of",
    "then",
    "waits",
]
