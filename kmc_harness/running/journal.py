"""The journal of a run: each finished scenario is on disk before the next one starts.

Rules of this file:
1. A record is one line of JSON, written whole and synced, in a file that one process alone appends to.
2. So only the last line of a file can be torn, by a kill in the midst of it: that scenario is not finished.
   Anything else that cannot be read is damage, and is said to be so.
3. A journal stands in the report folder until the report is written. Where one stands, a run is unfinished.
"""

import contextlib
import os
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from kmc_harness.report.results import Run, ScenarioResult
from kmc_harness.verdicts import Misuse, Verdict

__all__ = ["Begun", "Chunk", "Departed", "Finished", "Journal", "Writer", "finished_before"]

JOURNAL_VERSION = 2
CHUNKS = "contexts.jsonl"

_T = TypeVar("_T")


class Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The journal's first file: what was begun, and when (ISO 8601, UTC)."""

    journal_version: int
    run: Run
    started_at: str
    waivers: str


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repeat: int
    seconds: float
    result: ScenarioResult


class Departed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pair that departed: its place in the plan, id, what was expected and seen, and its context's length."""

    at: int
    pair: str
    requirement: str
    verdict: Verdict
    expected: str
    actual: str
    length: int


class Chunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some pairs of scenarios and contexts showed.

    Attributes:
        number: which pairs of the plan, counted in chunks.
        seconds: how long it took.
        ends: how many pairs ended in which way.
        told, tests: how many were told, and how many of them were tests, by context.
        departed: what departed.
        broken: the first pair in which harness or adapter broke, and how; empty where none did.

    """

    number: int
    seconds: float
    ends: dict[str, int]
    told: dict[str, int]
    tests: dict[str, int]
    departed: tuple[Departed, ...]
    broken: str = ""


class Finished(msgspec.Struct, frozen=True):
    """What a journal holds: the results, once per repeat, and how many seconds each scenario took in all."""

    repeats: list[list[ScenarioResult]]
    seconds: dict[str, float]


class Writer:
    """Appends results to a file of its own below `attempt`, a folder of the journal."""

    def __init__(self, attempt: Path, worker: str, repeat: int) -> None:
        attempt.mkdir(parents=True, exist_ok=True)
        self._repeat = repeat
        self._process = os.getpid()
        self._path = attempt / f"{worker}-{repeat}-{self._process}.jsonl"
        self._file = self._open(os.O_EXCL)

    def _open(self, how: int = 0) -> int:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | how, 0o644)
        self._is = os.fstat(file).st_ino
        return file

    def append(self, result: ScenarioResult, seconds: float) -> None:
        """Write `result`, which took `seconds`, and wait until it is on disk.

        A copy of this process, which an adapter has forked, goes no further than here.

        Raises:
            OSError: it cannot be written.

        """
        if os.getpid() != self._process:
            os._exit(0)
        line = msgspec.json.encode(_Record(self._repeat, seconds, result)) + b"\n"
        if not self._is_mine():
            self._file = self._open()
        while line:
            line = line[os.write(self._file, line) :]
        os.fsync(self._file)

    def _is_mine(self) -> bool:
        """Whether the descriptor is that of the file still: an adapter may have closed it, and opened another."""
        try:
            return os.fstat(self._file).st_ino == self._is
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the file."""
        if self._is_mine():
            os.close(self._file)


class Journal:
    """A run's journal, held by one `kmc run` at a time; `set_aside` is where that of an unfinished run is kept."""

    def __init__(self, folder: Path, begun: Begun, lock: IO[bytes], set_aside: Path | None = None) -> None:
        self.folder = folder
        self.set_aside = set_aside
        self.begun = begun
        self._lock = lock
        self._chunks: list[Chunk] = []
        self.attempt = folder / str(max((int(each.name) for each in _attempts(folder)), default=0) + 1)

    @classmethod
    def start(cls, report_folder: Path, run: Run, started_at: str, waivers: str) -> "Journal":
        """Begin a journal in `report_folder`; one of an unfinished run is set aside, not lost.

        Raises:
            Misuse: another run is writing there, or something stands there that is no journal.

        """
        folder, set_aside = report_folder / "journal", None
        if (folder / "run.json").exists():
            _lock(folder).close()
            set_aside = folder.rename(_free_name(report_folder))
        elif folder.exists() and not _is_remnant(folder):
            raise Misuse(f"{str(folder)!r} is no journal of kmc run; it is left as it is: move it away")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        begun = Begun(JOURNAL_VERSION, run, started_at, waivers)
        draft = folder / "run.json.new"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(begun), indent=2) + b"\n")
        draft.replace(folder / "run.json")
        return cls(folder, begun, _lock(folder), set_aside)

    @classmethod
    def resume(cls, report_folder: Path) -> "Journal":
        """Take up the journal of an unfinished run.

        Raises:
            Misuse: there is none, it cannot be read, or another run is writing there.

        """
        folder = report_folder / "journal"
        if not (folder / "run.json").is_file():
            done = "its run is finished, see report.json" if (report_folder / "report.json").exists() else "none began"
            raise Misuse(f"nothing to resume in {str(report_folder)!r}: {done}")
        lock = _lock(folder)
        try:
            journal = cls(folder, _begun(folder), lock)
            journal.finished()
        except Misuse:
            lock.close()
            raise
        return journal

    def finished(self) -> Finished:
        """Return what is finished.

        Raises:
            Misuse: a line other than the last of a file cannot be read.

        """
        repeats: list[dict[str, ScenarioResult]] = [{} for _ in range(self.begun.run.repeat)]
        seconds: dict[str, float] = {}
        for record in (each for attempt in _attempts(self.folder) for each in _records(attempt)):
            if not 1 <= record.repeat <= len(repeats):
                raise Misuse(f"{self.folder} speaks of repeat {record.repeat} of {len(repeats)}")
            if repeats[record.repeat - 1].setdefault(record.result.id, record.result) is record.result:
                seconds[record.result.id] = round(seconds.get(record.result.id, 0.0) + record.seconds, 4)
        return Finished([list(each.values()) for each in repeats], seconds)

    @property
    def is_there(self) -> bool:
        """Whether it stands where it was begun."""
        return (self.folder / "run.json").exists()

    def append_chunk(self, chunk: Chunk) -> None:
        """Write what a chunk showed, and wait until it is on disk; it is kept here too, should the folder be gone."""
        self._chunks.append(chunk)
        with contextlib.suppress(OSError), (self.folder / CHUNKS).open("ab") as file:
            file.write(msgspec.json.encode(chunk) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def chunks(self) -> list[Chunk]:
        """Return the chunks that are finished.

        Raises:
            Misuse: a line other than the last cannot be read.

        """
        path = self.folder / CHUNKS
        found = {each.number: each for each in _lines(path, Chunk)} if path.exists() else {}
        return list((found | {each.number: each for each in self._chunks}).values())

    def remove(self) -> None:
        """The report is written: the journal has served."""
        self._lock.close()
        # The marker goes first: a kill in between leaves no journal that looks like one.
        (self.folder / "run.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Leave the journal as it stands, for another run to take up."""
        self._lock.close()


class _Version(msgspec.Struct, frozen=True):
    journal_version: int


def _begun(folder: Path) -> Begun:
    path = folder / "run.json"
    try:
        text = path.read_bytes()
        version = msgspec.json.decode(text, type=_Version).journal_version
        if version != JOURNAL_VERSION:
            raise Misuse(f"{path} is of version {version}, not {JOURNAL_VERSION}; start the run anew")
        return msgspec.json.decode(text, type=Begun)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} cannot be read: {error}; start the run anew") from error


def finished_before(attempt: Path, repeat: int) -> frozenset[str]:
    """Return the ids of the scenarios that earlier attempts finished in `repeat`."""
    earlier = [each for each in _attempts(attempt.parent) if int(each.name) < int(attempt.name)]
    found = (record for each in earlier for record in _records(each))
    return frozenset(record.result.id for record in found if record.repeat == repeat)


def _attempts(folder: Path) -> list[Path]:
    """Return the folders of all attempts; whatever else was put there is none of ours."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((each for each in found if each.name.isdecimal()), key=lambda each: int(each.name))


def _is_remnant(folder: Path) -> bool:
    """Whether a kill in the midst of beginning or removing a journal may have left `folder`, and nobody else."""
    own = ("lock", "run.json.new")
    return folder.is_dir() and all(each.name in own or each.name.isdecimal() for each in folder.iterdir())


def _records(attempt: Path) -> Iterator[_Record]:
    for path in sorted(attempt.glob("*.jsonl")):
        yield from _lines(path, _Record)


def _lines(path: Path, kind: type[_T]) -> Iterator[_T]:
    try:
        *lines, _torn = path.read_bytes().split(b"\n")
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}; start the run anew") from error
    for number, line in enumerate(lines, 1):
        try:
            yield msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Misuse(f"{path}:{number} cannot be read: {error}; start the run anew") from error


def _free_name(report_folder: Path) -> Path:
    taken = {each.name for each in report_folder.glob("journal.*")}
    return next(report_folder / f"journal.{n}" for n in range(1, len(taken) + 2) if f"journal.{n}" not in taken)


def _lock(folder: Path) -> IO[bytes]:
    """Hold the journal against other runs; the system lets go when the process dies, however it dies.

    A copy of the process, which an adapter has forked and which may live longer, does not hold it.
    """
    lock = (folder / "lock").open("ab")
    with contextlib.suppress(ImportError):  # no such locks on Windows
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise Misuse(f"another kmc run is writing into {str(folder.parent)!r}") from error
        held = weakref.ref(lock)
        os.register_at_fork(after_in_child=lambda: _let_go(held()))
    return lock


def _let_go(lock: IO[bytes] | None) -> None:
    if lock:
        lock.close()
