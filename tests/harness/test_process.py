"""A server is ready or its reason is told; and nothing of it is left, however it or the harness ends."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kmc_harness.durations import seconds
from kmc_harness.hosting import process
from tests.conftest import ROOT
from tests.harness.made import left_running

WITHIN_S = 20.0
PYTHON = sys.executable

HTTP = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
def serve():
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
SERVES = f"{HTTP}\nserve()"
SERVES_BESIDE_A_DAEMON = f"""{HTTP}
import subprocess
subprocess.Popen("sleep 600 & sleep 600", shell=True)
subprocess.Popen(["sleep", "600"], start_new_session=True)
serve()
"""
IS_A_DAEMON = f"{HTTP}\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\nserve()"
WILL_NOT_END = f"{HTTP}\nimport signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nserve()"
SAYS_GOODBYE = f"""{HTTP}
import signal
def end(*_):
    open("goodbye", "w").close()
    os._exit(0)
signal.signal(signal.SIGTERM, end)
serve()
"""


def _until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


Make = Callable[..., process.Server]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make servers in a folder of their own; each has that in its environment, and all are stopped."""
    made: list[process.Server] = []

    def one(script: str, within_s: float = WITHIN_S, port: int = 0, **environment: str) -> process.Server:
        port = port or process.free_port()
        argv = (PYTHON, "-c", script, str(port))
        url = f"http://127.0.0.1:{port}/"
        command = process.Command(argv, tmp_path, {"OF": str(tmp_path), **environment}, url, within_s)
        made.append(process.Server(command, tmp_path / "log"))
        return made[-1]

    yield one
    for server in made:
        server.stop()


# Starting


def test_a_server_that_has_started_answers(make: Make) -> None:
    server = make(SERVES)
    server.start()
    assert server.is_running
    server.stop()
    server.stop()
    assert not server.is_running


@pytest.mark.parametrize("status", ["302", "404"])
def test_ready_is_what_answers_itself(make: Make, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor the place that it sends people to is asked."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    make(SERVES, STATUS=status).start()


STARTS = {
    "ends at once": ("raise SystemExit('no database')", "ended with status 1; its last words: no database"),
    "ends by a signal": ("import os; os.abort()", "ended with status 134"),
    "turns into a daemon": (IS_A_DAEMON, "ended with status 0"),
    "never listens": ("import time; time.sleep(60)", "was not ready within 1 s: .* does not answer"),
    "never well": (SERVES, "was not ready within 1 s: .* answers with status 503"),
    "no HTTP": (
        "import socket, sys\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "while True: s.accept()[0].sendall(b'220 smtp ready\\r\\n\\r\\n')",
        "was not ready within 1 s: .* does not answer \\(no HTTP",
    ),
}


STACKS = {
    "Node": "/app/serve.js:3\nthrow new Error('no database')\n^\n\nError: no database\n" + "    at f (a.js:1)\n" * 30,
    "Go": "panic: no database\n\ngoroutine 1 [running]:\n" + "\t/app/main.go:5 +0x1d\n" * 30 + "exit status 2\n",
    "Java": "Exception in thread main java.io.IOException: no database\n" + "\tat shop.Main.main(Main.java:3)\n" * 30,
}


@pytest.mark.parametrize("language", STACKS)
def test_the_cause_is_quoted_and_not_the_stack(language: str, make: Make) -> None:
    with pytest.raises(process.DidNotStart) as found:
        make(f"import sys; sys.stderr.write({STACKS[language]!r}); sys.exit(1)").start()
    words = str(found.value).partition("its last words: ")[2]
    assert "no database" in words
    assert not [each for each in ("a.js:1", "main.go", "Main.java") if each in words]


@pytest.mark.parametrize("name", STARTS)
def test_a_server_that_does_not_start_is_quoted(name: str, make: Make, tmp_path: Path) -> None:
    script, reason = STARTS[name]
    server = make(script, 1.0 if "1 s" in reason else WITHIN_S, STATUS="503")
    with pytest.raises(process.DidNotStart, match=reason):
        server.start()
    assert not server.is_running
    assert left_running(tmp_path) == []


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{process.free_port()}/"
    server = process.Server(process.Command(("./nothing",), tmp_path, {}, url), tmp_path / "log")
    with pytest.raises(process.DidNotStart, match=r"'./nothing' cannot be run: No such file or directory"):
        server.start()
    server.stop()


def test_somebody_else_on_the_port_is_not_taken_for_the_server(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(process.DidNotStart, match=f"another process listens on 127.0.0.1:{port} already"):
            make(SERVES, port=port).start()


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    server = process.Server(process.Command((PYTHON,), tmp_path, {}, "127.0.0.1:8000"), tmp_path / "log")
    with pytest.raises(process.DidNotStart, match=r"'127\.0\.0\.1:8000' is no address of a server; write one as"):
        server.start()


def test_what_is_to_be_run_before_is_run_in_order_and_must_succeed(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{process.free_port()}/"
    before = tuple((PYTHON, "-c", script) for script in ("print('one')", "print('two'); exit(3)", "print('three')"))
    server = process.Server(process.Command((PYTHON,), tmp_path, {}, url, WITHIN_S, before), tmp_path / "log")
    with pytest.raises(process.DidNotStart, match=r"status 3; .*one | two | .*ended with status 3"):
        server.start()
    assert "three" not in (tmp_path / "log").read_text().splitlines()
    server.stop()


def test_only_the_server_has_a_bent_clock(tmp_path: Path) -> None:
    port = process.free_port()
    tell = "import os; print('bent', 'BENT' in os.environ, flush=True)"
    command = process.Command(
        (PYTHON, "-c", f"{tell}\n{SERVES}", str(port)),
        tmp_path,
        {},
        f"http://127.0.0.1:{port}/",
        WITHIN_S,
        ((PYTHON, "-c", tell),),
        {"BENT": "1"},
    )
    server = process.Server(command, tmp_path / "log")
    server.start()
    server.stop()
    assert (tmp_path / "log").read_text().split()[:4] == ["bent", "False", "bent", "True"]


@pytest.mark.parametrize(("status", "is_ready"), [("302", True), ("404", False), ("401", False)])
def test_an_address_that_is_to_be_found_is_not_ready_before(status: str, is_ready: bool, tmp_path: Path) -> None:
    port = process.free_port()
    argv, url = (PYTHON, "-c", SERVES, str(port)), f"http://127.0.0.1:{port}/health"
    command = process.Command(argv, tmp_path, {"STATUS": status}, url, WITHIN_S if is_ready else 1.0, ready_below=400)
    server = process.Server(command, tmp_path / "log")
    expected = contextlib.nullcontext() if is_ready else pytest.raises(process.DidNotStart, match=f"status {status}")
    with expected:
        server.start()
    server.stop()


def test_colours_are_left_out_of_the_last_words(make: Make) -> None:
    server = make(r"raise SystemExit('\x1b[1;31mno\x1b[0m \x1b]8;;http://x/\x07database\x1b]8;;\x1b\\ [sic]')")
    with pytest.raises(process.DidNotStart, match=r"its last words: no database \[sic\]$"):
        server.start()


def test_the_last_words_are_few(make: Make) -> None:
    server = make("print('x' * 10**6); print(*range(100), sep='\\n')")
    with pytest.raises(process.DidNotStart, match=r"its last words: 92 \| 93 .* 99$"):
        server.start()
    server = make("print('x' * 10**6)")
    with pytest.raises(process.DidNotStart) as raised:
        server.start()
    assert len(str(raised.value)) < 4_000


# Stopping


def test_a_server_is_asked_to_end_first(make: Make, tmp_path: Path) -> None:
    server = make(SAYS_GOODBYE)
    server.start()
    server.stop()
    assert (tmp_path / "goodbye").exists()


def test_a_server_that_will_not_end_is_made_to(make: Make, tmp_path: Path) -> None:
    server = make(WILL_NOT_END)
    server.start()
    server.stop()
    assert left_running(tmp_path) == []


def test_what_a_server_started_ends_with_it(make: Make, tmp_path: Path) -> None:
    server = make(SERVES_BESIDE_A_DAEMON)
    server.start()
    _until(lambda: len(left_running(tmp_path)) == 5)
    server.stop()
    assert left_running(tmp_path) == []


def test_what_libfaketime_keeps_of_a_process_goes_with_it(make: Make, tmp_path: Path) -> None:
    kept = "for kind in ('faketime_shm_', 'sem.faketime_sem_'): open(f'/dev/shm/{kind}{os.getpid()}', 'w').close()"
    server = make(f"{HTTP}\n{kept}\nopen('number', 'w').write(str(os.getpid()))\nserve()")
    server.start()
    left = list(Path("/dev/shm").glob(f"*faketime*_{(tmp_path / 'number').read_text()}"))
    assert len(left) == 2
    server.stop()
    assert not any(each.exists() for each in left)


def test_a_server_that_died_is_noticed_and_starts_again(make: Make, tmp_path: Path) -> None:
    server = make(SERVES)
    server.start()
    _kill(tmp_path)
    assert server.has_ended(WITHIN_S)
    server.stop()
    server.start()
    assert server.is_running


def _kill(work: Path, number: signal.Signals = signal.SIGKILL) -> None:
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdecimal() and f"OF={work}".encode() in (each / "environ").read_bytes():
                os.kill(int(each.name), number)
        except OSError:
            continue


def test_a_server_does_not_outlive_its_guard(make: Make, tmp_path: Path) -> None:
    server = make(SERVES)
    server.start()
    assert server._guard is not None
    server._guard.kill()
    _until(lambda: not left_running(tmp_path))
    assert server.has_ended()


# The harness ends

HARNESS = """
import os, signal, sys, time
from pathlib import Path
from kmc_harness.hosting import process
# A shell has what it runs in the background ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
moment, scripts = sys.argv[1], {scripts!r}

def at(name):
    if name == moment:
        print("now", flush=True)
        time.sleep(60)

mkdir = Path.mkdir
Path.mkdir = lambda *a, **k: (at("no folder yet"), mkdir(*a, **k))
with process.work_folder() as work:
    at("folder")
    port = process.free_port()
    argv = (sys.executable, "-c", scripts.get(moment, scripts["running"]), str(port))
    before = ((sys.executable, "-c", scripts["preparing"]),) if moment == "preparing" else ()
    command = process.Command(argv, work, {{}}, f"http://127.0.0.1:{{port}}/", 60.0, before)
    server = process.Server(command, work / "log", work)
    if moment in ("preparing", "starting"):
        print("now", flush=True)
    try:
        server.start()
        (work / "made").mkdir()
        if moment == "forked" and not os.fork():
            time.sleep(60)
            os._exit(0)
        at("running")
        at("forked")
        if moment == "stopping":
            print("now", flush=True)
    finally:
        server.stop()
"""
SCRIPTS = {
    "running": SERVES_BESIDE_A_DAEMON,
    "preparing": "import time; time.sleep(60)",
    "starting": "import time; time.sleep(60)",
    "stopping": WILL_NOT_END,
    "forked": SERVES,
}
STOPPED = [
    (moment, number)
    for moment in ("no folder yet", "folder", "preparing", "starting", "running", "stopping")
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
]


def _harness(moment: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PYTHON, "-c", HARNESS.format(scripts=SCRIPTS), moment],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


@pytest.mark.parametrize(("moment", "number"), STOPPED)
def test_a_harness_that_is_stopped_leaves_nothing(moment: str, number: signal.Signals, tmp_path: Path) -> None:
    with _harness(moment, tmp_path) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == "now\n"
        if moment in ("preparing", "starting"):
            _until(lambda: _servers(tmp_path))
        harness.send_signal(number)
        harness.wait(WITHIN_S)
    # Both at once: a process that is just beginning has no environment yet, by which it is known.
    _until(lambda: not left_running(tmp_path) and not any(tmp_path.iterdir()))


def _servers(folder: Path) -> list[str]:
    """Return what runs there beside harness and guards."""
    return [each for each in left_running(folder) if "kmc_harness" not in each]


def test_who_was_forked_from_a_harness_does_not_keep_its_servers(tmp_path: Path) -> None:
    """The child holds the pipe, too, for longer than the server may live."""
    with _harness("forked", tmp_path) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == "now\n"
        harness.kill()
        harness.wait(WITHIN_S)
        _until(lambda: not _servers(tmp_path) and not list(tmp_path.iterdir()))
        os.killpg(harness.pid, signal.SIGKILL)


def test_lengths_of_time_are_read_as_people_write_them() -> None:
    assert [seconds(text) for text in ("500ms", "90s", "2m", "24h", "1.5d")] == [0.5, 90, 120, 86_400, 129_600]
    for text in ("", "5", "five minutes", "-3s", "5 weeks"):
        with pytest.raises(ValueError, match="write a number and ms, s, m, h or d"):
            seconds(text)
