"""Any process that is linked dynamically: libfaketime answers in place of the system's clock."""

import email.utils
import importlib.util
import os
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kmc_harness.durations import stopwatch
from kmc_harness.hosting import addresses
from kmc_harness.hosting.clocks._clock import NoProof, forward

__all__ = ["Faketime", "NotInstalled", "library"]

PROOF_S = 90
"""How far the clock is moved to see whether the target follows."""
SLACK_S = 10
STALE_S = 2.0
"""Servers keep their Date header for a second or so."""
PASSABLE = 0o755
ANSWER_S = 10.0
POLL_S = 0.1


class NotInstalled(Exception):
    """The library is not there; the message says how to get it."""


def library() -> Path:
    """Return the path of libfaketime as PyPI's package builds it.

    Debian's 0.9.10 is not taken: it breaks `time.sleep` of Python 3.11.

    Raises:
        NotInstalled: it is not there.

    """
    spec = importlib.util.find_spec("libfaketime")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for found in sorted(Path(folder).rglob("libfaketime.so.1")):
            return found
    raise NotInstalled(
        "libfaketime is not installed: pip install 'kmc-harness[clocks]' builds it, which takes gcc and make; "
        'without it, [clock] kind = "wait" leaves the time as it is'
    )


class Faketime:
    """Real time plus an offset, which stands in a file that the target's process reads at every look at its clock."""

    def __init__(self, folder: Path, proof: str, *, monotonic: bool | Sequence[str] = False) -> None:
        """Bend the time of a process, and of those that it starts.

        Args:
            folder: where the offset is kept; who is to see it may be another user than this process'.
            proof: a URL of the target whose Date header shows its time.
            monotonic: whether the monotonic clock moves along, or in which programs alone: not every one bears it,
                since some waits never end then.

        Raises:
            NotInstalled: the library is not there.
            LookupError: a program named is not in PATH.

        """
        self._library = library()
        self._file, self._proof, self._programs = folder / "clock", proof, folder / "programs"
        self._offset_s, self._monotonic = 0, monotonic is True
        named = () if isinstance(monotonic, bool) else monotonic
        for name in named:
            self._stand_before(name)
        self._write()

    def _stand_before(self, name: str) -> None:
        """Put a program of this name before the real one in PATH, which starts that with the whole clock moved."""
        real = shutil.which(name)
        if real is None:
            raise LookupError(f"[clock] monotonic names {name!r}, which is not in PATH")
        self._programs.mkdir(exist_ok=True)
        self._programs.chmod(PASSABLE)
        stands = self._programs / Path(name).name
        stands.write_text(f'#!/bin/sh\nFAKETIME_DONT_FAKE_MONOTONIC=0 exec {shlex.quote(real)} "$@"\n')
        stands.chmod(PASSABLE)

    def now(self) -> int:
        """Return the target's time in epoch seconds; it need not be asked."""
        return int(time.time()) + self._offset_s

    def advance(self, seconds: int) -> None:
        """Move it forward; the target's next look at its clock sees it."""
        self._offset_s += forward(seconds)
        self._write()

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"+{self._offset_s}\n")
        new.chmod(0o644)  # also for a server that has dropped its rights
        new.replace(self._file)

    def environment(self) -> Mapping[str, str]:
        """Return what makes a process, and those it starts, see this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "0" if self._monotonic else "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        } | ({"PATH": f"{self._programs}:{os.environ.get('PATH', os.defpath)}"} if self._programs.exists() else {})

    def prove(self) -> None:
        """See that the target's Date header shows this clock, before and after it is moved by a minute and a half.

        Raises:
            NoProof: it does not.

        """
        for moved_s in (0, PROOF_S):
            self.advance(moved_s)
            until = stopwatch() + STALE_S
            while abs(off_s := self._told() - self.now()) > SLACK_S:
                if stopwatch() > until:
                    raise NoProof(self._why_not(off_s))
                time.sleep(POLL_S)

    def _why_not(self, off_s: int) -> str:
        seen = f"the Date header of {self._proof} is {abs(off_s)} s {'behind' if off_s < 0 else 'ahead'}"
        if not self._offset_s:
            return f"the server's clock is not this machine's: {seen}; is it another server's, or a stored answer's?"
        return (
            f"libfaketime does not reach the server: its clock was moved by {self._offset_s} s, and {seen}; "
            "programs linked statically, written in Go or with the setuid bit are out of its reach"
        )

    def _told(self) -> int:
        try:
            _, headers = addresses.look(self._proof, ANSWER_S)
        except (OSError, ValueError) as error:
            raise NoProof(f"the server's clock cannot be seen: {self._proof} does not answer ({error})") from error
        date = headers["Date"]
        try:
            return int(email.utils.parsedate_to_datetime(date).timestamp())
        except (TypeError, ValueError) as error:
            without = f"with the Date header {date!r}" if date else "without a Date header"
            raise NoProof(
                f"the server's clock cannot be seen: {self._proof} answers {without}; "
                "name another address under [clock] proof"
            ) from error

    def restart(self) -> None:
        """Nothing is counted."""

    def close(self) -> None:
        """Remove the file, and what stands before programs."""
        self._file.unlink(missing_ok=True)
        shutil.rmtree(self._programs, ignore_errors=True)
