"""The request's half of a call: route it, plan it, make it ready for its provider."""

from __future__ import annotations

import time
from dataclasses import replace

from mitmproxy import http

from agw.config.snapshot import Backend, BackendAuth, PathMatch, Policies, Target
from agw.errors import BadRequest, InternalError, NoBackend, UnsupportedEncoding, UpstreamAuthError
from agw.formats.base import Format
from agw.formats.body import JsonObject
from agw.formats.errors import speaks_anthropic
from agw.formats.registry import FORMATS, format_for_path
from agw.hooks.plan import Plan, header_lists, tie
from agw.hooks.served import Served
from agw.policies.body import edit_of
from agw.policies.credential import APP_CREDENTIAL_HEADERS, masked, wire_credential
from agw.policies.facts import RequestView
from agw.policies.headers import modify
from agw.providers import spec_of, upstream_of
from agw.providers.spec import ProviderSpec
from agw.record import Call, RequestFacts
from agw.routing import RequestHead, Routed
from agw.routing.models import choose_model
from agw.routing.router import draw_backend
from agw.streaming.decode import decode_whole
from agw.telemetry.propagation import outgoing_traceparent

_UNRECORDED = "passthrough"
_READ_TYPES = ("completions", "responses", "text_completions", "embeddings")
"""API types whose bodies the gateway reads and may change; all others pass as they came."""


def head_of(flow: http.HTTPFlow) -> RequestHead:
    request = flow.request
    return RequestHead.of(
        request.method, request.path, request.headers.get("host", "") or request.authority, request.headers.get_all
    )


def plan_request(flow: http.HTTPFlow, served: Served) -> Plan:
    """Routes the request and points the flow at its upstream.

    Raises AnswerError; the plan is tied to the flow before that.
    """
    request = flow.request
    head = head_of(flow)
    plan = Plan(served, anthropic=speaks_anthropic(head.path, "anthropic-version" in request.headers))
    plan.request_seen = header_lists(request.headers)
    plan.size_bytes = len(request.raw_content or b"")
    tie(flow, plan)
    routed = served.router.route(flow.client_conn.sockname[1], head)
    body = _Body(flow)
    backend = _backend(routed, served, head, body)
    if backend.host is not None:
        _send_to_host(flow, plan, backend, routed)
        return plan
    target = backend.groups[0][0] if len(backend.groups[0]) == 1 else _draw(backend, served)
    policies = target.policies.over(routed.route.policies)
    spec = spec_of(target, target.model)
    api_type = _api_type(policies, head.path)
    _begin_call(flow, plan, routed, target, spec, api_type, body)
    plan.response_headers = tuple(
        one for one in (routed.route.policies.response_headers, target.policies.response_headers) if one is not None
    )
    _change_headers(flow, plan, policies, routed, target, spec)
    if api_type in _READ_TYPES and request.method == "POST":
        _change_body(flow, plan, target, policies, body)
    _point(flow, plan, policies, target, spec, api_type, head, routed.match.path)
    return plan


class _Body:
    """The request's body, decoded and parsed at most once, and only when somebody asks."""

    def __init__(self, flow: http.HTTPFlow) -> None:
        self._request = flow.request
        self._parsed: JsonObject | None = None

    @property
    def encoded(self) -> bool:
        return self._request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")

    def parsed(self) -> JsonObject:
        """Raises BadRequest or UnsupportedEncoding."""
        if self._parsed is None:
            data = self._request.raw_content or b""
            if self.encoded:
                data = _decoded(data, self._request.headers["content-encoding"])
            try:
                self._parsed = JsonObject.parse(data)
            except ValueError as error:
                raise BadRequest(f"failed to process LLM request: failed to parse request: {error}") from None
        return self._parsed

    def peek(self) -> JsonObject | None:
        """The parsed body where it can be read, else None."""
        try:
            return self.parsed()
        except (BadRequest, UnsupportedEncoding):
            return None


def _decoded(data: bytes, encoding: str) -> bytes:
    try:
        return decode_whole(data, encoding)
    except LookupError:
        raise UnsupportedEncoding(
            "failed to process LLM request: unsupported content encoding; send gzip, deflate, br, zstd or none"
        ) from None
    except ValueError as error:
        raise BadRequest(f"failed to process LLM request: the body cannot be decoded: {error}") from None


def _backend(routed: Routed, served: Served, head: RequestHead, body: _Body) -> Backend:
    if routed.route.models:
        model = body.parsed().values.get("model")
        if not isinstance(model, str) or not model:
            raise BadRequest("failed to process LLM request: missing field: model not specified")
        return choose_model(routed.route, model, head).backend
    backend = draw_backend(routed.route, served.random)
    if backend is None or not (backend.groups or backend.host):
        raise NoBackend("no valid backends: the route has no backend with a weight above 0")
    return backend


def _draw(backend: Backend, served: Served) -> Target:
    first = backend.groups[0]
    return first[int(served.random() * len(first))]


def _api_type(policies: Policies, path: str) -> str:
    if policies.ai is not None:
        for suffix, kind in policies.ai.routes:
            if suffix == "*" or path.endswith(suffix):
                return kind
    return format_for_path(path).api_type


def _begin_call(
    flow: http.HTTPFlow, plan: Plan, routed: Routed, target: Target, spec: ProviderSpec, api_type: str, body: _Body
) -> None:
    request = flow.request
    if api_type == _UNRECORDED or request.method != "POST":
        return
    form: Format = FORMATS.get(api_type, FORMATS["detect"])
    seen = body.peek()
    facts = form.read_request(seen.values) if seen is not None else RequestFacts(form.operation, form.api_type)
    if form.api_type == "detect" and facts.model is None and target.model is None:
        return
    plan.format = form
    plan.request_body = None if seen is None else seen.values
    plan.call = begin(flow, plan.served, spec.name, facts)
    plan.call.gateway = routed.port.gateway
    plan.call.listener = routed.listener.name
    plan.call.route = routed.route.name
    plan.call.backend = target.name


def view_of(flow: http.HTTPFlow) -> RequestView:
    """The request as it came, for policies and expressions."""
    request, peer = flow.request, flow.client_conn.peername
    return RequestView(
        method=request.method,
        target=request.path,
        host=request.host_header or request.host,
        headers=header_lists(request.headers),
        version=request.http_version,
        client_address=peer[0] if peer else None,
        client_port=peer[1] if peer else None,
        start_ns=int(request.timestamp_start * 1e9),
    )


def begin(flow: http.HTTPFlow, served: Served, provider: str, facts: RequestFacts) -> Call:
    """The call of a flow, from the moment its request's head was there."""
    request = flow.request
    served.calls_under_way += 1
    peer = flow.client_conn.peername
    return Call(
        ids=served.span_ids(
            request.headers.get("traceparent"), request.headers.get("tracestate"), lambda: view_of(flow)
        ),
        start_ns=int((request.timestamp_start or time.time()) * 1e9),
        provider=provider,
        request=facts,
        client_model=facts.model,
        http_method=request.method,
        url_path=request.path.partition("?")[0],
        client_address=peer[0] if peer else None,
        user_agent=request.headers.get("user-agent"),
    )


def _change_headers(
    flow: http.HTTPFlow, plan: Plan, policies: Policies, routed: Routed, target: Target, spec: ProviderSpec
) -> None:
    headers = flow.request.headers
    for modifier in (routed.route.policies.request_headers, target.policies.request_headers):
        if modifier is not None:
            modify(headers, modifier)
    for name in APP_CREDENTIAL_HEADERS:
        if name in headers:
            if policies.backend_auth is not None or name == "proxy-authorization":
                del headers[name]
            else:
                plan.kept_headers[name] = headers[name]
                headers[name] = masked(headers[name])
    if policies.backend_auth is not None:
        if not isinstance(policies.backend_auth, BackendAuth):
            raise UpstreamAuthError("backend authentication failed: this kind of credential is not served yet")
        place = spec.key_location("", policies.backend_auth.key.reveal())
        plan.credential = wire_credential(policies.backend_auth, place)
    if plan.call is not None and (parent := outgoing_traceparent(plan.call.ids)) is not None:
        headers["traceparent"] = parent


def _change_body(flow: http.HTTPFlow, plan: Plan, target: Target, policies: Policies, body: _Body) -> None:
    parsed = body.parsed()
    edit = edit_of(parsed.values, plan.call.request.api_type if plan.call else "detect", target, policies.ai)
    plan.usage_injected = edit.usage_injected
    if edit.changes or edit.removals:
        if body.encoded:
            del flow.request.headers["content-encoding"]
        # The raw setter keeps mitmproxy from re-encoding; the length must then be ours to set.
        flow.request.raw_content = parsed.edited(edit.changes, edit.removals)
        flow.request.headers["content-length"] = str(len(flow.request.raw_content or b""))
        flow.request.headers.pop("transfer-encoding", None)
    if edit.usage_injected:
        # What must be edited on its way back should not come compressed.
        flow.request.headers["accept-encoding"] = "identity"
    if plan.call is not None and plan.format is not None:
        sent = {**parsed.values, **edit.changes}
        plan.call.request = replace(plan.format.read_request(sent), api_type=plan.format.api_type)
        if plan.served.capture_content:
            plan.content = plan.format.request_content(sent)


def _point(
    flow: http.HTTPFlow,
    plan: Plan,
    policies: Policies,
    target: Target,
    spec: ProviderSpec,
    api_type: str,
    head: RequestHead,
    matched: PathMatch,
) -> None:
    upstream = upstream_of(spec, target, policies, api_type, head.path, head.query, matched)
    _send(flow, plan, upstream.scheme, upstream.host, upstream.port, upstream.authority)
    flow.request.path = upstream.target
    plan.tls = policies.backend_tls
    if policies.timeouts is not None:
        limits = [s for s in (policies.timeouts.request_s, policies.timeouts.backend_request_s) if s is not None]
        plan.timeout_s = min(limits, default=None)


def _send_to_host(flow: http.HTTPFlow, plan: Plan, backend: Backend, routed: Routed) -> None:
    if backend.host is None:
        raise InternalError("a plain backend without a host")
    policies = backend.policies.over(routed.route.policies)
    scheme = "http" if policies.backend_tls is None else "https"
    _send(flow, plan, scheme, *backend.host, authority=flow.request.headers.get("host", backend.host[0]))
    plan.tls = policies.backend_tls


def _send(flow: http.HTTPFlow, plan: Plan, scheme: str, host: str, port: int, authority: str) -> None:
    # Set through .data: each of the public setters rewrites the Host header again.
    data = flow.request.data
    data.scheme, data.host, data.port = scheme.encode(), host, port
    if flow.request.authority:
        flow.request.authority = authority
    flow.request.headers["host"] = authority
    plan.destination = (host, port)
    if plan.call is not None:
        plan.call.forwarded(host, port)
