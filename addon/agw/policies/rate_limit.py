"""``localRateLimit``: buckets of requests or of tokens, one for each policy of the config, in this process.

A bucket of tokens lets a call in as long as anything is left, since nobody knows before what it will take; what it
took is drawn afterwards. What it took beyond the bucket's contents is not owed: the bucket never falls below nothing.
Where a call's input has been estimated (``tokenize``), the estimate must fit and is drawn at once; the rest of what it
took, or what was drawn too much, is made up for afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agw.config.clients import RateLimit, Unit
from agw.errors import RateLimited

Headers = tuple[tuple[str, str], ...]


class Bucket:
    """Full at first. ``now_s`` is any clock that does not run backwards, in seconds."""

    def __init__(self, limit: RateLimit, now_s: float) -> None:
        self.limit = limit
        self._left = float(limit.size)
        self._filled_s = now_s

    def left(self, now_s: float) -> int:
        self._fill(now_s)
        return int(self._left)

    def has(self, now_s: float) -> bool:
        return self.left(now_s) > 0

    def draw(self, amount: int, now_s: float) -> None:
        self._fill(now_s)
        self._left = min(max(self._left - amount, 0.0), float(self.limit.size))

    def wait_s(self, now_s: float) -> float:
        """Until something is in it again."""
        self._fill(now_s)
        return 0.0 if self._left >= 1 else max(self._filled_s + self.limit.interval_s - now_s, 0.0)

    def _fill(self, now_s: float) -> None:
        """Whole intervals only, as the reference fills it."""
        times = math.floor((now_s - self._filled_s) / self.limit.interval_s)
        if times > 0:
            self._filled_s += times * self.limit.interval_s
            self._left = min(self._left + times * self.limit.fill, float(self.limit.size))


class Buckets:
    """All buckets of one policy: each must have something in it."""

    def __init__(self, limits: Sequence[RateLimit], now_s: float) -> None:
        self._buckets = [Bucket(one, now_s) for one in limits]

    def admit(self, now_s: float) -> Headers:
        """Draws a request; gives the headers that say how much is left. Raises RateLimited, and then draws nothing."""
        for bucket in self._buckets:
            if not bucket.has(now_s):
                raise RateLimited("rate limit exceeded", (*_headers(bucket, now_s), _retry_after(bucket, now_s)))
        for bucket in self._buckets:
            if bucket.limit.unit is Unit.REQUESTS:
                bucket.draw(1, now_s)
        tightest = min(self._buckets, key=lambda one: one.left(now_s) / max(one.limit.size, 1), default=None)
        return () if tightest is None else _headers(tightest, now_s)

    @property
    def of_tokens(self) -> bool:
        return any(bucket.limit.unit is Unit.TOKENS for bucket in self._buckets)

    def reserve(self, tokens: int, now_s: float) -> None:
        """Draws an estimate. Raises RateLimited where it does not fit, and then draws nothing."""
        for bucket in self._buckets:
            if bucket.limit.unit is Unit.TOKENS and bucket.left(now_s) < tokens:
                raise RateLimited(
                    f"rate limit exceeded: the request has some {tokens} tokens",
                    (*_headers(bucket, now_s), _retry_after(bucket, now_s)),
                )
        self.spend(tokens, now_s)

    def spend(self, tokens: int, now_s: float) -> None:
        """Less than nothing gives back what was drawn too much."""
        for bucket in self._buckets:
            if bucket.limit.unit is Unit.TOKENS:
                bucket.draw(tokens, now_s)


def _headers(bucket: Bucket, now_s: float) -> Headers:
    return (
        ("x-ratelimit-limit", str(bucket.limit.size)),
        ("x-ratelimit-remaining", str(bucket.left(now_s))),
        ("x-ratelimit-reset", str(math.ceil(bucket.wait_s(now_s)))),
    )


def _retry_after(bucket: Bucket, now_s: float) -> tuple[str, str]:
    return "retry-after", str(max(math.ceil(bucket.wait_s(now_s)), 1))
