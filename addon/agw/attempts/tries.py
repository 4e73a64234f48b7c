"""The tries of one call: which targets may answer it, in which order, and what became of each.

::

    candidates  [a] [b] [c]        first is tried; what fails gives way to the next,
                 │                 or is tried again where a ``retry`` policy allows it
                 └─ began() ─ answered() | failed() ─► Attempt

Nothing gives way once a byte of an answer went to the client, nor where the request itself is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agw.attempts.health import Fleet
from agw.attempts.retry import FAILOVER_STATUSES, MAX_WAIT_S, Budget, backoff_s
from agw.cel import Expression
from agw.config.snapshot import Retry, Target
from agw.record import Attempt

STALE_WITHIN_S = 2.0
"""A generous round trip to any provider."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target that may answer the call; ``key`` names it across reloads of the config."""

    key: str
    target: Target


@dataclass(frozen=True, slots=True)
class Clock:
    """``now_ns`` UTC nanoseconds for the record, ``monotonic_s`` for waiting and eviction."""

    now_ns: Callable[[], int]
    monotonic_s: Callable[[], float]


_UnderWay = tuple[str, str, str | None, str, int, int]
"""The first fields of an ``Attempt``."""


class Tries:
    """``candidates`` in the order of preference, at least one."""

    def __init__(
        self,
        candidates: list[Candidate],
        retry: Retry | None,
        fleet: Fleet,
        budget: Budget,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self.made: list[Attempt] = []
        self.wait_s = 0.0
        """How long to wait before the next try begins."""
        self._candidates = candidates
        self._index = 0
        self._retries = 0
        self._retry = retry
        self._fleet = fleet
        self._budget = budget
        self._clock = clock
        self._random = random
        self._under_way: _UnderWay | None = None
        self._began_s = 0.0
        self._stale_retried = False
        budget.call()

    @property
    def candidate(self) -> Candidate:
        return self._candidates[self._index]

    def began(self, provider: str, model: str | None, address: str, port: int) -> None:
        """A try goes out now."""
        self._began_s = self._clock.monotonic_s()
        self._under_way = (self.candidate.target.name, provider, model, address, port, self._clock.now_ns())
        self._fleet.of(self.candidate.key).pending += 1

    def answered(self, http_status: int, retry_after_s: float | None = None, *, unhealthy: bool | None = None) -> None:
        """The head of the answer that the client gets is there; ``unhealthy`` is what the config says of it."""
        bad = http_status in FAILOVER_STATUSES if unhealthy is None else unhealthy
        self._ended(http_status, str(http_status) if http_status >= 400 else None, bad, retry_after_s)

    def failed(self, error_type: str) -> None:
        """No answer came, and nothing more will be tried."""
        self._ended(None, error_type, True, None)

    def broke_off(self, error_type: str) -> None:
        """The answer that had begun well will have no end: the try failed after all."""
        if self._under_way is None and self.made:
            self.made[-1] = replace(self.made[-1], end_ns=self._clock.now_ns(), error_type=error_type)
            eviction = self.candidate.target.policies.eviction
            self._fleet.of(self.candidate.key).failed(self._clock.monotonic_s(), eviction, None)

    def ended(self) -> None:
        """The call is over, whatever the reason; counts nothing twice."""
        self._ended(None, None, False, None, judged=False)

    @property
    def condition(self) -> Expression | None:
        """Which answers the ``retry`` policy wants to be tried again, beside its statuses."""
        return None if self._retry is None else self._retry.condition

    def gives_way_to_status(self, http_status: int, retry_after_s: float | None, *, unwanted: bool = False) -> bool:
        """Whether another try follows an answer with this status; if so, this try is ended and the next is chosen.

        ``unwanted``: the answer meets ``condition``.
        """
        moves = http_status in FAILOVER_STATUSES
        again = self._retry is not None and (unwanted or http_status in self._retry.codes)
        step = self._step(moves, again, retry_after_s)
        if step is None:
            return False
        self._ended(http_status, str(http_status) if http_status >= 400 else "unwanted", moves, retry_after_s)
        self._index, self.wait_s = step
        return True

    def gives_way_to_error(self, error_type: str, *, stale: bool) -> bool:
        """Whether another try follows one that got no answer.

        ``stale``: a kept connection was closed before it answered. Where that came soon, the end was on its way before
        the request had arrived: that says nothing of the target, and one more try on a new connection is free. Later,
        the request may have been taken, and sending it again would be paid for.
        """
        soon = self._clock.monotonic_s() - self._began_s < STALE_WITHIN_S
        if stale and soon and not self._stale_retried:
            self._stale_retried = True
            self.wait_s = 0.0
            self._ended(None, "stale_connection", False, None, judged=False)
            return True
        step = self._step(True, self._retry is not None, None)
        if step is None:
            return False
        self._ended(None, error_type, True, None)
        self._index, self.wait_s = step
        return True

    def _step(self, moves: bool, again: bool, retry_after_s: float | None) -> tuple[int, float] | None:
        """Index of the next candidate and how long to wait before it; None where there is no next."""
        if moves and self._index + 1 < len(self._candidates):
            return self._index + 1, 0.0
        if not again or self._retry is None or self._retries >= self._retry.attempts:
            return None
        wait_s = max(backoff_s(self._retries + 1, self._retry.backoff_s, self._random), retry_after_s or 0.0)
        if wait_s > MAX_WAIT_S or not self._budget.take():
            return None
        self._retries += 1
        return 0, wait_s

    def _ended(
        self,
        http_status: int | None,
        error_type: str | None,
        bad: bool,
        retry_after_s: float | None,
        *,
        judged: bool = True,
    ) -> None:
        begun, self._under_way = self._under_way, None
        if begun is None:
            return
        health = self._fleet.of(self.candidate.key)
        health.pending -= 1
        now_s = self._clock.monotonic_s()
        if judged and bad:
            health.failed(now_s, self.candidate.target.policies.eviction, retry_after_s)
        elif judged:
            health.succeeded(now_s - self._began_s)
        self.made.append(Attempt(*begun, self._clock.now_ns(), http_status, error_type))
