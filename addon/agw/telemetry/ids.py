"""A call's ids in the forms that platforms want."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

from agw.record import SpanIds


def root_ids(ids: SpanIds) -> SpanIds:
    """Ids under which the span is the root of a trace of its own.

    A trace that the client brought may hold many calls, and each needs its own id here. So that id is derived from
    trace and span, and is the same whenever it is asked for. A trace that the gateway began keeps its id.
    """
    if ids.parent_span_id is None and ids.sampled:
        return ids
    derived = hashlib.sha256(f"{ids.trace_id}-{ids.span_id}".encode()).hexdigest()[:32]
    return replace(ids, trace_id=derived, parent_span_id=None)


def call_uuid(ids: SpanIds) -> str:
    """The call's id as a UUID; one call, one UUID, whatever trace it is part of."""
    return str(uuid.UUID(root_ids(ids).trace_id))
