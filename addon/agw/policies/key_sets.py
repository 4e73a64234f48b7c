"""JSON Web Key Sets: those of the config, and those that are fetched, by a thread of their own, and kept fresh.

A set that cannot be fetched anew stays as it was: an issuer's outage locks nobody out whose keys are known.
"""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections.abc import Callable

import jwt

from agw.config.clients import Jwks

logger = logging.getLogger("agw")

REFRESH_S = 600.0
RETRY_S = 30.0
"""After a failure, and between two fetches that unknown keys ask for."""
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 20


class KeySet:
    """``keys`` never waits; it is empty until a set has come."""

    def __init__(self, jwks: Jwks, fetch: Callable[[str], str] | None = None) -> None:
        self.keys: tuple[jwt.PyJWK, ...] = ()
        self._url = jwks.url
        self._fetch = fetch or _fetched
        self._wanted = threading.Event()
        self._closed = False
        self._fetched_s = 0.0
        if jwks.text is not None:
            self.keys = tuple(jwt.PyJWKSet.from_json(jwks.text).keys)
        elif jwks.url is not None:
            threading.Thread(target=self._run, name="agw-jwks", daemon=True).start()

    def miss(self) -> None:
        """A token names a key that is not here: look again, unless that was just done."""
        if self._url is not None and time.monotonic() - self._fetched_s > RETRY_S:
            self._wanted.set()

    def close(self) -> None:
        self._closed = True
        self._wanted.set()

    def _run(self) -> None:
        failed = False
        while not self._closed:
            fresh = self._load()
            if not fresh and not failed:
                logger.warning("a JSON Web Key Set cannot be fetched; it is tried again every %.0f seconds", RETRY_S)
            failed = not fresh
            self._wanted.clear()
            self._wanted.wait(REFRESH_S if fresh else RETRY_S)

    def _load(self) -> bool:
        self._fetched_s = time.monotonic()
        try:
            self.keys = tuple(jwt.PyJWKSet.from_json(self._fetch(self._url or "")).keys)
        except Exception:
            return False
        return True


def _fetched(url: str) -> str:
    request = urllib.request.Request(url, headers={"accept": "application/json", "user-agent": "agentgateway"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        data: bytes = answer.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError("too large")
    return data.decode()
