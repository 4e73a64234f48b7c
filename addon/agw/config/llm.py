"""The short form ``llm: models:``, one route whose backend the model in the body chooses (agentgateway.md §1.10)."""

from __future__ import annotations

from urllib.parse import urlsplit

from agw.config.auth import backend_auth, secret
from agw.config.auths import AnyAuth
from agw.config.gateways import DEFAULT, Gateways, OpenListener
from agw.config.policies import ai_policy, backend_tls, header_modifier, llm_policies
from agw.config.prompt_guard import prompt_guard
from agw.config.reader import At
from agw.config.routes import header_matches
from agw.config.snapshot import (
    Backend,
    BackendAuth,
    BackendTls,
    Listener,
    Match,
    ModelEntry,
    PathKind,
    PathMatch,
    Policies,
    Port,
    Route,
    Target,
)

PORT = 4000
_API_PATHS = ("/v1", "/v2", "/chat/completions", "/completions", "/responses", "/embeddings", "/models")
_PROVIDERS = {"openai": "openAI"}


def llm(at: At, gateways: Gateways) -> Port | None:
    """The port of its own, or None where the models are attached to gateways."""
    if not at:
        return None
    models = tuple(_model(one) for one in at["models"].items())
    own = llm_policies(at["policies"])
    if at["port"] and at["gateways"]:
        at["port"].wrong("'port' beside 'gateways'", "keep 'gateways'; the port is the gateway's")
    elif at["gateways"] or (not at["port"] and DEFAULT in gateways):
        gateways.attach(at["gateways"], lambda listener: _route(models, own, listener))
        return None
    port = at["port"].number() or PORT
    return Port(port, f"bind/{port}", (Listener("llm", None, (_route(models, own, None),)),))


def _route(models: tuple[ModelEntry, ...], own: Policies, shared: OpenListener | None) -> Route:
    """On a listener with routes of its own the models take the API's paths only."""
    paths = _API_PATHS if shared is not None and shared.routes else ("",)
    return Route(
        name="default/llm",
        matches=tuple(Match(PathMatch(PathKind.PREFIX, path)) for path in paths),
        policies=own.over(shared.policies) if shared is not None else own,
        models=models,
    )


def _model(at: At) -> ModelEntry:
    name = at["name"].text() or ""
    params = at["params"]
    host, prefix, tls = _base_url(params["baseUrl"])
    for key in ("hostOverride", "pathPrefix"):
        if params["baseUrl"] and params[key]:
            params[key].wrong(f"'{key}' beside 'baseUrl'", "baseUrl says host and path; keep one of them")
    if at["tls"] and at["backendTLS"]:
        at["tls"].wrong("'tls' beside 'backendTLS'", "they are two names of one thing; keep one of them")
    provider = at["provider"].text() or ""
    target = Target(
        name=name,
        provider=_PROVIDERS.get(provider, provider),
        model=params["model"].text(),
        host_override=host or params["hostOverride"].host_port(),
        path_override=params["pathOverride"].request_path(),
        path_prefix=prefix or params["pathPrefix"].request_path(),
        policies=Policies(
            backend_auth=_auth(at),
            backend_tls=backend_tls(at["backendTLS"]) or backend_tls(at["tls"]) or tls,
            request_headers=header_modifier(at["requestHeaders"]),
            response_headers=header_modifier(at["responseHeaders"]),
            ai=ai_policy(at),
            prompt_guard=prompt_guard(at["guardrails"]),
        ),
    )
    return ModelEntry(
        pattern=name,
        backend=Backend(name, groups=((target,),)),
        headers=tuple(header_matches(one["headers"]) for one in at["matches"].items() if one["headers"]),
        public=at["visibility"].text() != "internal",
    )


def _auth(at: At) -> AnyAuth | None:
    api_key = at["params"]["apiKey"]
    if not api_key:
        return backend_auth(at["auth"])
    if at["auth"]:
        api_key.wrong("'apiKey' beside 'auth'", "keep one of them")
    held = secret(api_key)
    return None if held is None else BackendAuth(held)


def _base_url(at: At) -> tuple[tuple[str, int] | None, str | None, BackendTls | None]:
    """Host and port, path prefix, and TLS where the URL is https."""
    text = at.text()
    if text is None:
        return None, None, None
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host = None
    if host is None or url.scheme not in ("http", "https") or not text.isprintable() or " " in text:
        at.wrong("not an http or https URL", "write for example https://api.example.com/v1")
    elif url.query or url.fragment or "@" in url.netloc:
        at.wrong("a base URL is scheme, host, port and path only", "a credential goes to apiKey")
    else:
        tls = BackendTls() if url.scheme == "https" else None
        return (host, port or (443 if tls else 80)), url.path.rstrip("/") or None, tls
    return None, None, None
