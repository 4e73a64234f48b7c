"""A record as an OTLP span.

Built straight as protobuf: the record brings its own ids and times, and the SDK's span machinery would add a limit of
128 attributes and a second queue.
"""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

import agw
from agw.record import CallRecord
from agw.telemetry.semconv import SCHEMA_URL, Value, attributes, span_name

_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__)
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200


def span_of(record: CallRecord) -> Span:
    """The call's one span: CLIENT, with status ERROR and an ``exception`` event where the call failed."""
    ids = record.ids
    span = Span(
        trace_id=bytes.fromhex(ids.trace_id),
        span_id=bytes.fromhex(ids.span_id),
        trace_state=ids.trace_state,
        flags=ids.trace_flags | _HAS_IS_REMOTE | (_IS_REMOTE if ids.parent_span_id else 0),
        name=_valid(span_name(record)),
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=record.start_ns,
        end_time_unix_nano=record.end_ns,
        attributes=[_pair(name, value) for name, value in attributes(record).items()],
    )
    if ids.parent_span_id is not None:
        span.parent_span_id = bytes.fromhex(ids.parent_span_id)
    if record.error is not None:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=_valid(record.error.message)))
        span.events.append(
            Span.Event(
                name="exception",
                time_unix_nano=record.end_ns,
                attributes=[
                    _pair("exception.type", record.error.type),
                    _pair("exception.message", record.error.message),
                ],
            )
        )
    return span


def export_request(spans: Iterable[Span], resource: Resource) -> ExportTraceServiceRequest:
    scope_spans = ScopeSpans(scope=_SCOPE, spans=spans, schema_url=SCHEMA_URL)
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scope_spans])])


def _pair(name: str, value: Value) -> KeyValue:
    return KeyValue(key=name, value=_any(value))


def _any(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=_valid(value))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        # An int64 on the wire; what does not fit is still told.
        return AnyValue(int_value=value) if -(2**63) <= value < 2**63 else AnyValue(string_value=str(value))
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[_any(one) for one in value]))


def _valid(text: str) -> str:
    """Protobuf refuses lone surrogates, which JSON may bring."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
