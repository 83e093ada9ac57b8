"""What follows from the model's code alone, kept in the user's cache folder: it takes seconds to make."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

import kmc_model

__all__ = ["kept"]

Made = TypeVar("Made")
VERSIONS = 5


def kept(name: str, kind: type[Made], make: Callable[[], Made]) -> Made:
    """Return what `make` returns: from the cache folder where it is kept, else made now and kept.

    Each version of the code has a folder of its own. Where nothing can be kept, it is made each time.

    Args:
        name: the name of the file.
        kind: what msgspec is to read from it; a file that holds anything else is made anew.
        make: called where there is no file; its result depends on nothing but the code of `kmc_model` and this package.

    """
    with suppress(OSError, RuntimeError, msgspec.MsgspecError):  # RuntimeError: there is no home
        return msgspec.msgpack.decode((_folder() / name).read_bytes(), type=kind)
    made = make()
    with suppress(OSError, RuntimeError):
        if not _folder().exists():
            _folder().mkdir(parents=True, exist_ok=True)
            _leave_few(_folder().parent)
        # Several processes may write it at once, each a whole one.
        with tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as file:
            file.write(msgspec.msgpack.encode(made))
        Path(file.name).replace(_folder() / name)
    return made


def _leave_few(folder: Path) -> None:
    """Remove what earlier versions of the code have kept there, but for the latest few."""
    for each in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-VERSIONS]:
        shutil.rmtree(each, ignore_errors=True)


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kmc-harness" / _version()


@cache
def _version() -> str:
    """Return a digest of the code that what is kept depends on."""
    digest = hashlib.sha256()
    for folder in (Path(kmc_model.__file__).parent, Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
