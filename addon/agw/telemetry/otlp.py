"""A record as an OTLP span.

Built straight as protobuf: the record brings its own ids and times, and the SDK's span machinery would add a limit of
128 attributes and a second queue. Messages are filled in place instead of being built and copied, and the message of
one call serves the next one (``span_form.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from agw.content.size import smaller, without_content
from agw.record import CallRecord, FieldValue
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import span_name
from agw.telemetry.span_form import MAX_SPAN_BYTES, SpanForms, set_value
from agw.telemetry.text import MAX_CHARS, clean

SPAN_NAME_FIELD = "span.name"
"""A field of this name renames the span instead."""
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200


def span_of(
    record: CallRecord,
    dialect: Dialect,
    *,
    root: bool | None = None,
    fields: Mapping[str, FieldValue] | None = None,
    remove: frozenset[str] = frozenset(),
    forms: SpanForms | None = None,
) -> Span:
    """The call's one span: CLIENT, with status ERROR where the call failed.

    ``fields`` are added over the dialect's own attributes, of which ``remove`` names those to leave out. All strings
    are bounded and valid UTF-8; content that is too large is shortened, and what cannot be encoded is left out.

    With ``forms`` it is only lent: valid until the next span is made with them.
    """
    root = dialect.root if root is None else root
    fields = fields or {}
    found = _attributes(record, dialect, root, fields, remove)
    ids = dialect.root_ids(record.ids) if root else record.ids
    name = fields.get(SPAN_NAME_FIELD)
    span = (forms or SpanForms()).of(found, fields).span
    span.trace_id = bytes.fromhex(ids.trace_id)
    span.span_id = bytes.fromhex(ids.span_id)
    span.parent_span_id = b"" if ids.parent_span_id is None else bytes.fromhex(ids.parent_span_id)
    span.trace_state = clean(ids.trace_state)
    span.flags = ids.trace_flags | _HAS_IS_REMOTE | (_IS_REMOTE if ids.parent_span_id else 0)
    span.name = clean(name if isinstance(name, str) else span_name(record))
    span.kind = Span.SPAN_KIND_CLIENT
    span.start_time_unix_nano = record.start_ns
    span.end_time_unix_nano = record.end_ns
    if (error := record.error) is not None:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = clean(error.message)
    for one in dialect.events(record):
        event = span.events.add(name=one.name, time_unix_nano=one.time_ns)
        for attribute, value in one.attributes.items():
            pair = event.attributes.add(key=clean(attribute))
            set_value(pair.value, value)
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
