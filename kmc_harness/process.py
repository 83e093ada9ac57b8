"""Servers and folders that the harness makes for a run: ready before they are used, gone after it, however it ends."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kmc_harness import _guard

__all__ = ["Command", "DidNotStart", "Server", "free_port", "work_folder"]

POLL_S = 0.05
ANSWER_S = 2.0
TAIL_BYTES = 20_000
LAST_LINES = 8


class DidNotStart(Exception):
    """A server did not start; the message says which, why, and quotes the end of what it wrote."""


@dataclass(frozen=True)
class Command:
    """How a server is started.

    Attributes:
        argv: the program and its arguments.
        folder: its working folder.
        environment: added to this process' own.
        ready: a URL; the server is ready once it answers below 500.
        ready_within_s: how long that may take, with what is run before.
        before: programs that are run to their end first.
        bent: added to the environment of the server alone, as a clock needs it.

    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    ready: str
    ready_within_s: float = 30.0
    before: tuple[tuple[str, ...], ...] = ()
    bent: Mapping[str, str] | None = None

    def steps(self) -> list[dict[str, object]]:
        """Return what is run, one after another."""
        plain = {**os.environ, **self.environment}
        before: list[dict[str, object]] = [{"argv": argv, "environment": plain} for argv in self.before]
        return [*before, {"argv": self.argv, "environment": {**plain, **(self.bent or {})}}]


def free_port() -> int:
    """Return a port on loopback that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Have a temporary folder that is gone afterwards, also where this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix="kmc-"))
    guard = _stand_guard(subprocess.DEVNULL, str(folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        guard.communicate()


class Server:
    """A server in a process group of its own, with a guard for a parent that ends it when the harness is gone."""

    def __init__(self, command: Command, log: Path) -> None:
        """Name the command, which is not started yet; its output goes to the file `log`."""
        self._command, self._log = command, log
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            DidNotStart: it ended, or is not ready in time.

        """
        command = self._command
        with self._log.open("ab") as log:
            self._guard = _stand_guard(log)
        self._say(json.dumps({"steps": command.steps(), "folder": str(command.folder)}))
        until = time.monotonic() + command.ready_within_s
        while not _answers(command.ready):
            if not self.is_running:
                raise DidNotStart(f"{self._name} ended with status {self._guard.returncode}{self._last_words()}")
            if time.monotonic() > until:
                self.stop()
                late = f"did not answer at {command.ready} within {command.ready_within_s:g} s"
                raise DidNotStart(f"{self._name} {late}{self._last_words()}")
            time.sleep(POLL_S)

    @property
    def _name(self) -> str:
        return f"the server {' '.join(self._command.argv)!r}"

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._guard is not None and self._guard.poll() is None

    def has_ended(self, within_s: float = 1.0) -> bool:
        """Whether it is not running, or ends within a moment: what broke a connection may be its end."""
        if self._guard is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(within_s)
        return not self.is_running

    def output(self) -> str:
        """Return the last lines that it wrote, as one."""
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - TAIL_BYTES))
            return " | ".join(log.read().decode(errors="replace").strip().splitlines()[-LAST_LINES:])
        return ""

    def _last_words(self) -> str:
        words = self.output()
        return f"; its last words: {words}" if words else ""

    def stop(self) -> None:
        """End it, and all that it started; nothing happens where it is not running."""
        if self._guard is None:
            return
        self._say("end")
        try:
            self._guard.wait(4 * _guard.GRACE_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
        self._guard.communicate()
        self._guard = None

    def _say(self, line: str) -> None:
        if self._guard and self._guard.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.write(f"{line}\n".encode())
                self._guard.stdin.flush()


def _stand_guard(log: int | IO[bytes], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - Python, on a file of ours
        [sys.executable, "-I", "-S", _guard.__file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S):  # noqa: S310 - a URL of ours on loopback
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
