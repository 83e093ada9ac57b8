"""Moves with other counts: as many wrong attempts, or requests for a reset, as the target takes."""

import re
from dataclasses import replace

from kmc_model.analysis.configurations import Act, Move, move_of, then
from kmc_model.policy import ARTICLE, Policy

__all__ = ["fitted", "spoken"]

_COUNTED = re.compile(r"\b\d+(?= wrong (?:passwords|codes) are tried| times$)")
LIMIT = 10
"""The count in the moves of the topics."""


def _counting(move: Move, count: int) -> Move:
    """Return a move of one thing that is done `count` times; only targets can be told it."""
    return replace(move, sentence=_COUNTED.sub(str(count), move.sentence))


def fitted(move: Move, policy: Policy) -> Move:
    """Return `move` with the limits of `policy` for the reference's."""
    if policy == ARTICLE or not _COUNTED.search(move.sentence):
        return move
    steps = []
    for step in move.steps:
        by_code = step.act is Act.TRY_WRONG and not step.password
        own = policy.code_failures_max if by_code else None
        count = policy.resets_max if step.act is Act.ASK_FOR_RESET else own or policy.failures_max
        steps.append(_counting(step, count) if _COUNTED.search(step.sentence) else step)
    return then(*steps)


def spoken(sentence: str) -> Move:
    """Return the move that `sentence` says, with whatever counts.

    Raises:
        LookupError: there is none.

    """
    steps = []
    for each in sentence.split("; "):
        counted = _COUNTED.search(each)
        step = move_of(_COUNTED.sub(str(LIMIT), each))
        steps.append(_counting(step, int(counted[0])) if counted else step)
    return then(*steps)
