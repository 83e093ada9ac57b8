"""Calls of API v3, by the official client (KalturaApiClient from PyPI, in XML), or as JSON where it has none."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException

__all__ = ["ADMIN", "INVALID_KS", "SYSTEM_PARTNER", "VENDOR_ID", "Wire"]

VENDOR_ID, ADMIN = -2, 2
"""The partner that the Admin Console is (facts, 3.10), and the kind of session that an administrator has."""
SYSTEM_PARTNER = "systempartner_systempartner"
INVALID_KS = "INVALID_KS"
"""The code of the error for a session that has ended."""
WITHIN_S = 30


class _Client(KalturaClient):  # type: ignore[misc]  # the client ships no types
    """The official client with a connection that is kept; as it comes, it opens one for each call."""

    def __init__(self, url: str) -> None:
        super().__init__(KalturaConfiguration(url))
        self.connection = requests.Session()

    def openRequestUrl(self, url: str, params: Any, files: Any, headers: dict[str, str], timeout: float) -> Any:  # noqa: N802
        return self.connection.post(url, json=params.get(), headers=headers | {"Accept": "text/xml"}, timeout=timeout)


class Wire:
    """The way to a service URL, such as http://127.0.0.1:8800. A refusal is a KalturaException.

    Each thread has a client, and a connection, of its own.
    """

    def __init__(self, url: str, *, cache: bool = False) -> None:
        """Speak to `url`; with `cache` an answer may come from the server's response cache (facts, 5.4)."""
        self._url = url
        self._always: dict[str, Any] = {} if cache else {"nocache": 1}
        self._own = threading.local()
        self._spare: deque[_Client] = deque()

    @property
    def _client(self) -> _Client:
        if not hasattr(self._own, "client"):
            self._own.client = self._spare.popleft() if self._spare else _Client(self._url)
        return self._own.client  # type: ignore[no-any-return]

    @contextmanager
    def for_threads(self, count: int) -> Iterator[None]:
        """Have clients ready for so many new threads: to make one takes longer than a race lasts."""
        ready = [_Client(self._url) for _ in range(count - len(self._spare))] + list(self._spare)
        self._spare = deque(ready)
        yield
        self._spare = deque(ready)

    def client(self, ks: str = "") -> Any:
        """Return the official client with the KS of whoever calls."""
        client = self._client
        client.requestConfiguration.clear()
        client.requestConfiguration.update(self._always | ({"ks": ks} if ks else {}))
        return client

    def json(self, service: str, action: str, **parameters: Any) -> Any:
        """Call what the client has no call for, and return what was answered."""
        url = f"{self._url}/api_v3/service/{service}/action/{action}"
        asked = parameters | self._always | {"format": 1}
        said = self._client.connection.post(url, json=asked, timeout=WITHIN_S).json()
        if isinstance(said, dict) and said["objectType"] == "KalturaAPIException":
            raise KalturaException(said["message"], said["code"])
        return said
