"""A record as a row of ``call``: which columns it has and where each comes from."""

from __future__ import annotations

from typing import Any

from agw.record import CallRecord, RequestFacts, SpanIds
from agw.telemetry.text import clean
from agw.usage import Usage

_INT64 = 2**63
MAX_TEXT = 1024
_NO_USAGE = Usage()


def usage_of(record: CallRecord) -> Usage:
    return record.answer.usage or _NO_USAGE


def model_of(record: CallRecord) -> str | None:
    return record.answer.model or record.request.model or record.client_model


def cost_of(record: CallRecord) -> tuple[Any, str | None]:
    """The exact cost in US dollars and its source: the record's own, else what the provider reported."""
    if record.cost is not None:
        return record.cost.total_usd, record.cost.source.value
    reported = usage_of(record).cost_usd
    return (None, None) if reported is None else (reported, "provider")


def _columns(record: CallRecord) -> dict[str, Any]:
    """In the order in which the hash covers them (``chain.py``): new ones go to the end, none is ever taken away."""
    ids, request, who, usage, error = record.ids, record.request, record.attribution, usage_of(record), record.error
    cost, cost_source = cost_of(record)
    return {
        "span_id": ids.span_id,
        "trace_id": ids.trace_id,
        "parent_span_id": ids.parent_span_id,
        "sampled": ids.sampled,
        "start_ns": record.start_ns,
        "end_ns": record.end_ns,
        "first_chunk_s": record.time_to_first_chunk_s,
        "first_token_s": record.time_to_first_token_s,
        "total_s": record.duration_s,
        "operation": request.operation,
        "api_type": request.api_type,
        "provider": record.provider,
        "model": model_of(record),
        "model_asked": record.client_model,
        "model_sent": request.model,
        "stream": request.stream,
        "gateway": record.gateway,
        "listener": record.listener,
        "route": record.route,
        "backend": record.backend,
        "server_address": record.server_address,
        "user": who.user,
        "user_group": who.group,
        "session": who.session or request.conversation_id,
        "key_name": who.key_name,
        "user_agent": record.user_agent,
        "client_address": record.client_address,
        "http_status": record.http_status,
        "error_type": None if error is None else error.type,
        "error_message": None if error is None else error.message,
        "partial": record.partial,
        "attempts": len(record.attempts),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "input_audio_tokens": usage.input_audio_tokens,
        "output_audio_tokens": usage.output_audio_tokens,
        "usage_source": None if record.answer.usage is None else usage.source.value,
        "cost_usd": None if cost is None else format(cost, "f"),
        "cost_source": cost_source,
        "notes": ",".join(record.notes) or None,
    }


NAMES = tuple(_columns(CallRecord(SpanIds("", ""), 0, 0, "", RequestFacts("", ""))))


def values_of(record: CallRecord) -> list[str | int | float | None]:
    """One value for each of NAMES, as SQLite keeps it. What does not fit into 64 bits is not known there."""
    # Most are nothing, a short text or a number: no call for those.
    return [
        value
        if value is None
        or ((kind := type(value)) is str and len(value) <= MAX_TEXT and value.isascii())
        or kind is float
        or (kind is int and -_INT64 <= value < _INT64)
        else _stored(value)
        for value in _columns(record).values()
    ]


def _stored(value: Any) -> str | int | float | None:
    if isinstance(value, str):
        return clean(value, MAX_TEXT)
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else None
    return None
