"""The reference model as a process: its clock is the system's, its mail goes to an SMTP server."""

import base64
import json
import os
import smtplib
import sys
import time
from dataclasses import asdict, replace
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from lifetimes import LIFETIMES

from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.port import ACTIONS, AccountStatus, NotOffered, UserStatus
from kmc_harness.targets.model import ModelTarget
from kmc_model.model import Model
from kmc_model.totp import SeededSecrets

KNOWN = {action.__name__: action for action in ACTIONS}
STATUS = {"SetUserStatus": UserStatus, "SetAccountStatus": AccountStatus}


class SystemClock:
    """Whatever the system says."""

    def now(self) -> int:
        return int(time.time())


class Served(ModelTarget):
    """The model at the system's clock."""

    def reset(self) -> None:
        super().reset()
        self.model = Model(
            SystemClock(), SeededSecrets(0), replace(self.variant, turn=LIFETIMES[os.environ.get("LIFETIME", "Turn")])
        )


served = Served(os.environ.get("POLICY", "article"))
said: list[str] = []
"""The secrets so far, where SECRETS names a file for them; told again when something goes wrong."""


class Handler(BaseHTTPRequestHandler):
    """One address for everything."""

    def do_GET(self) -> None:
        self.answer({})

    def do_POST(self) -> None:
        if "SLEEPS" in os.environ:
            time.sleep(0.001)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["action"] == os.environ.get("DIES_AT"):
            print(*said, "cannot go on after /restore-password/0nlyInTheL0g", flush=True)
            os._exit(3)
        if asked["action"] == os.environ.get("FAILS_AT"):
            raise RuntimeError(" ".join([*said, "no such table"]))
        self.answer(perform(asked["action"], asked["fields"]))

    def answer(self, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def tell(*secrets: str | None) -> None:
    if path := os.environ.get("SECRETS"):
        said.extend(filter(None, secrets))
        with open(path, "a") as file:
            print(*filter(None, secrets), file=file)


def perform(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    if action in STATUS:
        fields["status"] = STATUS[action](fields["status"])
    sent = len(served.model.state.outbox)
    try:
        seen = asdict(served.perform(KNOWN[action](**fields)))
    except (NotOffered, KeyError):
        return {"not offered": action}
    tell(seen["session"], seen["picture"] and Authenticator.scan(seen["picture"], None).secret)
    for each in served.model.state.outbox[sent:]:
        mail = EmailMessage()
        mail["To"], mail["From"], mail["Subject"] = each.recipient, "kmc@kmc.example", each.subject
        mail.set_content(each.text)
        tell(each.link)
        with smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"])) as smtp:
            smtp.send_message(mail)
    return seen | {"picture": base64.b64encode(seen["picture"]).decode() if seen["picture"] else None}


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
