"""``backends[]`` of a route, and the providers inside (agentgateway.md §1.9)."""

from __future__ import annotations

from dataclasses import fields

from agw.config.auth import backend_auth, need_implied_extra
from agw.config.clients import NO_CLIENT_POLICIES
from agw.config.policies import policies
from agw.config.providers import params_of
from agw.config.reader import At
from agw.config.snapshot import Backend, Policies, Target

_OF_HOST = frozenset({"backend_tls", "tunnel", "client"})
"""Policies that a plain host backend obeys: its calls pass untouched."""
_NAMES = {
    "backend_auth": "backendAuth",
    "timeouts": "timeout",
    "url_rewrite": "urlRewrite",
    "request_headers": "requestHeaderModifier",
    "response_headers": "responseHeaderModifier",
    "retry": "retry",
    "eviction": "health",
    "unhealthy": "health",
    "ai": "ai",
    "prompt_guard": "promptGuard",
}


def backend(at: At, index: int, outer: Policies) -> Backend:
    """``outer`` is what the route says; it is not mixed in, only held against what a plain host can obey."""
    own = _of_backend(at["policies"])
    weight = at["weight"].number()
    weight = 1 if weight is None else weight
    if at["ai"]:
        groups = _groups(at["ai"], own)
        for one in (one for group in groups for one in group):
            if one.policies.over(outer).backend_auth is None:
                need_implied_extra(at["ai"], one.provider)
        name = at["ai"]["name"].text() or f"backend{index}"
        return Backend(name, weight, groups, policies=own)
    host = at["host"]
    _refuse_what_a_host_ignores(host, own.over(outer))
    return Backend(host.text() or f"backend{index}", weight, host=host.host_port(), policies=own)


def target(at: At, outer: Policies) -> Target:
    """One provider. What stands at the provider wins over ``outer``, policy by policy."""
    own = _of_backend(at["policies"])
    direct = at["backendAuth"]
    if direct:
        if own.backend_auth is not None:
            direct.wrong("backendAuth stands here and under 'policies'", "keep the one under 'policies'")
        own = Policies(backend_auth=backend_auth(direct)).over(own)
    kind, provider = next(at["provider"].members(), (at["provider"].text() or "", at["provider"]))
    path_override, path_prefix = at["pathOverride"].request_path(), at["pathPrefix"].request_path()
    if path_override is not None and path_prefix is not None:
        at["pathPrefix"].wrong("pathPrefix beside pathOverride", "pathOverride is the whole path; keep one of them")
    return Target(
        name=at["name"].text() or kind,
        provider=kind,
        model=provider["model"].text(),
        host_override=at["hostOverride"].host_port(),
        path_override=path_override,
        path_prefix=path_prefix,
        tokenize=at["tokenize"].value is True,
        params=params_of(kind, provider, provider, placed=bool(at["hostOverride"])),
        policies=own.over(outer),
    )


def _groups(ai: At, outer: Policies) -> tuple[tuple[Target, ...], ...]:
    if not ai["groups"]:
        return ((target(ai, outer),),)
    for name, one in ai.members():
        if name not in ("groups", "name", "policies") and one:
            one.wrong(f"'{name}' beside 'groups'", "write it at each provider of the groups")
    between = _of_backend(ai["policies"]).over(outer)
    groups = [
        tuple(target(provider, between) for provider in group["providers"].items()) for group in ai["groups"].items()
    ]
    if not groups or not all(groups):
        ai["groups"].wrong("a group without providers", "write groups: [{providers: [{name: ..., provider: ...}]}]")
    return tuple(group for group in groups if group)


def _of_backend(at: At) -> Policies:
    own = policies(at)
    if own.client != NO_CLIENT_POLICIES:
        at.wrong("a policy on clients is not supported by this gateway here", "write it at the route or above")
    return own


def _refuse_what_a_host_ignores(host: At, said: Policies) -> None:
    for one in fields(said):
        if one.name not in _OF_HOST and getattr(said, one.name) is not None:
            host.wrong(
                f"'{_NAMES[one.name]}' is not supported by this gateway for a plain 'host' backend",
                "write an 'ai' backend, or take the policy away from it",
            )
