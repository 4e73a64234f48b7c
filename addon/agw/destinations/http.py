"""OTLP over HTTP, protobuf in the body."""

from __future__ import annotations

import math
from collections.abc import Mapping

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from agw.config.snapshot import Destination
from agw.destinations.outcome import Kind, Outcome, Response, Signal, taken
from agw.destinations.post import Poster

_PROTOBUF = "application/x-protobuf"
_ANSWERS: dict[Signal, type[Response]] = {
    Signal.TRACES: ExportTraceServiceResponse,
    Signal.METRICS: ExportMetricsServiceResponse,
    Signal.LOGS: ExportLogsServiceResponse,
}


class HttpTransport:
    """Posts to exactly the configured URL. Raises what ``Poster`` raises."""

    def __init__(self, destination: Destination, environ: Mapping[str, str], signal: Signal = Signal.TRACES) -> None:
        self._answer = _ANSWERS[signal]
        self._url = destination.endpoint + destination.path
        self._poster = Poster(destination, environ)

    def send(self, request: bytes, *, at_most_s: float = math.inf) -> Outcome:
        answer = self._poster.post(self._url, request, {"Content-Type": _PROTOBUF}, at_most_s=at_most_s)
        if isinstance(answer, Outcome):
            return answer
        outcome = self._poster.outcome(answer)
        if outcome.kind is not Kind.OK:
            return outcome
        response = self._answer()
        if answer.headers.get("Content-Type", "").startswith(_PROTOBUF):
            try:
                response.ParseFromString(answer.body)
            except DecodeError:
                response.Clear()
        return taken(response, self._poster.hide)

    def close(self) -> None:
        self._poster.close()
