"""Real OTLP receivers in this process, gRPC and HTTP, that can be told to fail.

::

    with GrpcReceiver() as collector:
        ...                               # config.tracing.otlpEndpoint: collector.endpoint
        span, found = collector.one()     # the only span, and its attributes as a dict

What went wrong is set on the receiver while it runs: ``failures`` answers the next requests only, ``fail_with`` or
``status`` all of them; ``delay_s`` makes it slow, ``max_spans`` refuses larger batches, ``reject_spans`` answers with a
partial success. Both take ``port`` (to come back where one went away) and ``tls`` (certificate and key files).
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span


def value_of(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(span: Span | Span.Event | LogRecord) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in span.attributes}


class Receiver:
    """What came: ``spans`` in order of arrival, ``headers`` of the last request (names in lower case), ``resource`` and
    ``batches`` (sizes) of what was taken; ``requests`` counts all requests, the refused ones too."""

    endpoint: str
    port: int

    def __init__(self, tls: tuple[Path, Path] | None) -> None:
        self.spans: list[Span] = []
        self.logs: list[LogRecord] = []
        self.headers: dict[str, str] = {}
        self.resource: dict[str, Any] = {}
        self.schema_url = ""
        self.scope = ("", "")
        self.batches: list[int] = []
        self.requests = 0
        self.max_spans: int | None = None
        self.delay_s = 0.0
        self.reject_spans = 0
        self.warning = ""
        self._tls = tls
        self._changed = threading.Condition()

    def arrived(self, headers: dict[str, str]) -> None:
        with self._changed:
            self.requests += 1
            self.headers = headers
            self._changed.notify_all()
        if self.delay_s:
            time.sleep(self.delay_s)

    def take(self, request: trace_service_pb2.ExportTraceServiceRequest) -> Any:
        """Keeps the spans and gives the answer."""
        answer = trace_service_pb2.ExportTraceServiceResponse()
        if self.reject_spans or self.warning:
            answer.partial_success.rejected_spans = self.reject_spans
            answer.partial_success.error_message = self.warning or "told to reject"
        with self._changed:
            for one in request.resource_spans:
                self.resource = {pair.key: value_of(pair.value) for pair in one.resource.attributes}
                for scope in one.scope_spans:
                    self.schema_url = scope.schema_url
                    self.scope = (scope.scope.name, scope.scope.version)
                    self.batches.append(len(scope.spans))
                    self.spans.extend(scope.spans)
            self._changed.notify_all()
        return answer

    def take_logs(self, request: logs_service_pb2.ExportLogsServiceRequest) -> Any:
        with self._changed:
            for one in request.resource_logs:
                for scope in one.scope_logs:
                    self.logs.extend(scope.log_records)
            self._changed.notify_all()
        return logs_service_pb2.ExportLogsServiceResponse()

    def wait_for_logs(self, count: int, timeout_s: float = 20.0) -> list[LogRecord]:
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.logs) >= count, timeout_s)
            assert came, f"{len(self.logs)} log records came, {count} were expected"
            return list(self.logs)

    def too_large(self, request: trace_service_pb2.ExportTraceServiceRequest) -> bool:
        count = sum(len(scope.spans) for one in request.resource_spans for scope in one.scope_spans)
        return self.max_spans is not None and count > self.max_spans

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[Span]:
        """Waits for ``count`` spans. Raises AssertionError when they do not come."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.spans) >= count, timeout_s)
            assert came, f"{len(self.spans)} spans came, {count} were expected"
            return list(self.spans)

    def wait_for_requests(self, count: int, timeout_s: float = 20.0) -> None:
        with self._changed:
            came = self._changed.wait_for(lambda: self.requests >= count, timeout_s)
            assert came, f"{self.requests} requests came, {count} were expected"

    def one(self, timeout_s: float = 20.0) -> tuple[Span, dict[str, Any]]:
        """The only span, with its attributes; fails if there are more."""
        spans = self.wait_for(1, timeout_s)
        assert len(spans) == 1, [span.name for span in spans]
        return spans[0], attributes_of(spans[0])

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class GrpcReceiver(Receiver):
    """``failures``: statuses of the next requests; ``fail_with``: of all. ``retry_info_s`` goes with both."""

    def __init__(self, port: int = 0, tls: tuple[Path, Path] | None = None) -> None:
        super().__init__(tls)
        self.failures: list[grpc.StatusCode] = []
        self.fail_with: grpc.StatusCode | None = None
        self.failure_text = "told to fail"
        self.retry_info_s: float | None = None
        self._server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        logs_service_pb2_grpc.add_LogsServiceServicer_to_server(_Logs(self), self._server)
        address = f"127.0.0.1:{port}"
        if tls is None:
            self.port = self._server.add_insecure_port(address)
        else:
            certificate, key = (file.read_bytes() for file in tls)
            self.port = self._server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
        assert self.port, f"{address} is taken"
        self.endpoint = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.arrived({key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        code = self.failures.pop(0) if self.failures else self.fail_with
        if code is not None:
            if self.retry_info_s is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", self._details(code)),))
            context.abort(code, self.failure_text)
        if self.too_large(request):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "grpc: received message larger than max (9 vs. 1)")
        return self.take(request)

    def _details(self, code: grpc.StatusCode) -> bytes:
        info, detail = RetryInfo(), AnyMessage()
        info.retry_delay.FromNanoseconds(int((self.retry_info_s or 0) * 1e9))
        detail.Pack(info)
        return Status(code=code.value[0], message=self.failure_text, details=[detail]).SerializeToString()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()


class _Logs:
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def Export(self, request: Any, _: Any) -> Any:  # noqa: N802
        return self._receiver.take_logs(request)


class HttpReceiver(Receiver):
    """``failures``: statuses of the next requests; ``status``: of all. ``answer_headers`` go with every answer."""

    def __init__(self, port: int = 0, tls: tuple[Path, Path] | None = None) -> None:
        super().__init__(tls)
        self.failures: list[int] = []
        self.status = 200
        self.answer_headers: dict[str, str] = {}
        self.path = ""
        self.connections = 0
        self.open: list[socket.socket] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                receiver.connections += 1
                receiver.open.append(self.request)
                super().setup()

            def do_POST(self) -> None:
                receiver.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that refuses the certificate is part of a test."""

        self._server = Server(("127.0.0.1", port), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self.endpoint = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        if handler.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.path = handler.path
        self.arrived({key.lower(): value for key, value in handler.headers.items()})
        status = self.failures.pop(0) if self.failures else self.status
        if handler.path.endswith("/v1/logs"):
            answer = self.take_logs(logs_service_pb2.ExportLogsServiceRequest.FromString(body))
        else:
            request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
            if status == 200 and self.too_large(request):
                status = 413
            answer = self.take(request) if status == 200 else None
        payload = answer.SerializeToString() if answer is not None else b""
        handler.send_response(status)
        for key, value in self.answer_headers.items():
            handler.send_header(key, value)
        handler.send_header("content-type", "application/x-protobuf")
        handler.send_header("content-length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        # Connections that are kept alive have threads of their own and would go on answering.
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
