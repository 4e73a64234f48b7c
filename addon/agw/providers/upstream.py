"""Where a call goes: scheme, host, port and request target, from the provider's facts and the config's overrides.

The rules are agentgateway.md §3.1's. In short: ``pathOverride`` is the whole target; a known wire API type takes the
provider's path, below ``pathPrefix`` where there is one; any other path passes as the app sent it, with the provider's
base replaced by ``pathPrefix``. That last step is ours: without it ``/v1/models`` could not reach a provider whose base
is ``/openai/v1``.

``hostOverride`` alone keeps the app's path for servers that imitate OpenAI or Anthropic, since nobody knows their base;
but a translated call takes the provider's path, for the app's belongs to another API.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from agw.config.snapshot import PathKind, PathMatch, Policies, Target, UrlRewrite
from agw.providers.spec import ProviderSpec
from agw.values import value


@value
class Upstream:
    """``target`` is path with query as it goes on the request line; ``authority`` is the Host header."""

    scheme: str
    host: str
    port: int
    target: str
    authority: str


def upstream_of(
    spec: ProviderSpec,
    target: Target,
    policies: Policies,
    api_type: str,
    path: str,
    query: str,
    matched: PathMatch,
    *,
    translated: bool = False,
    stream: bool = False,
) -> Upstream:
    """``api_type`` is the wire's; ``translated`` if the app's is another; ``stream`` if a stream is asked for.

    ``policies`` are merged; ``path`` and ``query`` are the app's; ``matched`` is the route's match. A translated call
    leaves the app's query behind: it belongs to another API.
    """
    if target.host_override is not None:
        tls = policies.backend_tls is not None
        host, port = target.host_override
    else:
        tls, host, port = spec.tls or policies.backend_tls is not None, spec.hosts.get(api_type, spec.host), spec.port
    scheme = "https" if tls else "http"
    rewrite = policies.url_rewrite
    if rewrite is not None:
        path = rewritten_path(rewrite, matched, path)
    brings_key = policies.backend_auth is not None or spec.implicit_auth is not None
    if brings_key and spec.key_parameter is not None:
        query = "&".join(pair for pair in query.split("&") if pair.partition("=")[0] != spec.key_parameter)
    goes_to = _target(spec, target, api_type, path, "" if translated else query, translated, stream)
    return Upstream(scheme, host, port, goes_to, authority_of(rewrite, scheme, host, port))


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


def _target(
    spec: ProviderSpec, target: Target, api_type: str, path: str, query: str, translated: bool, stream: bool
) -> str:
    if target.path_override is not None:
        return target.path_override
    prefix = None if target.path_prefix is None else "/" + target.path_prefix.strip("/")
    own = (spec.stream_paths.get(api_type) if stream else None) or spec.own_paths.get(api_type)
    if own is not None:
        return _with_query(own if prefix is None else joined(prefix, own), query)
    if target.host_override is not None and prefix is None and spec.keeps_client_path and not translated:
        return _with_query(path, query)
    base = (spec.base_path if prefix is None else prefix).rstrip("/")
    if api_type in spec.paths:
        path = base + spec.paths[api_type]
    elif spec.base_path and path.startswith(spec.base_path + "/") and not path.startswith(base + "/"):
        path = base + path.removeprefix(spec.base_path)
    elif not spec.base_path and prefix is not None:
        path = joined(prefix, path)
    return _with_query(path, query)


def joined(prefix: str, path: str) -> str:
    """``path`` below ``prefix``; what ends the one and begins the other stands once (``/x/v1`` and ``/v1/y``)."""
    before = prefix.strip("/").split("/") if prefix.strip("/") else []
    segments = path.lstrip("/").split("/")
    shared = next((n for n in range(len(before), 0, -1) if before[-n:] == segments[:n]), 0)
    return "/" + "/".join([*before, *segments[shared:]])


def _with_query(path: str, query: str) -> str:
    """Adds the app's query; what the provider's own path says wins over it."""
    path, _, own = path.partition("?")
    if not own and not query:
        return path
    said = {name for name, _ in parse_qsl(own, keep_blank_values=True)}
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in said]
    both = "&".join([own, *kept] if own else kept)
    return f"{path}?{both}" if both else path
