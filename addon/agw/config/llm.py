"""The short form ``llm:``: models by name, each with its provider (agentgateway.md §1.10)."""

from __future__ import annotations

from urllib.parse import urlsplit

from agw.config.policies import backend_tls, header_modifier, host_port
from agw.config.reader import At
from agw.config.routes import port_number, value_match
from agw.config.snapshot import (
    AiPolicy,
    Backend,
    BackendAuth,
    BackendTls,
    Listener,
    ModelEntry,
    Policies,
    Port,
    Route,
    Target,
)

DEFAULT_PORT = 4000
_PROVIDERS = {"openai": "openAI", "openAI": "openAI"}


def llm(at: At, gateways: list[Port]) -> list[Port]:
    """The ports with the models' route on them: the named gateways', or ``llm.port`` alone."""
    entries = [entry for one in at["models"].items() if (entry := _entry(one)) is not None]
    route = Route("internal/llm", models=tuple(entries))
    names = at["gateways"].value
    if not names:
        number = port_number(at["port"]) if at["port"] else DEFAULT_PORT
        listener = Listener("llm", routes=(route,))
        return gateways if number is None else [*gateways, Port(number, "llm", (listener,))]
    wanted = names if isinstance(names, list) else [names]
    for name in wanted:
        if str(name).partition("/")[0] not in [port.gateway for port in gateways]:
            at["gateways"].wrong(f"there is no gateway '{str(name)[:60]}'", "name it under gateways:")
    return [_with_route(port, route, wanted) for port in gateways]


def _with_route(port: Port, route: Route, wanted: list[str]) -> Port:
    listeners = tuple(
        Listener(one.name, one.hostname, (*one.routes, route))
        if port.gateway in wanted or f"{port.gateway}/{one.name}" in wanted
        else one
        for one in port.listeners
    )
    return Port(port.port, port.gateway, listeners)


def _entry(at: At) -> ModelEntry | None:
    name = at["name"].text()
    provider = _PROVIDERS.get(str(at["provider"].value))
    if name is None or provider is None:
        return None
    if name.count("*") > 1:
        at["name"].wrong("a name may hold one '*'", "write prefix*, *suffix or *")
        return None
    params = at["params"]
    key = params["apiKey"].secret()
    base = _base_url(params["baseUrl"])
    host, prefix, tls = base or (None, None, None)
    if params["hostOverride"]:
        named, port = host_port(params["hostOverride"], params["hostOverride"].text() or "", 443)
        host = (named, port) if named is not None and port is not None else None
    own_tls = backend_tls(at["backendTLS"]) or backend_tls(at["tls"]) or tls
    target = Target(
        name=at["id"].text() or name,
        provider=provider,
        model=params["model"].text(),
        host_override=host,
        path_override=params["pathOverride"].text(),
        path_prefix=params["pathPrefix"].text() or prefix,
        policies=Policies(
            backend_auth=BackendAuth(key) if key is not None else None,
            backend_tls=own_tls,
            request_headers=header_modifier(at["requestHeaders"]),
            response_headers=header_modifier(at["responseHeaders"]),
            ai=AiPolicy(defaults=at["defaults"].value or {}, overrides=at["overrides"].value or {}),
        ),
    )
    headers = tuple(
        tuple(value_match(header, lower=True) for header in one["headers"].items()) for one in at["matches"].items()
    )
    return ModelEntry(name, Backend(name, groups=((target,),)), headers, at["visibility"].value != "internal")


def _base_url(at: At) -> tuple[tuple[str, int], str | None, BackendTls | None] | None:
    """``https://host[:port]/prefix`` as host, path prefix and TLS."""
    text = at.text()
    if text is None:
        return None
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.scheme not in ("http", "https") or not url.hostname:
        at.wrong("not an http or https URL", "write for example https://api.example.com/v1")
        return None
    default = 443 if url.scheme == "https" else 80
    return (url.hostname, port or default), url.path or None, BackendTls() if url.scheme == "https" else None
