"""W3C trace context (https://www.w3.org/TR/trace-context/), strictly read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agw.record import SpanIds

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_MAX_TRACESTATE = 512


@dataclass(frozen=True, slots=True)
class ParentContext:
    trace_id: str
    span_id: str
    flags: int
    trace_state: str = ""


def parse(traceparent: str | None, tracestate: str | None = None) -> ParentContext | None:
    """The caller's context; None where there is none or where it is not well formed."""
    found = _TRACEPARENT.fullmatch(traceparent.strip()) if traceparent else None
    if found is None:
        return None
    version, trace_id, span_id, flags = found.groups()
    if version == "ff" or not int(trace_id, 16) or not int(span_id, 16):
        return None
    state = (tracestate or "").strip()
    if len(state) > _MAX_TRACESTATE or not state.isascii() or not state.isprintable():
        state = ""
    return ParentContext(trace_id, span_id, int(flags, 16), state)


def outgoing_traceparent(ids: SpanIds) -> str | None:
    """The header for the upstream request; None where it must stay as the client sent it."""
    if not ids.sampled and ids.parent_span_id is None:
        return None
    return f"00-{ids.trace_id}-{ids.span_id}-{ids.trace_flags:02x}"
