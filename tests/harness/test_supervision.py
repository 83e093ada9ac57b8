"""The parent of the judge: its exit code is the one that was told whole, whatever the judge does besides."""

import subprocess
import sys
from pathlib import Path

import pytest

from kmc_harness.hosting.supervision import UNDECIDED, Channel
from tests.conftest import ROOT

EACH = """
import atexit, os, signal, sys, threading
from kmc_harness.hosting import supervision
from kmc_harness.hosting.supervision import Channel, supervised

# Whoever runs the tests may ignore what asks to stop, as nohup does; a program that was begun so ignores it too.
signal.signal(signal.SIGINT, signal.default_int_handler)
for each in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)

def ends(does):
    channel = Channel()
    if parent := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1])
    os._exit(supervised(lambda: does(channel), channel))
"""


def _ends(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", EACH + script],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip


def test_half_a_word_is_none() -> None:
    channel = Channel()
    word = channel.word(0)
    for size in range(len(word)):
        channel.write(word[:size])
        assert channel.told is None
    channel.write(word)
    assert channel.told == 0


def test_a_word_with_the_seal_of_another_is_none() -> None:
    channel = Channel()
    channel.write(Channel().word(0))
    assert channel.told is None


def test_a_judge_killed_in_the_middle_of_its_last_word_has_not_told_it() -> None:
    """Twenty kills: after each other byte of the word, and just after its last one."""
    done = _ends("""
def killed(size):
    def does(channel):
        channel.write(channel.word(0)[:size])
        os.kill(os.getpid(), signal.SIGKILL)
    return does
print(*(ends(killed(size)) for size in range(0, 38, 2)), ends(killed(36)))
""")
    assert done.stdout.split() == ["3"] * 18 + ["0", "0"]
    assert done.stderr.count("was killed by signal 9, before it was done: nothing is decided") == 18


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("os._exit(0)", UNDECIDED),
        ("os._exit(1)", UNDECIDED),
        ("os.kill(os.getpid(), signal.SIGSEGV)", UNDECIDED),
        ("atexit.register(os._exit, 0)", 7),
        ("os.closerange(0, 64)", 7),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", 7),
        ("os.fork()", 7),
        ("os.kill(os.getpid(), signal.SIGSTOP)", 7),
        ("os.kill(os.getpid(), signal.SIGTSTP)", 7),
    ],
)
def test_what_the_judge_does_besides_changes_nothing(does: str, code: int) -> None:
    done = _ends(f"""
def does(channel):
    {does}
    return 7
print(ends(does))
""")
    assert done.stdout.split()[-1] == str(code)


def test_a_judge_that_does_not_end_is_ended() -> None:
    done = _ends("""
def does(channel):
    threading.Thread(target=threading.Event().wait).start()
    return 7
channel = Channel()
if parent := os.fork():
    print(os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1]))
else:
    sys.exit(supervised(lambda: does(channel), channel, grace_s=0))
""")
    assert done.stdout.split() == ["7"]


def test_a_judge_that_no_signal_reaches_is_ended_once_its_answer_is_overdue() -> None:
    done = _ends("""
from kmc_harness.hosting.time_limit import limit

def does(channel):
    supervision.at("LOG-004")
    with limit(0.01):
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        threading.Event().wait()
channel = Channel()
if parent := os.fork():
    print(os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1]))
else:
    supervised(lambda: does(channel), channel, grace_s=0)
""")
    assert done.stdout.split() == ["3"]
    assert "the process that judges hung, and was ended in LOG-004, before it was done" in done.stderr


def test_where_the_judge_was_and_how_to_go_on_is_said() -> None:
    done = _ends("""
def does(channel):
    supervision.at("LOG-004, step 'When she logs in'")
    supervision.resumable("kmc-report")
    os._exit(0)
print(ends(does))
""")
    where = "ended with status 0 in LOG-004, step 'When she logs in', before it was done"
    assert f"{where}: nothing is decided; kmc run --resume kmc-report goes on" in done.stderr


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_to_the_parent_alone_stops_the_judge(name: str, code: int) -> None:
    done = _ends(f"""
def does(channel):
    supervision.resumable("kmc-report")
    os.kill(os.getppid(), signal.{name})
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 128 + supervision.stopped_by()
print(ends(does))
""")
    assert done.stdout.split() == [str(code)]


def test_what_is_noted_is_cut_and_never_half(tmp_path: Path) -> None:
    channel = Channel()
    channel.place, channel.folder = "x" * 10_000 + "\ud800", "y" * 10_000
    assert set(channel.place) == {"x"}
    assert set(channel.folder) == {"y"}
    channel.place = "é"
    assert channel.place == "é"
