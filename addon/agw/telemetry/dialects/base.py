"""What a dialect is: one platform's way to tell a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agw.record import CallRecord, SpanIds
from agw.telemetry.semconv import AttributeValue

Attributes = dict[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """``time_ns`` is nanoseconds since the epoch."""

    name: str
    time_ns: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's mapping; all parts are pure.

    ``attributes`` gives what tells of model, tokens and cost first and content last, so that whoever cuts a span at
    the end cuts content. It raises ValueError, TypeError or RecursionError where the record's content is not JSON.
    """

    name: str
    attributes: Callable[[CallRecord, bool], Attributes]
    """Takes the record and whether the span is a root there."""
    events: Callable[[CallRecord], list[SpanEvent]]
    root_ids: Callable[[SpanIds], SpanIds] = lambda ids: ids
    """The ids of a span whose parent is not sent to the platform."""
    root: bool = False
    """Whether the platform needs a root where the config says nothing."""
