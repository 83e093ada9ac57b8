"""Speaks to server.py."""

import base64
import json
import urllib.request
from dataclasses import asdict

from kmc_harness.port import Action, NotOffered, Observation, Offer


class Adapter:
    """Passes each action on."""

    offers = frozenset(Offer) - {Offer.SCREEN, Offer.SETTINGS, Offer.CLOCK, Offer.OUTBOX}

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        """People are new in any case."""

    def perform(self, action: Action) -> Observation:
        asked = json.dumps({"action": type(action).__name__, "fields": asdict(action)}).encode()
        with urllib.request.urlopen(self.url, data=asked, timeout=10) as answer:
            said = json.load(answer)
        if "not offered" in said:
            raise NotOffered(said["not offered"])
        picture = base64.b64decode(said.pop("picture") or "") or None
        return Observation(picture=picture, **said)

    def close(self) -> None:
        """Nothing is held."""
