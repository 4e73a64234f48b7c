"""Metrics over OTLP: the conventions' names, sent to real collectors, gRPC and HTTP."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent import futures
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from agw.config.loader import loads
from agw.config.secret import Secret
from agw.config.snapshot import Destination, MetricsTo
from agw.destinations.metrics import MetricsExporter
from agw.record import CallError
from agw.telemetry import metrics_otlp
from agw.telemetry.metrics_otlp import OtlpMetrics
from bench_suite.ports import free_port
from support.otlp_receiver import value_of
from support.records import START_NS, chat_record


def points(request) -> dict[tuple, object]:
    """Data points by metric and token type or error."""
    found = {}
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                for point in metric.histogram.data_points:
                    attributes = {pair.key: value_of(pair.value) for pair in point.attributes}
                    key = (metric.name, attributes.get("gen_ai.token.type") or attributes.get("error.type"))
                    found[key] = (metric, point, attributes)
    return found


def observed(*records):
    metrics = OtlpMetrics(START_NS)
    for one in records:
        metrics.observe(one)
    return points(metrics.request(Resource(), START_NS + 10))


def test_names_and_units_are_those_of_the_conventions():
    published = {getattr(gen_ai_metrics, name) for name in dir(gen_ai_metrics) if name.startswith("GEN_AI_")}
    ours = [metrics_otlp.TOKEN_USAGE, metrics_otlp.DURATION]
    assert {one.name for one in ours} <= published
    assert [one.unit for one in ours] == ["{token}", "s"]


def test_a_call_is_in_the_histograms_with_its_attributes():
    found = observed(chat_record(error=None), chat_record(error=None))
    metric, point, attributes = found[("gen_ai.client.token.usage", "input")]
    assert (point.count, point.sum, point.min, point.max) == (2, 2000, 1000, 1000)
    assert list(point.explicit_bounds)[:3] == [1, 4, 16]
    assert (sum(point.bucket_counts), point.bucket_counts[5]) == (2, 2)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert (point.start_time_unix_nano, point.time_unix_nano) == (START_NS, START_NS + 10)
    assert metric.histogram.aggregation_temporality == 2
    assert attributes == {
        "gen_ai.token.type": "input",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    assert found[("gen_ai.client.token.usage", "output")][1].sum == 400
    assert found[("gen_ai.client.operation.duration", None)][1].sum == 4.0
    assert found[("gen_ai.client.operation.time_to_first_chunk", None)][1].count == 2


def test_what_is_not_known_is_absent_and_an_error_has_its_type():
    bare = chat_record(error=CallError("timeout", "x"), first_chunk_ns=None, server_address=None)
    found = observed(replace(bare, answer=replace(bare.answer, usage=None, model=None)))
    assert set(found) == {("gen_ai.client.operation.duration", "timeout")}
    _, _, attributes = found[("gen_ai.client.operation.duration", "timeout")]
    assert "gen_ai.response.model" not in attributes
    assert "server.address" not in attributes


class Collector:
    def __init__(self) -> None:
        self.requests: list = []
        self.headers: dict[str, str] = {}
        self.came = threading.Event()

    def take(self, request, headers) -> None:
        self.requests.append(request)
        self.headers = {name.lower(): value for name, value in headers}
        self.came.set()


@pytest.fixture
def grpc_collector():
    collector = Collector()

    class Service(metrics_service_pb2_grpc.MetricsServiceServicer):
        def Export(self, request, context):  # noqa: N802
            collector.take(request, context.invocation_metadata())
            return metrics_service_pb2.ExportMetricsServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield collector, Destination(f"http://127.0.0.1:{port}", "grpc", headers=(("x-key", Secret("k-canary")),))
    server.stop(None)


@pytest.fixture
def http_collector():
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers["content-length"]))
            data = gzip.decompress(data) if self.headers.get("content-encoding") == "gzip" else data
            collector.path = self.path
            collector.take(metrics_service_pb2.ExportMetricsServiceRequest.FromString(data), self.headers.items())
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield (
        collector,
        Destination(f"http://127.0.0.1:{server.server_port}", "http", "/v1/metrics", (("x-key", Secret("k-canary")),)),
    )
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", ["grpc_collector", "http_collector"])
def test_metrics_are_sent_every_so_often_and_once_at_the_end(request, kind):
    collector, destination = request.getfixturevalue(kind)
    troubles: list[str] = []
    exporter = MetricsExporter(MetricsTo(destination, 0.05), {}, troubles.append)
    exporter.observe(chat_record(error=None))
    assert collector.came.wait(10)
    exporter.observe(chat_record(error=None))
    exporter.close()
    assert points(collector.requests[-1])[("gen_ai.client.token.usage", "input")][1].sum == 2000
    assert collector.headers["x-key"] == "k-canary"
    names = {pair.key: value_of(pair.value) for pair in collector.requests[-1].resource_metrics[0].resource.attributes}
    assert names["service.name"] == "agentgateway"
    assert troubles == []


def test_a_collector_that_is_down_is_told_once_and_without_its_key():
    troubles: list[str] = []
    destination = Destination(
        f"http://127.0.0.1:{free_port()}", "http", "/v1/metrics", (("x-key", Secret("k-canary")),)
    )
    exporter = MetricsExporter(MetricsTo(destination, 0.02), {}, troubles.append)
    until = time.monotonic() + 10
    while not troubles and time.monotonic() < until:
        time.sleep(0.01)
    exporter.close()
    assert len(troubles) == 1
    assert "canary" not in troubles[0]


def settings(text: str, **environ: str) -> MetricsTo | None:
    return loads(f"config: {{metrics: {text}}}\nllm: {{models: []}}", "cfg.yaml", environ).metrics_to


def test_the_file_or_the_environment_asks_for_it():
    assert settings("{}") is None
    assert settings("{otlp: {otlpEndpoint: 'grpc://c:4317', interval: 10s}}") == MetricsTo(
        Destination("http://c:4317", "grpc", "/v1/metrics", name="metrics"), 10.0
    )
    assert settings("{otlp: {otlpEndpoint: 'https://c/x', otlpProtocol: http}}") == MetricsTo(
        Destination("https://c:443", "http", "/x", name="metrics")
    )
    assert settings("{}", OTEL_METRICS_EXPORTER="otlp") == MetricsTo(
        Destination("http://localhost:4317", "grpc", "/v1/metrics", name="metrics")
    )
    found = settings(
        "{}",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://c:4318/base",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b",
        OTEL_METRIC_EXPORT_INTERVAL="5000",
    )
    assert found == MetricsTo(
        Destination("http://c:4318", "http", "/base/v1/metrics", (("x-key", Secret("a b")),), name="metrics"), 5.0
    )
