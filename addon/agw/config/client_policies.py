"""Policies that are asked before a provider is chosen (agentgateway.md §1.6)."""

from __future__ import annotations

import re

from agw.cel import Expression
from agw.config.client_auth import api_key, basic_auth, jwt_auth
from agw.config.clients import (
    Authorization,
    ClientPolicies,
    Cors,
    DirectResponse,
    RateLimit,
    Redirect,
    Transformation,
    Transformations,
    Unit,
)
from agw.config.expressions import expression, expressions, names
from agw.config.reader import At

_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/,]+", re.IGNORECASE)


def client_policies(at: At) -> ClientPolicies:
    return ClientPolicies(
        api_key=api_key(at["apiKey"]),
        basic_auth=basic_auth(at["basicAuth"]),
        jwt_auth=jwt_auth(at["jwtAuth"]),
        authorization=authorization(at["authorization"]),
        cors=_cors(at["cors"]),
        rate_limits=_rate_limits(at["localRateLimit"]),
        redirect=_redirect(at["requestRedirect"]),
        direct_response=_direct_response(at["directResponse"]),
        transformations=_transformations(at["transformations"]),
    )


def authorization(at: At) -> Authorization | None:
    """A rule is an expression, which allows, or ``allow``, ``deny`` or ``require`` with one."""
    if not at:
        return None
    rules: dict[str, list[At]] = {"allow": [], "deny": [], "require": []}
    for one in at["rules"].items():
        if one.text() is not None:
            rules["allow"].append(one)
            continue
        for kind, places in rules.items():
            if one[kind]:
                places.append(one[kind])
    return Authorization(
        **{kind: tuple(found for place in places if (found := expression(place))) for kind, places in rules.items()}
    )


def _cors(at: At) -> Cors | None:
    if not at:
        return None
    for one in at["allowOrigins"].items():
        if not _ORIGIN.fullmatch(one.text() or "*"):
            one.wrong("not an origin", "write *, or for example https://app.example.com")
    for name in ("allowHeaders", "allowMethods", "exposeHeaders"):
        for one in at[name].items():
            one.header_name()
    seconds = at["maxAge"].seconds()
    return Cors(
        allow_origins=names(at["allowOrigins"]),
        allow_methods=names(at["allowMethods"]),
        allow_headers=names(at["allowHeaders"]),
        expose_headers=names(at["exposeHeaders"]),
        allow_credentials=at["allowCredentials"].value is True,
        max_age_s=None if seconds is None else int(seconds),
    )


def _rate_limits(at: At) -> tuple[RateLimit, ...] | None:
    if not at:
        return None
    return tuple(found for one in at.items() if (found := _rate_limit(one)) is not None)


def _rate_limit(at: At) -> RateLimit | None:
    size, fill, interval_s = at["maxTokens"].number(), at["tokensPerFill"].number(), at["fillInterval"].seconds()
    if not size and not fill:
        at.wrong("a bucket of no size", "write maxTokens and tokensPerFill")
        return None
    if interval_s is None:
        return None
    return RateLimit(
        size=size or fill or 0,
        fill=fill or size or 0,
        interval_s=interval_s,
        unit=Unit.TOKENS if at["type"].text() == Unit.TOKENS else Unit.REQUESTS,
    )


def _redirect(at: At) -> Redirect | None:
    if not at:
        return None
    authority, path = at["authority"], at["path"]
    scheme = at["scheme"].text()
    if scheme is not None and scheme not in ("http", "https"):
        at["scheme"].wrong("not a scheme that is served", "write http or https")
    host, port = authority["host"].text(), authority["port"].number()
    full = authority["full"].text()
    if full is not None:
        host, port = authority["full"].host_port() or (None, None) if ":" in full else (full, None)
    for one in (authority["host"], authority["full"]):
        if not re.fullmatch(r"[^\s/@?#]*", one.text() or ""):
            one.wrong("not a host's name", "write for example api.example.com")
    status = at["status"].number() or 302
    if not 300 <= status < 400:
        at["status"].wrong("not the status of a redirect", "write 301, 302, 303, 307 or 308")
    return Redirect(
        scheme=scheme,
        host=host,
        port=port,
        path_full=path["full"].request_path(),
        path_prefix="" if path["prefix"].value == "" else path["prefix"].request_path(),
        status=status,
    )


def _direct_response(at: At) -> DirectResponse | None:
    if not at:
        return None
    status = at["status"].number() or 200
    if not 200 <= status < 600:
        at["status"].wrong("not a status that an answer can have", "write a number from 200 to 599")
    if at["body"] and at["bodyExpression"]:
        at["body"].wrong("'body' beside 'bodyExpression'", "keep one of them")
    return DirectResponse(
        status,
        (at["body"].text() or "").encode(),
        expression(at["bodyExpression"]),
        _headers(at["headers"]),
    )


def _transformations(at: At) -> Transformations | None:
    if not at:
        return None
    return Transformations(_transformation(at["request"]), _transformation(at["response"]))


def _transformation(at: At) -> Transformation | None:
    if not at:
        return None
    return Transformation(
        add=_headers(at["add"]),
        set=_headers(at["set"]),
        remove=tuple(name.lower() for one in at["remove"].items() if (name := one.header_name())),
        body=expression(at["body"]),
        metadata=expressions(at["metadata"]),
    )


def _headers(at: At) -> tuple[tuple[str, Expression], ...]:
    """Headers by expressions, names in lower case."""
    for name, one in at.members():
        if name.startswith(":"):
            one.wrong("a pseudo header is not supported by this gateway", "write 'urlRewrite'")
        else:
            At(at.report, one.path, name).header_name()
    return tuple((name.lower(), one) for name, one in expressions(at))
