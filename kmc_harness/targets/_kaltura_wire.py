"""Calls of API v3, by the official client (KalturaApiClient from PyPI, in XML), or as JSON where it has none."""

from typing import Any

import requests
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException

__all__ = ["ADMIN", "SYSTEM_PARTNER", "VENDOR_ID", "Wire"]

VENDOR_ID, ADMIN = -2, 2
"""The partner that the Admin Console is (facts, 3.10), and the kind of session that an administrator has."""
SYSTEM_PARTNER = "systempartner_systempartner"
WITHIN_S = 30


class _Client(KalturaClient):  # type: ignore[misc]  # the client ships no types
    """The official client with a connection that is kept; as it comes, it opens one for each call."""

    connection = requests.Session()

    @classmethod
    def openRequestUrl(cls, url: str, params: Any, files: Any, headers: dict[str, str], timeout: float) -> Any:  # noqa: N802
        return cls.connection.post(url, json=params.get(), headers=headers | {"Accept": "text/xml"}, timeout=timeout)


class Wire:
    """The way to a service URL, such as http://127.0.0.1:8800. A refusal is a KalturaException."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = _Client(KalturaConfiguration(url))

    def client(self, ks: str = "") -> Any:
        """Return the official client with the KS of whoever calls."""
        self._client.requestConfiguration.clear()
        if ks:
            self._client.setKs(ks)
        return self._client

    def json(self, service: str, action: str, **parameters: Any) -> Any:
        """Call what the client has no call for, and return what was answered."""
        url = f"{self._url}/api_v3/service/{service}/action/{action}"
        said = _Client.connection.post(url, json=parameters | {"format": 1}, timeout=WITHIN_S).json()
        if isinstance(said, dict) and said["objectType"] == "KalturaAPIException":
            raise KalturaException(said["message"], said["code"])
        return said
