"""Whether a try that failed is followed by another, and after how long."""

from __future__ import annotations

from collections.abc import Callable

FAILOVER_STATUSES = frozenset({429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Answers that say more of the target than of the request: another target may do better."""
MAX_WAIT_S = 20.0
"""A provider that asks for more patience than this is not waited for: the client gets its answer and its
``Retry-After``."""
_FIRST_BACKOFF_S = 0.1
_MAX_BACKOFF_S = 5.0


class Budget:
    """Keeps retries from multiplying an outage: each call earns a fraction of a retry, each retry costs one.

    ``reserve`` retries are there from the start, so that a quiet gateway may retry too.
    """

    def __init__(self, per_call: float = 0.2, reserve: float = 10.0) -> None:
        self._per_call = per_call
        self._most = reserve * 10
        self._left = reserve

    def call(self) -> None:
        self._left = min(self._left + self._per_call, self._most)

    def take(self) -> bool:
        if self._left < 1:
            return False
        self._left -= 1
        return True


def backoff_s(attempt: int, first_s: float | None, random: Callable[[], float]) -> float:
    """Before the ``attempt``-th retry, from 1 on: doubled each time, with half of it drawn."""
    base_s = min((first_s or _FIRST_BACKOFF_S) * 2.0 ** min(attempt - 1, 16), max(_MAX_BACKOFF_S, first_s or 0))
    return base_s * (0.5 + 0.5 * random())
