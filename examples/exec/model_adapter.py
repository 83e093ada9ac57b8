"""An adapter for `exec:`, in Python with nothing but the protocol: here the target is the reference model.

    kmc run --target "exec:python examples/exec/model_adapter.py"
    kmc run --target "exec:env POLICY=kaltura-server python examples/exec/model_adapter.py"

Each line on the standard input is a question, each line on the standard output its answer
(kmc_harness/targets/EXEC.md).
"""

import base64
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from kmc_harness.port import ACTIONS, AccountStatus, NotOffered, UserStatus
from kmc_harness.targets.model import ModelTarget

KNOWN = {action.__name__: action for action in ACTIONS}
STATUS = {"SetUserStatus": UserStatus, "SetAccountStatus": AccountStatus}
NOT_OFFERED = 1

target = ModelTarget(os.environ.get("POLICY", "article"))


def start(protocol: int, settings: dict[str, str]) -> Any:
    return {"protocol": protocol, "name": target.name, "offers": sorted(target.offers)}


def perform(action: str, fields: dict[str, Any]) -> Any:
    if action not in KNOWN:
        raise NotOffered(action)
    if action in STATUS:
        fields["status"] = STATUS[action](fields["status"])
    seen = asdict(target.perform(KNOWN[action](**fields)))
    if seen["picture"]:
        seen["picture"] = base64.b64encode(seen["picture"]).decode()
    return seen


def race(actions: list[dict[str, Any]]) -> Any:
    return [perform(**each) for each in actions]


def outbox(email: str) -> Any:
    mails = [asdict(mail) for mail in target.outbox(email)]
    return [mail | {"raw": base64.b64encode(mail["raw"]).decode()} for mail in mails]


METHODS = {
    "start": start,
    "reset": target.reset,
    "perform": perform,
    "race": race,
    "now": target.now,
    "advance": target.advance,
    "outbox": outbox,
    "close": target.close,
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    said = {"jsonrpc": "2.0", "id": asked["id"]}
    try:
        return said | {"result": METHODS[asked["method"]](**asked["params"])}
    except NotOffered as error:
        return said | {"error": {"code": NOT_OFFERED, "message": str(error)}}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
