"""What became of one request to a collector, the same for every transport."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Kind(Enum):
    OK = auto()
    RETRY = auto()
    """Not taken now, may be later."""
    TOO_LARGE = auto()
    """A smaller one may be taken."""
    REFUSED = auto()
    """Will never be taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``detail`` is for people and holds no header; ``rejected`` counts spans that a partial success left out."""

    kind: Kind
    detail: str = ""
    retry_after_s: float | None = None
    rejected: int = 0


class Transport(Protocol):
    def send(self, request: ExportTraceServiceRequest) -> Outcome:
        """Blocks until the collector has answered or the time-out is over. Never raises."""

    def close(self) -> None: ...


def taken(response: ExportTraceServiceResponse) -> Outcome:
    partial = response.partial_success
    return Outcome(Kind.OK, partial.error_message[:300], rejected=partial.rejected_spans)
