"""The record of a call and its life cycle."""

from agw.record.call import Call, Stage
from agw.record.record import (
    AnswerFacts,
    Attempt,
    Attribution,
    CallError,
    CallRecord,
    Content,
    Cost,
    Evidence,
    FieldValue,
    RequestFacts,
    SpanIds,
)

__all__ = [
    "AnswerFacts",
    "Attempt",
    "Attribution",
    "Call",
    "CallError",
    "CallRecord",
    "Content",
    "Cost",
    "Evidence",
    "FieldValue",
    "RequestFacts",
    "SpanIds",
    "Stage",
]
