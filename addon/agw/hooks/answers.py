"""The answer's half of a call: tap what streams, finish the record, answer where the provider did not."""

from __future__ import annotations

import time
from dataclasses import replace

from mitmproxy import flow as flows
from mitmproxy import http

from agw.errors import AnswerError, UpstreamFailed, UpstreamProtocol, UpstreamTimeout
from agw.formats.errors import error_body
from agw.hooks.plan import Plan, header_lists
from agw.policies.headers import modify
from agw.record import AnswerFacts, CallError, Content
from agw.streaming.tap import AnswerTap


def now_ns() -> int:
    return time.time_ns()


def answer_locally(flow: http.HTTPFlow, plan: Plan, error: AnswerError) -> None:
    """The gateway's own answer, in the client's format; the call ends here."""
    flow.response = http.Response.make(
        error.status, error_body(error, anthropic=plan.anthropic), {"content-type": "application/json"}
    )
    if plan.call is not None:
        plan.call.http_status = error.status
    finish(plan, CallError(error.error_type, error.message))


def begin_answer(flow: http.HTTPFlow, plan: Plan) -> None:
    """Sets the tap before the first byte passes. Called for every answer that an upstream began."""
    response = flow.response
    if response is None:
        return
    cancel_timer(plan)
    for modifier in plan.response_headers:
        modify(response.headers, modifier)
    if plan.call is None or plan.format is None:
        response.stream = True
        return
    plan.call.answering(response.status_code)
    plan.answer_seen = header_lists(response.headers)
    if response.status_code == 101:
        return
    edits = plan.usage_injected and response.status_code < 300
    plan.tap = AnswerTap(
        plan.format,
        content_type=response.headers.get("content-type", ""),
        content_encoding=response.headers.get("content-encoding", ""),
        remove_usage=edits,
        keep_content=plan.content is not None,
        now_ns=now_ns,
    )
    if plan.tap.edits:
        _length_unknown(flow, response)
    response.stream = plan.tap


def _length_unknown(flow: http.HTTPFlow, response: http.Response) -> None:
    """What is edited on its way has no length yet, and leaves decoded."""
    for name in ("content-length", "content-encoding"):
        response.headers.pop(name, None)
    if flow.request.http_version == "HTTP/1.1" and "transfer-encoding" not in response.headers:
        response.headers["transfer-encoding"] = "chunked"


def end_answer(plan: Plan) -> None:
    """The answer came to its end."""
    finish(plan, None)


def failed(flow: http.HTTPFlow, plan: Plan) -> None:
    """mitmproxy's ``error`` hook: the upstream or the client has gone, or somebody killed the flow."""
    cancel_timer(plan)
    message = flow.error.msg if flow.error else "unknown error"
    if plan.timed_out and flow.response is None:
        answer_locally(flow, plan, UpstreamTimeout("upstream call timeout: the provider did not answer in time"))
        return
    client_gone = message.startswith("Client disconnected") or message == "EOF"
    if client_gone:
        finish(plan, CallError("client_disconnected", "the client left before the answer's end"), broken_off=True)
    elif message == flows.Error.KILLED_MESSAGE:
        finish(plan, CallError("killed", "the flow was killed in mitmproxy"), broken_off=True)
    elif flow.response is not None:
        finish(plan, CallError("upstream_disconnected", "the provider broke the answer off"), broken_off=True)
    else:
        answer_locally(flow, plan, _upstream_error(flow, plan, message))


def _upstream_error(flow: http.HTTPFlow, plan: Plan, message: str) -> AnswerError:
    """Why no answer came. mitmproxy's own text is only read, not shown: it may hold what the upstream sent."""
    where = "the upstream" if plan.destination is None else f"{plan.destination[0]}:{plan.destination[1]}"
    lowered = message.lower()
    if flow.server_conn.timestamp_tcp_setup is None:
        reason = (
            "the connection was refused"
            if "refused" in lowered or "connect call failed" in lowered
            else (
                "the name cannot be resolved"
                if "name" in lowered or "getaddrinfo" in lowered or "address" in lowered
                else "it cannot be reached"
            )
        )
        return UpstreamFailed(f"upstream call failed: {where}: {reason}")
    if "tls" in lowered or "certificate" in lowered or "ssl" in lowered:
        return UpstreamFailed(f"upstream call failed: {where}: TLS could not be established (certificate or protocol)")
    if "server closed connection" in lowered:
        return UpstreamFailed(f"upstream call failed: {where} closed the connection without an answer")
    return UpstreamProtocol(f"upstream call failed: {where} sent something that is not valid HTTP")


def finish(plan: Plan, error: CallError | None, *, broken_off: bool = False) -> None:
    """Makes the record and hands it on, once."""
    call, tap = plan.call, plan.tap
    if call is None:
        return
    answer = AnswerFacts() if tap is None else tap.facts()
    if tap is not None:
        call.notes.extend(tap.notes())
    streamed = call.request.stream
    cut = broken_off or (
        streamed and tap is not None and not answer.complete and error is None and (call.http_status or 0) < 400
    )
    content: Content | None = plan.content
    if content is not None and tap is not None:
        content = replace(content, output_messages=tap.output_messages())
    record = call.finish(
        now_ns(),
        answer=answer,
        error=error,
        broken_off=cut,
        first_chunk_ns=tap.first_chunk_ns if tap is not None and streamed else None,
        first_token_ns=tap.first_token_ns if tap is not None and streamed else None,
        content=content,
    )
    if record is None:
        return
    plan.served.put(record, plan.transient())


def cancel_timer(plan: Plan) -> None:
    if plan.timer is not None:
        plan.timer.cancel()
        plan.timer = None
