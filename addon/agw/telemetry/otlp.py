"""A record as an OTLP span.

Built straight as protobuf: the record brings its own ids and times, and the SDK's span machinery would add a limit of
128 attributes and a second queue. About 60 µs for a span without content, so the code below fills messages in place
instead of building and copying them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

import agw
from agw.content.size import MAX_CONTENT, bounded, without_content
from agw.record import CallRecord
from agw.telemetry.semconv import SCHEMA_URL, AttributeValue, attributes, span_name
from agw.telemetry.text import clean

MAX_ITEMS = 64
"""Of one array attribute."""
_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__)
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200
_INT64 = 2**63
_CONTENT_NAMES = frozenset(
    ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions")
)
# JSON escapes may make the text longer than what was counted.
_MAX_CONTENT_CHARS = 2 * MAX_CONTENT


def span_of(record: CallRecord) -> Span:
    """The call's one span: CLIENT, with status ERROR and an ``exception`` event where the call failed.

    The event is there because one backend reads nothing else (platforms.md §0, trap 8). All strings are bounded and
    valid UTF-8; content that cannot be encoded is left out, and the span is made without it.
    """
    record, _ = bounded(record)
    try:
        found = attributes(record)
        if any(len(str(found.get(name, ""))) > _MAX_CONTENT_CHARS for name in _CONTENT_NAMES):
            found = attributes(without_content(record))
    except (ValueError, TypeError, RecursionError):
        if record.content is None:
            raise
        found = attributes(without_content(record))
    ids = record.ids
    span = Span(
        trace_id=bytes.fromhex(ids.trace_id),
        span_id=bytes.fromhex(ids.span_id),
        trace_state=clean(ids.trace_state),
        flags=ids.trace_flags | _HAS_IS_REMOTE | (_IS_REMOTE if ids.parent_span_id else 0),
        name=clean(span_name(record)),
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=record.start_ns,
        end_time_unix_nano=record.end_ns,
    )
    if ids.parent_span_id is not None:
        span.parent_span_id = bytes.fromhex(ids.parent_span_id)
    _fill(span, found)
    if (error := record.error) is not None:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = clean(error.message)
        event = span.events.add(name="exception", time_unix_nano=record.end_ns)
        _fill(event, {"exception.type": error.type, "exception.message": error.message})
    return span


def export_request(spans: Iterable[Span], resource: Resource) -> ExportTraceServiceRequest:
    """One request with all spans under one resource and one scope."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add(resource=resource)
    scope_spans = resource_spans.scope_spans.add(scope=_SCOPE, schema_url=SCHEMA_URL)
    scope_spans.spans.extend(spans)
    return request


def _fill(message: Span | Span.Event, found: dict[str, AttributeValue]) -> None:
    add = message.attributes.add
    for name, value in found.items():
        pair = add()
        pair.key = clean(name)
        _set(pair.value, value, _MAX_CONTENT_CHARS if name in _CONTENT_NAMES else None)


def _set(slot: AnyValue, value: AttributeValue, max_chars: int | None = None) -> None:
    if isinstance(value, str):
        slot.string_value = clean(value) if max_chars is None else clean(value, max_chars)
    elif isinstance(value, bool):
        slot.bool_value = value
    elif isinstance(value, int):
        # An int64 on the wire; what does not fit is still told.
        if -_INT64 <= value < _INT64:
            slot.int_value = value
        else:
            slot.string_value = clean(str(value))
    elif isinstance(value, float):
        slot.double_value = value
    else:
        values = slot.array_value.values
        for one in islice(value, MAX_ITEMS):
            _set(values.add(), one)
