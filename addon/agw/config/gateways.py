"""``gateways`` and what is attached to them by name: ``routes[]`` and ``llm`` (agentgateway.md §1.5, §1.10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agw.config.binds import hostname
from agw.config.nearest import meant_by, nearest
from agw.config.policies import gateway_policies
from agw.config.reader import At
from agw.config.snapshot import Listener, Policies, Port, Route

DEFAULT = "default"


@dataclass(eq=False)
class OpenListener:
    """A listener that routes are still being attached to."""

    name: str
    hostname: str | None
    policies: Policies
    routes: list[Route] = field(default_factory=list)


class Gateways:
    """The gateways of one config, by name."""

    def __init__(self, at: At) -> None:
        self._ports: dict[str, int | None] = {}
        self._listeners: dict[str, list[OpenListener]] = {}
        for name, gateway in at.members():
            self._ports[name] = gateway["port"].number()
            if self._ports[name] is None:
                gateway.wrong("'port' is missing", "write for example port: 3000")
            self._listeners[name] = _listeners(gateway)

    def __contains__(self, name: str) -> bool:
        return name in self._listeners

    def attach(self, refs: At, build: Callable[[OpenListener], Route]) -> None:
        """Adds the route that ``build`` makes to every listener that ``refs`` names."""
        for listener in self._named(refs):
            listener.routes.append(build(listener))

    def ports(self) -> list[tuple[str, Port]]:
        """Each with its gateway's name."""
        return [
            (name, Port(port, name, tuple(Listener(one.name, one.hostname, tuple(one.routes)) for one in listeners)))
            for name, listeners in self._listeners.items()
            if (port := self._ports[name]) is not None
        ]

    def _named(self, refs: At) -> list[OpenListener]:
        named = [refs] if refs.text() is not None else [*refs.items()]
        if not named:
            return self._find(refs, DEFAULT)
        found: list[OpenListener] = []
        for ref in named:
            found += [one for one in self._find(ref, ref.text() or "") if one not in found]
        return found

    def _find(self, at: At, ref: str) -> list[OpenListener]:
        gateway, slash, listener = ref.partition("/")
        if gateway not in self._listeners:
            message = "no gateway has this name" if at else "no gateway is named 'default'"
            at.wrong(message, nearest(gateway, self._listeners) if at else "write gateways: NAME")
            return []
        found = [one for one in self._listeners[gateway] if not slash or one.name == listener]
        if not found:
            hint = meant_by(listener, [one.name for one in self._listeners[gateway]])
            at.wrong("the gateway has no listener of this name", hint or "write the name of one of its listeners")
        return found


def _listeners(gateway: At) -> list[OpenListener]:
    own = gateway_policies(gateway)
    if not gateway["listeners"]:
        return [OpenListener("listener0", None, own)]
    return [
        OpenListener(one["name"].text() or f"listener{index}", hostname(one), gateway_policies(one).over(own))
        for index, one in enumerate(gateway["listeners"].items())
    ]
