"""One look at an address of a target's, at its own answer: no proxy is asked, no redirect followed."""

import http.client
import urllib.parse
from email.message import Message

__all__ = ["look", "place"]


def place(url: str) -> tuple[str, int]:
    """Return host and port that `url` names.

    Raises:
        ValueError: it is no address of a server; the message says how to write one.

    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no address of a server; write one as http://127.0.0.1:8000/")
    return parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


def look(url: str, within_s: float) -> tuple[int, Message]:
    """Return status and headers of what `url` answers.

    Raises:
        ValueError: it is no address of a server.
        OSError: nobody answers, or not in HTTP.

    """
    host, port = place(url)
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(host, port, timeout=within_s)
    if parts.scheme == "https":
        import ssl

        # Whether somebody is there, and what time it is there, needs no trust: self-signed certificates are usual here.
        unverified = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection(host, port, timeout=within_s, context=unverified)
    try:
        connection.request("GET", urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")))
        answer = connection.getresponse()
        return answer.status, answer.headers
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {type(error).__name__}") from error
    finally:
        connection.close()
