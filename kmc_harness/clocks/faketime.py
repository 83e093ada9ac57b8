"""Any process that is linked dynamically: libfaketime answers in place of the system's clock."""

import email.utils
import importlib.util
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from kmc_harness.clocks._clock import NoProof, forward

__all__ = ["Faketime", "NotInstalled", "library"]

PROOF_S = 90
"""How far the clock is moved to see whether the target follows."""
SLACK_S = 10
STALE_S = 2.0
"""Servers keep their Date header for a second or so."""
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
    raise NotInstalled("libfaketime is not installed: pip install 'kmc-harness[clocks]', built with gcc and make")


class Faketime:
    """Real time plus an offset, which stands in a file that the target's process reads at every look at its clock."""

    def __init__(self, folder: Path, proof: str) -> None:
        """Keep the offset in `folder`; `proof` is a URL of the target whose Date header shows its time.

        Raises:
            NotInstalled: the library is not there.

        """
        self._library = library()
        self._file, self._proof = folder / "clock", proof
        self._offset_s = 0
        self._write()

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
        new.replace(self._file)

    def environment(self) -> Mapping[str, str]:
        """Return what makes a process, and those it starts, see this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }

    def prove(self) -> None:
        """Move the clock by a minute and a half, and see the target's Date header follow.

        Raises:
            NoProof: it does not.

        """
        self.advance(PROOF_S)
        until = time.monotonic() + STALE_S
        while (behind_s := self.now() - self._told()) > SLACK_S:
            if time.monotonic() > until:
                raise NoProof(
                    f"libfaketime does not reach the server: its clock was moved by {self._offset_s} s, and the Date "
                    f"header of {self._proof} stayed {behind_s} s behind; programs linked statically, written in Go or "
                    "with the setuid bit are out of its reach"
                )
            time.sleep(POLL_S)

    def _told(self) -> int:
        try:
            with urllib.request.urlopen(self._proof, timeout=STALE_S) as answer:  # noqa: S310 - the target's own URL
                date = answer.headers["Date"]
        except urllib.error.HTTPError as error:
            date = error.headers["Date"]
        except OSError as error:
            raise NoProof(f"the server's clock cannot be seen: {self._proof} does not answer ({error})") from error
        if not date:
            raise NoProof(
                f"the server's clock cannot be seen: {self._proof} answers without a Date header; "
                "name another address under [clock] proof"
            )
        return int(email.utils.parsedate_to_datetime(date).timestamp())

    def restart(self) -> None:
        """Nothing is counted."""

    def close(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)
