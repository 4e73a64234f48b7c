"""Spans reach a real collector, over gRPC and HTTP, in the clear and over TLS."""

from __future__ import annotations

import pytest

import agw
from agw.telemetry.dialects.superset import SUPERSET
from agw.telemetry.otlp import span_of
from support.otlp_receiver import GrpcReceiver, HttpReceiver
from support.records import chat_record, numbered, with_content
from support.relay import Relay

KINDS = [("grpc", GrpcReceiver), ("http", HttpReceiver)]


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_record_arrives_as_the_span_that_it_encodes_to(destination, protocol, receiver):
    with receiver() as collector:
        one = destination(collector.endpoint, protocol, environ={"OTEL_SERVICE_NAME": "mine"})
        one.put(with_content(chat_record()))
        span, attributes = collector.one()
        assert span == span_of(with_content(chat_record()), SUPERSET)
        assert attributes["gen_ai.request.model"] == "gpt-4o-mini"
        assert collector.resource["service.name"] == "mine"
        assert collector.scope == ("agentgateway", agw.__version__)
        assert one.flush(10)
        assert (one.stats().sent, one.stats().dropped, one.stats().queued) == (1, 0, 0)
        assert one.told == []


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_many_records_arrive_once_each_in_order_and_in_small_batches(destination, protocol, receiver):
    with receiver() as collector:
        one = destination(collector.endpoint, protocol)
        for number in range(500):
            one.put(numbered(number))
        spans = collector.wait_for(500)
        ids = [
            pair.value.string_value for span in spans for pair in span.attributes if pair.key == "gen_ai.response.id"
        ]
        assert ids == [str(number) for number in range(500)]
        assert max(collector.batches) <= 64
        assert one.flush(10)
        assert one.stats().sent == 500


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_large_records_are_sent_in_batches_that_a_collector_takes(destination, protocol, receiver):
    with receiver() as collector:
        one = destination(collector.endpoint, protocol)
        for number in range(12):
            one.put(with_content(numbered(number), "x" * 700_000))
        collector.wait_for(12)
        assert max(collector.batches) <= 2


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_headers_are_sent_with_every_request(destination, protocol, receiver):
    with receiver() as collector:
        one = destination(collector.endpoint, protocol, {"Authorization": "Basic YWJj", "X-Team": "blue"})
        one.put(numbered(1))
        collector.wait_for(1)
        assert collector.headers["authorization"] == "Basic YWJj"
        assert collector.headers["x-team"] == "blue"
        assert "agentgateway" in collector.headers["user-agent"]


def test_http_posts_gzipped_protobuf_to_exactly_the_configured_path_on_one_connection(destination):
    with HttpReceiver() as collector:
        one = destination(collector.endpoint, "http", {"content-type": "text/html"}, path="/api/public/otel/v1/traces")
        for number in range(3):
            one.put(numbered(number))
            collector.wait_for(number + 1)
        assert collector.path == "/api/public/otel/v1/traces"
        assert collector.headers["content-type"] == "application/x-protobuf"
        assert collector.headers["content-encoding"] == "gzip"
        assert collector.connections == 1


def test_http_is_not_compressed_where_the_environment_says_none(destination):
    with HttpReceiver() as collector:
        destination(collector.endpoint, "http", environ={"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}).put(numbered(1))
        collector.wait_for(1)
        assert "content-encoding" not in collector.headers


@pytest.mark.parametrize(("compression", "compressed"), [("gzip", True), ("none", False), (None, False)])
def test_grpc_is_compressed_only_where_the_environment_asks_for_it(destination, compression, compressed):
    environ = {} if compression is None else {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": compression}
    with GrpcReceiver() as collector, Relay(collector.port) as relay:
        destination(f"http://127.0.0.1:{relay.port}", environ=environ).put(with_content(numbered(1), "x" * 500_000))
        collector.wait_for(1)
        assert (relay.bytes_sent < 100_000) is compressed


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_tls_with_a_certificate_of_our_own(destination, certificate, protocol, receiver):
    with receiver(tls=certificate) as collector:
        assert collector.endpoint.startswith("https://")
        environ = {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": str(certificate[0])}
        destination(collector.endpoint, protocol, environ=environ).put(numbered(1))
        collector.wait_for(1)


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_certificate_that_nobody_trusts_is_refused_and_told(
    destination, told_within, certificate, protocol, receiver
):
    with receiver(tls=certificate) as collector:
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        assert collector.endpoint in told_within(one)
        assert collector.spans == []
        assert one.stats().queued == 1


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_certificate_file_that_is_not_there_is_told_by_the_name_of_its_variable(
    destination, told_within, tmp_path, certificate, protocol, receiver
):
    with receiver(tls=certificate) as collector:
        environ = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "missing.pem")}
        one = destination(collector.endpoint, protocol, environ=environ)
        one.put(numbered(1))
        assert "OTEL_EXPORTER_OTLP_CERTIFICATE" in told_within(one)


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_collector_on_this_machine_is_never_reached_through_a_proxy(destination, monkeypatch, protocol, receiver):
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with receiver() as collector:
        destination(collector.endpoint, protocol).put(numbered(1))
        collector.wait_for(1)


def test_a_collector_elsewhere_is_reached_through_the_environments_proxy(destination, monkeypatch):
    with HttpReceiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.endpoint)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        destination("http://collector.invalid:4318", "http").put(numbered(1))
        proxy.wait_for(1)
        assert proxy.path == "http://collector.invalid:4318/v1/traces"


def test_no_proxy_is_respected(destination, monkeypatch):
    with HttpReceiver() as proxy, HttpReceiver() as collector:
        monkeypatch.setenv("http_proxy", proxy.endpoint)
        monkeypatch.setenv("no_proxy", "0.0.0.0")
        # Reaches this machine, but is none of the addresses that never use a proxy.
        destination(f"http://0.0.0.0:{collector.port}", "http").put(numbered(1))
        collector.wait_for(1)
        assert proxy.requests == 0
