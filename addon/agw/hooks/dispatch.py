"""One try: the flow is made what goes to one target."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Sequence

from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.net.server_spec import ServerSpec

from agw.attempts.prepare import Prepared, prepare
from agw.config.auths import BackendAuth, PassthroughAuth
from agw.config.snapshot import Backend, Policies, Target
from agw.credentials import auth_of
from agw.errors import InternalError, UpstreamAuthError
from agw.hooks.heads import Fields, Names, by_names, drop, header_lists, headers_of, lower, lowered, put, raw, set_value
from agw.hooks.plan import Plan
from agw.policies.app_credential import moved_credential
from agw.policies.credential import APP_CREDENTIAL_HEADERS, WireCredential, masked, masked_target, wire_credential
from agw.policies.headers import modify
from agw.providers import ProviderSpec
from agw.providers.spec import BEARER
from agw.record import Evidence
from agw.record.attribution import for_the_gateway
from agw.routing import Routed
from agw.telemetry.propagation import outgoing_traceparent

_APP_HEADERS = tuple(name for name in APP_CREDENTIAL_HEADERS if name != "proxy-authorization")
_HELICONE = ("helicone.ai", "hconeai.com")
"""Hosts to which Helicone's headers are meant to go."""


def make_ready(flow: http.HTTPFlow, plan: Plan) -> None:
    """Points the flow at the candidate whose turn it is. Raises AnswerError."""
    if plan.tries is None or plan.routed is None or plan.client is None or plan.headers is None:
        raise InternalError("a try without its plan")
    target = plan.tries.candidate.target
    policies = plan.served.policies(target, plan.routed.route)
    made = prepare(plan.client, target, policies)
    plan.prepared, plan.format = made, made.answer_format
    plan.timed_out = False
    plan.prompt_guard = policies.prompt_guard
    routes, own = plan.routed.route.policies.response_headers, target.policies.response_headers
    plan.response_headers = tuple([one for one in (routes, own) if one is not None])
    _headers(flow, plan, target, policies, made)
    _body(flow, plan, made)
    upstream = made.upstream
    flow.request.path = shown = masked_target(upstream.target)
    plan.kept_target = upstream.target if shown != upstream.target else None
    _send(flow, plan, upstream.scheme, upstream.host, upstream.port, upstream.authority)
    plan.tls, plan.timeouts = policies.backend_tls, policies.timeouts
    _through(flow, plan, policies)
    if plan.call is not None:
        plan.call.provider, plan.call.backend, plan.call.request = made.spec.name, target.name, made.facts
        if plan.served.capture_content and plan.client.body is not None:
            plan.content = plan.client.form.request_content(made.values)
        plan.call.evidence = Evidence(
            request_sha256=plan.request_sha256,
            request_bytes=len(plan.body or b""),
            sent_sha256=_sha256(made.body if made.body is not None else plan.body if plan.body_changed else None),
            config_sha256=plan.served.snapshot.sha256,
        )
    plan.tries.began(made.spec.name, made.facts.model, upstream.host, upstream.port)


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _headers(flow: http.HTTPFlow, plan: Plan, target: Target, policies: Policies, made: Prepared) -> None:
    assert plan.headers is not None
    assert plan.routed is not None
    upstream = made.upstream
    to_helicone = upstream.host.endswith(_HELICONE) or upstream.authority.partition(":")[0].endswith(_HELICONE)
    fields = list(plan.headers.fields)
    # Before the modifiers: what the config itself sets is meant for the provider.
    if gone := _for_helicone(fields) if to_helicone else _for_the_gateway(fields):
        fields = _without(fields, gone)
    for modifier in (plan.routed.route.policies.request_headers, target.policies.request_headers):
        if modifier is not None:
            headers = headers_of(fields)
            modify(headers, modifier)
            fields = list(headers.fields)
    plan.kept_headers = {}
    auth = auth_of(made.spec, policies.backend_auth)
    credentials = _credentials(fields)
    shown = [fields[at] for at in credentials]
    if credentials:
        fields = _without(fields, credentials)
    flow.request.headers = headers_of(fields)
    if auth is None and plan.client is not None:
        values = header_lists(headers_of(shown))
        own = {name: ", ".join(values[name]) for name in _APP_HEADERS if name in values}
        plan.kept_headers = moved_credential(made.spec, made.wire, plan.client.api_type, own)
        for name, credential in plan.kept_headers.items():
            put(fields, raw(name), raw(masked(credential)))
    plan.credential = None
    plan.source = None
    if isinstance(auth, BackendAuth):
        place = made.spec.key_location(made.wire, auth.key.reveal())
        plan.credential = wire_credential(auth, place)
    elif isinstance(auth, PassthroughAuth):
        if plan.passed_token is None:
            raise UpstreamAuthError("backend authentication failed: the client sent no token that could be passed on")
        plan.credential = WireCredential(auth.location or BEARER, plan.passed_token)
    elif auth is not None:
        plan.source = plan.served.credentials.source(auth, _resource(made), target.params.get("region"))
        plan.credential = plan.source.ready()
        plan.needs_attempt_hook = plan.credential is None
    _providers_own(fields, made.spec)
    put(fields, b"host", raw(upstream.authority))
    if plan.call is not None and (parent := outgoing_traceparent(plan.call.ids)) is not None:
        put(fields, b"traceparent", parent.encode())
    flow.request.headers.fields = tuple(fields)


def _resource(made: Prepared) -> str:
    """The host that a cloud's token is for: the cloud's own, whatever stands before it; else where the call goes."""
    return made.spec.host if made.spec.implicit_auth is not None and made.spec.host else made.upstream.host


def _places(names: Names, wanted: Callable[[Sequence[str]], Collection[str]]) -> tuple[int, ...]:
    """Where the headers stand that are wanted."""
    texts = lower(names)
    found = wanted(texts)
    return tuple([at for at, name in enumerate(texts) if name in found])


@by_names
def _for_the_gateway(names: Names) -> tuple[int, ...]:
    return _places(names, for_the_gateway)


@by_names
def _for_helicone(names: Names) -> tuple[int, ...]:
    return _places(names, lambda texts: for_the_gateway(texts, to_helicone=True))


@by_names
def _credentials(names: Names) -> tuple[int, ...]:
    return _places(names, lambda _: APP_CREDENTIAL_HEADERS)


def _without(fields: Fields, places: tuple[int, ...]) -> Fields:
    return [field for at, field in enumerate(fields) if at not in places]


def _providers_own(fields: Fields, spec: ProviderSpec) -> None:
    for pattern in spec.removed_headers:
        start = pattern.removesuffix("*")
        begins = start != pattern
        fields[:] = [
            field
            for field, name in zip(fields, lowered(fields), strict=True)
            if not (name.startswith(start) if begins else name == pattern)
        ]
    for name, value in spec.default_headers:
        if name.lower() not in lowered(fields):
            fields.append((raw(name), raw(value)))
    for name, value in spec.set_headers:
        put(fields, raw(name), raw(value))


def _body(flow: http.HTTPFlow, plan: Plan, made: Prepared) -> None:
    request = flow.request
    if made.body is None:
        request.raw_content = plan.body
    else:
        # The raw setter keeps mitmproxy from encoding it again; the length must then be ours to set.
        request.raw_content = made.body
        drop(request.headers, b"content-encoding", b"transfer-encoding")
        set_value(request.headers, b"content-length", str(len(made.body)))
    if made.translator is not None:
        set_value(request.headers, b"content-type", "application/json")
    if made.remove_usage or made.translator is not None:
        # What must be edited on its way back should not come compressed.
        set_value(request.headers, b"accept-encoding", "identity")


def send_to_host(flow: http.HTTPFlow, plan: Plan, backend: Backend, routed: Routed) -> None:
    """A plain ``host`` backend: the call passes as it came."""
    if backend.host is None:
        raise InternalError("a plain backend without a host")
    policies = backend.policies.over(routed.route.policies)
    scheme = "http" if policies.backend_tls is None else "https"
    authority = flow.request.headers.get("host", backend.host[0])
    set_value(flow.request.headers, b"host", authority)
    _send(flow, plan, scheme, *backend.host, authority)
    plan.tls = policies.backend_tls
    _through(flow, plan, policies)


def _through(flow: http.HTTPFlow, plan: Plan, policies: Policies) -> None:
    """The tunnel that this try takes, or none."""
    plan.tunnel = policies.tunnel
    via: ServerSpec | None = None if policies.tunnel is None else ("http", policies.tunnel)
    if flow.server_conn.via != via:
        # What a flow holds before its connection is made only says how to make it; the one of the try before is open.
        flow.server_conn = Server(address=None, via=via)


def _send(flow: http.HTTPFlow, plan: Plan, scheme: str, host: str, port: int, authority: str) -> None:
    # Set through .data: each of the public setters rewrites the Host header again.
    data = flow.request.data
    data.scheme, data.host, data.port = scheme.encode(), host, port
    if data.authority:
        flow.request.authority = authority
    plan.destination = (host, port)
    if plan.call is not None:
        plan.call.forwarded(host, port)


def time_limit_s(plan: Plan) -> float | None:
    """How long this try's answer may take to begin, by both of the limits; the whole call's runs on over its tries."""
    if plan.timeouts is None:
        return None
    limits = []
    now_s = asyncio.get_running_loop().time()
    if plan.timeouts.request_s is not None:
        if plan.deadline_s is None:
            plan.deadline_s = now_s + plan.timeouts.request_s
        limits.append(max(plan.deadline_s - now_s, 0.0))
    if plan.timeouts.backend_request_s is not None:
        limits.append(plan.timeouts.backend_request_s)
    return min(limits, default=None)
