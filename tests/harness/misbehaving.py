"""An adapter that misbehaves in one way at one place, and the table of all of them.

`python -m tests.harness.misbehaving [WORD]` makes the table, of the rows with that word in their name. Each row says
where (at the which call) and what; KMC_TEST_MISBEHAVES tells it to the adapter as `where:nth:what`.
"""

import atexit
import builtins
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from kmc_harness.port import Action, Mail, MailedLink, Naming, Observation, Offer
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import AdapterMistake, Departure, Misuse, NotJudged, Unreached

ROOT = Path(__file__).parents[2]
HUGE = "x" * 20_000_000


class Rude(BaseException):
    """Neither an Exception nor known to anybody."""


class Unspeakable(Exception):
    """Has no message that can be read."""

    def __str__(self) -> str:
        raise SystemExit(0)


class Moody(Observation):
    """Answers otherwise each time it is asked."""

    @property
    def accepted(self) -> bool:  # type: ignore[override]
        raise SystemExit(0)

    def __init__(self) -> None:
        pass


def _raise(error: BaseException) -> Callable[[], None]:
    def does() -> None:
        raise error

    return does


def _kill(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _exits_in_a_thread() -> None:
    threading.Thread(target=os._exit, args=(0,)).start()
    threading.Event().wait()


def _leaves_a_thread() -> None:
    threading.Thread(target=threading.Event().wait).start()


def _hangs() -> None:
    threading.Event().wait()


def _swallows_a_hang() -> None:
    with contextlib.suppress(BaseException):
        threading.Event().wait()


def _closes(first: int, last: int) -> Callable[[], None]:
    return lambda: os.closerange(first, last)


def _reuses_descriptors() -> None:
    """Close all descriptors, and open others in their place."""
    os.closerange(3, 64)
    for _ in range(20):
        os.open(os.devnull, os.O_RDWR)


def _removes(*parts: str) -> Callable[[], None]:
    return lambda: shutil.rmtree(Path(os.environ["KMC_TEST_REPORT"], *parts))


def _patched(place: Any, name: str, put: Any) -> Callable[[], None]:
    return lambda: setattr(place, name, put)


def _broken(*_: object, **__: object) -> Any:
    raise OSError("patched")


def _writes_no_more() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _closes_stdout() -> None:
    sys.stdout.close()


def _forks() -> None:
    """Go on twice."""
    os.fork()


def _floods() -> None:
    print(HUGE)
    print(HUGE, file=sys.stderr)


DOES: dict[str, Callable[[], object]] = {
    "os._exit(0)": lambda: os._exit(0),
    "os._exit(1)": lambda: os._exit(1),
    "os.abort()": os.abort,
    "sys.exit(0)": lambda: sys.exit(0),
    "sys.exit('words')": lambda: sys.exit("words"),
    "kills itself": _kill(signal.SIGKILL),
    "terminates itself": _kill(signal.SIGTERM),
    "hangs itself up": _kill(signal.SIGHUP),
    "crashes": _kill(signal.SIGSEGV),
    "kills the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "terminates the parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "stops itself": _kill(signal.SIGSTOP),
    "raises KeyboardInterrupt": _raise(KeyboardInterrupt()),
    "raises GeneratorExit": _raise(GeneratorExit()),
    "raises StopIteration": _raise(StopIteration()),
    "raises MemoryError": _raise(MemoryError()),
    "raises RecursionError": _raise(RecursionError()),
    "raises a BaseException": _raise(Rude("x")),
    "raises typer.Exit(0)": _raise(typer.Exit(0)),
    "raises Departure": _raise(Departure("this", "that")),
    "raises Unreached": _raise(Unreached("it")),
    "raises NotJudged": _raise(NotJudged("it")),
    "raises Misuse": _raise(Misuse("it")),
    "raises AdapterMistake": _raise(AdapterMistake("it")),
    "raises half a character": _raise(ValueError("\ud800")),
    "raises 20 MB": _raise(ValueError(HUGE)),
    "raises what has no message": _raise(Unspeakable()),
    "pytest.exit": lambda: pytest.exit("enough", 0),
    "pytest.fail": lambda: pytest.fail("no"),
    "pytest.skip": lambda: pytest.skip("no"),
    "pytest.xfail": lambda: pytest.xfail("no"),
    "exits in a thread": _exits_in_a_thread,
    "leaves a thread": _leaves_a_thread,
    "exits at exit": lambda: atexit.register(os._exit, 0),
    "fails at exit": lambda: atexit.register(os._exit, 1),
    "hangs": _hangs,
    "swallows a hang": _swallows_a_hang,
    "closes the output": lambda: os.close(1),
    "closes the error output": lambda: os.close(2),
    "closes sys.stdout": _closes_stdout,
    "closes all but three": _closes(3, 64),
    "closes all descriptors": _closes(0, 64),
    "reuses all descriptors": _reuses_descriptors,
    "removes the report folder": _removes(),
    "removes the journal": _removes("journal"),
    "goes to another folder": lambda: os.chdir(tempfile.gettempdir()),
    "may write no more": _writes_no_more,
    "forks": _forks,
    "floods": _floods,
    "clears the environment": os.environ.clear,
    "patches time.time": _patched(time, "time", lambda: 0.5),
    "patches open": _patched(builtins, "open", _broken),
    "patches os.fsync": _patched(os, "fsync", _broken),
    "patches msgspec": _patched(msgspec.json, "encode", _broken),
    "patches sys.exit": _patched(sys, "exit", _broken),
    "ignores signals": lambda: (
        [signal.signal(each, signal.SIG_IGN) for each in (signal.SIGTERM, signal.SIGALRM)] and None
    ),
}
"""What is done in place of an answer, or before it."""

MAIL = Mail("ada@kmc.example", 1_700_000_000, "subject", "text")
ANSWERS: dict[str, object] = {
    "None": None,
    "True": True,
    "a float": 1_700_000_000.5,
    "a text": "1700000000",
    "bytes": b"1",
    "a tuple": (1,),
    "a negative number": -1,
    "a number without end": 10**30,
    "a dict": {"accepted": True},
    "1 for true": Observation(accepted=1),  # type: ignore[arg-type]
    "a text for true": Observation(accepted="yes"),  # type: ignore[arg-type]
    "no message": Observation(False, message=None),  # type: ignore[arg-type]
    "a message of 20 MB": Observation(False, message=HUGE),
    "half a character": Observation(False, message="\ud800"),
    "a session of 20 MB": Observation(True, session=HUGE),
    "half a session": Observation(True, session="\ud800"),
    "a number for a session": Observation(True, session=7),  # type: ignore[arg-type]
    "a text for a picture": Observation(True, picture="png"),  # type: ignore[arg-type]
    "a text for a screen": Observation(True, screen="page"),  # type: ignore[arg-type]
    "a moody observation": Moody(),
    "mails that are none": [None],
    "mails of half a second": [replace(MAIL, sent_at=1.5)],  # type: ignore[arg-type]
    "a link of no kind": [replace(MAIL, links=(MailedLink("other", "https://x"),))],  # type: ignore[arg-type]
    "a text for links": [replace(MAIL, links="https://x")],  # type: ignore[arg-type]
    "mails without end": None,
    "no offers": frozenset(),
    "more offers": ModelTarget.offers | {Offer.SETTINGS},
    "offers that are none": 7,
    "naming that is none": Naming(addresses="nobody"),
}
"""What is answered in place of the answer."""


def _asked() -> tuple[str, int, str]:
    where, _, rest = os.environ.get("KMC_TEST_MISBEHAVES", "::").partition(":")
    nth, _, what = rest.partition(":")
    return where, int(nth or 0), what


class Misbehaves(ModelTarget):
    """The reference, but for one call."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._where, self._nth, self._what = _asked()
        super().__init__()
        self._at("constructor", None)

    def _at(self, where: str, answer: Any) -> Any:
        self.counts[where] = self.counts.get(where, 0) + 1
        if (where, self.counts[where]) != (self._where, self._nth) or not self._what:
            return answer
        if self._what in ANSWERS:
            return ANSWERS[self._what]
        DOES[self._what]()
        return answer

    @property
    def offers(self) -> Any:  # type: ignore[override]
        return self._at("offers", ModelTarget.offers)

    @property
    def naming(self) -> Any:
        return self._at("naming", Naming())

    def reset(self) -> None:
        super().reset()
        self._at("reset", None)

    def perform(self, action: Action) -> Observation:
        return self._at("perform", super().perform(action))  # type: ignore[no-any-return]

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        return self._at("at_once", super().at_once(actions))  # type: ignore[no-any-return]

    def now(self) -> int:
        return self._at("now", super().now())  # type: ignore[no-any-return]

    def outbox(self, email: str) -> Sequence[Mail]:
        return self._at("outbox", super().outbox(email))  # type: ignore[no-any-return]

    def close(self) -> None:
        super().close()
        self._at("close", None)


@dataclass(frozen=True)
class Row:
    """One misbehaviour: where, at which call, what, and how it is judged."""

    where: str
    nth: int
    what: str
    how: str = "run"

    @property
    def name(self) -> str:
        return f"{self.how} | {self.where}, call {self.nth} | {self.what}"


LATE = 60
"""A call in the middle of the scenarios, after the probes."""
HOW = {
    "run": (),
    "-n 1": ("-n", "1"),
    "-n 2": ("-n", "2"),
    "--repeat 2": ("--repeat", "2"),
    "-- -q": ("--", "-q"),
}
DESCRIBED = """
name = "misbehaves"
[adapter]
python = "tests.harness.misbehaving:Misbehaves"
answer_within = "1s"
[clock]
kind = "adapter"
[mail]
kind = "adapter"
settle = "0s"
"""
ENDS = ("os._exit(0)", "sys.exit(0)", "kills itself", "raises KeyboardInterrupt", "pytest.exit")


def _rows() -> Iterator[Row]:
    for what in DOES:
        yield Row("perform", LATE, what)
        yield Row("perform", LATE, what, "isolated")
    for where in ("constructor", "reset", "now", "outbox", "close"):
        for what in ENDS:
            yield Row(where, {"constructor": 1, "close": 1, "reset": 8}.get(where, LATE // 2), what)
    for how in ("-n 2", "--repeat 2", "-- -q", "--resume", "replay", "doctor", "explore", "judge()"):
        for what in ENDS:
            yield Row("perform", {"replay": 14, "doctor": 20}.get(how, LATE), what, how)
    for what, answer in ANSWERS.items():
        if what in ("no offers", "more offers", "offers that are none"):
            yield Row("offers", 8, what)
        elif what == "naming that is none":
            yield Row("naming", 1, what)
        elif isinstance(answer, Observation):
            yield Row("perform", LATE, what)
        elif isinstance(answer, list):
            yield Row("outbox", 10, what)
        else:
            yield from (Row(where, {"outbox": 10}.get(where, LATE), what) for where in ("now", "perform", "outbox"))


TABLE = tuple(_rows())
SELECTION = ("--only", "LOG-002", "--only", "LOG-010", "--only", "RST-001", "--contexts", "off")


@dataclass(frozen=True)
class Ended:
    """How a row ended."""

    code: int
    said: str
    report: dict[str, Any]
    mistakes: tuple[str, ...]


def _kmc(folder: Path, misbehaves: str, *arguments: str) -> tuple[int, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "KMC_"))}
    env |= {
        "PYTHONPATH": str(ROOT),
        "KMC_TEST_MISBEHAVES": misbehaves,
        "KMC_TEST_REPORT": str(folder / "kmc-report"),
        "KMC_ANSWER_WITHIN": "1s",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, "-m", "kmc_harness", *arguments],
        env=env, cwd=folder, capture_output=True, check=False, timeout=300, start_new_session=True,
    )  # fmt: skip
    return done.returncode, (done.stdout[-4000:] + done.stderr[-4000:]).decode(errors="replace")


def _report(folder: Path) -> dict[str, Any]:
    path = folder / "kmc-report" / "report.json"
    return json.loads(path.read_bytes()) if path.exists() else {}


def _told(report: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in report.get("scenarios", ())}


TARGET = ("--target", "python:tests.harness.misbehaving:Misbehaves")


def end(row: Row, folder: Path) -> Ended:
    """Judge the adapter of `row` in `folder`, and return how that ended, and what was wrong with it."""
    told = f"{row.where}:{row.nth}:{row.what}"
    selection = (*SELECTION, "--profile", "all")
    match row.how:
        case "doctor":
            code, said = _kmc(folder, told, "doctor", TARGET[1])
            return Ended(code, said, {}, tuple(_of_exit(code, said, fails=False, judged=code == 0 and False)))
        case "explore":
            code, said = _kmc(folder, told, "explore", *TARGET, "--budget", "2s")
            return Ended(code, said, {}, tuple(_of_exit(code, said, fails=False, judged=False)))
        case "replay":
            _kmc(folder, "", "run", *TARGET, *selection)
            scenario = _report(folder)["scenarios"][0]["id"]
            code, said = _kmc(folder, told, "replay", "kmc-report", scenario)
            return Ended(code, said, {}, tuple(_of_exit(code, said, fails=False, judged=False)))
        case "judge()":
            (folder / "notebook.py").write_text(
                "from kmc_harness import judge\n"
                f"frames = judge({TARGET[1]!r}, only=('LOG-002', 'LOG-010', 'RST-001'))\n"
                "raise SystemExit(frames.report.exit_code)\n"
            )
            done = subprocess.run(
                [sys.executable, "notebook.py"], cwd=folder, capture_output=True, check=False, timeout=300,
                env=os.environ | {"PYTHONPATH": str(ROOT), "KMC_TEST_MISBEHAVES": told},
            )  # fmt: skip
            said = (done.stdout + done.stderr).decode(errors="replace")
            return Ended(done.returncode, said, {}, tuple(_of_exit(done.returncode, said, fails=False, judged=False)))
        case "isolated":
            (folder / "target.toml").write_text(DESCRIBED)
            code, said = _kmc(folder, told, "run", "--target", "target.toml", *selection)
        case "--resume":
            _kmc(folder, f"perform:{LATE}:os._exit(0)", "run", *TARGET, *selection)
            code, said = _kmc(folder, told.replace(f":{LATE}:", ":20:"), "run", "--resume", "kmc-report")
        case how:
            dashed = HOW[how]
            code, said = _kmc(folder, told, "run", *TARGET, *selection, *dashed)
    return _of_run(row, code, said, folder)


def _of_run(row: Row, code: int, said: str, folder: Path) -> Ended:
    report = _report(folder)
    verdicts = _told(report)
    whole = len(verdicts) == COUNT and not set(verdicts.values()) - {"pass"}
    mistakes = list(_of_exit(code, said, fails="fail" in verdicts.values(), judged=whole))
    if report and len(verdicts) != COUNT:
        mistakes.append(f"the report has {len(verdicts)} of {COUNT} scenarios")
    if not report and (folder / "kmc-report" / "journal" / "run.json").exists():
        again, words = _kmc(folder, "", "run", "--resume", "kmc-report")
        verdicts = _told(_report(folder))
        if again not in (0, 3) or len(verdicts) != COUNT:
            mistakes.append(f"resumed: exit code {again}, {len(verdicts)} of {COUNT} scenarios: {words}")
    elif not report and code == 3 and row.where != "constructor":
        mistakes.append("neither a report nor a journal")
    return Ended(code, said, report, tuple(mistakes))


def _of_exit(code: int, said: str, *, fails: bool, judged: bool) -> Iterator[str]:
    if code == 0 and not judged:
        yield "exit code 0, though something was not judged"
    if code == 1 and not fails:
        yield "exit code 1 without a departure"
    if fails:
        yield "a false fail"
    if "Traceback" in said:
        yield "a traceback"


COUNT = 20


def main() -> int:
    """Print the table; return how many rows are not as they should be."""
    wrong = 0
    print("| how | where | what | exit code | wrong |\n|---|---|---|---|---|")
    for row in TABLE:
        if len(sys.argv) > 1 and sys.argv[1] not in row.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            ended = end(row, Path(folder))
        wrong += bool(ended.mistakes)
        place = f"{row.where}, call {row.nth}"
        print(f"| {row.how} | {place} | {row.what} | {ended.code} | {'; '.join(ended.mistakes)} |", flush=True)
        if ended.mistakes:
            print(ended.said[-1500:], file=sys.stderr, flush=True)
    print(f"\n{len(TABLE)} rows, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main()))
