"""``policies`` of a gateway, listener, route, backend or provider, to ``Policies``."""

from __future__ import annotations

from agw.config.patterns import pattern_rank
from agw.config.reader import At
from agw.config.snapshot import (
    AiPolicy,
    BackendAuth,
    BackendTls,
    HeaderModifier,
    Location,
    LocationKind,
    Policies,
    Timeouts,
    UrlRewrite,
)


def policies(at: At) -> Policies:
    """Null and absent say nothing."""
    return Policies(
        backend_auth=backend_auth(at["backendAuth"]),
        backend_tls=backend_tls(at["backendTLS"]),
        timeouts=_timeouts(at["timeout"]),
        url_rewrite=_url_rewrite(at["urlRewrite"]),
        request_headers=header_modifier(at["requestHeaderModifier"]),
        response_headers=header_modifier(at["responseHeaderModifier"]),
        ai=_ai(at["ai"]),
    )


def backend_auth(at: At) -> BackendAuth | None:
    """``key`` as text, as a file, or as ``{value, location}``."""
    key = at["key"]
    if not at:
        return None
    if not key:
        at.wrong("'key' is missing or empty", "write key: $VARIABLE (is it set?), or key: {file: PATH}")
        return None
    location = None
    if isinstance(key.value, dict) and ("value" in key.value or "location" in key.value):
        location = _location(key["location"])
        key = key["value"]
        if not key:
            key.wrong("the key's value is missing")
    secret = key.secret()
    return None if secret is None else BackendAuth(secret, location)


def _location(at: At) -> Location | None:
    for kind in LocationKind:
        place = at[kind.value]
        if place:
            name = place["name"].text()
            if not name:
                place.wrong("'name' is missing")
                return None
            return Location(kind, name, place["prefix"].text() or "")
    return None


def backend_tls(at: At) -> BackendTls | None:
    if not at:
        return None
    return BackendTls(
        hostname=at["hostname"].text(),
        root_file=at["root"].file_name(),
        cert_file=at["cert"].file_name(),
        key_file=at["key"].file_name(),
        insecure=at["insecure"].value is True,
        insecure_host=at["insecureHost"].value is True,
    )


def _timeouts(at: At) -> Timeouts | None:
    if not at:
        return None
    return Timeouts(at["requestTimeout"].seconds(), at["backendRequestTimeout"].seconds())


def _url_rewrite(at: At) -> UrlRewrite | None:
    if not at:
        return None
    host: str | None = None
    port: int | None = None
    authority = at["authority"]
    if isinstance(authority.value, dict):
        full = authority["full"].text()
        if full is not None:
            host, port = host_port(authority["full"], full, None)
        host = authority["host"].text() or host
        port = authority["port"].value or port
    path = at["path"]
    return UrlRewrite(host, port, path["full"].text(), path["prefix"].text())


def header_modifier(at: At) -> HeaderModifier | None:
    if not at:
        return None
    return HeaderModifier(
        add=tuple((name, str(one.value)) for name, one in at["add"].members()),
        set=tuple((name, str(one.value)) for name, one in at["set"].members()),
        remove=tuple(str(one.value) for one in at["remove"].items()),
    )


def _ai(at: At) -> AiPolicy | None:
    if not at:
        return None
    routes = [(suffix, str(one.value)) for suffix, one in at["routes"].members()]
    aliases = [(alias, str(one.value)) for alias, one in at["modelAliases"].members()]
    return AiPolicy(
        routes=tuple(sorted(routes, key=lambda one: (one[0] == "*", -len(one[0])))),
        defaults=dict(at["defaults"].value or {}),
        overrides=dict(at["overrides"].value or {}),
        model_aliases=tuple(sorted(aliases, key=lambda one: pattern_rank(one[0]), reverse=True)),
    )


def host_port(at: At, text: str, default_port: int | None) -> tuple[str | None, int | None]:
    """``host``, ``host:port`` or ``[v6]:port``."""
    host, colon, digits = text.rpartition(":")
    if not colon or (text.count(":") > 1 and not text.startswith("[")):
        return text.strip("[]"), default_port
    if not digits.isdecimal() or not 0 < int(digits) < 65536 or not host:
        at.wrong("not host:port", "write for example api.example.com:443")
        return None, None
    return host.strip("[]"), int(digits)
