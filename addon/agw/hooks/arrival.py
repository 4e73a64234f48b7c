"""A request has come: who takes it, who may answer it, and the call that begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from mitmproxy import http

from agw.attempts.prepare import COUNTS, UNREAD, ClientRequest, MustEstimate
from agw.attempts.tries import Tries
from agw.cel import Variables
from agw.config.snapshot import Backend, Policies, Target
from agw.errors import AnswerError, NoBackend, RequestTooLarge
from agw.formats.paths import model_of_path, streams, type_of_path
from agw.formats.registry import FORMATS
from agw.hooks import dispatch, realtime
from agw.hooks.admit import (
    admit,
    authorize_models,
    body_variables,
    check_model,
    guard_prompt,
    head_of,
    members_of,
    view_of,
)
from agw.hooks.body import Body
from agw.hooks.heads import header_lists, told
from agw.hooks.listing import answer_models
from agw.hooks.plan import Plan, plan_of, tie
from agw.hooks.served import Served
from agw.policies.body import BodyVariables
from agw.policies.facts import variables_before
from agw.providers import spec_of
from agw.record import Call, Evidence, RequestFacts
from agw.record.attribution import attribute
from agw.routing import RequestHead, Routed
from agw.routing.models import backend_for
from agw.routing.router import draw_backend

PASSTHROUGH = "passthrough"


def announced(flow: http.HTTPFlow, served: Served) -> None:
    """The head of a request is there: its plan begins."""
    tie(flow, Plan(served, max_body_bytes=served.snapshot.max_body_bytes))


def arrived(flow: http.HTTPFlow, served: Served) -> Plan:
    """Routes a whole request, begins its call and makes the first try ready.

    Raises AnswerError; the plan is tied to the flow before that.
    """
    plan = _plan(flow, served)
    head = _seen(flow, plan)
    body = _admitted(flow, served, plan, head)
    if body is not None:
        # Policies may have set headers of their own.
        _go_on(flow, served, plan, head, body, plan.request_seen if plan.admitted is None else None)
    return plan


def admitted(flow: http.HTTPFlow, served: Served) -> Plan:
    """The first half of ``arrived``; ``go_on`` is the other one, unless the flow has its answer now."""
    plan = _plan(flow, served)
    _admitted(flow, served, plan, _seen(flow, plan))
    return plan


def go_on(flow: http.HTTPFlow, served: Served) -> Plan:
    """With the request as it is now: somebody may have edited it."""
    plan, body = _plan(flow, served), Body(flow.request)
    if plan.view is not None:
        plan.view = replace(plan.view, body=members_of(body))
    _go_on(flow, served, plan, head_of(flow.request), body)
    return plan


def _plan(flow: http.HTTPFlow, served: Served) -> Plan:
    plan = plan_of(flow)
    if plan is None:
        plan = Plan(served)
        tie(flow, plan)
    return plan


def _seen(flow: http.HTTPFlow, plan: Plan) -> RequestHead:
    """The request's head as it came."""
    plan.request_seen = header_lists(flow.request.headers)
    return head_of(flow.request, plan.request_seen)


def _admitted(flow: http.HTTPFlow, served: Served, plan: Plan, head: RequestHead) -> Body | None:
    """The body of a request that the policies let through; None where they have answered."""
    request = flow.request
    plan.error_style = "messages" if "anthropic-version" in plan.request_seen else type_of_path(head.path)
    if plan.too_large:
        raise RequestTooLarge(
            "failed to process LLM request: request was too large: the limit is "
            f"{served.snapshot.max_body_bytes} bytes (frontendPolicies.http.maxBufferSize)"
        )
    plan.body = request.raw_content or b""
    plan.routed = routed = served.router.route(flow.client_conn.sockname[1], head)
    body = Body(request)
    try:
        if not admit(flow, plan, routed, body):
            return None
        if plan.body_changed:
            body = Body(request)
        if answer_models(flow, plan, routed, head):
            return None
        check_model(plan, body, head.path)
    except AnswerError:
        _begin_refused(flow, plan, routed, head)
        raise
    plan.target = request.path
    return body


def _go_on(
    flow: http.HTTPFlow,
    served: Served,
    plan: Plan,
    head: RequestHead,
    body: Body,
    listed: dict[str, list[str]] | None = None,
) -> None:
    request, routed = flow.request, plan.routed
    assert routed is not None
    backend = _backend(flow, plan, routed, served, head, body)
    try:
        authorize_models(backend, lambda: _variables(flow, plan, routed, body))
    except AnswerError:
        _begin_refused(flow, plan, routed, head)
        raise
    if backend.host is not None:
        dispatch.send_to_host(flow, plan, backend, routed)
        return
    plan.tries = _tries(backend, routed, served, lambda: _variables(flow, plan, routed, body))
    policies = served.policies(plan.tries.candidate.target, routed.route)
    plan.client = _client(head, policies, routed, request, body, body_variables(flow, plan))
    plan.headers = request.headers
    if plan.client.api_type == "realtime" and realtime.is_upgrade(request):
        _begin_call(flow, plan, plan.tries.candidate.target, listed)
    elif plan.client.api_type != PASSTHROUGH and request.method == "POST":
        _begin_call(flow, plan, plan.tries.candidate.target, listed)
        if plan.client.form.api_type not in UNREAD:
            body.parsed()
    for guard in served.prompt_guards(backend, routed.route):
        guard_prompt(flow, plan, guard)
    if _reserves(plan):
        plan.must_reserve = plan.again = plan.needs_attempt_hook = True
        return
    try:
        dispatch.make_ready(flow, plan)
    except MustEstimate:
        plan.must_estimate = plan.needs_attempt_hook = True


def _reserves(plan: Plan) -> bool:
    if plan.admitted is None or plan.admitted.reserve is None or plan.tries is None or plan.call is None:
        return False
    client = plan.client
    return (
        plan.tries.candidate.target.tokenize
        and client is not None
        and client.body is not None
        and client.api_type not in COUNTS
    )


def foreseen(flow: http.HTTPFlow, served: Served) -> tuple[ClientRequest, Target] | None:
    """After ``admitted``: the call that is about to begin and the target that is likely to take it; None where that is
    no call to a model, or one that will be refused."""
    plan, request = _plan(flow, served), flow.request
    routed = plan.routed
    if routed is None or request.method != "POST":
        return None
    head, body = head_of(request), Body(request)
    try:
        backend = _backend(flow, plan, routed, served, head, body)
        authorize_models(backend, lambda: _variables(flow, plan, routed, body))
    except AnswerError:
        return None
    if not backend.groups:
        return None
    target = backend.groups[0][0]
    policies = served.policies(target, routed.route)
    client = _client(head, policies, routed, request, body, body_variables(flow, plan))
    return None if client.body is None else (client, target)


def begin_early(flow: http.HTTPFlow, plan: Plan, client: ClientRequest, target: Target) -> None:
    """Begins the record of a call that waits before it goes on: it has one even if it never does."""
    plan.client = client
    _begin_call(flow, plan, target)
    if plan.call is not None:
        plan.call.evidence = Evidence(
            request_sha256=plan.request_sha256,
            request_bytes=len(plan.body or b""),
            config_sha256=plan.served.snapshot.sha256,
        )


def _backend(flow: http.HTTPFlow, plan: Plan, routed: Routed, served: Served, head: RequestHead, body: Body) -> Backend:
    if routed.route.models:
        model = model_of_path(head.path) or _named_model(head, body)
        return backend_for(
            routed.route,
            model if isinstance(model, str) else None,
            head,
            random=served.random,
            holds=lambda condition: condition.evaluate(_variables(flow, plan, routed, body)) is True,
        )
    backend = draw_backend(routed.route, served.random)
    if backend is None or not (backend.groups or backend.host):
        raise NoBackend("no valid backends: the route has no backend with a weight above 0")
    return backend


def _named_model(head: RequestHead, body: Body) -> object:
    """By the body; by the query where there is none (realtime)."""
    if head.method == "POST":
        return body.parsed().values.get("model")
    return next(iter(head.query_values("model")), None)


def _variables(flow: http.HTTPFlow, plan: Plan, routed: Routed, body: Body) -> Variables:
    return variables_before(plan.view or view_of(flow, routed, body, plan.request_seen), plan.claims)


def _tries(backend: Backend, routed: Routed, served: Served, variables: Callable[[], Variables]) -> Tries:
    groups = served.candidates(backend, routed.route)
    candidates = served.fleet.order(groups, served.clock.monotonic_s(), served.random)
    retry = served.policies(candidates[0].target, routed.route).retry
    if retry is not None and retry.precondition is not None and retry.precondition.evaluate(variables()) is not True:
        candidates, retry = candidates[:1], None
    return Tries(candidates, retry, served.fleet, served.retry_budget, served.clock, served.random)


def _client(
    head: RequestHead,
    policies: Policies,
    routed: Routed,
    request: http.Request,
    body: Body,
    variables: BodyVariables,
) -> ClientRequest:
    api_type = api_type_of(policies, head.path)
    form = FORMATS.get(api_type, FORMATS["detect"])
    read = None
    if api_type != "realtime" and api_type != PASSTHROUGH and request.method == "POST":
        read = body.peek()
    seen: Mapping[str, Any] = {}
    if api_type == "realtime":
        seen = dict(parse_qsl(head.query))
    elif read is not None and form.api_type in UNREAD:
        seen, read = read.values, None
    return ClientRequest(
        head.path,
        head.query,
        api_type,
        form,
        routed.match.path,
        body=read,
        seen=seen,
        model=model_of_path(head.path),
        streams=streams(head.path),
        variables=variables,
        read=None if read is None else form.read_request(read.values),
    )


def _begin_call(flow: http.HTTPFlow, plan: Plan, target: Target, listed: dict[str, list[str]] | None = None) -> None:
    """Begins the record, unless nothing tells that a model is asked. One that has begun early is made anew in place.

    ``listed`` are the headers as they are now, where somebody has listed them.
    """
    client, routed = plan.client, plan.routed
    assert client is not None
    assert routed is not None
    seen = client.body.values if client.body is not None else client.seen
    facts = client.facts(seen, client.model)
    if client.form.api_type == "detect" and facts.model is None and target.model is None:
        return
    provider = spec_of(target, target.model or facts.model).name
    if plan.call is None:
        plan.call = begin(flow, plan.served, provider, facts, listed)
    else:
        plan.call.provider, plan.call.request, plan.call.client_model = provider, facts, facts.model
    plan.call.gateway = routed.port.gateway
    plan.call.listener = routed.listener.name
    plan.call.route = routed.route.name
    plan.call.backend = target.name
    plan.call.attribution = attribute(plan.request_seen, seen, plan.claims)


def _begin_refused(flow: http.HTTPFlow, plan: Plan, routed: Routed, head: RequestHead) -> None:
    """A call that the policies turn away has its record too; its body is not read for that."""
    api_type = type_of_path(head.path)
    targets = [one for backend in _backends(routed) for group in backend.groups for one in group]
    if plan.call is not None:
        return
    if head.method != "POST" or api_type in UNREAD or api_type == PASSTHROUGH or not targets:
        return
    form = FORMATS.get(api_type, FORMATS["detect"])
    facts = RequestFacts(form.operation, api_type, model=model_of_path(head.path))
    plan.call = begin(flow, plan.served, spec_of(targets[0], targets[0].model).name, facts)
    plan.call.gateway = routed.port.gateway
    plan.call.listener = routed.listener.name
    plan.call.route = routed.route.name
    plan.call.attribution = attribute(plan.request_seen, {}, plan.claims)


def _backends(routed: Routed) -> list[Backend]:
    return [*routed.route.backends, *(entry.backend for entry in routed.route.models)]


def begin(
    flow: http.HTTPFlow,
    served: Served,
    provider: str,
    facts: RequestFacts,
    seen: dict[str, list[str]] | None = None,
) -> Call:
    """The call of a flow, from the moment its request's head was there; ``seen`` are its headers where somebody has
    listed them."""
    request = flow.request
    said = header_lists(request.headers) if seen is None else seen
    served.calls_under_way += 1
    peer = flow.client_conn.peername
    return Call(
        ids=served.span_ids(
            told(said, "traceparent"),
            told(said, "tracestate"),
            lambda: view_of(flow),
        ),
        start_ns=int((request.timestamp_start or time.time()) * 1e9),
        provider=provider,
        request=facts,
        client_model=facts.model,
        http_method=request.method,
        url_path=request.path.partition("?")[0],
        client_address=peer[0] if peer else None,
        user_agent=told(said, "user-agent"),
    )


def api_type_of(policies: Policies, path: str) -> str:
    if policies.ai is not None:
        for suffix, kind in policies.ai.routes:
            if suffix == "*" or path.endswith(suffix):
                return kind
    return type_of_path(path)
