"""Whether two answers are alike, but for what changes by itself when the same thing is asked again."""

import re
from difflib import Match, SequenceMatcher

__all__ = ["is_alike"]

_PIECE = re.compile(r"\w+|\W")
SPARE = 8
"""So many characters longer what changes may be the third time."""
_LEAST_KEPT = 0.5
"""Of an answer that changes more than this when it is asked for again, nothing can be said."""


def is_alike(one: str, again: str, other: str) -> bool:
    """Whether `other` is as `one`, but for those pieces in which `again` differs, the answer to the same once more."""
    if other in (one, again):
        return True
    first, second = _PIECE.findall(one), _PIECE.findall(again)
    kept = [block for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks() if block.size]
    if sum(block.size for block in kept) < _LEAST_KEPT * max(len(first), len(second)):
        return False
    pattern, at = "", (0, 0)
    for block in [*kept, Match(len(first), len(second), 0)]:
        changed = ("".join(first[at[0] : block.a]), "".join(second[at[1] : block.b]))
        if any(changed):
            pattern += f".{{0,{max(map(len, changed)) + SPARE}}}?"
        pattern += re.escape("".join(first[block.a : block.a + block.size]))
        at = block.a + block.size, block.b + block.size
    return re.fullmatch(pattern, other, re.DOTALL) is not None
