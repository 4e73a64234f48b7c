"""A record as a row of ``call``: which columns it has and where each comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agw.record import CallRecord
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


def _after_start_s(moment_ns: int | None, record: CallRecord) -> float | None:
    return None if moment_ns is None else (moment_ns - record.start_ns) / 1e9


COLUMNS: tuple[tuple[str, Callable[[CallRecord], Any]], ...] = (
    ("span_id", lambda r: r.ids.span_id),
    ("trace_id", lambda r: r.ids.trace_id),
    ("parent_span_id", lambda r: r.ids.parent_span_id),
    ("sampled", lambda r: r.ids.sampled),
    ("start_ns", lambda r: r.start_ns),
    ("end_ns", lambda r: r.end_ns),
    ("first_chunk_s", lambda r: r.time_to_first_chunk_s),
    ("first_token_s", lambda r: _after_start_s(r.first_token_ns, r)),
    ("total_s", lambda r: r.duration_s),
    ("operation", lambda r: r.request.operation),
    ("api_type", lambda r: r.request.api_type),
    ("provider", lambda r: r.provider),
    ("model", model_of),
    ("model_asked", lambda r: r.client_model),
    ("model_sent", lambda r: r.request.model),
    ("stream", lambda r: r.request.stream),
    ("gateway", lambda r: r.gateway),
    ("listener", lambda r: r.listener),
    ("route", lambda r: r.route),
    ("backend", lambda r: r.backend),
    ("server_address", lambda r: r.server_address),
    ("user", lambda r: r.attribution.user),
    ("user_group", lambda r: r.attribution.group),
    ("session", lambda r: r.attribution.session or r.request.conversation_id),
    ("key_name", lambda r: r.attribution.key_name),
    ("user_agent", lambda r: r.user_agent),
    ("client_address", lambda r: r.client_address),
    ("http_status", lambda r: r.http_status),
    ("error_type", lambda r: None if r.error is None else r.error.type),
    ("error_message", lambda r: None if r.error is None else r.error.message),
    ("partial", lambda r: r.partial),
    ("attempts", lambda r: len(r.attempts)),
    ("input_tokens", lambda r: usage_of(r).input_tokens),
    ("output_tokens", lambda r: usage_of(r).output_tokens),
    ("total_tokens", lambda r: usage_of(r).total_tokens),
    ("cache_read_tokens", lambda r: usage_of(r).cache_read_tokens),
    ("cache_write_tokens", lambda r: usage_of(r).cache_write_tokens),
    ("reasoning_tokens", lambda r: usage_of(r).reasoning_tokens),
    ("input_audio_tokens", lambda r: usage_of(r).input_audio_tokens),
    ("output_audio_tokens", lambda r: usage_of(r).output_audio_tokens),
    ("usage_source", lambda r: None if r.answer.usage is None else r.answer.usage.source.value),
    ("cost_usd", lambda r: None if (cost := cost_of(r)[0]) is None else format(cost, "f")),
    ("cost_source", lambda r: cost_of(r)[1]),
    ("notes", lambda r: ",".join(r.notes) or None),
)
"""In the order in which the hash covers them (``chain.py``): new ones go to the end, none is ever taken away."""
NAMES = tuple(name for name, _ in COLUMNS)


def values_of(record: CallRecord) -> list[str | int | float | None]:
    """One value for each of COLUMNS, as SQLite keeps it. What does not fit into 64 bits is not known there."""
    return [_stored(take(record)) for _, take in COLUMNS]


def _stored(value: Any) -> str | int | float | None:
    if value is None or type(value) is float:
        return value
    if isinstance(value, str):
        return clean(value, MAX_TEXT)
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else None
    return None
