"""Adapters over exec:, honest and otherwise, judged by the real runner."""

import importlib.resources
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kmc_harness.port import LogIn, NotOffered
from kmc_harness.targets import load
from kmc_harness.targets.exec import Execd, NoAnswer
from kmc_harness.targets.exec_protocol import schema
from kmc_harness.telling import canary
from kmc_harness.verdicts import Misuse
from tests.conftest import ROOT, WHOLE, Ran, kmc
from tests.harness import torture

MODEL = f"exec:{sys.executable} examples/exec/model_adapter.py"
AS_BUILT = MODEL.replace("exec:", "exec:env POLICY=kaltura-server ")
FAULT = shlex.quote(str(ROOT / "tests" / "harness" / "torture.py"))


def tortured(name: str) -> str:
    return f"exec:{sys.executable} {FAULT} {name}"


def verdicts(ran: Ran) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in ran.report["scenarios"]}


def struck(ran: Ran) -> set[str]:
    return {each["id"] for each in ran.report["scenarios"] if torture.AT in each["actions"]}


def words(ran: Ran) -> str:
    return "\n".join(each["actual"] for each in ran.report["scenarios"])


# Honest ones


def test_the_model_over_exec_has_the_verdicts_of_the_model(judge: Callable[..., Ran]) -> None:
    some = [
        argument for name in ("ENR-002", "LOG-010", "RST-007", "SWI-002", "STD-006") for argument in ("--only", name)
    ]
    if WHOLE:
        some = []
    assert verdicts(judge(MODEL, *some)) == verdicts(judge("model", *some))


def test_as_built_over_exec_has_the_verdicts_of_as_built(judge: Callable[..., Ran]) -> None:
    some = ("--only", "SWI-002", "--only", "RST-007", "--only", "STD-006")
    ran = judge(AS_BUILT, *some)
    assert verdicts(ran) == verdicts(judge("model", "--policy", "kaltura-server", *some))
    assert "fail" in ran.departed.values()


# The protocol


def test_the_schema_in_the_repository_is_that_of_the_types() -> None:
    kept = importlib.resources.files("kmc_harness.targets").joinpath("exec-protocol.schema.json").read_bytes()
    assert kept == schema(), "python -m kmc_harness.targets.exec_protocol prints what should stand there"


def test_whatever_is_said_in_a_run_follows_the_schema(judge: Callable[..., Ran], tmp_path: Path) -> None:
    log = tmp_path / "said"
    some = [
        argument for name in ("ENR-002", "LOG-010", "SEC-010", "SEC-014", "RST-007") for argument in ("--only", name)
    ]
    assert judge(tortured("is_taken_down"), *some, KMC_TEST_LOG=str(log)).exit_code == 0
    whole = json.loads(schema())
    line = jsonschema.Draft202012Validator(whole)
    results = {
        re.sub(r"\B(?=[A-Z])", "_", name.removeprefix("ResultOf")).lower(): jsonschema.Draft202012Validator(
            {"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]}
        )
        for name in whole["$defs"]
        if name.startswith("ResultOf")
    }
    seen = set()
    for asked, said in map(json.loads, log.read_text().splitlines()):
        seen.add(asked["method"])
        if asked["params"].get("action") not in ("NoSuchAction", *canary.NAMES):
            line.validate(asked)
        line.validate(said)
        if "result" in said:
            results[asked["method"]].validate(said["result"])
    assert seen == set(results) - {"mails_are_out"}, "which is asked where target.toml says `idle`"


def test_a_field_that_nobody_knows_is_against_the_schema() -> None:
    line = jsonschema.Draft202012Validator(json.loads(schema()))
    asked = {"jsonrpc": "2.0", "id": 1, "method": "advance", "params": {"seconds": 30}}
    assert line.is_valid(asked)
    assert not line.is_valid(asked | {"expected": "refused"})


def test_the_example_of_the_document_is_what_is_said() -> None:
    text = importlib.resources.files("kmc_harness.targets").joinpath("EXEC.md").read_text()
    line = jsonschema.Draft202012Validator(json.loads(schema()))
    shown = [each.strip()[2:] for each in text.splitlines() if each.strip().startswith(("→ ", "← "))]
    assert len(shown) >= 10
    for each in shown:
        line.validate(json.loads(each))


# Torture: one fault each, judged by the real runner


AFTERWARDS = {"answers_twice", "answers_and_dies"}
"""They gave the right answer to the scenario's last question, and what they did then belongs to no scenario."""


SAID = {
    "fault": "said",
    "hangs": "gave no answer within 3 s when asked for ChangePassword",
    "stops_in_the_middle_of_a_line": "gave no answer but 20 bytes without a line's end",
    "sends_a_line_of_100_mb": "sent a line of more than 10 MB",
    "answers_text_for_a_truth": "Expected `bool`, got `str` - at `$.accepted`",
    "misspells_a_field": "unknown field `asks_for_cod`",
    "answers_the_next_question": "answered question",
    "reports_an_error_of_its_own": "with error -32603: no connection to the database",
    "dies": "ended with status 3 when asked for ChangePassword; its last words: out of memory",
    "is_killed": "was killed by signal 9",
    "closes_its_output_and_lives_on": "closed its output",
}
"""What the report says the adapter did, in plain words."""


@pytest.fixture(scope="module")
def honest(judge: Callable[..., Ran]) -> Ran:
    return judge(MODEL, "--only", "LOG-010")


@pytest.mark.parametrize("fault", torture.FAULTS)
def test_a_fault_costs_its_scenario_and_nothing_else(fault: str, judge: Callable[..., Ran], honest: Ran) -> None:
    ran = judge(tortured(fault), "--only", "LOG-010", KMC_ANSWER_WITHIN="3s")
    became = "pass" if fault in AFTERWARDS else "error"
    assert verdicts(ran) == verdicts(honest) | dict.fromkeys(struck(ran), became), words(ran)
    assert (len(struck(ran)), ran.exit_code) == (1, 0 if became == "pass" else 3)
    assert SAID.get(fault, "") in words(ran)
    assert "Traceback" not in ran.out + ran.err


def test_an_adapter_that_dies_now_and_then_is_started_again(judge: Callable[..., Ran]) -> None:
    ran = judge(
        tortured("dies_at_each_hundredth_question"), "--only", "LOG-006", "--only", "LOG-010", "--only", "LOG-013"
    )
    found = list(verdicts(ran).values())
    assert set(found) == {"pass", "error"}
    assert found.count("pass") > found.count("error") > 1
    assert ran.exit_code == 3


def test_what_stands_in_the_error_output_decides_nothing(judge: Callable[..., Ran], honest: Ran) -> None:
    ran = judge(tortured("is_noisy"), "--only", "LOG-010")
    assert verdicts(ran) == verdicts(honest)


# Liars, and adapters that never come so far: not judged at all


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("says_yes", "an action that does not exist was accepted"),
        ("shows_everybody_one_secret", "two users were shown the same secret"),
        ("says_that_time_passes", "its clock was to move by 10 s, and moved by 0 s"),
        ("greets", "wrote 'Ready!' to its standard output when asked for start; only answers belong there"),
        ("speaks_another_version", "speaks version 2 of the protocol, and this is 1"),
        ("offers_what_nobody_knows", "Invalid enum value 'flying'"),
    ],
)  # fmt: skip
def test_who_fails_a_probe_is_not_judged(fault: str, said: str, judge: Callable[..., Ran]) -> None:
    ran = judge(tortured(fault), "--only", "LOG-010", "--only", "ENR-002")
    assert set(verdicts(ran).values()) == {"error"}
    assert said in words(ran)
    assert ran.exit_code == 3


def test_a_command_that_does_not_exist_is_misuse(tmp_path: Path) -> None:
    done = kmc("run", "--target", "exec:no-such-program --fast", cwd=tmp_path)
    assert done.returncode == 2
    assert "'no-such-program --fast' cannot be run: there is no such program" in done.stderr


@pytest.mark.parametrize("command", ["exec:", "exec:python 'unfinished"])
def test_a_command_that_is_none_is_misuse(command: str) -> None:
    with pytest.raises(Misuse, match="cannot be run"):
        load(command)


# One adapter by itself


@pytest.fixture
def adapter(request: pytest.FixtureRequest) -> Iterator[Any]:
    argv = [sys.executable, str(ROOT / "tests/harness/torture.py"), getattr(request, "param", "dies")]
    made = Execd(argv, ROOT, {}, answer_within_s=10.0)
    yield made
    made.close()


def group_of(adapter: Any) -> int:
    """Return the process group of the program, whose parent is the guard."""
    guard = adapter._program._guard.pid
    return int(Path(f"/proc/{guard}/task/{guard}/children").read_text())


def is_gone(group: int) -> bool:
    """Whether no process of `group` is left; the kernel may take a moment to clear them away."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_it_is_started_by_the_first_question_only(adapter: Any) -> None:
    assert adapter._program is None
    assert "clock" in adapter.offers
    assert adapter._program is not None


@pytest.mark.parametrize(
    "adapter",
    ["leaves_a_child_that_holds_its_output", "hangs_and_will_not_be_terminated", "is_noisy"],
    indirect=True,
)
def test_closing_leaves_no_process_behind(adapter: Any) -> None:
    adapter.reset()
    group = group_of(adapter)
    assert not is_gone_now(group)
    adapter.close()
    assert is_gone(group)
    adapter.close()


def test_nothing_is_left_of_it_when_the_harness_is_killed() -> None:
    script = (
        "import pathlib, sys, time\n"
        "from kmc_harness.targets.exec import Execd\n"
        "adapter = Execd([sys.executable, 'tests/harness/torture.py', 'dies'], pathlib.Path.cwd(), {})\n"
        "adapter.reset()\n"
        "print(adapter._program._guard.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout
        guard = int(harness.stdout.readline())
        group = int(Path(f"/proc/{guard}/task/{guard}/children").read_text())
        harness.kill()
    assert is_gone(group)
    assert is_gone(guard)


def is_gone_now(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_what_comes_at_once_is_one_question(adapter: Any) -> None:
    adapter.reset()
    asked = adapter._asked
    seen = adapter.at_once([LogIn("ada@kmc.example", "s3cure-pass!")] * 2)
    assert [each.accepted for each in seen] == [False, False]
    assert adapter._asked == asked + 1


def test_what_broke_stays_broken_until_the_next_reset(adapter: Any) -> None:
    adapter.reset()
    group = group_of(adapter)
    os.killpg(group, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(NoAnswer, match="was killed by signal 9"):
            adapter.perform(LogIn("ada@kmc.example", "s3cure-pass!"))
    adapter.reset()
    assert not adapter.perform(LogIn("ada@kmc.example", "s3cure-pass!")).accepted
    assert group_of(adapter) != group


def test_an_action_that_is_not_offered_breaks_nothing(adapter: Any) -> None:
    from kmc_harness.port import Action
    from kmc_model.actions import action

    @action
    class Fly(Action):
        where: str = "away"

    adapter.reset()
    with pytest.raises(NotOffered, match="Fly"):
        adapter.perform(Fly())
    assert not adapter.perform(LogIn("ada@kmc.example", "s3cure-pass!")).accepted


@pytest.mark.parametrize("adapter", ["floods_its_error_output"], indirect=True)
def test_of_a_flood_little_is_kept(adapter: Any) -> None:
    adapter._answer_within_s = 1.0
    adapter.reset()
    from kmc_harness.port import ChangePassword

    with pytest.raises(NoAnswer) as broke:
        adapter.perform(ChangePassword("s", "p", "n"))
    assert len(str(broke.value)) < 2000


def test_half_a_secret_is_never_quoted() -> None:
    from kmc_harness.targets.exec import _whole_words

    assert _whole_words("password: s3cure-pass!", 15) == "password: …"
    assert _whole_words("s3cure-pass!" * 3, 15) == " …"
