"""A record as an OTLP span.

Built straight as protobuf: the record brings its own ids and times, and the SDK's span machinery would add a limit of
128 attributes and a second queue. About 40 µs for a span without content, so the code below fills messages in place
instead of building and copying them, and attributes that calls have in common are encoded once: a serialised message
merged into another one adds its attributes to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import islice

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

import agw
from agw.content.size import smaller, without_content
from agw.record import CallRecord, FieldValue
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import SCHEMA_URL, AttributeValue, span_name
from agw.telemetry.text import MAX_CHARS, clean

MAX_ITEMS = 64
"""Of one array attribute."""
MAX_SPAN_BYTES = 3_500_000
"""Of one span's attributes: a collector takes 4 MiB by default, and drops the whole request above that."""
MAX_FIELD_CHARS = 65_536
"""Of one attribute that the config's own expression made."""
SPAN_NAME_FIELD = "span.name"
"""A field of this name renames the span instead."""
_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__)
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200
_INT64 = 2**63
_JSON_NAMES = frozenset(
    (
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.definitions",
        "gen_ai.prompt",
        "gen_ai.completion",
        "input.value",
        "output.value",
        "langfuse.observation.input",
        "langfuse.observation.output",
        "langfuse.observation.usage_details",
        "langfuse.observation.cost_details",
        "langsmith.usage_metadata",
        "metadata",
    )
)
"""Whole or not at all: half a JSON text is none."""
_EACH_ITS_OWN = _JSON_NAMES | {"gen_ai.response.id", "agw.ai.usage.cost.total"}
"""Not worth remembering: no other call has the same."""
_SHORT, _REMEMBERED = 128, 2048
"""Characters of a value that is remembered, and how many are."""


def span_of(
    record: CallRecord,
    dialect: Dialect,
    *,
    root: bool | None = None,
    fields: Mapping[str, FieldValue] | None = None,
    remove: frozenset[str] = frozenset(),
) -> Span:
    """The call's one span: CLIENT, with status ERROR where the call failed.

    ``fields`` are added over the dialect's own attributes, of which ``remove`` names those to leave out. All strings
    are bounded and valid UTF-8; content that is too large is shortened, and what cannot be encoded is left out.
    """
    root = dialect.root if root is None else root
    fields = fields or {}
    found = _attributes(record, dialect, root, fields, remove)
    ids = dialect.root_ids(record.ids) if root else record.ids
    name = fields.get(SPAN_NAME_FIELD)
    span = Span(
        trace_id=bytes.fromhex(ids.trace_id),
        span_id=bytes.fromhex(ids.span_id),
        trace_state=clean(ids.trace_state),
        flags=ids.trace_flags | _HAS_IS_REMOTE | (_IS_REMOTE if ids.parent_span_id else 0),
        name=clean(name if isinstance(name, str) else span_name(record)),
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=record.start_ns,
        end_time_unix_nano=record.end_ns,
    )
    if ids.parent_span_id is not None:
        span.parent_span_id = bytes.fromhex(ids.parent_span_id)
    _fill_span(span, found, fields.keys())
    if (error := record.error) is not None:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = clean(error.message)
    for one in dialect.events(record):
        event = span.events.add(name=one.name, time_unix_nano=one.time_ns)
        for attribute, value in one.attributes.items():
            _add(event.attributes.add(), attribute, value)
    return span


def _attributes(
    record: CallRecord, dialect: Dialect, root: bool, fields: Mapping[str, FieldValue], remove: frozenset[str]
) -> Attributes:
    """With as much content as fits; the rest of a record always does."""
    added = {name: value for name, value in fields.items() if name != SPAN_NAME_FIELD or not isinstance(value, str)}
    for one in smaller(record):
        try:
            found = dialect.attributes(one, root)
        except (ValueError, TypeError, RecursionError):
            if record.content is None:
                raise
            found = dialect.attributes(without_content(record), root)
        if remove:
            found = {name: value for name, value in found.items() if name not in remove}
        found |= added
        if one.content is None or _bytes(found) <= MAX_SPAN_BYTES:
            break
    return found


def _bytes(found: Attributes) -> int:
    """Of the long texts, which are all that counts."""
    long = [value for value in found.values() if isinstance(value, str) and len(value) > MAX_CHARS]
    return sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in long)


def export_request(spans: Iterable[bytes], resource: Resource) -> ExportTraceServiceRequest:
    """One request with all spans, each as it was serialised, under one resource and one scope."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add(resource=resource)
    scope_spans = resource_spans.scope_spans.add(scope=_SCOPE, schema_url=SCHEMA_URL)
    for span in spans:
        # Read anew, which takes a quarter of the time of a copy.
        scope_spans.spans.add().MergeFromString(span)
    return request


def _fill_span(span: Span, found: Mapping[str, AttributeValue], added: Collection[str]) -> None:
    """All attributes in their order: whoever cuts a span cuts at its end."""
    known: list[bytes] = []
    for name, value in found.items():
        if isinstance(value, int) or (isinstance(value, str) and len(value) <= _SHORT and name not in _EACH_ITS_OWN):
            known.append(_alone(name, value))
            continue
        if known:
            span.MergeFromString(b"".join(known))
            known.clear()
        _add(span.attributes.add(), name, value, added)
    if known:
        span.MergeFromString(b"".join(known))


@lru_cache(_REMEMBERED, typed=True)
def _alone(name: str, value: str | int | bool) -> bytes:
    """A span that has nothing but this attribute. ``typed``: 1 is not True."""
    span = Span()
    _add(span.attributes.add(), name, value)
    return span.SerializeToString()


def _add(pair: KeyValue, name: str, value: AttributeValue, added: Collection[str] = ()) -> None:
    pair.key = clean(name)
    most = MAX_SPAN_BYTES if name in _JSON_NAMES else MAX_FIELD_CHARS if name in added else MAX_CHARS
    _set(pair.value, value, most)


def _set(slot: AnyValue, value: AttributeValue, max_chars: int = MAX_CHARS) -> None:
    if isinstance(value, str):
        slot.string_value = clean(value, max_chars)
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
