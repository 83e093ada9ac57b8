"""Lives: what people can do next, and what they know, in the words of the features.

Secrets and codes are symbols, so that lives can be walked by the hundred thousand. What is left out, so that there are
finitely many: whoever is shown a QR code scans it; of several links of a kind the newest two are told apart; wrong
attempts and requests for a reset count only in a run that reaches the limit.
"""

from kmc_model.analysis.configurations._configuration import (
    PASSED,
    Holds,
    Life,
    Made,
    Move,
    Rules,
    Scope,
    Seen,
    Symbols,
    email_of,
)
from kmc_model.analysis.configurations.abstraction import key_of
from kmc_model.analysis.configurations.moves import edges
from kmc_model.analysis.configurations.scopes import SCOPES
from kmc_model.analysis.configurations.topics import EVERYTHING, TOPICS

__all__ = [
    "EVERYTHING",
    "PASSED",
    "SCOPES",
    "TOPICS",
    "Holds",
    "Life",
    "Made",
    "Move",
    "Rules",
    "Scope",
    "Seen",
    "Symbols",
    "edges",
    "email_of",
    "key_of",
]
