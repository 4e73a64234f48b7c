"""The record of a call and its life cycle."""

from agw.record.call import Call, Stage
from agw.record.record import AnswerFacts, CallError, CallRecord, Content, RequestFacts, SpanIds

__all__ = ["AnswerFacts", "Call", "CallError", "CallRecord", "Content", "RequestFacts", "SpanIds", "Stage"]
