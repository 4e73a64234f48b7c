"""``backends`` of a route, and the ``ai`` block in them."""

from __future__ import annotations

from agw.config.policies import backend_auth, host_port, policies
from agw.config.reader import At
from agw.config.snapshot import Backend, Policies, Target

SERVED_PROVIDERS = ("openAI",)


def backend(at: At) -> Backend | None:
    weight = at["weight"].value
    weight = 1 if weight is None else int(weight)
    outer = policies(at["policies"])
    if at["ai"]:
        groups = _groups(at["ai"], outer)
        name = at["ai"]["name"].text() or (groups[0][0].name if groups and groups[0] else "ai")
        return Backend(name, weight, groups, policies=outer)
    if at["host"]:
        text = at["host"].text() or ""
        host, port = host_port(at["host"], text, 443 if outer.backend_tls else 80)
        return None if host is None or port is None else Backend(text, weight, host=(host, port), policies=outer)
    at.wrong("a backend must say where it is", "write ai: or host:")
    return None


def _groups(at: At, outer: Policies) -> tuple[tuple[Target, ...], ...]:
    if not at["groups"]:
        one = target(at, outer, "ai")
        return () if one is None else ((one,),)
    shared = policies(at["policies"]).over(outer)
    groups = []
    for group in at["groups"].items():
        made = [target(one, shared, f"provider{i}") for i, one in enumerate(group["providers"].items())]
        if not made:
            group.wrong("a group without providers")
        groups.append(tuple(one for one in made if one is not None))
    return tuple(group for group in groups if group)


def target(at: At, outer: Policies, default_name: str) -> Target | None:
    """One provider with its overrides. ``backendAuth`` directly on it is taken as its policy (lenient list, 2)."""
    chosen = [(key, one) for key, one in at["provider"].members() if one.value is not None]
    if len(chosen) != 1:
        at["provider"].wrong("exactly one provider must be named", f"write for example {SERVED_PROVIDERS[0]}: {{}}")
        return None
    key, params = chosen[0]
    if key not in SERVED_PROVIDERS:
        params.wrong("not supported by this gateway", f"served now: {', '.join(SERVED_PROVIDERS)}")
        return None
    said = dict(params.value) if isinstance(params.value, dict) else {}
    own = policies(at["policies"])
    direct = backend_auth(at["backendAuth"])
    if direct is not None and own.backend_auth is None:
        own = Policies(backend_auth=direct).over(own)
    override = None
    if at["hostOverride"]:
        host, port = host_port(at["hostOverride"], at["hostOverride"].text() or "", None)
        if host is not None and port is None:
            at["hostOverride"].wrong("the port is missing", "write host:port")
        elif host is not None and port is not None:
            override = (host, port)
    model = said.pop("model", None)
    return Target(
        name=at["name"].text() or default_name,
        provider=key,
        model=model if isinstance(model, str) else None,
        host_override=override,
        path_override=at["pathOverride"].text(),
        path_prefix=at["pathPrefix"].text(),
        params=said,
        policies=own.over(outer),
    )
