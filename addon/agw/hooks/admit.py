"""The policies on clients, asked for one flow; and what comes of them on its way."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mitmproxy import http

from agw.cel import Variables
from agw.config.guard_rules import PromptGuard
from agw.config.snapshot import Backend, Target
from agw.errors import AnswerError
from agw.formats.body import JsonObject
from agw.formats.paths import model_of_path
from agw.hooks.body import Body
from agw.hooks.heads import header_lists, told, value_of
from agw.hooks.plan import Plan
from agw.hooks.served import Served
from agw.policies.admission import Headers, LocalAnswer
from agw.policies.body import BodyVariables
from agw.policies.facts import AnswerView, Place, RequestView, variables_before
from agw.policies.guard import guard_answer, guard_request
from agw.policies.headers import modify
from agw.policies.presented import strip
from agw.policies.rules import authorize
from agw.policies.transform import header_changes, text_of
from agw.routing import RequestHead, Routed


def head_of(request: http.Request, seen: dict[str, list[str]] | None = None) -> RequestHead:
    """``seen`` are its headers where somebody has listed them."""
    host = (value_of(request.headers, b"host") if seen is None else told(seen, "host")) or request.authority
    return RequestHead.of(request.method, request.path, host, request.headers.get_all)


def view_of(
    flow: http.HTTPFlow,
    routed: Routed | None = None,
    body: Body | None = None,
    seen: dict[str, list[str]] | None = None,
) -> RequestView:
    """The request as it came, for policies and expressions; ``seen`` are its headers where somebody has listed them."""
    request, peer = flow.request, flow.client_conn.peername
    place = Place() if routed is None else Place(routed.port.gateway, routed.listener.name, routed.route.name)
    return RequestView(
        method=request.method,
        target=request.path,
        host=value_of(request.headers, b"host") or request.authority,
        headers=header_lists(request.headers) if seen is None else seen,
        version=request.http_version,
        client_address=peer[0] if peer else None,
        client_port=peer[1] if peer else None,
        start_ns=int(request.timestamp_start * 1e9),
        body=members_of(body),
        place=place,
    )


def members_of(body: Body | None) -> Callable[[], dict[str, Any] | None]:
    """The members of a body, read when they are asked for."""

    def members() -> dict[str, Any] | None:
        read = None if body is None else body.peek()
        return None if read is None else read.values

    return members


def admit(flow: http.HTTPFlow, plan: Plan, routed: Routed, body: Body) -> bool:
    """Lets the request through, changed as the policies say; False where they have answered it themselves.

    Raises AnswerError.
    """
    served = plan.served
    gate = served.gates.of(routed.route)
    if gate is None:
        return True
    plan.view = view_of(flow, routed, body, plan.request_seen)
    found = gate.check(plan.view, served.clock.monotonic_s(), routed.match.path)
    if isinstance(found, LocalAnswer):
        flow.response = http.Response.make(found.status, found.body)
        set_headers(flow.response.headers, found.headers)
        return False
    plan.admitted, plan.claims, plan.passed_token = found, found.claims, found.token
    plan.response_change = gate.response
    request = flow.request
    request.path = strip(request.headers, request.path, found.credentials)
    for place in found.credentials:
        # What authenticated the client is seen by nobody any more, expressions neither.
        plan.request_seen.pop(place.name, None)
    modify(request.headers, found.request_headers)
    if found.body is not None:
        change_body(flow, plan, found.body)
    return True


def slow_check(flow: http.HTTPFlow, served: Served) -> Callable[[], None] | None:
    """What ``admit`` would hold the loop up with, to be run in a thread before it; mostly None."""
    if not served.gates.slow:
        return None
    try:
        routed = served.router.route(flow.client_conn.sockname[1], head_of(flow.request))
    except AnswerError:
        return None
    gate = served.gates.of(routed.route)
    return None if gate is None else gate.slow_check(view_of(flow, routed), served.clock.monotonic_s())


def check_model(plan: Plan, body: Body, path: str) -> None:
    """Whether the client's key is for the model that it asks for. Raises Forbidden."""
    if plan.admitted is None or plan.admitted.allowed_models is None:
        return
    read = body.peek()
    model = model_of_path(path) if read is None else read.values.get("model", model_of_path(path))
    plan.admitted.check_model(model if isinstance(model, str) else None)


def authorize_models(backend: Backend, variables: Callable[[], Variables]) -> None:
    """Whether the client may have an answer of all the models that might give it. Raises Forbidden."""
    for group in backend.groups:
        for target in group:
            rules = target.policies.client.authorization
            if rules is not None:
                authorize(rules, variables())


def guard_prompt(flow: http.HTTPFlow, plan: Plan, guard: PromptGuard) -> None:
    """Masks what the prompt may not hold. Raises GuardRejected."""
    client = plan.client
    if client is None or client.body is None:
        return
    found = guard_request(guard.request, client.body.values)
    if not found.changes:
        return
    edited = client.body.edited(found.changes, ())
    plan.client = replace(client, body=JsonObject.parse(edited), read=None)
    change_body(flow, plan, edited)
    if plan.call is not None:
        plan.call.notes += [f"prompt guard masked: {name}" for name in found.masked]


def body_variables(flow: http.HTTPFlow, plan: Plan) -> BodyVariables:
    """What expressions see of the call, with another body than the one that came."""
    # The flow keeps its plan, and the plan what is given here: held the usual way, only the collector would free them.
    flow_ref, plan_ref = weakref.ref(flow), weakref.ref(plan)

    def variables(body: Mapping[str, Any]) -> Variables:
        flow, plan = flow_ref(), plan_ref()
        assert flow is not None
        assert plan is not None
        metadata = None if plan.admitted is None else plan.admitted.metadata
        view = replace(plan.view or _view_again(flow, plan), body=lambda: body)
        return variables_before(view, plan.claims, metadata=metadata)

    return variables


def _view_again(flow: http.HTTPFlow, plan: Plan) -> RequestView:
    """The view of a request of which a try may have changed path and host by now."""
    view = view_of(flow, plan.routed, None, plan.request_seen)
    hosts = plan.request_seen.get("host") or [view.host]
    plan.view = replace(view, target=plan.target or view.target, host=hosts[0])
    return plan.view


def change_body(flow: http.HTTPFlow, plan: Plan, data: bytes) -> None:
    """Another body for every try to start from."""
    request = flow.request
    request.raw_content = plan.body = data
    plan.body_changed = True
    for name in ("content-encoding", "transfer-encoding"):
        request.headers.pop(name, None)
    request.headers["content-length"] = str(len(data))


def change_answer_head(response: http.Response, plan: Plan) -> None:
    """The headers that policies add to an answer, wherever it comes from."""
    if plan.admitted is None:
        return
    if plan.response_change is not None:
        modify(response.headers, header_changes(plan.response_change, _after(response, plan)))
    set_headers(response.headers, plan.admitted.answer_headers)


def is_unhealthy(flow: http.HTTPFlow, plan: Plan, response: http.Response, target: Target) -> bool | None:
    """Whether the answer counts against its target, by the config's own words; None where it says nothing."""
    if plan.routed is None:
        return None
    policy = plan.served.policies(target, plan.routed.route).unhealthy
    return None if policy is None else policy.evaluate(_after_try(flow, plan, response)) is True


def is_unwanted(flow: http.HTTPFlow, plan: Plan, response: http.Response) -> bool:
    """Whether the ``retry`` policy's condition is met by the answer that has begun."""
    condition = None if plan.tries is None else plan.tries.condition
    return condition is not None and condition.evaluate(_after_try(flow, plan, response)) is True


def holds_answer(response: http.Response, plan: Plan) -> bool:
    """Whether a whole answer must be looked at before the client gets it. A stream never is."""
    changes = plan.response_change is not None and plan.response_change.body is not None
    guards = plan.prompt_guard is not None and bool(plan.prompt_guard.response)
    if not (changes or (guards and response.status_code < 300)):
        return False
    return not response.headers.get("content-type", "").startswith(("text/event-stream", "application/vnd.amazon"))


def held_answer(response: http.Response, plan: Plan, data: bytes) -> bytes:
    """``data`` as the client gets it, in its own format. Raises GuardRejected."""
    if plan.prompt_guard is not None and plan.prompt_guard.response and response.status_code < 300:
        try:
            read = JsonObject.parse(data)
        except ValueError:
            read = None
        if read is not None:
            found = guard_answer(plan.prompt_guard.response, read.values)
            if found.changes:
                data = read.edited(found.changes, ())
                if plan.call is not None:
                    plan.call.notes += [f"answer guard masked: {name}" for name in found.masked]
    change = plan.response_change
    if change is not None and change.body is not None:
        made = text_of(change.body.evaluate(_after(response, plan, data)))
        data = data if made is None else made
    return data


def set_headers(headers: http.Headers, pairs: Headers) -> None:
    for name, value in pairs:
        if name == "vary" and name in headers:
            headers[name] = f"{headers[name]}, {value}"
        else:
            headers[name] = value


def _after_try(flow: http.HTTPFlow, plan: Plan, response: http.Response) -> Variables:
    """With the request, which nobody may have asked about so far."""
    body = None if plan.client is None else plan.client.body
    plan.view = plan.view or replace(_view_again(flow, plan), body=lambda: None if body is None else body.values)
    return _after(response, plan)


def _after(response: http.Response, plan: Plan, data: bytes | None = None) -> Variables:
    metadata = None if plan.admitted is None else plan.admitted.metadata
    answer = AnswerView(response.status_code, header_lists(response.headers), data)
    return variables_before(plan.view or RequestView(), plan.claims, metadata=metadata, answer=answer)
