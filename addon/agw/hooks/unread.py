"""Bodies that nobody reads pass as they come, instead of being held whole.

mitmproxy holds a body until its end, so that every addon can look at it. A call to a model must be held, since its body
says which model is meant; a file of 100 MB on its way to somewhere else need not be.
"""

from __future__ import annotations

from mitmproxy import ctx, http
from mitmproxy.addons.view import View

from agw.config.snapshot import Backend, Route
from agw.errors import AnswerError
from agw.hooks.admit import head_of
from agw.hooks.arrival import PASSTHROUGH, api_type_of
from agw.hooks.heads import value_of
from agw.hooks.plan import plan_of
from agw.hooks.served import Served
from agw.providers import provider_of_host

LARGE_BYTES = 1024 * 1024
_READERS = ("save_stream_file", "hardump", "modify_body", "server_replay", "store_streamed_bodies")
"""mitmproxy's options that need whole bodies."""
_DETAIL_WITH_BODIES = 3


def let_pass(flow: http.HTTPFlow, message: http.Request | http.Response) -> None:
    """One half of a flow that only passes, in a mode of the person's own or to a plain host."""
    if _is_large(message) and not _is_call(flow.request) and _nobody_looks():
        message.stream = True


def _is_call(request: http.Request) -> bool:
    """A call to a model is JSON; a file on its way to a provider comes in parts."""
    is_form = request.headers.get("content-type", "").startswith("multipart/")
    return request.method == "POST" and provider_of_host(request.pretty_host) is not None and not is_form


def _is_large(message: http.Request | http.Response) -> bool:
    """By its head; a length that is not told may be any."""
    length = value_of(message.headers, b"content-length")
    if length is not None:
        return length.isdecimal() and int(length) >= LARGE_BYTES
    return "transfer-encoding" in message.headers or (isinstance(message, http.Response) and message.is_http2)


def _nobody_looks() -> bool:
    """No list of flows, no dump, no other script."""
    options = ctx.options
    return (
        not isinstance(ctx.master.addons.get("view"), View)
        and len(options.scripts) <= 1
        and options.flow_detail < _DETAIL_WITH_BODIES
        and not any(getattr(options, name) for name in _READERS)
    )


def passes_unread(flow: http.HTTPFlow, served: Served) -> bool:
    """Whether nothing that this request may meet on the config's ports reads its body, or must keep it for another
    try. Only a large one is asked for: the others are held, and can be sent again on a connection that is not stale.
    """
    if not _is_large(flow.request):
        return False
    head = head_of(flow.request)
    try:
        route = served.router.route(flow.client_conn.sockname[1], head).route
    except AnswerError:
        return False
    if route.models or not _admits_unread(route):
        return False
    backends = [one for one in route.backends if one.weight > 0]
    return bool(backends) and all(_takes_unread(one, route, served, head.path) for one in backends)


def stream_request(flow: http.HTTPFlow) -> None:
    """Once the request has been made ready, or has its answer."""
    flow.request.stream = flow.response is None
    if flow.response is not None and (plan := plan_of(flow)) is not None:
        # What still comes of it is not kept.
        plan.max_body_bytes = 0


def _admits_unread(route: Route) -> bool:
    policies = route.policies.client
    by_body = (policies.authorization, policies.transformations, policies.direct_response)
    if any(one is not None for one in by_body) or policies.basic_auth is not None:
        # Basic authentication is looked up in a thread, which only a request that is whole waits for.
        return False
    return policies.api_key is None or all(key.allowed_models is None for key in policies.api_key.keys)


def _takes_unread(backend: Backend, route: Route, served: Served, path: str) -> bool:
    if backend.host is not None:
        return True
    targets = [one for group in backend.groups for one in group]
    if len(targets) != 1:
        return False
    policies = served.policies(targets[0], route)
    if policies.retry is not None or targets[0].policies.client.authorization is not None:
        return False
    return api_type_of(policies, path) == PASSTHROUGH
