"""Who sends the spans: the OTLP resource (agentgateway.md §2.2)."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.util.re import parse_env_headers

import agw


def resource_of(environ: Mapping[str, str]) -> Resource:
    """``service.name`` is ``OTEL_SERVICE_NAME``, else OTEL_RESOURCE_ATTRIBUTES' own, else ``agentgateway``."""
    attributes = {
        "service.name": "agentgateway",
        "service.version": agw.__version__,
        "service.instance.id": str(uuid.uuid4()),
        "host.name": socket.gethostname(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "agentgateway",
    }
    # Same syntax as the header variables, but names keep their case.
    for pair in environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            attributes[name.strip()] = next(iter(parse_env_headers(f"v={value}", liberal=True).values()), value.strip())
    if name := environ.get("OTEL_SERVICE_NAME", "").strip():
        attributes["service.name"] = name
    return Resource(
        attributes=[KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()]
    )
