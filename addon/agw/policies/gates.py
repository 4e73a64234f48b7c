"""The gates of a config's routes, and what of them outlives a reload."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agw.config.clients import NO_CLIENT_POLICIES, Jwks, RateLimit
from agw.config.snapshot import Route, Snapshot
from agw.policies.gate import ClientGate
from agw.policies.key_sets import KeySet
from agw.policies.rate_limit import Buckets

_BucketKey = tuple[str, tuple[RateLimit, ...]]


class Gates:
    """``before`` is what served the config until now: buckets of routes that keep their limits stay as full as they
    are, and key sets that are still named are not fetched anew. The others are closed by ``retire``."""

    def __init__(self, snapshot: Snapshot, clock_s: Callable[[], float], before: Gates | None = None) -> None:
        self._clock_s = clock_s
        self._before = before
        self._key_sets: dict[Jwks, KeySet] = {}
        self._buckets: dict[_BucketKey, Buckets] = {}
        self._gates: dict[int, ClientGate] = {}
        for place, route in _routes(snapshot):
            if route.policies.client != NO_CLIENT_POLICIES:
                self._gates[id(route)] = ClientGate(
                    route.policies.client,
                    key_set=self._key_set,
                    buckets=lambda limits, place=place: self._bucket((place, limits)),  # type: ignore[misc]
                )
        self._before = None
        self._slow = any(route.policies.client.basic_auth is not None for _, route in _routes(snapshot))
        # The routes' ids are keys above: they must not be given to others.
        self._snapshot = snapshot

    @property
    def slow(self) -> bool:
        """Whether any of them may have something to do that takes its time."""
        return self._slow

    def of(self, route: Route) -> ClientGate | None:
        return self._gates.get(id(route))

    def retire(self, heir: Gates | None = None) -> None:
        """Closes what ``heir`` did not take over."""
        for jwks, one in self._key_sets.items():
            if heir is None or heir._key_sets.get(jwks) is not one:
                one.close()

    def _key_set(self, jwks: Jwks) -> KeySet:
        if jwks not in self._key_sets:
            old = None if self._before is None else self._before._key_sets.get(jwks)
            self._key_sets[jwks] = KeySet(jwks) if old is None else old
        return self._key_sets[jwks]

    def _bucket(self, key: _BucketKey) -> Buckets:
        if key not in self._buckets:
            old = None if self._before is None else self._before._buckets.get(key)
            self._buckets[key] = Buckets(key[1], self._clock_s()) if old is None else old
        return self._buckets[key]


def _routes(snapshot: Snapshot) -> Iterator[tuple[str, Route]]:
    """Each with the name of its place."""
    for port in snapshot.ports:
        for listener in port.listeners:
            for route in listener.routes:
                yield f"{port.gateway}/{listener.name}/{route.name}", route
