"""What became of one request to a collector, the same for every transport."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)


class Signal(Enum):
    """What a request to a collector carries."""

    TRACES = auto()
    METRICS = auto()
    LOGS = auto()


class Kind(Enum):
    OK = auto()
    RETRY = auto()
    """Not taken now, may be later."""
    FAULT = auto()
    """The receiver failed on it: its own trouble, or something in this request that it cannot bear."""
    TOO_LARGE = auto()
    """A smaller one may be taken."""
    REFUSED = auto()
    """Will never be taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``detail`` is for people and holds no credential; ``rejected`` counts spans that a partial success left out."""

    kind: Kind
    detail: str = ""
    retry_after_s: float | None = None
    """How long the collector asks to be left alone."""
    rejected: int = 0


class Transport(Protocol):
    def send(self, request: bytes, *, at_most_s: float = math.inf) -> Outcome:
        """A request that is serialised already. Blocks until the collector has answered, the time-out is over or
        ``at_most_s`` has passed. Never raises."""

    def close(self) -> None:
        """May be called from another thread; a gRPC call under way is cut."""


Response = ExportTraceServiceResponse | ExportMetricsServiceResponse | ExportLogsServiceResponse


def taken(response: Response, hide: Hide) -> Outcome:
    """The outcome of an answer that says the request was taken, wholly or in part."""
    partial = response.partial_success
    if isinstance(partial, ExportTracePartialSuccess):
        rejected = partial.rejected_spans
    else:
        rejected = partial.rejected_log_records if isinstance(partial, ExportLogsPartialSuccess) else 0
    return Outcome(Kind.OK, hide(partial.error_message), rejected=max(0, rejected))


class Hide:
    """Makes a text that a collector or a library wrote fit to be shown: one short line without our credentials."""

    __slots__ = ("_secrets",)

    def __init__(self, values: list[str]) -> None:
        # "Bearer abc" must not be told as "abc" either.
        parts = {part for value in values for part in (value, *value.split()[1:]) if len(part) >= 4}
        self._secrets = sorted(parts, key=len, reverse=True)

    def __call__(self, text: str, max_chars: int = 200) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join(text.split())
        return text if len(text) <= max_chars else text[: max_chars - 1] + "…"
