"""Why no answer came, in the gateway's own words."""

from __future__ import annotations

from mitmproxy import http

from agw import fastpath
from agw.errors import AnswerError, UpstreamFailed, UpstreamProtocol, UpstreamTimeout
from agw.hooks.plan import Plan


def upstream_error(flow: http.HTTPFlow, plan: Plan, message: str) -> AnswerError:
    """mitmproxy's ``message`` is only read, not shown: it may hold what the upstream sent."""
    if plan.timed_out:
        return UpstreamTimeout("upstream call timeout: the provider did not answer in time")
    where = "the upstream" if plan.destination is None else f"{plan.destination[0]}:{plan.destination[1]}"
    if plan.tunnel is not None:
        where += f" through {plan.tunnel[0]}:{plan.tunnel[1]}"
    lowered = message.lower()
    if flow.server_conn.timestamp_tcp_setup is None:
        return UpstreamFailed(f"upstream call failed: {where}: {_no_connection(lowered)}")
    if "tls" in lowered or "certificate" in lowered or "ssl" in lowered:
        return UpstreamFailed(f"upstream call failed: {where}: TLS could not be established (certificate or protocol)")
    if "without sending complete message body" in lowered:
        return UpstreamProtocol(f"upstream call failed: {where} broke its answer off")
    if "server closed connection" in lowered:
        return UpstreamFailed(f"upstream call failed: {where} closed the connection without an answer")
    return UpstreamProtocol(f"upstream call failed: {where} sent something that is not valid HTTP")


def was_stale(flow: http.HTTPFlow, message: str) -> bool:
    """Whether a kept connection, older than this request or its client, was closed before it answered: upstreams close
    idle connections, and a request may cross that on its way."""
    made_s = flow.server_conn.timestamp_tcp_setup
    older = made_s is not None and made_s < (flow.request.timestamp_start or 0.0)
    return (older or fastpath.was_handed_out(flow.server_conn)) and "server closed connection" in message.lower()


def _no_connection(lowered: str) -> str:
    if "refused http connect" in lowered:
        return "the proxy refused to connect"
    if "refused" in lowered or "connect call failed" in lowered:
        return "the connection was refused"
    if "name" in lowered or "getaddrinfo" in lowered or "address" in lowered:
        return "the name cannot be resolved"
    return "it cannot be reached"
