"""Every clock passes one test; and what one cannot reach is said, never judged."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kmc_harness import clocks
from kmc_harness.process import Command, Server, free_port
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Unreached

DAY_S = 86_400
STATIC = r"""
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
int main(int n, char **argument) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argument[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 9)) return 1;
    for (;;) {
        char asked[9999], date[99], said[999];
        int client = accept(listener, 0, 0);
        if (read(client, asked, sizeof asked) < 1) asked[0] = 0;
        time_t now = time(0);
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
        sprintf(said, "HTTP/1.0 200 OK\r\nDate: %s\r\nContent-Length: 0\r\n\r\n", date);
        if (write(client, said, strlen(said)) < 0) return 2;
        close(client);
    }
}
"""


def _faketime(folder: Path) -> clocks.Faketime:
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    return clocks.Faketime(folder, "")


MADE: dict[str, Callable[[Path], clocks.Clock]] = {
    "libfaketime": _faketime,
    "freezegun": lambda _: clocks.Freezegun(),
    "time-machine": lambda _: clocks.TimeMachine(),
    "adapter": lambda _: clocks.AdapterClock(ModelTarget()),
    "wait": lambda _: clocks.Waiting(0),
}


@pytest.fixture(params=MADE)
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[clocks.Clock]:
    made = MADE[request.param](tmp_path)
    yield made
    made.close()


def test_a_clock_goes_forward_by_what_was_asked_or_says_that_it_cannot(clock: clocks.Clock) -> None:
    before = clock.now()
    for seconds in (0, 1, 90, DAY_S, 30 * DAY_S):
        if isinstance(clock, clocks.Waiting) and seconds:
            with pytest.raises(Unreached, match=f"{seconds} s were to pass"):
                clock.advance(seconds)
            continue
        clock.advance(seconds)
        assert 0 <= clock.now() - before - seconds <= 2
        before = clock.now()
    clock.restart()
    assert 0 <= clock.now() - before <= 2


def test_a_clock_never_goes_back(clock: clocks.Clock) -> None:
    with pytest.raises(ValueError, match="it only goes forward"):
        clock.advance(-1)


def test_a_clock_that_is_closed_leaves_nothing(clock: clocks.Clock, tmp_path: Path) -> None:
    real = time.clock_gettime(time.CLOCK_REALTIME)
    if not isinstance(clock, clocks.Waiting):
        clock.advance(DAY_S)
    assert all(isinstance(each, str) for each in clock.environment().values())
    clock.close()
    clock.close()
    assert abs(time.time() - real) < 60
    assert list(tmp_path.iterdir()) == []


def test_patience_is_for_one_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = clocks.Waiting(100, "nobody can move it")
    clock.advance(60)
    with pytest.raises(Unreached, match=r"60 s were to pass, but the patience ends after 100 s .*nobody can move it"):
        clock.advance(60)
    clock.restart()
    clock.advance(60)
    assert slept == [60, 60]


@pytest.fixture
def static_server(tmp_path: Path) -> Path:
    """A server that is linked statically, and so reads the system's clock whatever stands in its environment."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    (tmp_path / "server.c").write_text(STATIC)
    subprocess.run(["gcc", "-static", "-o", "server", "server.c"], cwd=tmp_path, check=True)
    return tmp_path


def test_what_libfaketime_does_not_reach_is_found_out(static_server: Path) -> None:
    port = free_port()
    clock = clocks.Faketime(static_server, f"http://127.0.0.1:{port}/")
    command = Command(("./server", str(port)), static_server, {}, f"http://127.0.0.1:{port}/", bent=clock.environment())
    server = Server(command, static_server / "log")
    server.start()
    try:
        with pytest.raises(clocks.NoProof, match="linked statically"):
            clock.prove()
    finally:
        server.stop()


def test_a_server_whose_clock_cannot_be_moved_is_inconclusive_where_time_counts(
    static_server: Path, judge: Callable[..., Any]
) -> None:
    """Behind the adapter is the model, so that what needs no time is judged."""
    (static_server / "model_behind.py").write_text(
        "from kmc_harness.targets.model import ModelTarget\nclass Adapter(ModelTarget):\n    pass\n"
    )
    (static_server / "target.toml").write_text(
        'name = "static"\n[adapter]\npython = "model_behind:Adapter"\n[server]\ncommand = ["./server", "{port}"]\n'
        '[clock]\nkind = "libfaketime"\n[mail]\nkind = "adapter"\n'
    )
    ran = judge(str(static_server), "--patience", "0s", "--only", "LOG-002", "--only", "ENR-009")
    assert ran.verdicts == {"LOG-002": "pass", "ENR-009": "inconclusive"}
    assert "linked statically" in " ".join(ran.out.split())
    assert ran.exit_code == 3
