"""OTLP over gRPC."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

import agw
from agw.config.snapshot import Destination
from agw.destinations.outcome import Hide, Kind, Outcome, Response, Signal, taken
from agw.destinations.settings import ConnectionSettings, headers_of, is_local, place_of, read

_REFUSED = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS}
"""These are about what was sent. All others are about the collector, the way to it or the config: what waits is kept
until that is put right, which the OTLP specification, written for senders without a journal, gives up for some."""
_FAULT = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
_SIZE_CODES = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE)
# What the servers of gRPC's C++, Go, Java, .NET and Rust libraries say; there is no code of its own for it.
_SIZE = re.compile(r"larger than max|exceeds (the )?max|length too large", re.IGNORECASE)
_UNLIMITED = -1
_METHODS: dict[Signal, tuple[str, type[Response]]] = {
    Signal.TRACES: ("trace.v1.TraceService", ExportTraceServiceResponse),
    Signal.METRICS: ("metrics.v1.MetricsService", ExportMetricsServiceResponse),
    Signal.LOGS: ("logs.v1.LogsService", ExportLogsServiceResponse),
}


class GrpcTransport:
    """Plaintext for ``http``, TLS for ``https``. Raises OSError when a certificate file cannot be read, ValueError for
    a header that cannot be sent."""

    def __init__(self, destination: Destination, environ: Mapping[str, str], signal: Signal = Signal.TRACES) -> None:
        self._settings = settings = ConnectionSettings.of(environ, gzip_by_default=False)
        self._metadata = tuple((name.lower(), value) for name, value in headers_of(destination))
        self._hide = Hide([value for _, value in self._metadata])
        url = urlsplit(destination.endpoint)
        self._hints = {
            grpc.StatusCode.UNAVAILABLE: f"is a collector listening at {url.netloc}?" + _port_hint(url.port),
            grpc.StatusCode.UNIMPLEMENTED: "is this a gRPC port of a collector?" + _port_hint(url.port),
            grpc.StatusCode.UNAUTHENTICATED: f"are {place_of(destination)}.headers right?",
            grpc.StatusCode.PERMISSION_DENIED: f"are {place_of(destination)}.headers right?",
        }
        options = (
            ("grpc.max_send_message_length", _UNLIMITED),
            ("grpc.max_receive_message_length", 4 * 1024 * 1024),
            # A collector that comes back is found within seconds, not after grpc's two minutes.
            ("grpc.initial_reconnect_backoff_ms", 500),
            ("grpc.max_reconnect_backoff_ms", 5000),
            ("grpc.primary_user_agent", f"agentgateway/{agw.__version__}"),
            ("grpc.enable_http_proxy", 0 if is_local(url.hostname) else 1),
        )
        compression = grpc.Compression.Gzip if settings.gzip else grpc.Compression.NoCompression
        if url.scheme == "https":
            credentials = grpc.ssl_channel_credentials(
                read(settings.roots), read(settings.client_key), read(settings.client_certificate)
            )
            self._channel = grpc.secure_channel(url.netloc, credentials, options, compression)
        else:
            self._channel = grpc.insecure_channel(url.netloc, options, compression)
        service, answer = _METHODS[signal]
        # Not by the generated stubs, which would serialise: requests come serialised.
        self._export = self._channel.unary_unary(
            f"/opentelemetry.proto.collector.{service}/Export", bytes, answer.FromString
        )

    def send(self, request: bytes, *, at_most_s: float = math.inf) -> Outcome:
        timeout_s = max(0.01, min(self._settings.timeout_s, at_most_s))
        try:
            return taken(self._export(request, metadata=self._metadata, timeout=timeout_s), self._hide)
        except grpc.RpcError as error:
            return self._failed(error)
        except ValueError as error:
            # The text of the one about metadata shows all headers.
            closed = "closed channel" in str(error)
            return Outcome(Kind.RETRY, "closed" if closed else "a header of config.tracing.headers is not valid")
        except Exception as error:
            return Outcome(Kind.RETRY, type(error).__name__)

    def close(self) -> None:
        self._channel.close()

    def _failed(self, error: grpc.RpcError) -> Outcome:
        code, details = error.code(), error.details() or ""
        told = f"{code.name}: {self._hide(details)}" if details else code.name
        if hint := self._hints.get(code):
            told = f"{told}; {hint}"
        if code in _SIZE_CODES and _SIZE.search(details):
            return Outcome(Kind.TOO_LARGE, told)
        if code in _REFUSED:
            return Outcome(Kind.REFUSED, told)
        return Outcome(Kind.FAULT if code in _FAULT else Kind.RETRY, told, _retry_info_s(error))


def _retry_info_s(error: grpc.RpcError) -> float | None:
    """Seconds of the ``RetryInfo`` among the details of the status, if there is one."""
    trailing: Iterable[tuple[str, str | bytes]] = error.trailing_metadata() or ()  # type: ignore[assignment]
    raw = next((value for key, value in trailing if key == "grpc-status-details-bin"), None)
    if not isinstance(raw, bytes):
        return None
    info = RetryInfo()
    try:
        for detail in Status.FromString(raw).details:
            if detail.Unpack(info):
                return max(0.0, float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9))
    except DecodeError:
        pass
    return None


def _port_hint(port: int | None) -> str:
    return " (4318 is mostly OTLP over HTTP: otlpProtocol: http)" if port == 4318 else ""
