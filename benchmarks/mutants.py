"""The score of the scenarios against mutants of the model, and the survivors that nobody has explained.

`make mutants` has mutmut change one thing after another in the functions of the model, and runs the scenarios on each
change, and no other tests. This tells what became of them; the survivors are explained in `mutants.toml`.
"""

import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from catches import BROKE, UNREACHED
from mutmut.__main__ import status_by_exit_code, walk_mutatable_files
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant

CAUGHT = ("caught by a fail or warning", "only broke something", "only kept a situation from being reached", "timeout")
OURS = {1: CAUGHT[0], BROKE: CAUGHT[1], UNREACHED: CAUGHT[2]}
KINDS = {
    "same": "change nothing that a person can see",
    "as built": "stand where the published server's policy alone leads",
    "allowed": "change what no requirement forbids",
}
"""Of an explanation: the first two are equivalent under the policy that the scenarios run on."""


def main() -> None:
    """Print what became of the mutants; exit 1 where a survivor is not explained, or an explanation has none."""
    ends = _ends()
    counts = Counter(ends.values())
    survivors = {name: (_function(name), _change(name)) for name, end in ends.items() if end not in CAUGHT}
    entries: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["survivor"]
    explained: Counter[str] = Counter()
    stale = False
    for entry in entries:
        found = [name for name, (function, change) in survivors.items() if _fits(entry, function, change)]
        print(f"{len(found):3} {entry['kind']:8} {entry['in']}: {entry['why']}")
        for name in found:
            print(f"      {survivors.pop(name)[1]}")
        explained[entry["kind"]] += len(found)
        stale = stale or not found
    for name, (function, change) in survivors.items():
        print(f"not explained: {function} ({name})\n      {change}")
    print("\n" + "\n".join(f"{count:4} {end}" for end, count in counts.most_common()))
    killed, left = sum(counts[end] for end in CAUGHT), len(ends)
    print(f"killed {killed} of {left} mutants: {killed / left:.1%}")
    for kind, what in KINDS.items():
        left -= explained[kind]
        print(f"{explained[kind]} {what}; of the other {left}: {killed / left:.1%}")
    sys.exit(bool(survivors) or stale)


def _ends() -> dict[str, str]:
    """Return what became of each mutant, by its name."""
    ends = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        ends |= {name: OURS.get(code or 0, status_by_exit_code[code]) for name, code in data.exit_code_by_key.items()}
    return ends


def _function(name: str) -> str:
    """Return where a mutant is, as one would write it: `turn.Turn.counter`."""
    module, _, mangled = name.removeprefix("kmc_model.").rpartition(".")
    bare = mangled.rpartition("__mutmut_")[0]
    return f"{module}.{bare.removeprefix('xǁ').replace('ǁ', '.') if 'ǁ' in bare else bare.removeprefix('x_')}"


def _change(name: str) -> str:
    """Return the lines that a mutant takes away and those it puts in their place, as `before -> after`."""
    lines = get_diff_for_mutant(name).splitlines()[2:]
    return " -> ".join(" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")


def _fits(entry: dict[str, Any], function: str, change: str) -> bool:
    return entry["in"] == function and any(part in change for part in entry["change"])


if __name__ == "__main__":
    main()
