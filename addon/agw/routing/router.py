"""Finds the route of a request and draws its backend.

Built once for each snapshot: every listener's matches are sorted by precedence (agentgateway.md §1.5), so that the
first that fits is the right one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agw.config.snapshot import Backend, Listener, Match, Port, Route, Snapshot
from agw.errors import RouteNotFound
from agw.routing.head import RequestHead
from agw.routing.match import hostname_fits, hostname_rank, match_rank, request_fits


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a request belongs."""

    port: Port
    listener: Listener
    route: Route
    match: Match


@dataclass(frozen=True, slots=True)
class _Candidate:
    hostname: str | None
    match: Match
    routed: Routed


class Router:
    """All ports of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._listeners = {
            port.port: [
                (listener.hostname, _candidates(port, listener))
                for listener in sorted(port.listeners, key=lambda one: hostname_rank(one.hostname), reverse=True)
            ]
            for port in snapshot.ports
        }

    def route(self, port: int, head: RequestHead) -> Routed:
        """The most specific route. Raises RouteNotFound.

        Only the most specific listener that takes the host is asked; its routes are not mixed with others'.
        """
        for hostname, candidates in self._listeners.get(port, ()):
            if hostname is not None and not hostname_fits(hostname, head.host):
                continue
            for candidate in candidates:
                named = candidate.hostname
                if (named is None or hostname_fits(named, head.host)) and request_fits(candidate.match, head):
                    return candidate.routed
            break
        raise RouteNotFound(f"route not found: no route takes {head.method} {head.path[:200]}")


def _candidates(port: Port, listener: Listener) -> list[_Candidate]:
    found = [
        _Candidate(hostname, match, Routed(port, listener, route, match))
        for route in listener.routes
        for hostname in (route.hostnames or (None,))
        for match in route.matches
    ]
    # Two stable sorts: names ascending decide only where the ranks are equal.
    found.sort(key=lambda one: one.routed.route.name)
    found.sort(key=lambda one: (hostname_rank(one.hostname), match_rank(one.match)), reverse=True)
    return found


def draw_backend(route: Route, random: Callable[[], float]) -> Backend | None:
    """A backend by weight; ``random`` gives a float in [0, 1). None where every weight is 0."""
    backends = route.backends
    if len(backends) == 1:
        return backends[0] if backends[0].weight > 0 else None
    point = random() * sum(backend.weight for backend in backends)
    for backend in backends:
        point -= backend.weight
        if point < 0:
            return backend
    return None
