"""Span events that more than one platform reads."""

from __future__ import annotations

from agw.record import Attempt, CallRecord
from agw.telemetry.dialects.base import SpanEvent
from agw.telemetry.semconv import AttributeValue


def common(record: CallRecord) -> list[SpanEvent]:
    """One event for each attempt where there was more than one, and ``exception`` for a call that failed.

    A failed call has the event beside its status, because one backend reads nothing else (platforms.md §0, trap 8).
    """
    events = []
    if len(record.attempts) > 1:
        events = [_attempt(number, one) for number, one in enumerate(record.attempts, 1)]
    if (error := record.error) is not None:
        found = {"exception.type": error.type, "exception.message": error.message}
        events.append(SpanEvent("exception", record.end_ns, found))
    return events


def with_new_token(record: CallRecord) -> list[SpanEvent]:
    """The same with ``new_token`` at the first content, from which LangSmith takes the time to the first token."""
    told = common(record)
    if (first_ns := first_token_ns(record)) is None and len(told) < 2:
        return told
    if first_ns is not None:
        told.append(SpanEvent("new_token", first_ns))
    return sorted(told, key=lambda one: one.time_ns)


def first_token_ns(record: CallRecord) -> int | None:
    """When the first content of a stream came; None for errors, whose body is no content (platforms.md §4.3, 7)."""
    return None if (record.http_status or 0) >= 400 else record.first_token_ns


def _attempt(number: int, attempt: Attempt) -> SpanEvent:
    told: dict[str, AttributeValue | None] = {
        "agw.attempt": number,
        "agw.backend": attempt.backend,
        "gen_ai.provider.name": attempt.provider,
        "gen_ai.request.model": attempt.model,
        "server.address": attempt.server_address,
        "server.port": attempt.server_port if attempt.server_address else None,
        "http.response.status_code": attempt.http_status,
        "error.type": attempt.error_type,
        "agw.attempt.duration": (attempt.end_ns - attempt.start_ns) / 1e9,
    }
    return SpanEvent("agw.attempt", attempt.start_ns, {k: v for k, v in told.items() if v is not None})
