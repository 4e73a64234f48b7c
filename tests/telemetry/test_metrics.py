"""What the metrics say of a call: the reference's names and labels, bounded, and nothing of what nobody knows."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import replace
from decimal import Decimal

import pytest
from prometheus_client import Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agw.cel import compile_expression
from agw.config.signals import Metrics
from agw.record import Attempt, CallError, Cost, Evidence
from agw.record.transient import Transient
from agw.telemetry.fields import adding
from agw.telemetry.metrics import LLM_DURATION, observations
from agw.telemetry.metrics_page import MetricsPage
from agw.telemetry.metrics_registry import LABELS, OTHER, Bounded, MetricsRegistry, Reading, Readings
from agw.telemetry.selection import field_name
from bench_suite.ports import free_port
from support.records import START_NS, chat_record

PLACE = {"bind": "g", "gateway": "g", "listener": "l", "route": "default/r", "route_rule": "unknown"}
MODEL = {
    "gen_ai_operation_name": "chat",
    "gen_ai_system": "openai",
    "gen_ai_request_model": "gpt-4o-mini",
    "gen_ai_response_model": "gpt-4o-mini-2024-07-18",
}
REQUEST = {"backend": "b", "protocol": "llm", "method": "POST", "status": "200", "reason": "Upstream"}


def record(**more):
    place = {"gateway": "g", "listener": "l", "route": "default/r", "backend": "b", "http_status": 200, "error": None}
    return replace(chat_record(), **{**place, **more})


def samples(registry: MetricsRegistry) -> dict[tuple[str, frozenset], float]:
    families = text_string_to_metric_families(generate_latest(registry.registry).decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def shown(registry: MetricsRegistry, name: str, **labels: str) -> float | None:
    return samples(registry).get((f"agentgateway_{name}", frozenset({**PLACE, **labels}.items())))


def test_a_call_is_counted_under_the_references_names_and_labels():
    registry = MetricsRegistry(Metrics())
    call = record(
        cost=Cost(Decimal("0.25")),
        overhead_s=0.002,
        evidence=Evidence(response_bytes=1234),
        attempts=(
            Attempt("a", "openai", "m", "h", 1, START_NS, START_NS + 500_000_000, 503),
            Attempt("b", "openai", "m", "h", 1, START_NS + 500_000_000, START_NS + 2_000_000_000, 200),
        ),
        notes=("prompt guard masked: email",),
    )
    registry.observe([call])
    assert shown(registry, "gen_ai_client_token_usage_sum", gen_ai_token_type="input", **MODEL) == 1000
    assert shown(registry, "gen_ai_client_token_usage_sum", gen_ai_token_type="output", **MODEL) == 200
    assert shown(registry, "gen_ai_client_token_usage_sum", gen_ai_token_type="input_cache_read", **MODEL) == 400
    assert shown(registry, "gen_ai_client_token_usage_sum", gen_ai_token_type="input_cache_write", **MODEL) == 100
    assert shown(registry, "gen_ai_client_token_usage_bucket", gen_ai_token_type="input", le="1024.0", **MODEL) == 1
    assert shown(registry, "gen_ai_client_token_usage_bucket", gen_ai_token_type="input", le="256.0", **MODEL) == 0
    assert shown(registry, "gen_ai_client_cost_usd_total", **MODEL) == 0.25
    assert shown(registry, "gen_ai_server_request_duration_sum", **MODEL) == 2.0
    assert shown(registry, "gen_ai_server_time_to_first_token_count", **MODEL) == 1
    assert shown(registry, "gen_ai_server_time_per_output_token_count", **MODEL) == 1
    assert shown(registry, "requests_total", **REQUEST) == 1
    assert shown(registry, "request_duration_seconds_count", **REQUEST) == 1
    assert shown(registry, "request_processing_seconds_sum") == 0.002
    assert shown(registry, "response_bytes_total", **REQUEST) == 1234
    assert shown(registry, "retries_total", backend="b") == 1
    assert shown(registry, "upstream_call_duration_seconds_sum", kind="Primary", subtype="Llm", status="503") == 0.5
    assert shown(registry, "guardrail_checks_total", phase="request", action="mask") == 1


def test_the_buckets_are_the_references():
    names = {one.metric.name: one.metric for one in observations(record())}
    tokens = names["gen_ai_client_token_usage"].buckets
    assert (tokens[0], tokens[1], tokens[-1], len(tokens)) == (1, 4, 67108864, 14)
    seconds = names["gen_ai_server_request_duration"].buckets
    assert (seconds[0], seconds[-1], len(seconds)) == (0.01, 81.92, 14)


@pytest.mark.parametrize("off_ns", [-1, 0, 1])
def test_a_value_falls_into_the_bucket_that_the_library_would_choose(off_ns):
    bounds = (*LLM_DURATION.buckets, 1000.0)
    library = Histogram("d", "d", buckets=LLM_DURATION.buckets, registry=None)
    registry = MetricsRegistry(Metrics())
    calls = [record(end_ns=START_NS + round(bound * 1e9) + off_ns) for bound in bounds]
    registry.observe(calls[:5])
    registry.observe(calls[5:])
    for one in calls:
        library.observe(one.duration_s)
    found = samples(registry)
    for sample in next(iter(library.collect())).samples:
        labels = {**PLACE, **REQUEST, **sample.labels}
        name = f"agentgateway_request_duration_seconds{sample.name.removeprefix('d')}"
        assert found[name, frozenset(labels.items())] == pytest.approx(sample.value, rel=1e-12)


def test_calls_of_more_kinds_than_are_remembered_count_on(monkeypatch):
    monkeypatch.setattr("agw.telemetry.metrics_registry._KINDS", 2)
    registry = MetricsRegistry(Metrics())
    for number in range(12):
        registry.observe([record(http_status=200 + number % 4)])
    assert [shown(registry, "requests_total", **{**REQUEST, "status": str(200 + one)}) for one in range(4)] == [3] * 4


def test_what_is_not_known_is_not_observed():
    bare = record(answer=replace(chat_record().answer, usage=None, model=None), cost=None, first_token_ns=None)
    names = {one.metric.name for one in observations(bare)}
    assert names == {"requests", "request_duration_seconds", "gen_ai_server_request_duration"}
    registry = MetricsRegistry(Metrics())
    registry.observe([bare])
    assert shown(registry, "gen_ai_server_request_duration_count", **{**MODEL, "gen_ai_response_model": "unknown"}) == 1


def test_a_failed_call_tells_its_reason():
    registry = MetricsRegistry(Metrics())
    registry.observe([record(http_status=429, error=CallError("rate_limited", "rate limit exceeded"))])
    assert shown(registry, "requests_total", **{**REQUEST, "status": "429", "reason": "rate_limited"}) == 1


def test_the_configs_own_labels_stand_on_every_metric():
    settings = Metrics(
        labels=(("team", compile_expression('request.headers["x-team"]')), ("none", compile_expression("jwt.sub")))
    )
    add = adding(tuple((field_name(LABELS, name), one) for name, one in settings.labels))
    registry = MetricsRegistry(settings)
    registry.observe([add(record(), Transient(request_headers={"x-team": ["red"]}))])
    assert shown(registry, "requests_total", team="red", none="unknown", **REQUEST) == 1
    assert shown(registry, "request_processing_seconds_count", team="red", none="unknown") is None


def test_metrics_may_be_left_out():
    registry = MetricsRegistry(Metrics(remove=frozenset({"gen_ai_client_cost_usd_total", "requests"})))
    registry.observe([record(cost=Cost(Decimal(1)))])
    names = {name for name, _ in samples(registry)}
    assert "agentgateway_requests_total" not in names
    assert "agentgateway_gen_ai_client_cost_usd_total" not in names
    assert "agentgateway_request_duration_seconds_count" in names


def test_clients_that_name_a_new_model_each_time_cannot_fill_the_memory():
    bounded = Bounded(max_values=3, max_series=4)
    found = {bounded.labels("m", ("model", "route"), (f"m{index}", "r")) for index in range(10)}
    assert found == {("m0", "r"), ("m1", "r"), ("m2", "r"), (OTHER, "r")}
    assert bounded.labels("m", ("model", "route"), ("m0", "s")) == (OTHER, OTHER)
    assert bounded.labels("m", ("model", "route"), ("m0", "r")) == ("m0", "r")
    assert len(bounded.labels("n", ("model",), ("x" * 1000,))[0]) <= 128


def test_figures_of_the_gateways_own_are_asked_when_the_page_is():
    asked = []

    def figures():
        asked.append(1)
        yield Reading("destination_lag_seconds", "x", 1.5, (("destination", "a"),))
        yield Reading("destination_lag_seconds", "x", 2.5, (("destination", "b"),))
        yield Reading("lost", "x", 3, counts=True)

    registry = MetricsRegistry(Metrics(), [Readings(figures)])
    assert not asked
    found = samples(registry)
    assert found[("agentgateway_destination_lag_seconds", frozenset({("destination", "b")}))] == 2.5
    assert found[("agentgateway_lost_total", frozenset())] == 3
    assert len(asked) == 1


def test_the_page_answers_scrapes_and_says_whether_calls_are_taken():
    registry, ready = MetricsRegistry(Metrics()), [False]
    page = MetricsPage(("127.0.0.1", free_port()), lambda: registry.registry, lambda: ready[0])
    try:
        with urllib.request.urlopen(page.url) as answer:
            assert b"agentgateway_requests_total" in answer.read()
        base = page.url.removesuffix("/metrics")
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(f"{base}/healthz/ready")
        assert raised.value.code == 503
        ready[0] = True
        with urllib.request.urlopen(f"{base}/healthz/ready") as answer:
            assert answer.read() == b"ready\n"
        for path, method, status in (("/", "GET", 404), ("/metrics", "POST", 405)):
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(urllib.request.Request(base + path, method=method))
            assert raised.value.code == status
    finally:
        page.close()


def test_a_call_that_cannot_be_told_costs_no_other():
    registry = MetricsRegistry(Metrics())
    with pytest.raises(AttributeError):
        registry.observe([record(), replace(record(), request=None), record()])
    assert shown(registry, "requests_total", **REQUEST) == 2
