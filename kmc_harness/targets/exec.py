"""A target behind a program in any language, spoken to by the protocol of EXEC.md.

Whatever the program does, it costs the scenario that is on, never the run: it is stopped, and started again at the
next reset. What it writes to its error output is quoted where it breaks, and never decides a verdict.
"""

import contextlib
import os
import selectors
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from kmc_harness.durations import stopwatch
from kmc_harness.hosting import process
from kmc_harness.port import Action, Mail, NotOffered, Observation, Offer
from kmc_harness.secrecy import redaction
from kmc_harness.targets import border
from kmc_harness.targets.adapters import OWN_PROCESS
from kmc_harness.targets.exec_protocol import NOT_OFFERED, PROTOCOL, Fault, MailsFound, Response, Seen, Started
from kmc_harness.verdicts import Misuse

__all__ = ["Execd", "NoAnswer"]

LONGEST_LINE = 10_000_000
HEARD_LINES, KEPT_LINES = 200, 5
KEPT_CHARS = 200
CHUNK = 1 << 16
LAST_WORDS_S = 0.5
GOODBYE_S = 2.0
GUARD_S = 12.0


class NoAnswer(Exception):
    """The adapter gave no answer that can be used; the message says what it did instead, and its last words."""


class Execd:
    """A target by `exec:command`. What it offers is known once it has been started, which the first question does."""

    runs_in = OWN_PROCESS

    def __init__(
        self, argv: Sequence[str], folder: Path, settings: Mapping[str, str], answer_within_s: float = 30.0
    ) -> None:
        """Name the command, which is not started yet.

        Args:
            argv: the program and its arguments; a path with a slash is seen from `folder`.
            folder: the working folder of the program.
            settings: sent to it when it starts.
            answer_within_s: how long any one answer may take.

        Raises:
            Misuse: there is no such program.

        """
        program = str(folder / argv[0]) if argv and "/" in argv[0] else next(iter(argv), "")
        if not shutil.which(program):
            raise Misuse(f"the adapter's command {' '.join(argv)!r} cannot be run: there is no such program")
        self._argv, self._folder, self._settings = tuple(argv), folder, dict(settings)
        self._answer_within_s = answer_within_s
        self._program: _Program | None = None
        self._started: Started | None = None
        self._broke = ""
        self._asked = 0

    @property
    def name(self) -> str:
        """What the adapter calls its target."""
        return self._declared().name

    @property
    def offers(self) -> frozenset[Offer]:
        """What the adapter declares; it is started for that."""
        return frozenset(self._declared().offers)

    def reset(self) -> None:
        """Make a clean start. An adapter that broke is started again, also one that did so after its last answer.

        Raises:
            NoAnswer: it does not start, or does not answer.

        """
        self._broke, was_running = "", self._program is not None
        try:
            self._ask("reset", {})
        except NoAnswer:
            if not was_running:
                raise
            self._stop()
            self._broke = ""
            self._ask("reset", {})

    def perform(self, action: Action) -> Observation:
        """Have `action` performed.

        Raises:
            NotOffered: the adapter says that it does not do this.
            NoAnswer: it broke.

        """
        return self._observed(self._ask("perform", _named(action), Seen, type(action).__name__), action)

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Have all of `actions` performed at the same moment."""
        found = self._ask("race", {"actions": [_named(each) for each in actions]}, list[Seen])
        if len(found) != len(actions):
            self._give_up(f"gave {len(found)} answers when asked for race, of {len(actions)} actions")
        return [self._observed(*each) for each in zip(found, actions, strict=True)]

    def _observed(self, seen: Any, action: Action) -> Observation:
        return border.observation(msgspec.convert(seen, Observation, from_attributes=True), type(action).__name__)

    def now(self) -> int:
        """Return the target's clock in epoch seconds; without Offer.CLOCK it is this machine's."""
        return border.instant(self._ask("now", {}, int)) if Offer.CLOCK in self.offers else int(time.time())

    def advance(self, seconds: int) -> None:
        """Move the target's clock forward."""
        self._ask("advance", {"seconds": seconds})

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first."""
        found = self._ask("outbox", {"email": email}, MailsFound)
        return border.mails(msgspec.convert(found, list[Mail], from_attributes=True))

    def mails_are_out(self) -> bool:
        """Whether all mail that was caused so far is in the mailbox."""
        told: bool = self._ask("mails_are_out", {}, bool)
        return told

    def close(self) -> None:
        """Ask the adapter to end, and end it in any case."""
        if self._program is None:
            return
        with contextlib.suppress(NoAnswer):
            self._answer_within_s = min(self._answer_within_s, GOODBYE_S)
            self._ask("close", {})
            self._program.leave(GOODBYE_S)
        self._stop()

    # Asking

    def _declared(self) -> Started:
        if self._started is None:
            self._running()
        assert self._started is not None
        return self._started

    def _running(self) -> "_Program":
        if self._broke:
            raise NoAnswer(f"the adapter was not asked, since it broke before: {self._broke}")
        if self._program is None:
            self._program = _Program(self._argv, self._folder)
            self._start()
        return self._program

    def _start(self) -> None:
        started = self._ask("start", {"protocol": PROTOCOL, "settings": self._settings}, Started)
        if started.protocol != PROTOCOL:
            self._give_up(f"speaks version {started.protocol} of the protocol, and this is {PROTOCOL}")
        if self._started and started.offers != self._started.offers:
            self._give_up("declares other offers than when it was started first")
        self._started = started

    def _ask(self, method: str, params: object, of: Any = object, what: str = "") -> Any:
        """Return the result of `method`, of the type `of`; `what` names the question where the method does not."""
        program, what = (self._program if method == "start" else None) or self._running(), what or method
        self._asked += 1
        asked = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
        try:
            line = program.exchange(msgspec.json.encode(asked) + b"\n", self._limit_s(method))
        except _Broke as error:
            self._give_up(f"{error} when asked for {what}")
        except BaseException:
            # Stopped by the user in the middle of a question, say: what comes next would answer the last one.
            self._broke = "it was interrupted"
            self._stop()
            raise
        return self._result(line, what, of)

    def _result(self, line: bytes, what: str, of: Any) -> Any:
        try:
            answer = msgspec.json.decode(line, type=Response)
            if answer.id != self._asked and not (answer.id is None and answer.error):
                self._give_up(f"answered question {answer.id} when asked {what}, which is question {self._asked}")
            if bool(answer.error) == isinstance(answer.result, msgspec.Raw):
                self._give_up(f"answered {what} with neither or both of result and error")
            if isinstance(answer.result, msgspec.Raw):
                return msgspec.json.decode(answer.result, type=of)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if line.lstrip().startswith(b"{"):
                self._give_up(f"gave an answer that does not fit the schema when asked for {what}: {error}")
            begins = _whole_words(line[:KEPT_CHARS].decode(errors="replace"), KEPT_CHARS // 2)
            self._give_up(f"wrote {begins!r} to its standard output when asked for {what}; only answers belong there")
        assert not isinstance(answer.error, msgspec.UnsetType)
        if answer.error.code == NOT_OFFERED:
            raise NotOffered(what)
        self._refuse(answer.error, what)

    def _limit_s(self, method: str) -> float:
        """Return how long the answer to `method` may take."""
        return self._answer_within_s

    def _refuse(self, fault: Fault, what: str) -> NoReturn:
        """Raise what an error in place of a result means."""
        said = _whole_words(fault.message, KEPT_CHARS)
        raise NoAnswer(f"the adapter answered {what} with error {fault.code}: {said}")

    def _give_up(self, did: str) -> "Any":
        """Stop the adapter until the next reset.

        Raises:
            NoAnswer: always.

        """
        words = redaction.without_secrets(self._program.last_words()) if self._program else ""
        self._broke = f"the adapter {did}" + (f"; its last words: {words}" if words else "")
        self._stop()
        raise NoAnswer(self._broke)

    def _stop(self) -> None:
        if self._program:
            self._program.kill()
        self._program = None


def _named(action: Action) -> dict[str, object]:
    """Name an action; a field that is younger than version 1 goes along only where it says something."""
    fields = {name: value for name, value in asdict(action).items() if name != "browser" or value}
    return {"action": type(action).__name__, "fields": fields}


class _Broke(Exception):
    """What a program did in place of an answer."""


class _Program:
    """A program that answers a line with a line; memory is bounded whatever it does.

    A guard is its parent, so that it is gone with all that it started when the harness is.
    """

    def __init__(self, argv: Sequence[str], folder: Path) -> None:
        (given, self._in), (self._out, taken), (self._err, said) = os.pipe(), os.pipe(), os.pipe()
        self._guard = process.stand_guard(said, lent=(given, taken, said))
        for each in (given, taken, said):
            os.close(each)
        step = {"argv": argv, "environment": process.surroundings(), "stdio": (given, taken, said)}
        self._tell(msgspec.json.encode({"steps": [step], "folder": str(folder)}))
        self._watched = selectors.DefaultSelector()
        for each in (self._in, self._out, self._err):
            os.set_blocking(each, False)
        self._watched.register(self._out, selectors.EVENT_READ, self._read)
        self._watched.register(self._err, selectors.EVENT_READ, self._listen)
        self._unsent, self._received, self._searched = b"", bytearray(), 0
        self._words: deque[str] = deque(maxlen=HEARD_LINES)
        self._word = b""

    def exchange(self, line: bytes, within_s: float) -> bytes:
        """Send `line` and return the next line that comes.

        Raises:
            _Broke: none came in time, it is too long, or the program closed its output.

        """
        self._unsent = line
        self._watched.register(self._in, selectors.EVENT_WRITE, self._write)
        until = stopwatch() + within_s
        try:
            while (received := self._next_line()) is None:
                if not self._turn(until):
                    half = f" but {len(self._received)} bytes without a line's end" if self._received else ""
                    raise _Broke(f"gave no answer{half} within {within_s:g} s")
        finally:
            self._forget(self._in)
        return received

    def last_words(self) -> str:
        """Return the last lines of the error output."""
        until = stopwatch() + LAST_WORDS_S
        while self._err in self._watched.get_map() and self._guard.poll() is not None and self._turn(until):
            """What it wrote before it ended is on its way."""
        self._listen()
        kept = process.without_frames([*self._words, process.without_colour(self._word)])
        return " | ".join(_whole_words(line, KEPT_CHARS) for line in kept[-KEPT_LINES:])

    def leave(self, within_s: float) -> None:
        """Close its input, and wait for it to close its output."""
        self._close_input()
        until = stopwatch() + within_s
        with contextlib.suppress(_Broke):
            while self._turn(until):
                self._received.clear()

    def kill(self) -> None:
        """End it and all that it started."""
        self._watched.close()
        self._close_input()
        os.close(self._out)
        os.close(self._err)
        self._tell(b"end")
        try:
            self._guard.wait(GUARD_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
        self._guard.communicate()

    def _tell(self, line: bytes) -> None:
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(line + b"\n")
            self._guard.stdin.flush()

    def _close_input(self) -> None:
        self._forget(self._in)
        if self._in >= 0:
            os.close(self._in)
        self._in = -1

    # What comes and goes

    def _turn(self, until: float) -> bool:
        """Wait for something to come or go, and have it done; return whether there is time left."""
        for key, _ in self._watched.select(max(0.0, until - stopwatch())):
            key.data()
        return stopwatch() < until

    def _next_line(self) -> bytes | None:
        end = self._received.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._received)
            if self._searched > LONGEST_LINE:
                raise _Broke(f"sent a line of more than {LONGEST_LINE // 10**6} MB")
            return None
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._searched = 0
        return line

    def _read(self) -> None:
        """Take what comes; no more than one line is waited for, so that a flood stays in its pipe."""
        if came := os.read(self._out, CHUNK):
            self._received += came
            return
        self._forget(self._out)
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._guard.wait(LAST_WORDS_S)
            raise _Broke(f"was killed by signal {status - 128}" if status > 128 else f"ended with status {status}")
        raise _Broke("closed its output")

    def _listen(self) -> None:
        try:
            came = os.read(self._err, CHUNK)
        except BlockingIOError:
            return
        if not came:
            self._forget(self._err)
        *lines, self._word = (self._word + came).split(b"\n")
        self._word = self._word[-CHUNK:]
        self._words += map(process.without_colour, lines[-HEARD_LINES:])

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent) :]
        except BrokenPipeError:
            self._unsent = b""
        if not self._unsent:
            self._forget(self._in)

    def _forget(self, pipe: int) -> None:
        if pipe in (self._watched.get_map() or {}):
            self._watched.unregister(pipe)


def _whole_words(text: str, most: int) -> str:
    """Return the first words of `text`; one that would be cut is left out: half a secret is known to nobody."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most + 1].rpartition(' ')[0]} …"
