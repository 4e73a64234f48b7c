"""How well each target does, and who is tried first.

A target's score is ``health / (1 + latency * (1 + 0.1 * pending))`` (agentgateway.md §1.9): ``health`` is an average
of its last outcomes between 0 and 1, ``latency`` an average in seconds until the answer's head, ``pending`` the calls
that it has under way. Of a group, two are drawn and the better one is preferred; a target that is evicted is tried
only when nobody else is left.

Only the event loop touches this, so nothing is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

from agw.config.snapshot import Eviction

_WEIGHT = 0.2
"""Of the newest outcome in the averages."""
_BASE_EVICTION_S = 3.0
MAX_EVICTION_S = 600.0
MAX_TARGETS = 4096


class TargetHealth:
    """One target's averages and its eviction. Times are seconds of a monotonic clock."""

    __slots__ = ("_evictions", "evicted_until_s", "failures", "health", "latency_s", "pending")

    def __init__(self) -> None:
        self.health = 1.0
        self.latency_s = 0.0
        self.pending = 0
        self.failures = 0
        self.evicted_until_s = 0.0
        self._evictions = 0

    @property
    def score(self) -> float:
        return self.health / (1 + self.latency_s * (1 + 0.1 * self.pending))

    def evicted(self, now_s: float) -> bool:
        return now_s < self.evicted_until_s

    def succeeded(self, latency_s: float) -> None:
        self.health += _WEIGHT * (1 - self.health)
        self.latency_s += (1.0 if self.latency_s == 0 else _WEIGHT) * (latency_s - self.latency_s)
        self.failures = 0
        self._evictions = 0

    def failed(self, now_s: float, eviction: Eviction | None, retry_after_s: float | None) -> None:
        """Without a policy only the provider's own ``Retry-After`` puts a target aside."""
        self.health -= _WEIGHT * self.health
        self.failures += 1
        if eviction is None:
            if retry_after_s:
                self.evicted_until_s = now_s + min(retry_after_s, MAX_EVICTION_S)
            return
        low = eviction.health_threshold is not None and self.health < eviction.health_threshold
        if self.failures >= eviction.consecutive_failures or low:
            base_s = retry_after_s or _BASE_EVICTION_S if eviction.duration_s is None else eviction.duration_s
            self._evictions += 1
            self.evicted_until_s = now_s + min(base_s * self._evictions, MAX_EVICTION_S)
            self.health = eviction.restore_health
            self.failures = 0


class Keyed(Protocol):
    """Something that can be tried; ``key`` names it across reloads."""

    @property
    def key(self) -> Hashable: ...


class Fleet:
    """The health of all targets, by key; kept across reloads of the config."""

    def __init__(self) -> None:
        self._targets: dict[Hashable, TargetHealth] = {}

    def of(self, key: Hashable) -> TargetHealth:
        found = self._targets.get(key)
        if found is None:
            if len(self._targets) >= MAX_TARGETS:
                # Configs come and go; who was here longest has most likely gone.
                del self._targets[next(iter(self._targets))]
            found = self._targets[key] = TargetHealth()
        return found

    def order[T: Keyed](self, groups: Sequence[Sequence[T]], now_s: float, random: Callable[[], float]) -> list[T]:
        """All targets in the order in which they are to be tried: groups by priority, the evicted ones last."""
        if len(groups) == 1 and len(groups[0]) == 1:
            return list(groups[0])
        fit: list[T] = []
        put_aside: list[T] = []
        for group in groups:
            ranked = list(group) if len(group) == 1 else self._ranked(group, random)
            for target in ranked:
                (put_aside if self.of(target.key).evicted(now_s) else fit).append(target)
        put_aside.sort(key=lambda one: self.of(one.key).evicted_until_s)
        return fit + put_aside

    def _ranked[T: Keyed](self, group: Sequence[T], random: Callable[[], float]) -> list[T]:
        """Two are drawn, the better one comes first; the others follow by their score."""
        rest = list(group)
        first = rest.pop(int(random() * len(rest)))
        index = int(random() * len(rest))
        if self.of(rest[index].key).score > self.of(first.key).score:
            first, rest[index] = rest[index], first
        rest.sort(key=lambda one: self.of(one.key).score, reverse=True)
        return [first, *rest]
