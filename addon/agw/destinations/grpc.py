"""OTLP over gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from agw.config.snapshot import Tracing
from agw.destinations.outcome import Kind, Outcome, taken
from agw.destinations.settings import ConnectionSettings, read

_RETRY = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
_UNLIMITED = -1


class GrpcTransport:
    """Plaintext for ``http``, TLS for ``https``. Which statuses may be tried again: the OTLP specification's list."""

    def __init__(self, tracing: Tracing, environ: Mapping[str, str]) -> None:
        self._settings = ConnectionSettings.of(environ, gzip_by_default=False)
        self._metadata = tuple((name.lower(), secret.reveal()) for name, secret in tracing.headers)
        url = urlsplit(tracing.endpoint)
        options = (
            ("grpc.max_send_message_length", _UNLIMITED),
            ("grpc.max_receive_message_length", _UNLIMITED),
            # A collector that comes back is found within seconds, not after grpc's two minutes.
            ("grpc.max_reconnect_backoff_ms", 5000),
            ("grpc.enable_http_proxy", 0 if url.hostname in ("localhost", "127.0.0.1", "::1") else 1),
        )
        compression = grpc.Compression.Gzip if self._settings.gzip else grpc.Compression.NoCompression
        if url.scheme == "https":
            credentials = grpc.ssl_channel_credentials(
                read(self._settings.certificate),
                read(self._settings.client_key),
                read(self._settings.client_certificate),
            )
            self._channel = grpc.secure_channel(url.netloc, credentials, options, compression)
        else:
            self._channel = grpc.insecure_channel(url.netloc, options, compression)
        self._stub = TraceServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def send(self, request: ExportTraceServiceRequest) -> Outcome:
        try:
            return taken(self._stub.Export(request, metadata=self._metadata, timeout=self._settings.timeout_s))
        except grpc.RpcError as error:
            code = error.code()
            details = (error.details() or "")[:200]
            if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
                return Outcome(Kind.TOO_LARGE, f"{code.name}: {details}")
            return Outcome(Kind.RETRY if code in _RETRY else Kind.REFUSED, f"{code.name}: {details}")
        except ValueError:
            return Outcome(Kind.REFUSED, "the channel is closed")

    def close(self) -> None:
        self._channel.close()
