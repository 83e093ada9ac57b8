"""Servers and folders that the harness makes for a run: ready before they are used, gone after it, however it ends.

Servers are started on Linux only.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kmc_harness.durations import stopwatch
from kmc_harness.hosting import _guard, addresses

__all__ = [
    "Command",
    "DidNotStart",
    "Server",
    "free_port",
    "stand_guard",
    "surroundings",
    "without_colour",
    "without_frames",
    "work_folder",
]

POLL_S = 0.05
PORTS = range(20_000, 32_000)
"""Below those that Linux (from 32768) and macOS (from 49152) give to outgoing connections."""
OF_TESTS = frozenset({"PYTEST_CURRENT_TEST", "PYTEST_VERSION", "KMC_CONTEXTS", "KMC_ANSWER_WITHIN"})
ANSWER_S = 10.0
"""How long a server may take for its first answers: some compile what they serve."""
TAIL_BYTES = 8_000
LAST_LINES = 8
TO_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Escape sequences of ECMA-48: CSI, OSC and the short ones."""


class DidNotStart(Exception):
    """A server did not start; the message says which, why, and quotes the end of what it wrote."""


@dataclass(frozen=True)
class Command:
    """How a server is started.

    Attributes:
        argv: the program and its arguments.
        folder: its working folder.
        environment: added to this process' own.
        ready: a URL of the server; it is ready once that answers with a status below `ready_below`.
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
    ready_below: int = 500

    def steps(self) -> list[dict[str, object]]:
        """Return what is run, one after another."""
        plain = {**surroundings(), **self.environment}
        before: list[dict[str, object]] = [{"argv": argv, "environment": plain} for argv in self.before]
        return [*before, {"argv": self.argv, "environment": {**plain, **(self.bent or {})}}]


def surroundings() -> dict[str, str]:
    """Return this process' environment without what says that, and what, is being tested."""
    return {name: value for name, value in os.environ.items() if name not in OF_TESTS}


def free_port() -> int:
    """Return a port on loopback that nobody listens on at this moment.

    It is none of those that the system gives to outgoing connections: one of these could take it
    before the server that is to have it does.
    """
    for port in secrets.SystemRandom().sample(PORTS, 100):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise DidNotStart(f"none of 100 ports between {PORTS.start} and {PORTS.stop} on 127.0.0.1 is free")


def without_colour(output: bytes) -> str:
    """Return what a program wrote for a terminal as text: no colours, and no moves of its cursor."""
    return TO_TERMINAL.sub("", output.decode(errors="replace"))


def without_frames(lines: Iterable[str]) -> list[str]:
    """Return the lines of a program that died which say why: not those of its stack, which are indented.

    Node, Go and Java tell the cause first and the stack after it, Python the other way round.
    """
    said = [line.rstrip() for line in lines if line.strip()]
    return [line for line in said if not line[0].isspace()] or said


@contextlib.contextmanager
def work_folder(mode: int = 0o700) -> Iterator[Path]:
    """Have a temporary folder of this `mode` that is gone afterwards, also where this process is killed."""
    folder = Path(tempfile.gettempdir(), f"kmc-{secrets.token_hex(6)}")
    # The guard comes first: killed in between, there would be nobody to remove the folder.
    guard = stand_guard(subprocess.DEVNULL, folder)
    try:
        folder.mkdir(mode=0o700)
        folder.chmod(mode)  # whatever the umask
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        guard.communicate()


class Server:
    """A server with a guard for a parent, which ends it and all that it started when the harness is gone."""

    def __init__(
        self, command: Command, log: Path, work: Path | None = None, shortened: Callable[[str], str] = str
    ) -> None:
        """Name the command, which is not started yet; its output goes to the file `log`.

        `work` is removed after the server's end where the harness is gone, so that nothing is written there anew.
        `shortened` takes the secrets out of what is quoted from the log.
        """
        self._command, self._log, self._work, self._shortened = command, log, work, shortened
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            DidNotStart: it cannot be run, ended, or is not ready in time; or somebody else has its port.

        """
        self._see_that_the_port_is_free()
        command = self._command
        with self._log.open("ab") as log:
            self._guard = stand_guard(log, self._work)
        self._say(json.dumps({"steps": command.steps(), "folder": str(command.folder)}))
        until = stopwatch() + command.ready_within_s
        while is_missing := self._what_is_missing(until):
            if not self.is_running:
                raise DidNotStart(f"{self._name} ended with status {self._guard.returncode}{self._last_words()}")
            if stopwatch() > until:
                self.stop()
                late = f"was not ready within {command.ready_within_s:g} s: {is_missing}"
                raise DidNotStart(f"{self._name} {late}{self._last_words()}")
            time.sleep(POLL_S)

    def _see_that_the_port_is_free(self) -> None:
        if sys.platform != "linux":
            raise DidNotStart(f"{self._name} was not started: servers are started on Linux only")
        try:
            host, port = addresses.place(self._command.ready)
        except ValueError as error:
            raise DidNotStart(f"{self._name} was not started: nothing tells when it is ready, {error}") from error
        with contextlib.suppress(OSError), socket.create_connection((host, port), ANSWER_S):
            raise DidNotStart(
                f"{self._name} was not started: another process listens on {host}:{port} already; "
                "end that one, or write {port} for a port that is free"
            )

    def _what_is_missing(self, until: float) -> str:
        """Return why it is not ready, or nothing when it is."""
        url = self._command.ready
        try:
            status, _ = addresses.look(url, min(ANSWER_S, max(1.0, until - stopwatch())))
        except OSError as error:
            return f"{url} does not answer ({error})"
        return "" if status < self._command.ready_below else f"{url} answers with status {status}"

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
        """Return the last lines that it wrote, as one, without secrets."""
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            from_byte = max(0, self._log.stat().st_size - TAIL_BYTES)
            log.seek(from_byte)
            said = without_colour(log.read())
            # Half a secret is known to nobody: the word that the tail begins within is left out.
            whole = re.sub(r"^\S*", "", said) if from_byte else said
            return " | ".join(without_frames(self._shortened(whole).strip().splitlines())[-LAST_LINES:])
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


def stand_guard(
    log: int | IO[bytes], remove: Path | None = None, *, lent: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Return a guard (see _guard.py) that waits for its first line; `lent` are pipes for what it is to run."""
    return subprocess.Popen(  # noqa: S603 - Python, on a file of ours
        [sys.executable, "-I", "-S", _guard.__file__, *([str(remove)] if remove else [])],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=lent,
    )
