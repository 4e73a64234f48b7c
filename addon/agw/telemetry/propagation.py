"""W3C trace context (https://www.w3.org/TR/trace-context/), strictly read (agentgateway.md §2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agw.record import SpanIds

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
MAX_TRACESTATE = 512
"""Characters; the least that the recommendation asks a party to pass on. Nothing longer is kept."""


@dataclass(frozen=True, slots=True)
class SpanContextIn:
    """What a caller sent. Ids are lower-case hex, 32 and 16 digits; ``flags`` is the whole byte."""

    trace_id: str
    span_id: str
    flags: int
    trace_state: str = ""


def parse(traceparent: str | None, tracestate: str | None = None) -> SpanContextIn | None:
    """The caller's context; None where there is none or where it is not well formed.

    A ``tracestate`` that is too long or not printable ASCII is left out, and the rest still counts.
    """
    found = _TRACEPARENT.fullmatch(traceparent.strip(" \t")) if traceparent else None
    if found is None:
        return None
    version, trace_id, span_id, flags = found.groups()
    if version == "ff" or not int(trace_id, 16) or not int(span_id, 16):
        return None
    state = (tracestate or "").strip(" \t")
    if len(state) > MAX_TRACESTATE or not state.isascii() or not state.isprintable():
        state = ""
    return SpanContextIn(trace_id, span_id, int(flags, 16), state)


def format_traceparent(trace_id: str, span_id: str, flags: int) -> str:
    return f"00-{trace_id}-{span_id}-{flags & 0xFF:02x}"


def outgoing_traceparent(ids: SpanIds) -> str | None:
    """The header for the upstream request; None where it must stay as the client sent it."""
    if not ids.sampled and ids.parent_span_id is None:
        return None
    return format_traceparent(ids.trace_id, ids.span_id, ids.trace_flags)
