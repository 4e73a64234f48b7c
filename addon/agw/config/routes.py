"""``binds`` and ``gateways`` + ``routes``, to ports with listeners with routes (agentgateway.md §1.5)."""

from __future__ import annotations

from agw.config.backends import backend
from agw.config.policies import policies
from agw.config.reader import At
from agw.config.snapshot import Listener, Match, PathKind, PathMatch, Policies, Port, Route, ValueMatch


def binds(at: At) -> list[Port]:
    ports = []
    for one in at.items():
        number = port_number(one["port"])
        listeners = tuple(
            _listener(listener, index, Policies()) for index, listener in enumerate(one["listeners"].items())
        )
        if number is not None:
            ports.append(Port(number, f"bind/{number}", listeners))
    return ports


def _listener(at: At, index: int, outer: Policies) -> Listener:
    own = policies(at["policies"]).over(outer)
    return Listener(
        name=at["name"].text() or f"listener{index}",
        hostname=at["hostname"].text(),
        routes=tuple(route(one, i, own) for i, one in enumerate(at["routes"].items())),
    )


def gateways(root: At) -> list[Port]:
    """Top-level routes attach to gateways by name, or by ``gateway/listener``; ``default`` where they name none."""
    attached: dict[str, list[tuple[int, At]]] = {}
    for index, one in enumerate(root["routes"].items()):
        names = one["gateways"].value or "default"
        for name in names if isinstance(names, list) else [names]:
            gateway = str(name).partition("/")[0]
            if gateway not in (root["gateways"].value or {}):
                one["gateways"].wrong(f"there is no gateway '{gateway[:60]}'", "name it under gateways:")
            attached.setdefault(str(name), []).append((index, one))
    ports = []
    for name, gateway_at in root["gateways"].members():
        number = port_number(gateway_at["port"])
        outer = policies(gateway_at)
        listeners = list(gateway_at["listeners"].items())
        made = [
            _gateway_listener(listener, f"listener{i}", name, outer, attached) for i, listener in enumerate(listeners)
        ] or [_gateway_listener(gateway_at, "listener0", name, Policies(), attached)]
        if number is not None:
            ports.append(Port(number, name, tuple(made)))
    return ports


def _gateway_listener(
    at: At, default_name: str, gateway: str, outer: Policies, attached: dict[str, list[tuple[int, At]]]
) -> Listener:
    name = at["name"].text() or default_name
    own = policies(at).over(outer)
    routes = [*attached.get(gateway, []), *attached.get(f"{gateway}/{name}", [])]
    return Listener(name, at["hostname"].text(), tuple(route(one, index, own) for index, one in routes))


def route(at: At, index: int, outer: Policies) -> Route:
    name = at["name"].text() or f"route{index}"
    made = [backend(one) for one in at["backends"].items()]
    return Route(
        name=f"{at['namespace'].text() or 'default'}/{name}",
        hostnames=tuple(str(one.value) for one in at["hostnames"].items()),
        matches=tuple(_match(one) for one in at["matches"].items()) or (Match(),),
        policies=policies(at["policies"]).over(outer),
        backends=tuple(one for one in made if one is not None),
    )


def _match(at: At) -> Match:
    return Match(
        path=_path(at["path"]),
        method=at["method"].text(),
        headers=tuple(value_match(one, lower=True) for one in at["headers"].items()),
        query=tuple(value_match(one, lower=False) for one in at["query"].items()),
    )


def _path(at: At) -> PathMatch:
    if at["exact"]:
        return PathMatch(PathKind.EXACT, at["exact"].text() or "")
    if at["regex"]:
        compiled = at["regex"].regex()
        return PathMatch(PathKind.REGEX, compiled.pattern if compiled else "", compiled)
    return PathMatch(PathKind.PREFIX, (at["pathPrefix"].text() or "").rstrip("/"))


def value_match(at: At, *, lower: bool) -> ValueMatch:
    name = at["name"].text() or ""
    value = at["value"]
    if not value["exact"] and not value["regex"]:
        at.wrong("the match has no value", "write value: {exact: TEXT} or value: {regex: PATTERN}")
    return ValueMatch(name.lower() if lower else name, value["exact"].text(), value["regex"].regex())


def port_number(at: At) -> int | None:
    value = at.value
    if isinstance(value, int) and 0 < value < 65536:
        return value
    at.wrong("not a port", "write a number from 1 to 65535")
    return None
