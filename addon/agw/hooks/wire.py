"""The copy of a request that goes upstream, with the credentials that the flow does not show."""

from __future__ import annotations

from mitmproxy import http

from agw.config.snapshot import LocationKind
from agw.credentials import Outgoing
from agw.hooks.heads import Names, by_names, drop, headers_of, raw, set_value
from agw.hooks.plan import Plan
from agw.policies.credential import APP_CREDENTIAL_HEADERS, WireCredential, masked, masked_target


def wire_request(request: http.Request, plan: Plan | None) -> http.Request:
    """``request`` itself where there is nothing to add.

    Credentials are left out when anything, another addon say, has pointed the flow at another host: a key goes only
    where the config sends it.
    """
    if plan is None or plan.destination != (request.host, request.port):
        return request
    hop_by_hop = plan.tries is not None and _speaks_of_connection(request.headers.fields)
    if not (plan.credential or plan.kept_headers or plan.kept_target or hop_by_hop):
        return request
    # Not request.copy(): that takes the whole message apart and puts it together again.
    wire = _shallow(request)
    wire.data = _shallow(request.data)
    headers = wire.data.headers = headers_of(request.headers.fields)
    if hop_by_hop:
        drop(headers, b"connection")
    if plan.kept_target is not None and wire.path == masked_target(plan.kept_target):
        wire.path = plan.kept_target
    for name, value in plan.kept_headers.items():
        if headers.get(name) == masked(value):
            headers[name] = value
    if isinstance(plan.credential, WireCredential):
        kind = plan.credential.location.kind
        if kind is LocationKind.QUERY:
            wire.path = plan.credential.on_target(wire.path)
        header = plan.credential.header(cookies=headers.get_all("cookie") if kind is LocationKind.COOKIE else ())
        if header is not None:
            set_value(headers, raw(header[0]), header[1])
    elif plan.credential is not None:
        for name, value in plan.credential.headers(_outgoing(wire)):
            headers[name] = value
    return wire


@by_names
def _speaks_of_connection(names: Names) -> bool:
    """What a client wants of its own connection (RFC 9110, 7.6.1) says nothing of the one that goes on from here."""
    lower = [name.lower() for name in names]
    return b"connection" in lower and b"upgrade" not in lower


def _shallow[T](thing: T) -> T:
    """As ``copy.copy``, which takes six times as long to find that out."""
    made: T = object.__new__(type(thing))
    made.__dict__.update(thing.__dict__)
    return made


def mask_sent(request: http.Request) -> None:
    """Hides the credentials of a request that goes no further: it is about to be seen, saved or exported."""
    for name in APP_CREDENTIAL_HEADERS:
        if name in request.headers:
            request.headers[name] = masked(request.headers[name])
    shown = masked_target(request.path)
    if shown != request.path:
        request.path = shown


def _outgoing(wire: http.Request) -> Outgoing:
    """What a signature covers: the request as it is sent, with its credential still missing."""
    url = f"{wire.scheme}://{wire.headers['host']}{wire.path}"
    headers = {name.lower(): value for name, value in wire.headers.items()}
    return Outgoing(wire.method, url, headers, wire.raw_content or b"")
