"""Adapters to begin with (`kmc new-target`)."""

import shutil
from pathlib import Path

from kmc_harness.verdicts import Misuse

__all__ = ["KINDS", "make"]

_SCAFFOLDS = Path(__file__).parent / "scaffolds"
_PROTOCOL = [Path(__file__).parent.parent / "targets" / name for name in ("EXEC.md", "exec-protocol.schema.json")]
KINDS = ("python", "exec-python", "exec-node")


def make(kind: str, folder: Path) -> list[Path]:
    """Write a target of `kind` into `folder`, which may not exist or is empty, and return its files.

    Raises:
        Misuse: there is no such kind, the folder holds something, or cannot be written.

    """
    if kind not in KINDS:
        raise Misuse(f"there is no kind {kind!r} of target; choose {', '.join(KINDS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misuse(f"{str(folder)!r} is not empty, and is left as it is; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sources = [each for each in sorted((_SCAFFOLDS / kind).iterdir()) if each.is_file()]
        sources += _PROTOCOL if kind.startswith("exec-") else []
        made = [folder / each.name for each in sources]
        for source, each in zip(sources, made, strict=True):
            shutil.copyfile(source, each)
    except OSError as error:
        raise Misuse(f"{str(folder)!r} cannot be written: {error.strerror}") from error
    return made
