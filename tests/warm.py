"""The `kmc` command, and pytest, in a fork of a process that has loaded the harness.

To start Python and load the harness takes a second of CPU, and hundreds of tests run the command. So each worker of the
tests has one process that has loaded it, and forks for each command. The fork has arguments, folder, environment and
output of its own, and ends as any process does.
"""

import atexit
import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

__all__ = ["ROOT", "Parent", "parent", "serve"]

ROOT = Path(__file__).parent.parent
OURS = (
    *(f"kmc_harness.cli.{name}" for name in ("analyses", "commands", "reports", "scaffolding", "tables")),
    *(f"kmc_harness.report.{name}" for name in ("cucumber", "html", "in_contexts", "junit", "markdown")),
    *(f"kmc_harness.running.{name}" for name in ("doctor", "replaying", "runner")),
    *(f"kmc_harness.targets.{name}" for name in ("adapters", "exec", "hosted", "model")),
    *("kmc_harness.plugin", "kmc_harness.specification.own_features", "kmc_harness.telling.scene"),
)
OTHERS = (
    *("PIL.ImageDraw", "PIL.PngImagePlugin", "dateutil.relativedelta", "zxingcpp"),
    *(f"_pytest.{name}" for name in ("faulthandler", "helpconfig", "junitxml", "pastebin", "setupplan", "skipping")),
    *(f"_pytest.{name}" for name in ("terminal", "threadexception", "unittest", "warnings")),
    *("mako.template", "platformdirs.pytest_plugin", "pytest_bdd.plugin", "time_machine", "typer._adapters"),
    *("rich._emoji_codes", "rich.live", "rich.progress", "unittest.mock", "xdist.looponfail", "xdist.plugin"),
)
"""What others load when it is first used; where another version has no such module, only time is lost."""


class Parent:
    """A process that forks for each command."""

    def __init__(self) -> None:
        self._asking, asked = socket.socketpair()
        with asked:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from tests.warm import serve; serve({asked.fileno()})()"],
                env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
                | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[asked.fileno()],
            )

    def run(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a command, `kmc` or `pytest` first, and return what came of it, as `subprocess.run` does."""
        asked = json.dumps([command, str(cwd), dict(env)]).encode()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            socket.send_fds(self._asking, [len(asked).to_bytes(4)], [out.fileno(), err.fileno()])
            self._asking.sendall(asked)
            answered = self._asking.recv(4, socket.MSG_WAITALL)
            assert answered, "the process that forks for each command has ended: its words are above"
            out.seek(0)
            err.seek(0)
            status = int.from_bytes(answered, signed=True)
            return subprocess.CompletedProcess(command, status, out.read(), err.read())

    def close(self) -> None:
        """End it."""
        self._asking.close()
        self._process.wait()


@cache
def parent() -> Parent:
    """Return this process' own, which is started when it is first needed."""
    made = Parent()
    atexit.register(made.close)
    return made


def serve(fileno: int) -> Callable[[], object]:
    """Fork for each command that is asked for, until nobody can ask any more.

    Returns what is then to be called: in a fork the command. So a fork ends where any process ends: at its last line.
    """
    for name in OURS:
        import_module(name)
    for name in OTHERS:
        with suppress(ModuleNotFoundError):
            import_module(name)
    import pytest

    from kmc_harness.cli.app import app
    from kmc_harness.specification import bindings, catalogue, contexts
    from kmc_harness.targets.model import ModelTarget
    from kmc_harness.telling.scene import tell

    bindings.definitions(), catalogue.load(), contexts.load()
    # Told once here, its sentences are read: a fork that tells them need not.
    reference = ModelTarget()
    for each in bindings.all_told():
        tell(each, reference, "warm", with_evidence=False)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=fileno) as asked:
        while True:
            length, files, *_ = socket.recv_fds(asked, 4, 2)
            if not length:
                return lambda: None
            command, folder, environment = json.loads(asked.recv(int.from_bytes(length), socket.MSG_WAITALL))
            if not (child := os.fork()):
                _become(command, folder, environment, files)
                return app if command[0] == "kmc" else lambda: sys.exit(pytest.console_main())
            for each in files:
                os.close(each)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            asked.sendall(status.to_bytes(4, signed=True))


def _become(command: Sequence[str], folder: str, environment: Mapping[str, str], files: Sequence[int]) -> None:
    """Be a process of one's own: what it would have been started with."""
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    time.tzset()
    sys.argv[1:] = command[1:]
