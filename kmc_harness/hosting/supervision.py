"""A parent for the process that judges: it ends with the exit code that it was told, and with no other.

1. The judge is a fork of a process that has imported next to nothing. What an adapter does to its own process (ending
   it, threads and exit handlers left behind, closed descriptors) does not reach the parent.
2. The last word is told once, at the very end, in memory that both share: there is no descriptor to close, to inherit
   or to write to. Half a word is none. Without one the exit code is `UNDECIDED`, and the parent says where the run was.
3. A copy of the judge that an adapter forks has no last word.
4. A judge that hangs where no signal reaches it is ended: it notes when an answer is due, in the same memory. One that
   was stopped, and not by the terminal, which stops both, is told to go on.

An adapter in the judge's process can look for that memory, as it can for everything else: only one in a process of its
own cannot.
"""

import contextlib
import mmap
import os
import signal
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import FrameType

from kmc_harness.durations import stopwatch

__all__ = ["UNDECIDED", "Channel", "apart", "at", "due_within", "resumable", "stopped_by", "stopped_code", "supervised"]

UNDECIDED = 3
LOOK_S = 1.0
GRACE_S = 5.0
"""How long a judge may take to end after its last word, or once it was asked to."""
AGAIN_S = 1.0
"""A second request to stop counts from here on: programs that stop others often ask twice at once."""
STOPS = (signal.SIGINT, *((signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ()))

_DUE, _PLACE, _FOLDER, _SIZE = 48, 64, 2048, 4096
_INSTANT = struct.Struct("d")
_PR_SET_PDEATHSIG = 1


class Channel:
    """What the judge tells its parent: the last word, where it is now, and which folder a stopped run goes on from."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _SIZE)
        self._seal = os.urandom(16).hex()
        self._judge = 0

    def word(self, code: int) -> bytes:
        """Return the last word for exit code `code`; it counts once its last byte is there."""
        return f"{code:03d} {self._seal}".encode()

    def begin(self) -> None:
        """Make this process the judge."""
        self._judge = os.getpid()

    def end(self, code: int) -> None:
        """Tell the last word; nothing happens in a copy of the judge."""
        if os.getpid() == self._judge:
            self.write(self.word(code))

    def write(self, word: bytes) -> None:
        """Write `word` to where the last word stands."""
        self._shared[: len(word)] = word

    @property
    def told(self) -> int | None:
        """The exit code of the last word; None as long as there is none, or half a one."""
        code, _, seal = self._shared[: len(self.word(0))].partition(b" ")
        return int(code) if seal == self._seal.encode() and code.isdigit() else None

    @property
    def due_at(self) -> float:
        """When the answer that the judge waits for is due, by `stopwatch`; 0 where it waits for none."""
        at: float = _INSTANT.unpack_from(self._shared, _DUE)[0]
        return at

    @due_at.setter
    def due_at(self, at: float) -> None:
        _INSTANT.pack_into(self._shared, _DUE, at)

    @property
    def place(self) -> str:
        """Where the judge is, in words."""
        return self._text(_PLACE, _FOLDER)

    @place.setter
    def place(self, text: str) -> None:
        self._set(_PLACE, _FOLDER, text)

    @property
    def folder(self) -> str:
        """The report folder of a run that can be resumed; empty where there is none."""
        return self._text(_FOLDER, _SIZE)

    @folder.setter
    def folder(self, text: str) -> None:
        self._set(_FOLDER, _SIZE, text)

    def _text(self, begin: int, end: int) -> str:
        return self._shared[begin:end].partition(b"\0")[0].decode(errors="replace")

    def _set(self, begin: int, end: int, text: str) -> None:
        written = text.encode(errors="replace")[: end - begin - 1] + b"\0"
        self._shared[begin : begin + len(written)] = written


_channel: Channel | None = None
_stopped_by = 0


def at(place: str) -> None:
    """Note where the judge is, for the case that it ends there."""
    if _channel:
        _channel.place = place


@contextlib.contextmanager
def due_within(seconds: float) -> Iterator[None]:
    """Have the parent end this judge if what is done within this takes much longer than `seconds`."""
    if _channel is None or _channel.due_at:
        yield
        return
    _channel.due_at = stopwatch() + seconds
    try:
        yield
    finally:
        _channel.due_at = 0.0


def resumable(folder: str) -> None:
    """Note that the run in `folder` can be resumed from now on; an empty text says that it is over."""
    if _channel:
        _channel.folder = folder


def stopped_by() -> int | None:
    """Return the signal by which somebody has stopped this judge, 0 where nobody has, and None in other processes."""
    return _stopped_by if _channel else None


def stopped_code() -> int:
    """Return the exit code of a program that somebody has stopped."""
    return 128 + (_stopped_by or signal.SIGINT)


def supervised(judge: Callable[[], int], channel: Channel | None = None, *, grace_s: float = GRACE_S) -> int:
    """Run `judge` in a fork of this process, and end this one with the exit code that it tells through `channel`.

    Returns, in the fork alone, what `judge` returned: it is to end as every process does. Where no process can be
    forked, as on Windows, `judge` runs here, without a parent.
    """
    if not hasattr(os, "fork"):
        return judge()
    channel = channel or Channel()
    sys.stdout.flush()
    sys.stderr.flush()
    heard = {each for each in STOPS if signal.getsignal(each) is not signal.SIG_IGN}
    signal.pthread_sigmask(signal.SIG_BLOCK, {*heard, signal.SIGCHLD, signal.SIGALRM})
    if child := os.fork():
        os._exit(_Parent(channel, child, heard, grace_s).watch())
    return _judge(channel, heard, judge)


def apart(judge: Callable[[], int], *, grace_s: float = GRACE_S) -> tuple[int | None, str]:
    """Run `judge` in a fork, and go on here; signals, and what else this process is made of, stay as they are.

    Returns:
        The exit code that was told, or None; and how the fork ended, in words.

    Raises:
        KeyboardInterrupt: the user has stopped it; the fork is ended.

    """
    channel = Channel()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the fork uses none of them
        child = os.fork()
    if not child:
        try:
            _judge(channel, {signal.SIGINT}, judge)
        finally:
            os._exit(UNDECIDED)
    parent = _Parent(channel, child, set(), grace_s)
    status = parent.wait()
    return channel.told, parent.how_it_ended(status)


def _judge(channel: Channel, heard: set[signal.Signals], judge: Callable[[], int]) -> int:
    global _channel  # noqa: PLW0603 - there is one judge in a process
    channel.begin()
    _channel = channel
    _end_with_parent()
    for each in heard:
        signal.signal(each, _stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*heard, signal.SIGCHLD, signal.SIGALRM})
    code = judge()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    channel.end(code)
    return code


def _stop(number: int, _frame: FrameType | None) -> None:
    global _stopped_by  # noqa: PLW0603 - there is one judge in a process
    if not _stopped_by:
        _stopped_by = number
        raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Have the system end this process when its parent is gone; only Linux does that."""
    if sys.platform == "linux":
        import ctypes

        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(UNDECIDED)


class _Parent:
    def __init__(self, channel: Channel, child: int, heard: set[signal.Signals], grace_s: float) -> None:
        self._channel, self._child, self._heard, self._grace_s = channel, child, heard, grace_s
        self._stopped_by, self._stopped_at, self._late_since = 0, 0.0, 0.0

    def watch(self) -> int:
        """Wait for the judge to end, and return the exit code."""
        signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)
        while (status := self._ended()) is None:
            self._hear()
            if self._is_late():
                os.kill(self._child, signal.SIGKILL)
                os.waitpid(self._child, 0)
                status = -signal.SIGKILL
                break
        if (told := self._channel.told) is not None:
            return told
        return self._say_how_it_ended(status)

    def wait(self) -> int:
        """Wait for the judge to end in a thread, and return its status; signals are none of this process' business."""
        ended: list[int] = []

        def wait() -> None:
            with contextlib.suppress(ChildProcessError):  # somebody else has waited for it
                while (status := self._ended(os.WUNTRACED)) is None:
                    """It was stopped, and goes on."""
                ended.append(status)

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        try:
            while waiting.is_alive() and not self._is_late():
                waiting.join(LOOK_S)
        finally:
            if waiting.is_alive():
                os.kill(self._child, signal.SIGKILL)
                waiting.join()
        return ended[0] if ended else 0

    def _ended(self, options: int = os.WNOHANG | os.WUNTRACED) -> int | None:
        ended, status = os.waitpid(self._child, options)
        if ended and os.WIFSTOPPED(status):
            os.kill(self._child, signal.SIGCONT)
            return None
        return os.waitstatus_to_exitcode(status) if ended else None

    def _hear(self) -> None:
        """Wait for a signal; one that asks to stop is passed on, unless the terminal has sent it to both."""
        waited = {*self._heard, signal.SIGCHLD, signal.SIGALRM}
        if sys.platform == "linux":
            heard = signal.sigwaitinfo(waited)
            number, by_terminal = heard.si_signo, heard.si_code > 0
        else:
            number = signal.sigwait(waited)
            by_terminal = number == signal.SIGINT and os.isatty(0)
        if number not in self._heard:
            return
        now = stopwatch()
        if self._stopped_by and now - self._stopped_at > AGAIN_S:
            os.kill(self._child, signal.SIGKILL)
        elif not self._stopped_by:
            self._stopped_by, self._stopped_at = number, now
            if not by_terminal:
                os.kill(self._child, number)

    def _is_late(self) -> bool:
        """Return whether the judge goes on for too long after its last word, or after an answer was due.

        What counts is how long that has been seen: both were stopped meanwhile, maybe.
        """
        now = stopwatch()
        if self._channel.told is None and not 0 < self._channel.due_at < now:
            self._late_since = 0.0
            return False
        self._late_since = self._late_since or now
        return now - self._late_since > self._grace_s

    def _say_how_it_ended(self, status: int) -> int:
        folder = self._channel.folder
        goes_on = f"; kmc run --resume {folder} goes on" if folder else ""
        if self._stopped_by:
            _say(f"kmc: stopped{goes_on}")
            return 128 + self._stopped_by
        _say(f"kmc: {self.how_it_ended(status)}: nothing is decided{goes_on}")
        return UNDECIDED

    def how_it_ended(self, status: int) -> str:
        """Return how a judge ended that did not tell its last word, and where."""
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        if self._late_since:
            how = "hung, and was ended"
        where = f" in {self._channel.place}" if self._channel.place else ""
        return f"the process that judges {how}{where}, before it was done"


def _say(words: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{words}\n".encode())
