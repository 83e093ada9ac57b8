"""A target described by a `target.toml`, its adapter in Python in a process of its own.

What judges speaks to that process by the protocol of `exec:`, with some methods more. All that is put around an adapter
(server, clock, mail) is there with it, so that a clock of Python moves that process and no other. An adapter that ends
its process costs the scenario that is on; it holds nothing of what judges: no memory, no descriptor, no verdict.

The same file is both sides: `Isolated` in the process that judges, `serve` in the other.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self

import msgspec

from kmc_harness import durations
from kmc_harness.hosting.process import DidNotStart
from kmc_harness.port import ACTIONS, SECRET_FIELDS, Action, Naming, NotOffered, Offer, PasswordRules
from kmc_harness.secrecy import redaction
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.secrecy.tokens import token_of
from kmc_harness.targets import border
from kmc_harness.targets.description import Declared
from kmc_harness.targets.exec import Execd
from kmc_harness.targets.exec_protocol import NOT_OFFERED, Fault
from kmc_harness.targets.hosted import Hosted, checked
from kmc_harness.verdicts import AdapterMistake, Misuse, NotJudged, Unreached

__all__ = ["Isolated", "serve"]

FAULTS: dict[int, type[Exception]] = {2: Misuse, 3: Unreached, 4: AdapterMistake, 5: DidNotStart, 6: NotJudged}
"""What may be raised beside NotOffered, by the code of its error; anything else is `Failed`."""
FAILED = 9
SLACK_S = 15.0
"""How much longer than its own limits an answer may take: the process ends what hangs by itself, if it can."""
PROGRAM = "import sys; sys.path[:] = {path!r}; from kmc_harness.targets.isolated import serve; serve()"


class Failed(Exception):
    """The adapter or its server broke, and its process is there still; the message says how."""


class _Began(msgspec.Struct, frozen=True):
    name: str
    mark: str
    addresses: str
    waits: bool


class Isolated(Declared, Execd):
    """A target in another process, which is started at once: what it names is looked for there."""

    def __init__(self, path: Path, patience: str) -> None:
        """Start the process for `path`, a `target.toml` or the folder it stands in.

        Raises:
            Misuse: the file makes no sense, or the adapter cannot be loaded.

        """
        _, described = checked(path)
        settings = {"path": str(path.absolute()), "patience": patience}
        program = [sys.executable, "-c", PROGRAM.format(path=sys.path)]
        patience_s = durations.seconds(patience)
        within_s = SLACK_S + durations.seconds(described.adapter.answer_within)
        super().__init__(program, Path.cwd(), settings, within_s)
        self._described = described
        self._longer_s = {
            "start": 60.0,
            "advance": patience_s,
            "outbox": durations.seconds(described.mail.settle) if described.mail else 0.0,
        }
        if described.server:
            ready_s = durations.seconds(described.server.ready_within)
            self._longer_s |= dict.fromkeys(("offers", "reset", "now", "enter_whole", "leave_whole"), ready_s)
        self._offers: frozenset[Offer] | None = None
        self._is_whole = False
        self._began: _Began | None = None
        try:
            self._running()
        except BaseException:
            self._stop()
            raise
        assert self._began is not None
        self._name: str = border.cut(self._began.name)
        self.waits: bool = self._began.waits
        self.naming = Naming(self._began.mark, self._began.addresses)

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self._name

    @property
    def offers(self) -> frozenset[Offer]:
        """What the adapter declared first, and what is put around it."""
        if self._offers is None:
            self._offers = frozenset(self._ask("offers", {}, list[Offer]))
        return self._offers

    def reset(self) -> None:
        """Make a clean start; an adapter that ended its process has a new one.

        Raises:
            AdapterMistake: it offers something else than before.

        """
        offered = self.offers
        super().reset()
        if changed := frozenset(self._ask("offers", {}, list[Offer])) ^ offered:
            raise AdapterMistake(f"offers changed during the run: {', '.join(sorted(changed))}")

    def now(self) -> int:
        """Return the target's clock in epoch seconds."""
        return border.instant(self._ask("now", {}, int))

    @property
    def turned_away(self) -> Mapping[int, str]:
        """What was said last in each mail conversation that brought no mail, by a number that grows."""
        if self._described.mail is None or self._described.mail.kind != "smtp":
            return {}
        return dict(self._ask("turned_away", {}, list[tuple[int, str]]))

    @cached_property
    def password_rules(self) -> PasswordRules | None:
        """What passwords must be: as `[adapter]` says it, or else the adapter."""
        rules: PasswordRules | None = self._ask("password_rules", {}, PasswordRules | None)
        return rules

    @contextlib.contextmanager
    def whole_clock(self) -> Iterator[Self | None]:
        """Have the same target with its monotonic clock moved along; None where that cannot be."""
        clock = self._described.clock
        if clock is None or clock.monotonic is not None or not self._ask("enter_whole", {}, bool):
            yield None
            return
        self._is_whole = True
        try:
            yield self
        finally:
            self._is_whole = False
            with contextlib.suppress(Exception):  # a process that broke is started anew, and not in that state
                self._ask("leave_whole", {})

    def close(self) -> None:
        """End everything, and leave nothing behind."""
        if self._program is not None:
            with contextlib.suppress(Exception):
                self._ask("close", {})
                self._program.leave(SLACK_S)
        self._stop()

    def _limit_s(self, method: str) -> float:
        return self._answer_within_s + self._longer_s.get(method, 0.0)

    def _start(self) -> None:
        self._began = self._ask("start", self._settings, _Began)
        if self._is_whole:
            self._ask("enter_whole", {}, bool)

    def _refuse(self, fault: Fault, what: str) -> NoReturn:
        words = redaction.without_secrets(border.cut(fault.message))
        raise FAULTS.get(fault.code, Failed)(words)


def serve() -> None:
    """Answer the questions of the process that judges, until it asks to end or is gone."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what an adapter prints is no answer
    served = _Served()
    try:
        for line in questions:
            asked = msgspec.json.decode(line)
            answer = msgspec.json.encode({"jsonrpc": "2.0", "id": asked["id"], **served.answer(asked)}) + b"\n"
            while answer:
                answer = answer[os.write(answers, answer) :]
            if asked["method"] == "close":
                break
    finally:
        served.close({})


class _Served:
    def __init__(self) -> None:
        self._target: Any = None
        self._whole = contextlib.ExitStack()
        self._methods: dict[str, Callable[[dict[str, Any]], object]] = {
            "start": self._start,
            "offers": lambda _: sorted(self._target.offers),
            "reset": lambda _: self._target.reset(),
            "perform": lambda given: _seen(self._target.perform(_action(given))),
            "race": lambda given: [_seen(each) for each in self._target.at_once([*map(_action, given["actions"])])],
            "password_rules": lambda _: self._target.password_rules and asdict(self._target.password_rules),
            "now": lambda _: self._target.now(),
            "advance": lambda given: self._target.advance(given["seconds"]),
            "outbox": lambda given: [_mail(each) for each in self._target.outbox(given["email"])],
            "turned_away": lambda _: list(self._target.turned_away.items()),
            "enter_whole": self._enter_whole,
            "leave_whole": lambda _: self._whole.close(),
            "close": self.close,
        }

    def answer(self, asked: dict[str, Any]) -> dict[str, object]:
        """Return the result of a question, or its error."""
        try:
            return {"result": self._methods[asked["method"]](asked["params"])}
        except NotOffered as error:
            return {"error": {"code": NOT_OFFERED, "message": str(error)}}
        except BaseException as error:
            code = next((code for code, kind in FAULTS.items() if type(error) is kind), FAILED)
            return {"error": {"code": code, "message": in_words(error, self._target)}}

    def _start(self, given: dict[str, Any]) -> dict[str, object]:
        self._target = target = Hosted(Path(given["path"]), given["patience"])
        naming = target.naming
        return {"name": target.name, "mark": naming.mark, "addresses": naming.addresses, "waits": target.waits}

    def _enter_whole(self, _: object) -> bool:
        self._plain = self._target
        whole = self._whole.enter_context(self._target.whole_clock())
        if whole is None:
            self._whole.close()
            return False
        self._target = whole
        self._whole.callback(setattr, self, "_target", self._plain)
        return True

    def close(self, _: object) -> None:
        """End everything."""
        self._whole.close()
        if self._target is not None:
            self._target.close()


_ACTIONS = {each.__name__: each for each in ACTIONS}


def _action(given: dict[str, Any]) -> Action:
    """Return an action as it was before it was written down; its secrets are kept out of what is quoted here."""
    kind = _ACTIONS.get(given["action"])
    if kind is None:
        unknown: Action = type(given["action"], (Action,), {})()
        return unknown
    action: Action = msgspec.convert(given["fields"], kind)
    for name in SECRET_FIELDS:
        if value := getattr(action, name, None):
            redaction.keep(value)
            if name == "link" and (token := token_of(value)):
                redaction.keep(token)
    return action


def _seen(seen: Any) -> dict[str, Any]:
    for secret in (seen.session, seen.uri):
        if secret:
            redaction.keep(secret)
    return asdict(seen)


def _mail(mail: Any) -> dict[str, Any]:
    for link in (*mail.links, *mail.elsewhere):
        redaction.keep(link.url)
    return asdict(mail)
