"""From a destination's settings to its spans: which records it wants, and how each is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agw.config.snapshot import ContentMode, Destination
from agw.record import CallRecord, FieldValue
from agw.telemetry.capture import content_mode
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.otlp import span_of
from agw.telemetry.resource import resource_of
from agw.telemetry.selection import fields_for


class SpanEncoder:
    """Pure but for what it was built from; safe to use from any one thread. Raises KeyError for a platform that takes
    no spans."""

    def __init__(self, destination: Destination, environ: Mapping[str, str]) -> None:
        self.resource: Resource = resource_of(environ, dict(destination.resource))
        self._name = destination.name
        self._dialect = DIALECTS[destination.platform]
        self._root = destination.root
        self._remove = frozenset(destination.fields.remove)
        self._content = content_mode(destination, environ) is not ContentMode.NONE

    def span(self, record: CallRecord) -> Span:
        """Raises only for a record that is broken."""
        if record.content is not None and not self._content:
            record = replace(record, content=None)
        fields: Mapping[str, FieldValue] = fields_for(record, self._name) if record.fields else {}
        return span_of(record, self._dialect, root=self._root, fields=fields, remove=self._remove)
