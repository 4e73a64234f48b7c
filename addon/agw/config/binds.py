"""``binds[]``: ports with their listeners and routes in one tree (agentgateway.md §1.5)."""

from __future__ import annotations

from agw.config.policies import policies
from agw.config.reader import At
from agw.config.routes import route
from agw.config.snapshot import Listener, Port


def bind(at: At) -> Port | None:
    """None where the port is missing, which is reported."""
    listeners = tuple(_listener(one, index) for index, one in enumerate(at["listeners"].items()))
    port = at["port"].number()
    if port is None:
        at.wrong("'port' is missing", "write for example port: 3000")
        return None
    return Port(port, f"bind/{port}", listeners)


def _listener(at: At, index: int) -> Listener:
    own = policies(at["policies"])
    return Listener(
        name=at["name"].text() or f"listener{index}",
        hostname=hostname(at),
        routes=tuple(route(one, number, own) for number, one in enumerate(at["routes"].items())),
    )


def hostname(at: At) -> str | None:
    """A listener's hostname; an empty one takes every host."""
    return (at["hostname"].text() or "").lower() or None
