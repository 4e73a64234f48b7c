"""From a destination's settings to its spans: which records it wants, and how each is told."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agw.config.snapshot import Destination
from agw.content.levels import content_for
from agw.content.redactor import Redactor
from agw.record import CallRecord, FieldValue
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.otlp import span_of
from agw.telemetry.resource import resource_of
from agw.telemetry.selection import fields_for
from agw.telemetry.span_form import SpanForms


class SpanEncoder:
    """The same for the same record, whatever came before it; for one thread. Raises KeyError for a platform that takes
    no spans."""

    def __init__(self, destination: Destination, environ: Mapping[str, str]) -> None:
        self.resource: Resource = resource_of(environ, dict(destination.resource))
        self._name = destination.name
        self._dialect = DIALECTS[destination.platform]
        self._root = destination.root
        self._remove = frozenset(destination.fields.remove)
        self._content = destination.content
        self._redactor = Redactor(destination.redact)
        self._forms = SpanForms()

    def span(self, record: CallRecord) -> Span:
        """Valid until the next one. Raises only for a record that is broken."""
        record = content_for(record, self._content, self._redactor)
        fields: Mapping[str, FieldValue] = fields_for(record, self._name) if record.fields else {}
        return span_of(record, self._dialect, root=self._root, fields=fields, remove=self._remove, forms=self._forms)
