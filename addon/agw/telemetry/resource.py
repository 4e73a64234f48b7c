"""Who sends the spans: the OTLP resource (agentgateway.md §2.2).

OTEL_SERVICE_NAME comes before OTEL_RESOURCE_ATTRIBUTES, and both before what we know ourselves.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Mapping
from urllib.parse import unquote

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

import agw
from agw.telemetry.text import clean

# One process is one instance: a reload of the config must not look like a new one.
_INSTANCE_ID = str(uuid.uuid4())


def resource_of(environ: Mapping[str, str], configured: Mapping[str, str] | None = None) -> Resource:
    """The resource of every span of this process. A malformed pair of OTEL_RESOURCE_ATTRIBUTES is passed over.

    ``configured`` (the destination's own) comes before all of it.
    """
    attributes = {
        "service.name": "agentgateway",
        "service.version": agw.__version__,
        "service.instance.id": _INSTANCE_ID,
        "host.name": socket.gethostname(),
        # Not "opentelemetry": that name is reserved for its own SDK, which is not what builds these spans.
        "telemetry.sdk.name": "agentgateway",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": agw.__version__,
    }
    for pair in environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            attributes[name.strip()] = unquote(value.strip())
    if name := environ.get("OTEL_SERVICE_NAME", "").strip():
        attributes["service.name"] = name
    attributes |= configured or {}
    return Resource(
        attributes=[
            KeyValue(key=clean(key), value=AnyValue(string_value=clean(value))) for key, value in attributes.items()
        ]
    )
