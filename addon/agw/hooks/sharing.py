"""Which calls may use an upstream connection that another client has opened."""

from __future__ import annotations

from mitmproxy import http

from agw.fastpath import Share
from agw.hooks.mode import GatewayMode
from agw.hooks.plan import plan_of


def share(flow: http.HTTPFlow) -> Share | None:
    """Only calls that the config sends to a provider, and only where it sends them: those can be tried once more
    (``Tries.gives_way_to_error``) if a kept connection has just ended. What was observed, and what another add-on has
    pointed elsewhere, has connections of its own, as in mitmproxy."""
    plan, request = plan_of(flow), flow.request
    if plan is None or plan.tries is None or not isinstance(flow.client_conn.proxy_mode, GatewayMode):
        return None
    if plan.destination != (request.host, request.port) or request.stream or "upgrade" in request.headers:
        return None
    # What follows a try that failed should not meet a connection that has ended, too.
    return Share(plan.tls, take=not plan.tries.made)
