"""Outlives the harness for a moment, so that nothing is left when it dies: neither a server nor a folder.

Run as a program, with a folder for its argument, or none. Its input is a pipe that the harness holds. The first line of
it is JSON that says what to run (`steps`: argv and environment of each, one after another; `folder`), another line asks
to end it. Where the input ends without one, the harness is gone: then the folder given goes too.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any, NoReturn

GRACE_S = 3.0
"""How long a server may take to end when asked to, and then when not asked."""
REMOVING_S = 10.0


class _Guard:
    def __init__(self, remove: str) -> None:
        self.remove = remove
        self.is_over = threading.Event()
        self.is_alone = True
        self.running: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Run what it is told until that ends or the harness does; return the status."""
        what = sys.stdin.buffer.readline()
        if not what:
            self.clear()
            return 0
        threading.Thread(target=self.watch, daemon=True).start()
        status = self.steps(json.loads(what))
        if self.is_over.is_set() and self.is_alone:
            self.clear()
        return status

    def steps(self, what: dict[str, Any]) -> int:
        status = 0
        for step in what["steps"]:
            if self.is_over.is_set():
                break
            status = self.step(step["argv"], step["environment"], what["folder"])
            if status and step is not what["steps"][-1]:
                print(f"{' '.join(step['argv'])!r} ended with status {status}", flush=True)
                break
        return status

    def step(self, argv: list[str], environment: dict[str, str], folder: str) -> int:
        try:
            self.running = subprocess.Popen(  # noqa: S603 - the user names the command
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_as_usual,  # noqa: PLW1509 - the only other thread waits for its input
            )
        except OSError as error:
            print(f"{argv[0]!r} cannot be run: {error.strerror}", flush=True)
            return 127
        if self.is_over.is_set():
            self.end()
        status = self.running.wait()
        self.end()
        return status if status >= 0 else 128 - status

    def watch(self) -> None:
        """Wait for the harness to ask for the end, or to be gone."""
        self.is_alone = not sys.stdin.buffer.readline()
        self.is_over.set()
        self.end()

    def end(self) -> None:
        """End what is running and all that it started: politely, then not."""
        if self.running is None:
            return
        group = self.running.pid
        with contextlib.suppress(ProcessLookupError):
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.killpg(group, number)
                until = time.monotonic() + GRACE_S
                while time.monotonic() < until:
                    self.running.poll()
                    os.killpg(group, 0)
                    time.sleep(0.01)

    def clear(self) -> None:
        """Remove the folder, in which somebody may still be writing."""
        until = time.monotonic() + REMOVING_S
        while self.remove and os.path.exists(self.remove) and time.monotonic() < until:
            shutil.rmtree(self.remove, ignore_errors=True)
            time.sleep(0.01)


def _as_usual() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def main() -> NoReturn:
    """Stand guard."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    status = _Guard(sys.argv[1] if len(sys.argv) > 1 else "").run()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
