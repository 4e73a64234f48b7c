"""A call's ids in the forms that platforms want. All follow from trace and span id alone, so that whoever
knows the two can name the call anywhere, for example to score it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

from agw.record import SpanIds


def root_ids(ids: SpanIds) -> SpanIds:
    """Ids under which the span is the root of a trace of its own.

    A trace that the client brought may hold many calls, and each needs an id of its own there.
    """
    return replace(ids, trace_id=_derived(ids.trace_id, ids.span_id), parent_span_id=None)


def root_uuid(trace_id: str, span_id: str) -> str:
    """The id of LangSmith's run for a span with ``root_ids``: the trace's id, written as a UUID."""
    return str(uuid.UUID(_derived(trace_id, span_id)))


def child_uuid(span_id: str) -> str:
    """The id of LangSmith's run for a span that has a parent there."""
    return str(uuid.UUID(span_id.rjust(32, "0")))


def call_uuid(trace_id: str, span_id: str) -> str:
    """A UUID that is well formed to the last bit (version 4), as Helicone checks it."""
    return str(uuid.UUID(_derived(trace_id, span_id), version=4))


def _derived(trace_id: str, span_id: str) -> str:
    return hashlib.sha256(f"{trace_id}-{span_id}".encode()).hexdigest()[:32]
