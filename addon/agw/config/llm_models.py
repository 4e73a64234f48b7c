"""An entry of ``llm.models``, with what it takes from the provider that it refers to (agentgateway.md §1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agw.config.auth import backend_auth, need_implied_extra, secret
from agw.config.auths import AnyAuth, BackendAuth
from agw.config.client_policies import authorization
from agw.config.clients import ClientPolicies
from agw.config.expressions import expression, expressions
from agw.config.nearest import meant_by
from agw.config.policies import backend_tls, header_modifier, prompt_caching, tunnel
from agw.config.prompt_guard import prompt_guard
from agw.config.providers import params_of
from agw.config.reader import At
from agw.config.resilience import eviction
from agw.config.routes import header_matches
from agw.config.snapshot import AiPolicy, Backend, BackendTls, ModelEntry, Policies, Target

_KINDS = {"openai": "openAI"}
_NAMES = {
    "bedrock": {"region": "awsRegion"},
    "vertex": {"region": "vertexRegion", "projectId": "vertexProject"},
    "azure": {
        "resourceName": "azureResourceName",
        "resourceType": "azureResourceType",
        "apiVersion": "azureApiVersion",
        "projectName": "azureProjectName",
    },
}
"""Each provider's parameters by their names in ``params``."""
_PASSTHROUGH = {"detect": "detect", "opaque": "passthrough"}


@dataclass(frozen=True, slots=True)
class _Layers:
    """What the model says, then what its provider says; ``at[key]`` is the first that says something."""

    own: At
    outer: At | None = None

    def __getitem__(self, key: str) -> At:
        return self.outer[key] if self.outer is not None and not self.own[key] and self.outer[key] else self.own[key]

    def both(self, key: str) -> dict[str, Any]:
        """Members of a mapping of both; the model's win."""
        outer = {} if self.outer is None else self.outer[key].mapping()
        return {**outer, **self.own[key].mapping()}


def providers_of(at: At) -> dict[str, At]:
    """``llm.providers`` by name."""
    found: dict[str, At] = {}
    for one in at.items():
        name = one["name"].text() or ""
        if name in found:
            one["name"].wrong("two providers have this name", "give one of them another")
        _check_params(one["params"], one["defaults"])
        found[name] = one
    return found


def model_entry(at: At, providers: Mapping[str, At]) -> ModelEntry:
    name = at["name"].text() or ""
    _check_params(at["params"], at)
    base = _referred(at["provider"]["reference"], providers)
    said = _Layers(at, None if base is None else base["defaults"])
    params = _Layers(at["params"], None if base is None else base["params"])
    kind, custom = _kind(at if base is None else base)
    host, prefix, tls = _place(at["params"], params)
    auth = _auth(at["params"], at) or (None if base is None else _auth(base["params"], base["defaults"]))
    if auth is None:
        need_implied_extra(at["provider"], kind)
    names = _NAMES.get(kind, {})
    source = custom if kind == "custom" else params
    target = Target(
        name=name,
        provider=kind,
        model=params["model"].text() or custom["model"].text(),
        host_override=host,
        path_override=params["pathOverride"].request_path(),
        path_prefix=prefix,
        tokenize=params["tokenize"].value is True,
        params=params_of(kind, source, at["provider"], names, placed=host is not None),
        policies=Policies(
            backend_auth=auth,
            backend_tls=_tls(said.own) or (None if said.outer is None else _tls(said.outer)) or tls,
            tunnel=tunnel(said["backendTunnel"]),
            request_headers=header_modifier(said["requestHeaders"]),
            response_headers=header_modifier(said["responseHeaders"]),
            eviction=eviction(said["health"]),
            unhealthy=expression(said["health"]["unhealthyExpression"]),
            ai=_ai(at, said),
            prompt_guard=prompt_guard(at["guardrails"]),
            client=ClientPolicies(authorization=authorization(at["authorization"])),
        ),
    )
    return ModelEntry(
        pattern=name,
        backend=Backend(name, groups=((target,),)),
        headers=tuple(header_matches(one["headers"]) for one in at["matches"].items() if one["headers"]),
        public=at["visibility"].text() != "internal",
    )


def _ai(at: At, said: _Layers) -> AiPolicy | None:
    way = _PASSTHROUGH.get(at["passthrough"].text() or "")
    made = AiPolicy(
        routes=(("*", way),) if way is not None else (),
        defaults=said.both("defaults"),
        overrides=said.both("overrides"),
        transformations=expressions(said["transformation"]),
        final_transformations=expressions(at["finalTransformation"]),
        prompt_caching=prompt_caching(said["promptCaching"]),
    )
    return made if made != AiPolicy() else None


def _referred(at: At, providers: Mapping[str, At]) -> At | None:
    name = at.text()
    if name is None:
        return None
    if name not in providers:
        at.wrong(
            "no entry of llm.providers has this name", meant_by(name, providers) or "write the name of one of them"
        )
    return providers.get(name)


def _kind(at: At) -> tuple[str, At]:
    """The provider's key, and the settings of a custom one."""
    provider = at["provider"]
    if provider["reference"]:
        return "", provider
    text = "custom" if provider["custom"] else provider.text() or ""
    return _KINDS.get(text, text), provider["custom"]


def _check_params(params: At, beside: At) -> None:
    for key in ("hostOverride", "pathPrefix"):
        if params["baseUrl"] and params[key]:
            params[key].wrong(f"'{key}' beside 'baseUrl'", "baseUrl says host and path; keep one of them")
    if beside["tls"] and beside["backendTLS"]:
        beside["tls"].wrong("'tls' beside 'backendTLS'", "they are two names of one thing; keep one of them")
    if params["apiKey"] and beside["auth"]:
        params["apiKey"].wrong("'apiKey' beside 'auth'", "keep one of them")


def _auth(params: At, beside: At) -> AnyAuth | None:
    if not params["apiKey"]:
        return backend_auth(beside["auth"])
    held = secret(params["apiKey"])
    return None if held is None else BackendAuth(held)


def _tls(at: At) -> BackendTls | None:
    return backend_tls(at["backendTLS"]) or backend_tls(at["tls"])


def _place(own: At, both: _Layers) -> tuple[tuple[str, int] | None, str | None, BackendTls | None]:
    """Host and port, path prefix, and TLS where the URL is https. A model's hostOverride wins over a base URL that its
    provider brings."""
    if own["hostOverride"] or not both["baseUrl"]:
        return both["hostOverride"].host_port(), both["pathPrefix"].request_path(), None
    host, prefix, tls = _base_url(both["baseUrl"])
    return host, prefix or own["pathPrefix"].request_path(), tls


def _base_url(at: At) -> tuple[tuple[str, int] | None, str | None, BackendTls | None]:
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
