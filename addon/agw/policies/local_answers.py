"""``requestRedirect`` and ``directResponse``: answers that need no provider."""

from __future__ import annotations

from agw.cel import Variables
from agw.config.clients import DirectResponse, Redirect
from agw.config.snapshot import PathMatch
from agw.policies.admission import LocalAnswer
from agw.policies.facts import RequestView
from agw.policies.transform import header_values, text_of


def redirected(redirect: Redirect, view: RequestView, matched: PathMatch) -> LocalAnswer:
    """Scheme, host and port of the request stay where the config names no others; so does its query."""
    path, mark, query = view.target.partition("?")
    if redirect.path_full is not None:
        path = redirect.path_full
    elif redirect.path_prefix is not None:
        path = redirect.path_prefix.rstrip("/") + path[len(matched.value) :] or "/"
    name, _, port_text = view.host.rpartition(":") if view.host.rpartition(":")[2].isdecimal() else (view.host, "", "")
    scheme = redirect.scheme or "http"
    port = redirect.port or (None if redirect.host or redirect.scheme else int(port_text) if port_text else None)
    place = "" if port is None or port == {"http": 80, "https": 443}[scheme] else f":{port}"
    url = f"{scheme}://{redirect.host or name}{place}{path}{mark}{query}"
    return LocalAnswer(redirect.status, (("location", url),))


def direct(response: DirectResponse, variables: Variables) -> LocalAnswer:
    body = response.body
    if response.body_expression is not None:
        body = text_of(response.body_expression.evaluate(variables)) or b""
    headers = header_values(response.headers, variables)
    if not any(name == "content-type" for name, _ in headers):
        headers = (*headers, ("content-type", "text/plain; charset=utf-8"))
    return LocalAnswer(response.status, headers, body)
