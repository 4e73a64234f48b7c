"""Traffic that the person proxies through a mode of their own: looked at, never changed."""

from __future__ import annotations

import hashlib

from mitmproxy import http

from agw.attempts.prepare import ClientRequest
from agw.config.snapshot import PathKind, PathMatch
from agw.formats.body import JsonObject
from agw.formats.paths import model_of_path, streams
from agw.formats.registry import format_for_path
from agw.hooks.arrival import begin
from agw.hooks.heads import header_lists
from agw.hooks.plan import Plan, tie
from agw.hooks.served import Served
from agw.providers import provider_of_host
from agw.record import Evidence
from agw.record.attribution import attribute
from agw.streaming.decode import decode_whole


def known_provider(flow: http.HTTPFlow) -> str | None:
    """The provider that this request goes to, None for all other traffic."""
    if flow.request.method != "POST":
        return None
    return provider_of_host(flow.request.pretty_host)


def watch(flow: http.HTTPFlow, served: Served, provider: str) -> Plan | None:
    """Begins the record of a call whose bytes nobody touches; None where it is not a model call."""
    path, _, query = flow.request.path.partition("?")
    form = format_for_path(path)
    try:
        data = flow.request.raw_content or b""
        encoding = flow.request.headers.get("content-encoding", "")
        body = JsonObject.parse(decode_whole(data, encoding) if encoding else data)
    except (ValueError, LookupError):
        return None
    matched = PathMatch(PathKind.PREFIX, "")
    model, asks = model_of_path(path), streams(path)
    client = ClientRequest(path, query, form.api_type, form, matched, body, model=model, streams=asks)
    facts = client.facts(body.values)
    if facts.model is None:
        return None
    plan = Plan(served, format=form, client=client, body=data, request_seen=header_lists(flow.request.headers))
    plan.call = begin(flow, served, provider, facts)
    plan.call.attribution = attribute(plan.request_seen, body.values, plan.claims)
    plan.call.evidence = Evidence(hashlib.sha256(data).hexdigest(), len(data), config_sha256=served.snapshot.sha256)
    plan.call.forwarded(flow.request.pretty_host, flow.request.port)
    if served.capture_content:
        plan.content = form.request_content(body.values)
    tie(flow, plan)
    return plan
