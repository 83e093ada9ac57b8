"""An adapter for exec: that misbehaves at one question: `torture.py FAULT` (the model answers the others)."""

import json
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODEL = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "exec" / "model_adapter.py"))
AT = "ChangePassword"
HUGE = "x" * 1_000_000


def say(text: str) -> None:
    """Write `text`, or end where nobody reads any more."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(1)


def hang(_: Any = None) -> None:
    while True:
        time.sleep(60)


def answered(asked: dict[str, Any], **changes: Any) -> None:
    """Give the right answer but for `changes`; what is None is left out."""
    said = MODEL["answer"](asked) | changes
    say(json.dumps({name: value for name, value in said.items() if value != "left out"}) + "\n")


def hangs(asked: dict[str, Any]) -> None:
    hang()


def hangs_and_will_not_be_terminated(asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang()


def stops_in_the_middle_of_a_line(asked: dict[str, Any]) -> None:
    say(json.dumps(MODEL["answer"](asked))[:20])
    hang()


def dies_in_the_middle_of_a_line(asked: dict[str, Any]) -> None:
    say(json.dumps(MODEL["answer"](asked))[:20])
    os._exit(3)


def sends_a_line_of_100_mb(asked: dict[str, Any]) -> None:
    for _ in range(100):
        say(HUGE)
    say("\n")


def answers_text_for_a_truth(asked: dict[str, Any]) -> None:
    answered(asked, result={"accepted": "yes"})


def answers_a_list(asked: dict[str, Any]) -> None:
    answered(asked, result=[True])


def answers_nothing(asked: dict[str, Any]) -> None:
    answered(asked, result=None)


def misspells_a_field(asked: dict[str, Any]) -> None:
    answered(asked, result={"accepted": False, "asks_for_cod": True})


def answers_what_is_no_base64(asked: dict[str, Any]) -> None:
    answered(asked, result={"accepted": True, "picture": "§"})


def answers_the_next_question(asked: dict[str, Any]) -> None:
    answered(asked, id=asked["id"] + 1)


def answers_no_question(asked: dict[str, Any]) -> None:
    answered(asked, id=None)


def answers_with_a_text_for_an_id(asked: dict[str, Any]) -> None:
    answered(asked, id=str(asked["id"]))


def answers_another_version_of_json_rpc(asked: dict[str, Any]) -> None:
    answered(asked, jsonrpc="1.0")


def gives_neither_result_nor_error(asked: dict[str, Any]) -> None:
    answered(asked, result="left out")


def gives_result_and_error(asked: dict[str, Any]) -> None:
    answered(asked, error={"code": 1, "message": "ChangePassword"})


def reports_an_error_of_its_own(asked: dict[str, Any]) -> None:
    answered(asked, result="left out", error={"code": -32603, "message": "no connection to the database"})


def writes_what_is_no_json(asked: dict[str, Any]) -> None:
    say("Listening on port 3000\n")
    answered(asked)


def writes_what_is_no_utf_8(asked: dict[str, Any]) -> None:
    sys.stdout.buffer.write(b'{"jsonrpc": "\xff\xfe"}\n')
    sys.stdout.buffer.flush()


def nests_without_end(asked: dict[str, Any]) -> None:
    say("[" * 1_000_000 + "\n")


def nests_the_result_without_end(asked: dict[str, Any]) -> None:
    say(f'{{"jsonrpc": "2.0", "id": {asked["id"]}, "result": {"[" * 100_000}{"]" * 100_000}}}\n')


def dies(asked: dict[str, Any]) -> None:
    print("out of memory", file=sys.stderr, flush=True)
    os._exit(3)


def is_killed(asked: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def floods(asked: dict[str, Any]) -> None:
    while True:
        say("{}\n" * 100_000)


def floods_its_error_output(asked: dict[str, Any]) -> None:
    while True:
        os.write(2, HUGE.encode())


def closes_its_output_and_lives_on(asked: dict[str, Any]) -> None:
    os.close(1)
    hang()


def closes_its_input_and_lives_on(asked: dict[str, Any]) -> None:
    os.close(0)
    hang()


def answers_twice(asked: dict[str, Any]) -> None:
    answered(asked)
    answered(asked)


def answers_and_dies(asked: dict[str, Any]) -> None:
    answered(asked)
    os._exit(3)


def leaves_a_child_that_holds_its_output(asked: dict[str, Any]) -> None:
    if os.fork():
        os._exit(3)
    hang()


FAULTS: dict[str, Callable[[dict[str, Any]], None]] = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__annotations__", {}).get("asked") and name != "answered"
}


def says_yes(asked: dict[str, Any]) -> None:
    """Accept everything, an action that does not exist among it."""
    answered(asked, **({"result": {"accepted": True}, "error": "left out"} if asked["method"] == "perform" else {}))


def shows_everybody_one_secret(asked: dict[str, Any]) -> None:
    """Answer every picture with the first one."""
    said = MODEL["answer"](asked)
    if asked["params"].get("action") == "OpenEnrolmentLink" and said["result"]["picture"]:
        KEPT.append(said["result"]["picture"])
        said["result"]["picture"] = KEPT[0]
    say(json.dumps(said) + "\n")


def says_that_time_passes(asked: dict[str, Any]) -> None:
    """Answer that the clock was moved, and leave it where it is."""
    answered({**asked, "method": "now", "params": {}} if asked["method"] == "advance" else asked)


def greets(asked: dict[str, Any]) -> None:
    """Write a line that nobody asked for when it starts."""
    say("Ready!\n" if asked["method"] == "start" else "")
    answered(asked)


def speaks_another_version(asked: dict[str, Any]) -> None:
    """Answer a later version of the protocol."""
    answered(
        asked, **({"result": {"protocol": 2, "name": "later", "offers": []}} if asked["method"] == "start" else {})
    )


def offers_what_nobody_knows(asked: dict[str, Any]) -> None:
    """Declare an offer that does not exist."""
    known = {"protocol": 1, "name": "odd", "offers": ["flying"]}
    answered(asked, **({"result": known} if asked["method"] == "start" else {}))


def dies_at_each_hundredth_question(asked: dict[str, Any]) -> None:
    """Live for a hundred questions."""
    if asked["id"] % 100 == 0:
        os._exit(3)
    answered(asked)


def is_noisy(asked: dict[str, Any]) -> None:
    """Write far more to the error output than a pipe holds, warnings and tracebacks among it, and answer right."""
    os.write(2, b"Traceback (most recent call last): FAIL ERROR\n" * 3000)
    answered(asked)


def is_taken_down(asked: dict[str, Any]) -> None:
    """Write each question and answer to the file KMC_TEST_LOG."""
    said = MODEL["answer"](asked)
    with open(os.environ["KMC_TEST_LOG"], "a") as log:
        log.write(json.dumps([asked, said]) + "\n")
    say(json.dumps(said) + "\n")


KEPT: list[str] = []
ALWAYS = {
    each.__name__: each
    for each in (
        says_yes, shows_everybody_one_secret, says_that_time_passes, greets, speaks_another_version,
        offers_what_nobody_knows, dies_at_each_hundredth_question, is_noisy, is_taken_down,
    )
}  # fmt: skip


def main(name: str) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if name in ALWAYS:
            ALWAYS[name](asked)
        elif asked["params"].get("action") == AT:
            FAULTS[name](asked)
        else:
            answered(asked)


if __name__ == "__main__":
    main(sys.argv[1])
