"""The answer's half of a call: tap what streams, finish the record, answer where the provider did not."""

from __future__ import annotations

import time
from dataclasses import replace

from mitmproxy import flow as flows
from mitmproxy import http

from agw.errors import AnswerError, GuardRejected, UpstreamProtocol
from agw.formats.errors import error_body
from agw.hooks.admit import change_answer_head, held_answer, holds_answer, is_unhealthy, set_headers
from agw.hooks.failures import upstream_error
from agw.hooks.heads import drop, header_lists, set_value, told, value_of
from agw.hooks.plan import Plan
from agw.hooks.wire import mask_sent
from agw.policies.headers import modify
from agw.record import AnswerFacts, CallError, Evidence
from agw.retry_after import retry_after_s
from agw.streaming.decode import decode_whole
from agw.streaming.error_page import ErrorPageTap, is_error_page
from agw.streaming.reader import SSE, AnswerReader
from agw.streaming.tap import PassingTap, Tap, UsageRemovingTap
from agw.streaming.translating import TranslatingTap
from agw.translate.registry import plain_error
from agw.usage.extract import usage_from_headers

TRACE_ID_HEADER, SPAN_ID_HEADER = "x-agw-trace-id", "x-agw-span-id"
"""On every recorded answer: what a score is to be posted for."""
_OWN_HEADERS = (TRACE_ID_HEADER.encode(), SPAN_ID_HEADER.encode())


_BYTES_OF_A_TOKEN, _BYTES_OF_AN_EVENT = 4, 200
"""Roughly: of a prompt, and of a stream's event that brings one token."""


def now_ns() -> int:
    return time.time_ns()


def answer_locally(flow: http.HTTPFlow, plan: Plan, error: AnswerError) -> None:
    """The gateway's own answer, in the client's format; the call ends here."""
    own = error.body if isinstance(error, GuardRejected) else None
    if own is None:
        body, kind = error_body(error, plan.error_style), "application/json"
    else:
        body, kind = own.encode(), "application/json" if own.lstrip()[:1] in ("{", "[") else "text/plain; charset=utf-8"
    mask_sent(flow.request)
    flow.response = http.Response.make(error.status, body, {"content-type": kind})
    change_answer_head(flow.response, plan)
    set_headers(flow.response.headers, error.headers)
    if plan.call is not None:
        plan.call.http_status = error.status
        _tell_ids(flow.response, plan)
    if plan.tries is not None:
        plan.tries.failed(error.error_type)
    finish(plan, CallError(error.error_type, error.message))


def answer_with(flow: http.HTTPFlow, plan: Plan, response: http.Response) -> None:
    """An answer that the gateway gives itself, and that is no error; the call ends here."""
    flow.response = response
    change_answer_head(response, plan)
    if plan.call is not None:
        plan.call.http_status = response.status_code
        _tell_ids(response, plan)
    finish(plan, None)


def begin_answer(flow: http.HTTPFlow, plan: Plan) -> None:
    """Sets the tap before the first byte passes. Called for every answer that an upstream began."""
    response = flow.response
    if response is None:
        return
    cancel_timer(plan)
    if plan.tries is not None:
        plan.tries.answered(
            response.status_code,
            retry_after_s(value_of(response.headers, b"retry-after")),
            unhealthy=is_unhealthy(flow, plan, response, plan.tries.candidate.target),
        )
    for modifier in plan.response_headers:
        modify(response.headers, modifier)
    change_answer_head(response, plan)
    if plan.call is None or plan.format is None:
        response.stream = True
        return
    plan.call.answering(response.status_code)
    plan.answer_seen = header_lists(response.headers)
    if plan.prepared is not None:
        _tell_ids(response, plan)
    if response.status_code == 101:
        return
    plan.tap = _tap(response, plan)
    if plan.tap.edits:
        _length_unknown(flow, response)
    if isinstance(plan.tap, TranslatingTap):
        response.headers["content-type"] = f"{SSE}; charset=utf-8" if plan.tap.writes_events else "application/json"
    elif isinstance(plan.tap, ErrorPageTap):
        response.headers["content-type"] = "application/json"
    # A whole answer that is translated has been waited for anyway: its status may yet have to say that it is none.
    translated = isinstance(plan.tap, TranslatingTap) and not plan.tap.writes_events and response.status_code < 300
    plan.held = translated or holds_answer(response, plan)
    response.stream = False if plan.held else plan.tap


def _tap(response: http.Response, plan: Plan) -> Tap:
    assert plan.format is not None
    status, content_type = response.status_code, told(plan.answer_seen, "content-type") or ""
    reader = AnswerReader(
        plan.format,
        content_type=content_type,
        content_encoding=told(plan.answer_seen, "content-encoding") or "",
        keep_content=plan.content is not None,
        now_ns=now_ns,
        stream_asked=plan.call is not None and plan.call.request.stream,
        told=usage_from_headers(plan.answer_seen),
    )
    made = plan.prepared
    if made is not None and made.translator is not None:
        return TranslatingTap(reader, now_ns, made.translator, status)
    # What only passes, or is only looked at, keeps its page.
    client = None if made is None or plan.client is None or plan.client.body is None else plan.client
    if client is not None and is_error_page(status, content_type):
        return ErrorPageTap(reader, now_ns, plain_error(client.api_type, status))
    if made is not None and made.remove_usage and status < 300 and reader.has_blocks:
        return UsageRemovingTap(reader, now_ns)
    return PassingTap(reader, now_ns)


def _tell_ids(response: http.Response, plan: Plan) -> None:
    if plan.call is not None:
        others = [field for field in response.headers.fields if field[0].lower() not in _OWN_HEADERS]
        ids = plan.call.ids
        response.headers.fields = (
            *others,
            (TRACE_ID_HEADER.encode(), ids.trace_id.encode()),
            (SPAN_ID_HEADER.encode(), ids.span_id.encode()),
        )


def _length_unknown(flow: http.HTTPFlow, response: http.Response) -> None:
    """What is edited on its way has no length yet, and leaves decoded."""
    drop(response.headers, b"content-length", b"content-encoding")
    if flow.request.http_version == "HTTP/1.1" and value_of(response.headers, b"transfer-encoding") is None:
        set_value(response.headers, b"transfer-encoding", "chunked")


def end_answer(flow: http.HTTPFlow, plan: Plan) -> None:
    """The answer came to its end."""
    if plan.held and flow.response is not None and plan.tap is not None:
        plan.held = False
        try:
            _give_held(flow.response, plan, plan.tap)
        except AnswerError as error:
            answer_locally(flow, plan, error)
            return
    finish(plan, None)


def _give_held(response: http.Response, plan: Plan, tap: Tap) -> None:
    """The whole answer, read and looked at, in the client's format. Raises GuardRejected or UpstreamProtocol."""
    raw = response.raw_content or b""
    data = _joined(tap(raw)) + _joined(tap(b""))
    if isinstance(tap, TranslatingTap) and tap.failure is not None:
        raise UpstreamProtocol(f"failed to process LLM response: {tap.failure}")
    encoding = response.headers.get("content-encoding", "")
    try:
        plain = decode_whole(data, encoding) if encoding else data
    except (LookupError, ValueError):
        # What nobody can read is not looked at either.
        plain = data
    given = held_answer(response, plan, plain)
    if given != plain:
        data = given
        response.headers.pop("content-encoding", None)
    response.raw_content = data
    response.headers.pop("transfer-encoding", None)
    response.headers["content-length"] = str(len(data))


def _joined(pieces: bytes | list[bytes]) -> bytes:
    return pieces if isinstance(pieces, bytes) else b"".join(pieces)


def failed(flow: http.HTTPFlow, plan: Plan) -> None:
    """mitmproxy's ``error`` hook: the upstream or the client has gone, or somebody killed the flow."""
    cancel_timer(plan)
    message = flow.error.msg if flow.error else "unknown error"
    if message.startswith("Client disconnected") or message == "EOF":
        finish(plan, CallError("client_disconnected", "the client left before the answer's end"), broken_off=True)
    elif message == flows.Error.KILLED_MESSAGE:
        finish(plan, CallError("killed", "the flow was killed in mitmproxy"), broken_off=True)
    elif flow.response is not None:
        if plan.tries is not None:
            plan.tries.broke_off("upstream_disconnected")
        finish(plan, CallError("upstream_disconnected", "the provider broke the answer off"), broken_off=True)
    else:
        answer_locally(flow, plan, upstream_error(flow, plan, message))


def finish(plan: Plan, error: CallError | None, *, broken_off: bool = False) -> None:
    """Makes the record and hands it on, once."""
    cancel_timer(plan)
    call, tap = plan.call, plan.tap
    if plan.tries is not None:
        plan.tries.ended()
    if call is None:
        return
    call.notes.extend(plan.notes)
    answer, content = None, plan.content
    first_chunk_ns = first_token_ns = None
    if tap is not None:
        answer = tap.reader.facts()
        call.notes.extend(tap.reader.notes())
        if call.request.stream:
            first_chunk_ns, first_token_ns = tap.first_chunk_ns, tap.reader.first_token_ns
            broken_off = broken_off or (not answer.complete and error is None and (call.http_status or 0) < 400)
        if content is not None:
            content = replace(content, output_messages=tap.reader.output_messages())
        sent = call.evidence
        call.evidence = Evidence(
            sent.request_sha256,
            sent.request_bytes,
            sent.sent_sha256,
            tap.sha256(),
            tap.passed_bytes,
            sent.config_sha256,
        )
    if (made := plan.prepared) is not None:
        dropped = made.dropped if made.translator is None else made.translator.dropped
        if dropped:
            call.notes.extend([f"dropped: {name}" for name in dropped])
    call.attempts = () if plan.tries is None else tuple(plan.tries.made)
    call.overhead_s = plan.spent_s + (0.0 if tap is None else tap.spent_s)
    record = call.finish(
        now_ns(),
        answer=answer,
        error=error,
        broken_off=broken_off,
        first_chunk_ns=first_chunk_ns,
        first_token_ns=first_token_ns,
        content=content,
    )
    if record is not None:
        _spend(plan, record.answer)
        plan.served.put(record, plan.transient(None if tap is None or tap.reader.streamed else tap.reader.body()))


def _spend(plan: Plan, answer: AnswerFacts) -> None:
    """Draws what the call took from the client's buckets."""
    if plan.admitted is None:
        return
    usage = answer.usage
    if usage is not None:
        tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0) or (usage.total_tokens or 0)
    elif plan.tap is not None and plan.call is not None and (plan.call.http_status or 500) < 400:
        # Nobody told: a client that leaves before the end must not ask for nothing.
        tokens = len(plan.body or b"") // _BYTES_OF_A_TOKEN + plan.tap.passed_bytes // _BYTES_OF_AN_EVENT
    else:
        tokens = 0
    reserved, plan.reserved_tokens = plan.reserved_tokens, 0
    if tokens != reserved:
        plan.admitted.spend(tokens - reserved, plan.served.clock.monotonic_s())


def cancel_timer(plan: Plan) -> None:
    if plan.timer is not None:
        plan.timer.cancel()
        plan.timer = None
