"""``apiKey``: keys that the gateway itself gives to clients."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from agw.config.auths import Location
from agw.config.clients import ApiKey, ApiKeyPolicy, Mode
from agw.errors import Unauthorized
from agw.policies.facts import RequestView
from agw.policies.presented import presented


@dataclass(frozen=True, slots=True)
class KnownKey:
    key: ApiKey
    place: Location


class ApiKeys:
    """Keys are looked up by their SHA-256, so that the time tells nothing of how much of a key was right."""

    def __init__(self, policy: ApiKeyPolicy) -> None:
        self._policy = policy
        self._by_hash = {key.sha256.reveal(): key for key in policy.keys}

    def check(self, view: RequestView) -> KnownKey | None:
        """Raises Unauthorized."""
        wrong = False
        for place in self._policy.places:
            text = presented(view, place)
            if text is None:
                continue
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            key = self._by_hash.get(digest)
            if key is not None and hmac.compare_digest(key.sha256.reveal(), digest):
                return KnownKey(key, place)
            wrong = True
        if wrong and self._policy.mode is not Mode.PERMISSIVE:
            raise Unauthorized("api key authentication failure: the key is not known here")
        if self._policy.mode is Mode.STRICT:
            raise Unauthorized("api key authentication failure: no key was sent")
        return None
