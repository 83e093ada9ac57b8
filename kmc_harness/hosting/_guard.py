"""Outlives the harness for a moment, so that nothing is left when it dies: neither a server nor a folder.

Run as a program, with a folder for its argument, or none. Its input is a pipe that the harness holds. The first line of
it is JSON that says what to run (`steps`: argv and environment of each, one after another, and `stdio`, three pipes
lent to it, if any; `folder`), whatever follows asks to end it. Where the input ends instead, or its parent is another,
the harness is gone: then the folder given goes too. Standard library only, and one thread: what it forks must find no
lock held.

It adopts the processes whose parents end, so that a server that turns itself into a daemon is found and ended as well.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

GRACE_S = 3.0
"""How long a server may take to end when asked to, and then when not asked."""
REMOVING_S = 10.0
SHARED = ("/dev/shm/faketime_shm_", "/dev/shm/sem.faketime_sem_")  # noqa: S108 - whole names end with a process' number
"""What libfaketime leaves of a process that it moved in time."""
LOOK_S = 1.0
"""How often to see whether the parent is still the harness: others can hold the pipe, forked from it."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None)


class _Guard:
    def __init__(self, remove: str) -> None:
        self.remove = remove
        self.parent = os.getppid()
        self.is_alone = self.is_over = False
        self.running: subprocess.Popen[bytes] | None = None
        # Becomes readable when a child ends.
        self.woken, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> int:
        """Run what it is told until that ends or the harness does; return the status."""
        said = b""
        while b"\n" not in said and not self.is_over:
            said += self.hear()
        what, _, more = said.partition(b"\n")
        self.is_over |= bool(more)
        status = 0 if self.is_over else self.steps(json.loads(what))
        self.forget(self.end())
        if self.is_alone:
            self.clear()
        return status

    def hear(self) -> bytes:
        """Wait for a word of the harness, or for a child to end, and return the word."""
        ready, _, _ = select.select([0, self.woken], [], [], LOOK_S)
        if self.woken in ready:
            os.read(self.woken, 4096)
        said = os.read(0, 65_536) if 0 in ready else b""
        if os.getppid() != self.parent or (0 in ready and not said):
            self.is_alone = self.is_over = True
        return said

    def steps(self, what: dict[str, Any]) -> int:
        status = 0
        for step in what["steps"]:
            if self.is_over:
                break
            status = self.step(step["argv"], step["environment"], what["folder"], step.get("stdio", ()))
            if status and step is not what["steps"][-1]:
                print(f"{' '.join(step['argv'])!r} ended with status {status}", flush=True)
                break
        return status

    def step(self, argv: list[str], environment: dict[str, str], folder: str, lent: Sequence[int]) -> int:
        given, taken, said = lent or (subprocess.DEVNULL, None, None)
        try:
            self.running = subprocess.Popen(  # noqa: S603 - the user names the command
                argv,
                cwd=folder,
                env=environment,
                stdin=given,
                stdout=taken,
                stderr=said,
                start_new_session=True,
                preexec_fn=_as_usual,  # noqa: PLW1509 - there is one thread
            )
        except OSError as error:
            print(f"{error.filename!r} cannot be run: {error.strerror}", flush=True)
            return 127
        for pipe in lent:
            os.close(pipe)
        while (status := self.running.poll()) is None and not self.is_over:
            if self.hear():
                self.is_over = True
            self.reap()
        return 128 - status if status and status < 0 else status or 0

    def reap(self) -> None:
        """Let go of adopted processes that have ended; the status of our own child is for `poll`."""
        peek = os.WEXITED | os.WNOHANG | os.WNOWAIT
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, peek)) and self.running and ended.si_pid != self.running.pid:
                os.waitpid(ended.si_pid, 0)

    def end(self) -> set[int]:
        """End all that was started here, and whatever that started: politely, then not; return which they were."""
        known = {self.running.pid} if self.running else set()
        for number in (signal.SIGTERM, signal.SIGKILL):
            until = time.monotonic() + GRACE_S
            asked: set[int] = set()
            while (living := _descendants()) and time.monotonic() < until:
                for process in living - asked:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(process, number)
                asked |= living
                time.sleep(0.01)
            known |= asked
        return known

    def forget(self, processes: set[int]) -> None:
        """Remove what libfaketime keeps of each process."""
        for name in (f"{shared}{process}" for process in processes for shared in SHARED):
            with contextlib.suppress(OSError):
                os.unlink(name)

    def clear(self) -> None:
        """Remove the folder, in which somebody may still be writing."""
        until = time.monotonic() + REMOVING_S
        while self.remove and os.path.exists(self.remove) and time.monotonic() < until:
            shutil.rmtree(self.remove, ignore_errors=True)
            time.sleep(0.01)


def _descendants() -> set[int]:
    """Return the processes that descend from this one and have not ended."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
            # The program's name stands in brackets and may hold anything; state and parent follow it.
            state, parent = stat.read().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found, unseen = set[int](), [os.getpid()]
    while unseen:
        of_one = children.get(unseen.pop(), [])
        found.update(of_one)
        unseen += of_one
    return found


def _as_usual() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> NoReturn:
    """Stand guard."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    status = _Guard(sys.argv[1] if len(sys.argv) > 1 else "").run()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
