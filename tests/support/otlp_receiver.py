"""Real OTLP receivers in this process, gRPC and HTTP, that can be told to fail."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


def value_of(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(span: Span) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in span.attributes}


class Receiver:
    """What came: ``spans`` in order of arrival, ``headers`` of the last request, ``resource`` of the last batch."""

    endpoint: str

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.headers: dict[str, str] = {}
        self.resource: dict[str, Any] = {}
        self.requests = 0
        self.max_spans: int | None = None
        self._changed = threading.Condition()

    def take(self, request: trace_service_pb2.ExportTraceServiceRequest, headers: dict[str, str]) -> None:
        with self._changed:
            self.requests += 1
            self.headers = headers
            for one in request.resource_spans:
                self.resource = {pair.key: value_of(pair.value) for pair in one.resource.attributes}
                for scope in one.scope_spans:
                    self.spans.extend(scope.spans)
            self._changed.notify_all()

    def too_large(self, request: trace_service_pb2.ExportTraceServiceRequest) -> bool:
        count = sum(len(scope.spans) for one in request.resource_spans for scope in one.scope_spans)
        return self.max_spans is not None and count > self.max_spans

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[Span]:
        """Waits for ``count`` spans. Raises AssertionError when they do not come."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while len(self.spans) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self.spans)} spans came, {count} were expected"
                self._changed.wait(left)
            return list(self.spans)

    def one(self, timeout_s: float = 20.0) -> tuple[Span, dict[str, Any]]:
        """The only span, with its attributes; fails if there are more."""
        spans = self.wait_for(1, timeout_s)
        assert len(spans) == 1, [span.name for span in spans]
        return spans[0], attributes_of(spans[0])


class GrpcReceiver(Receiver):
    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.fail_with: grpc.StatusCode | None = None
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802
        if self.fail_with is not None:
            context.abort(self.fail_with, "told to fail")
        if self.too_large(request):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "message larger than max")
        self.take(request, {key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        return trace_service_pb2.ExportTraceServiceResponse()

    def __enter__(self) -> GrpcReceiver:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()


class HttpReceiver(Receiver):
    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.reject_spans = 0
        self.answer_headers: dict[str, str] = {}
        self.path = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
                receiver.path = self.path
                status = 413 if receiver.too_large(request) else receiver.status
                answer = trace_service_pb2.ExportTraceServiceResponse()
                if status == 200:
                    if receiver.reject_spans:
                        answer.partial_success.rejected_spans = receiver.reject_spans
                        answer.partial_success.error_message = "told to reject"
                    receiver.take(request, {key.lower(): value for key, value in self.headers.items()})
                payload = answer.SerializeToString()
                self.send_response(status)
                for key, value in receiver.answer_headers.items():
                    self.send_header(key, value)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> HttpReceiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
