"""Where a call goes: scheme, host, port and request target, from the provider's facts and the config's overrides.

The rules are agentgateway.md §3.1's. In short: ``pathOverride`` is the whole target; ``hostOverride`` alone keeps the
client's path; otherwise a known API type takes the provider's path below its base (or below ``pathPrefix``), and any
other path passes as the client sent it, with the provider's base replaced by ``pathPrefix`` where it has one. That
last step is ours: without it ``/v1/models`` could not reach a provider whose base is ``/openai/v1``.
"""

from __future__ import annotations

from dataclasses import dataclass

from agw.config.snapshot import PathKind, PathMatch, Policies, Target, UrlRewrite
from agw.providers.spec import ProviderSpec


@dataclass(frozen=True, slots=True)
class Upstream:
    """``target`` is path with query as it goes on the request line; ``authority`` is the Host header."""

    scheme: str
    host: str
    port: int
    target: str
    authority: str


def upstream_of(
    spec: ProviderSpec, target: Target, policies: Policies, api_type: str, path: str, query: str, matched: PathMatch
) -> Upstream:
    """``policies`` are merged; ``path`` and ``query`` the client's; ``matched`` is the route's match."""
    tls = policies.backend_tls is not None
    if target.host_override is None:
        scheme, (host, port) = "https", (spec.host, 443)
    else:
        scheme, (host, port) = ("https" if tls else "http"), target.host_override
    rewrite = policies.url_rewrite
    if rewrite is not None:
        path = rewritten_path(rewrite, matched, path)
    return Upstream(
        scheme, host, port, _target(spec, target, api_type, path, query), authority_of(rewrite, scheme, host, port)
    )


def authority_of(rewrite: UrlRewrite | None, scheme: str, host: str, port: int) -> str:
    """The Host header: the upstream's own, or what ``urlRewrite.authority`` says; a default port is left out."""
    if rewrite is not None:
        host = rewrite.authority_host or host
        port = rewrite.authority_port or ((443 if scheme == "https" else 80) if rewrite.authority_host else port)
    shown = f"[{host}]" if ":" in host else host
    return shown if port == (443 if scheme == "https" else 80) else f"{shown}:{port}"


def rewritten_path(rewrite: UrlRewrite, matched: PathMatch, path: str) -> str:
    """``path.full`` replaces all; ``path.prefix`` replaces the prefix that the route matched."""
    if rewrite.path_full is not None:
        return rewrite.path_full
    if rewrite.path_prefix is None:
        return path
    length = len(matched.value.rstrip("/")) if matched.kind is PathKind.PREFIX else len(path)
    rest = path[length:]
    return (rewrite.path_prefix.rstrip("/") + rest) or "/"


def _target(spec: ProviderSpec, target: Target, api_type: str, path: str, query: str) -> str:
    if target.path_override is not None:
        return target.path_override
    if target.host_override is None or target.path_prefix is not None:
        base = spec.base_path if target.path_prefix is None else "/" + target.path_prefix.strip("/")
        base = base.rstrip("/")
        if api_type in spec.paths:
            path = base + spec.paths[api_type]
        elif path.startswith(spec.base_path + "/") and not path.startswith(base + "/"):
            path = base + path.removeprefix(spec.base_path)
    return f"{path}?{query}" if query else path
