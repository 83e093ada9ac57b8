"""What people do, done to your product. What stands here is made up: replace it by your product, action by action.

    kmc doctor FOLDER             # what works, and what to write next
    kmc run --target FOLDER

A question a line comes in, its answer a line goes out. Print nothing else: what you want to say goes to sys.stderr.
"""

import json
import secrets
import sys

passwords = {}
sessions = set()


def register(account, email, password, administrator):
    passwords.setdefault(email, password)
    return {"accepted": True}


def log_in(email, password, code, account, device):
    if email not in passwords or passwords[email] != password:
        return {"accepted": False, "message": "Wrong e-mail or password."}
    session = secrets.token_urlsafe()
    sessions.add(session)
    return {"accepted": True, "session": session}


def use_session(session):
    return {"accepted": session in sessions}


def log_out(session):
    sessions.discard(session)
    return {"accepted": True}


ACTIONS = {"RegisterUser": register, "LogIn": log_in, "UseSession": use_session, "LogOut": log_out}
OFFERS = []  # what else your product does, such as "reset"

for line in sys.stdin:
    question = json.loads(line)
    method, params = question["method"], question["params"]
    answer = {"jsonrpc": "2.0", "id": question["id"], "result": None}
    if method == "start":
        answer["result"] = {"protocol": 1, "name": "my-target", "offers": OFFERS}
    elif method == "perform" and params["action"] in ACTIONS:
        answer["result"] = ACTIONS[params["action"]](**params["fields"])
    elif method == "perform":
        del answer["result"]  # code 1, not offered: the scenarios that need it are skipped by name
        answer["error"] = {"code": 1, "message": params["action"]}
    print(json.dumps(answer), flush=True)
