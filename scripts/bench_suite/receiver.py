"""A collector for the benchmark: an OTLP gRPC receiver that only counts spans. Prints its port, then, for each line on
its standard input, how many have come."""

from __future__ import annotations

import sys
import threading
from concurrent import futures

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class Counter(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self) -> None:
        self.spans = 0
        self._lock = threading.Lock()

    def Export(  # noqa: N802
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        came = sum(len(scope.spans) for one in request.resource_spans for scope in one.scope_spans)
        with self._lock:
            self.spans += came
        return trace_service_pb2.ExportTraceServiceResponse()


def main() -> None:
    counter = Counter()
    server = grpc.server(
        futures.ThreadPoolExecutor(2),
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 64 * 1024 * 1024)],
    )
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(counter, server)  # type: ignore[no-untyped-call]
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    for _ in sys.stdin:
        print(counter.spans, flush=True)
    server.stop(0)


if __name__ == "__main__":
    main()
