"""``policies`` of a gateway, listener, route, backend or provider, to ``Policies`` (agentgateway.md §1.6, §1.8)."""

from __future__ import annotations

import re

from agw.config.auth import backend_auth
from agw.config.client_policies import client_policies
from agw.config.expressions import expression, expressions
from agw.config.patterns import pattern_rank
from agw.config.prompt_guard import prompt_guard
from agw.config.reader import At
from agw.config.resilience import eviction, retry
from agw.config.snapshot import (
    AiPolicy,
    BackendTls,
    HeaderModifier,
    Policies,
    PromptCaching,
    PromptMessage,
    Timeouts,
    UrlRewrite,
)

_HOST = re.compile(r"[^\s/@:\[\]?#]+|\[[0-9A-Fa-f:.]+\]")


def policies(at: At) -> Policies:
    """Null and absent say nothing."""
    return Policies(
        backend_auth=backend_auth(at["backendAuth"]),
        backend_tls=backend_tls(at["backendTLS"]),
        tunnel=tunnel(at["backendTunnel"]),
        timeouts=_timeouts(at["timeout"]),
        url_rewrite=_url_rewrite(at["urlRewrite"]),
        request_headers=header_modifier(at["requestHeaderModifier"]),
        response_headers=header_modifier(at["responseHeaderModifier"]),
        retry=retry(at["retry"]),
        eviction=eviction(at["health"]),
        unhealthy=expression(at["health"]["unhealthyExpression"]),
        ai=_ai(at["ai"]),
        prompt_guard=prompt_guard(at["ai"]["promptGuard"]),
        client=client_policies(at),
    )


def gateway_policies(at: At) -> Policies:
    """Of a gateway or a listener of one: those of a client may stand beside ``policies`` too (agentgateway.md §1.5)."""
    return Policies(client=client_policies(at)).over(policies(at["policies"]))


def backend_tls(at: At) -> BackendTls | None:
    """An empty mapping is TLS with the system's roots."""
    if not at:
        return None
    for name, other in (("cert", "key"), ("key", "cert")):
        if at[name] and not at[other]:
            at[name].wrong(f"'{name}' without '{other}'", "a client certificate needs both")
    return BackendTls(
        hostname=at["hostname"].text(),
        root_file=at["root"].file_name(),
        cert_file=at["cert"].file_name(),
        key_file=at["key"].file_name(),
        insecure=at["insecure"].value is True,
        insecure_host=at["insecureHost"].value is True,
    )


def tunnel(at: At) -> tuple[str, int] | None:
    return at["proxy"]["host"].host_port()


def header_modifier(at: At) -> HeaderModifier | None:
    if not at:
        return None
    removed = (one.header_name() for one in at["remove"].items())
    return HeaderModifier(_headers(at["add"]), _headers(at["set"]), tuple(name for name in removed if name))


def llm_policies(at: At) -> Policies:
    """``llm.policies``: what all models share."""
    return Policies(prompt_guard=prompt_guard(at["guardrails"]), client=client_policies(at))


def prompt_caching(at: At) -> PromptCaching | None:
    """An empty mapping takes the defaults."""
    if not at:
        return None
    least, offset = at["minTokens"].number(), at["cacheMessageOffset"].number()
    return PromptCaching(
        system=at["cacheSystem"].value is not False,
        messages=at["cacheMessages"].value is not False,
        tools=at["cacheTools"].value is True,
        min_tokens=1024 if least is None else least,
        message_offset=offset or 0,
    )


def _headers(at: At) -> tuple[tuple[str, str], ...]:
    found = []
    for name, one in at.members():
        value = one.header_value()
        if At(at.report, one.path, name).header_name() and value is not None:
            found.append((name, value))
    return tuple(found)


def _timeouts(at: At) -> Timeouts | None:
    if not at:
        return None
    return Timeouts(at["requestTimeout"].seconds(), at["backendRequestTimeout"].seconds())


def _url_rewrite(at: At) -> UrlRewrite | None:
    if not at:
        return None
    authority, path = at["authority"], at["path"]
    host, port = _host(authority["host"]), authority["port"].number()
    full = authority["full"]
    if ":" in (full.text() or "").rpartition("]")[2]:
        host, port = full.host_port() or (None, None)
    elif full:
        host = _host(full)
    prefix = path["prefix"]
    return UrlRewrite(host, port, path["full"].request_path(), "" if prefix.value == "" else prefix.request_path())


def _host(at: At) -> str | None:
    text = at.text()
    if text is not None and not _HOST.fullmatch(text):
        at.wrong("not a host's name", "write for example api.example.com, without scheme and path")
        return None
    return None if text is None else text.strip("[]")


def _ai(at: At) -> AiPolicy | None:
    if not at:
        return None
    routes = [(suffix, one.text() or "") for suffix, one in at["routes"].members()]
    aliases = [(alias, one.text() or "") for alias, one in at["modelAliases"].members()]
    return AiPolicy(
        routes=tuple(sorted(routes, key=lambda one: (one[0] == "*", -len(one[0])))),
        defaults=dict(at["defaults"].mapping()),
        overrides=dict(at["overrides"].mapping()),
        model_aliases=tuple(sorted(aliases, key=lambda one: pattern_rank(one[0]), reverse=True)),
        transformations=expressions(at["transformations"]),
        final_transformations=expressions(at["finalTransformations"] or at["finalTransformation"]),
        prepend=_messages(at["prompts"]["prepend"]),
        append=_messages(at["prompts"]["append"]),
        prompt_caching=prompt_caching(at["promptCaching"]),
    )


def _messages(at: At) -> tuple[PromptMessage, ...]:
    return tuple(PromptMessage(one["role"].text() or "", one["content"].text() or "") for one in at.items())
