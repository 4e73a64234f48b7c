"""Whether each provider of a config has a key."""

from __future__ import annotations

from collections.abc import Iterator

from agw.config.snapshot import Backend, Snapshot
from agw.doctor.finding import Finding, Level


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """One finding for each target of each route, told once."""
    seen: set[str] = set()
    for port in snapshot.ports:
        for listener in port.listeners:
            for route in listener.routes:
                for backend in (*route.backends, *(entry.backend for entry in route.models)):
                    for finding in _backend(backend, route.policies.backend_auth is not None):
                        if finding.what not in seen:
                            seen.add(finding.what)
                            yield finding


def _backend(backend: Backend, route_has_key: bool) -> Iterator[Finding]:
    for target in (target for group in backend.groups for target in group):
        if target.policies.backend_auth is not None or route_has_key:
            yield Finding(Level.GOOD, f"key: {target.name} ({target.provider}) has a credential of its own")
        else:
            yield Finding(
                Level.ODD,
                f"key: {target.name} ({target.provider}) has none, so each app's own key is sent",
                "write backendAuth with a key or the provider's own sign-in where apps should not need one",
            )
