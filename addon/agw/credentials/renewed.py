"""A credential that ends, and is fetched anew before it does.

::

    none ──► fetching ──► valid ──(AHEAD_S before its end)──► valid, fetching in the background ──► valid
                │                                                        │ failed: the old one serves to its end,
                └─ failed: the callers that wait are told                └ and PAUSE_S pass before the next try

At most one fetch is under way; everybody who needs it waits for that one. Fetching blocks, so it is done in a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from agw.credentials.base import Ready
from agw.errors import UpstreamAuthError

logger = logging.getLogger("agw")

AHEAD_S = 240.0
"""Less than the SDKs' own margins, so that asking them gives a new token and not the same one again."""
PAUSE_S = 10.0
WAIT_S = 30.0
"""A call waits no longer than this for a credential."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``expires_s`` in the clock's seconds."""

    ready: Ready
    expires_s: float


class Renewed:
    """A Source over a blocking ``fetch``, which raises UpstreamAuthError. ``now_s`` is a wall clock."""

    def __init__(self, fetch: Callable[[], Fetched], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._held: Fetched | None = None
        self._renew_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self._failure: UpstreamAuthError | None = None

    def ready(self) -> Ready | None:
        held, now_s = self._held, self._now_s()
        if held is None or now_s >= held.expires_s:
            return None
        if now_s >= self._renew_s:
            self._begin()
        return held.ready

    async def prepare(self) -> Ready:
        ready = self.ready()
        if ready is not None:
            return ready
        self._failure = None
        try:
            # Shielded: a client that leaves must not take the token of all others with it.
            await asyncio.wait_for(asyncio.shield(self._begin()), WAIT_S)
        except TimeoutError:
            raise UpstreamAuthError("backend authentication failed: no credential came in time") from None
        ready = self.ready()
        if ready is None:
            raise self._failure or UpstreamAuthError(
                "backend authentication failed: the credential has expired already"
            )
        return ready

    def _begin(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._renew(), name="agw credential")
        return self._task

    async def _renew(self) -> None:
        self._renew_s = self._now_s() + PAUSE_S
        try:
            held = await asyncio.to_thread(self._fetch)
        except UpstreamAuthError as error:
            self._failure = error
            logger.error(error.message)
            return
        now_s = self._now_s()
        # A short-lived one is renewed in its last fifth.
        self._renew_s = held.expires_s - min(AHEAD_S, max(held.expires_s - now_s, 0.0) / 5)
        self._held = held
