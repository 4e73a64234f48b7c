"""A request to a collector, from spans that are serialised already.

Its messages are those of OTLP with bytes in place of the messages inside, which is the same on the wire: no span is
read and serialised again on its way.
"""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

import agw
from agw.telemetry.semconv import SCHEMA_URL

_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__).SerializeToString()
_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_FILE = FileDescriptorProto(name="agw/export_request.proto", package="agw", syntax="proto2")
for _name, _fields in (
    ("ScopeSpans", (("scope", _ONE), ("spans", _MANY), ("schema_url", _ONE))),
    ("ResourceSpans", (("resource", _ONE), ("scope_spans", _MANY))),
    ("ExportTraceServiceRequest", (("resource_spans", _MANY),)),
):
    _message = _FILE.message_type.add(name=_name)
    for _number, (_field, _label) in enumerate(_fields, 1):
        _message.field.add(name=_field, number=_number, label=_label, type=FieldDescriptorProto.TYPE_BYTES)
_POOL = DescriptorPool()
_POOL.AddSerializedFile(_FILE.SerializeToString())
_ScopeSpans, _ResourceSpans, _Request = (
    GetMessageClass(_POOL.FindMessageTypeByName(f"agw.{one.name}")) for one in _FILE.message_type
)


def export_request(spans: Iterable[bytes], resource: Resource) -> bytes:
    """All spans under one resource and one scope, as a serialised ``ExportTraceServiceRequest``."""
    scope_spans = _ScopeSpans(scope=_SCOPE, spans=spans, schema_url=SCHEMA_URL.encode())
    resource_spans = _ResourceSpans(
        resource=resource.SerializeToString(), scope_spans=[scope_spans.SerializeToString()]
    )
    return _Request(resource_spans=[resource_spans.SerializeToString()]).SerializeToString()
