"""The metrics of the GenAI semantic conventions 1.41.1 as OTLP: those of a client of the provider, which a gateway is.

Histograms are cumulative since the start of the process. ``time_per_output_chunk`` is left out: chunks are the
transport's, and nobody counts them here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, HistogramDataPoint, Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

import agw
from agw.record import CallRecord
from agw.telemetry.metrics import SECOND_BUCKETS, TOKEN_BUCKETS
from agw.telemetry.metrics_registry import Bounded
from agw.telemetry.semconv import SCHEMA_URL
from agw.telemetry.text import clean

_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__)
_ABSENT = ""
"""Of a label's value: the attribute is then left out."""


@dataclass(frozen=True, slots=True)
class _Instrument:
    name: str
    unit: str
    text: str
    buckets: tuple[float, ...]


TOKEN_USAGE = _Instrument("gen_ai.client.token.usage", "{token}", "Tokens used, by type.", TOKEN_BUCKETS)
DURATION = _Instrument("gen_ai.client.operation.duration", "s", "Time of an operation.", SECOND_BUCKETS)
FIRST_CHUNK = _Instrument(
    "gen_ai.client.operation.time_to_first_chunk", "s", "Time to a stream's first chunk.", SECOND_BUCKETS
)
_Attributes = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Series:
    counts: list[int]
    total: float = 0.0
    count: int = 0
    least: float = field(default=float("inf"))
    most: float = field(default=float("-inf"))


class OtlpMetrics:
    """``observe`` and ``request`` may be called by different threads."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._bounded = Bounded()
        self._series: dict[tuple[_Instrument, _Attributes], _Series] = {}
        self._lock = Lock()

    def observe(self, record: CallRecord) -> None:
        with self._lock:
            for instrument, attributes, value in _observations(record):
                names = [name for name, _ in attributes]
                shown = self._bounded.labels(instrument.name, names, [value for _, value in attributes])
                self._add(instrument, tuple(zip(names, shown, strict=True)), value)

    def request(self, resource: Resource, now_ns: int) -> ExportMetricsServiceRequest:
        request = ExportMetricsServiceRequest()
        resource_metrics = request.resource_metrics.add(resource=resource, schema_url=SCHEMA_URL)
        scope_metrics = resource_metrics.scope_metrics.add(scope=_SCOPE, schema_url=SCHEMA_URL)
        metrics: dict[str, Metric] = {}
        with self._lock:
            for (instrument, attributes), series in self._series.items():
                metric = metrics.get(instrument.name)
                if metric is None:
                    metric = metrics[instrument.name] = scope_metrics.metrics.add(
                        name=instrument.name, unit=instrument.unit, description=instrument.text
                    )
                    metric.histogram.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
                metric.histogram.data_points.append(self._point(instrument, attributes, series, now_ns))
        return request

    def _add(self, instrument: _Instrument, attributes: _Attributes, value: float) -> None:
        key = (instrument, attributes)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series([0] * (len(instrument.buckets) + 1))
        series.counts[bisect_left(instrument.buckets, value)] += 1
        series.total += value
        series.count += 1
        series.least, series.most = min(series.least, value), max(series.most, value)

    def _point(
        self, instrument: _Instrument, attributes: _Attributes, series: _Series, now_ns: int
    ) -> HistogramDataPoint:
        return HistogramDataPoint(
            attributes=[_pair(name, value) for name, value in attributes if value != _ABSENT],
            start_time_unix_nano=self._start_ns,
            time_unix_nano=now_ns,
            count=series.count,
            sum=series.total,
            bucket_counts=series.counts,
            explicit_bounds=instrument.buckets,
            min=series.least,
            max=series.most,
        )


def _observations(record: CallRecord) -> Iterator[tuple[_Instrument, _Attributes, float]]:
    shared: _Attributes = (
        ("gen_ai.operation.name", record.request.operation),
        ("gen_ai.provider.name", record.provider),
        ("gen_ai.request.model", record.request.model or _ABSENT),
        ("gen_ai.response.model", record.answer.model or _ABSENT),
        ("server.address", record.server_address or _ABSENT),
        ("server.port", str(record.server_port) if record.server_address and record.server_port else _ABSENT),
    )
    error = ("error.type", record.error.type if record.error else _ABSENT)
    yield DURATION, (*shared, error), record.duration_s
    if record.time_to_first_chunk_s is not None:
        yield FIRST_CHUNK, shared, record.time_to_first_chunk_s
    if (usage := record.answer.usage) is not None:
        for kind, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if count is not None:
                yield TOKEN_USAGE, (("gen_ai.token.type", kind), *shared), count


def _pair(name: str, value: str) -> KeyValue:
    if name == "server.port" and value.isdecimal():
        return KeyValue(key=name, value=AnyValue(int_value=int(value)))
    return KeyValue(key=name, value=AnyValue(string_value=clean(value)))
