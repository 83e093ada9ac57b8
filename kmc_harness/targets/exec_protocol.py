"""What the harness and an adapter in any language say to each other: JSON-RPC 2.0, one object a line.

EXEC.md beside this file tells it to people, exec-protocol.schema.json to machines; the latter is made of these types:
`python -m kmc_harness.targets.exec_protocol` prints it.
"""

from dataclasses import MISSING, fields
from inspect import getdoc
from typing import Any, Literal, get_type_hints

import msgspec

from kmc_harness.port import ACTIONS, Mail, MailedLink, Observation, Offer, Screen
from kmc_harness.schemas import written

__all__ = ["NOT_OFFERED", "PROTOCOL", "Fault", "MailsFound", "Response", "Seen", "Started", "schema"]

PROTOCOL = 1
"""Raised when an adapter would have to change; an action or a field that may be left out does not raise it."""
NOT_OFFERED = 1
"""The code of the error that answers an action the adapter does not know, or its target does not do."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Start(_Strict, frozen=True):
    """`settings`: what target.toml sets for this adapter; empty for `exec:command`."""

    protocol: int
    settings: dict[str, str]


class Started(_Strict, frozen=True):
    """`name` of the target for the report; `offers`: what can be done beyond what every target does."""

    protocol: int
    name: str
    offers: list[Offer]


class Advance(_Strict, frozen=True):
    """How far to move the target's clock forward."""

    seconds: int


class Outbox(_Strict, frozen=True):
    """Whose mails to return."""

    email: str


class Nothing(_Strict, frozen=True):
    """No parameters."""


def _wired(of: type, swapped: dict[Any, Any] | None = None) -> Any:
    """Return a Struct with the fields of the dataclass `of` that refuses any other, so that no typing error is lost."""
    hints = get_type_hints(of)
    made: list[Any] = []
    for each in fields(of):
        hint = (swapped or {}).get(hints[each.name], hints[each.name])
        default = (
            msgspec.field(default_factory=each.default_factory) if callable(each.default_factory) else each.default
        )
        made.append((each.name, hint) if default is MISSING else (each.name, hint, default))
    described = {"__doc__": getdoc(of)}
    return msgspec.defstruct(of.__name__, made, frozen=True, forbid_unknown_fields=True, namespace=described)


# Any: structs made at run time are no types to the checker.
_Link: Any = _wired(MailedLink)
_Screen: Any = _wired(Screen)
Seen: Any = _wired(Observation, {Screen | None: _Screen | None})
MailsFound: Any = list[_wired(Mail, {tuple[MailedLink, ...]: tuple[_Link, ...]})]  # type: ignore[misc]


class Fault(msgspec.Struct, frozen=True):
    """Why there is no result: code 1 says that the action is not offered, any other that the adapter broke."""

    code: int
    message: str


class Response(_Strict, frozen=True):
    """The answer to the request with the same `id`: either a result or an error."""

    jsonrpc: Literal["2.0"]
    id: int | None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Fault | msgspec.UnsetType = msgspec.UNSET


def _called(method: str) -> str:
    return method.title().replace("_", "")


def _request(method: str, params: Any) -> Any:
    return msgspec.defstruct(
        f"{_called(method)}Request",
        [("jsonrpc", Literal["2.0"]), ("id", int), ("params", params)],
        tag_field="method",
        tag=method,
        forbid_unknown_fields=True,
    )


def _performed(action: type) -> Any:
    return msgspec.defstruct(
        f"Perform{action.__name__}",
        [("fields", _wired(action))],
        tag_field="action",
        tag=action.__name__,
        forbid_unknown_fields=True,
    )


def _any_of(types: list[Any]) -> Any:
    union = types[0]
    for each in types[1:]:
        union |= each
    return union


_Performed: Any = _any_of([_performed(each) for each in ACTIONS])


class Race(_Strict, frozen=True):
    """What to do at the same moment, two actions or more."""

    actions: list[_Performed]


_METHODS: dict[str, tuple[Any, Any]] = {
    "start": (Start, Started),
    "reset": (Nothing, Any),
    "perform": (_Performed, Seen),
    "race": (Race, list[Seen]),
    "now": (Nothing, int),
    "advance": (Advance, Any),
    "outbox": (Outbox, MailsFound),
    "mails_are_out": (Nothing, bool),
    "close": (Nothing, Any),
}
"""Parameters and result of each method; a result that is Any is not looked at."""


def schema() -> bytes:
    """Return the JSON Schema of every line of the protocol; `$defs` holds each method's result as `ResultOf…`."""
    request = _any_of([_request(method, params) for method, (params, _) in _METHODS.items()])
    results = {f"ResultOf{_called(method)}": result for method, (_, result) in _METHODS.items()}
    (either, *found), parts = msgspec.json.schema_components([request, Response, *results.values()])
    made = {
        "title": f"kmc exec protocol, version {PROTOCOL}",
        "anyOf": [either, found[0]],
        "$defs": parts | dict(zip(results, found[1:], strict=True)),
    }
    return written(made)


if __name__ == "__main__":
    import sys

    sys.stdout.buffer.write(schema())
