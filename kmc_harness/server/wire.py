"""The wire format of API v3: parameters from path, query and body; answers as XML or JSON."""

import json
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from kmc_harness.server.errors import ApiError

__all__ = ["Parameters", "as_json", "as_xml", "merged", "of_json", "of_pairs", "of_path", "of_query"]

Parameters = dict[str, Any]
"""By name: text, or Parameters of an object; a list is Parameters with numbers for names."""
DEEPEST = 8
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def of_path(path: str) -> Parameters:
    """Return what stands in a path such as service/user/action/login/ks/123."""
    parts = [part for part in path.split("/") if part]
    return of_pairs(zip(parts[::2], parts[1::2], strict=False))


def of_query(query: bytes) -> Parameters:
    """Return what stands in a query string, or in a form's body."""
    return of_pairs(urllib.parse.parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))


def of_json(body: bytes) -> Parameters:
    """Return what stands in a body that is one JSON object; what cannot be read says nothing."""
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return of_pairs(found.items()) if isinstance(found, dict) else {}


def of_pairs(pairs: Iterable[tuple[Any, Any]]) -> Parameters:
    """Return parameters in which `a:b` and `a[b]` are b of a."""
    made: Parameters = {}
    for name, value in pairs:
        *folders, last = re.split(r"[:\[]", str(name).replace("]", ""), maxsplit=DEEPEST)
        place = made
        for folder in folders:
            inner = place.get(folder)
            if not isinstance(inner, dict):
                inner = place[folder] = {}
            place = inner
        place[last] = _plain(value)
    return made


def _plain(value: Any, depth: int = 0) -> Any:
    """Return `value` with text in its leaves that can be encoded, as PHP would make text of it."""
    if depth > DEEPEST:
        return ""
    if isinstance(value, dict):
        return {str(name): _plain(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return {str(place): _plain(each, depth + 1) for place, each in enumerate(value)}
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    return str(value).encode("utf-8", "replace").decode()


def merged(first: Mapping[str, Any], *others: Mapping[str, Any]) -> Parameters:
    """Return all of them in one; what a later one says counts, within objects too."""
    made = dict(first)
    for other in others:
        for name, value in other.items():
            both = isinstance(value, dict) and isinstance(made.get(name), dict)
            made[name] = merged(made[name], value) if both else value
    return made


# Answers: None, text, numbers, lists, dicts (objects, with their objectType first), and errors


def as_json(answer: Any) -> bytes:
    """Return `answer` as the wire has it in JSON; what an object leaves empty is left out."""
    return json.dumps(_for_json(answer), separators=(",", ":")).encode()


def _for_json(answer: Any) -> Any:
    if isinstance(answer, ApiError):
        return {
            "code": answer.code,
            "message": answer.message,
            "objectType": "KalturaAPIException",
            "args": answer.arguments or [],
        }
    if isinstance(answer, dict):
        return {name: _for_json(value) for name, value in answer.items() if value is not None}
    return [_for_json(each) for each in answer] if isinstance(answer, list) else answer


def as_xml(answer: Any, took_s: float = 0.0) -> bytes:
    """Return `answer` as the wire has it in XML."""
    text = f"<result>{_for_xml(answer)}</result><executionTime>{took_s:.6f}</executionTime>"
    return f'<?xml version="1.0" encoding="utf-8"?><xml>{text}</xml>'.encode()


def _for_xml(answer: Any) -> str:
    if isinstance(answer, ApiError):
        arguments = "".join(
            f"<item><objectType>KalturaAPIExceptionArg</objectType><name>{name}</name>"
            f"<value>{_for_xml(value)}</value></item>"
            for name, value in answer.arguments.items()
        )
        return (
            f"<error><code>{answer.code}</code><message>{_for_xml(answer.message)}</message>"
            f"<objectType>KalturaAPIException</objectType><args>{arguments}</args></error>"
        )
    if isinstance(answer, dict):
        return "".join(f"<{name}>{_for_xml(value)}</{name}>" for name, value in answer.items())
    if isinstance(answer, list):
        return "".join(f"<item>{_for_xml(each)}</item>" for each in answer)
    if answer is None:
        return ""
    return escape(NOT_XML.sub("", str(int(answer) if isinstance(answer, bool) else answer)))
