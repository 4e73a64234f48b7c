"""``config.logging``, ``config.metrics`` and the addresses of their pages."""

from __future__ import annotations

from agw.cel import compile_expression
from agw.config.signals import LogFormat, Logging, Metrics
from support.configs import snapshot

MODELS = "\nllm: {models: []}\n"


def test_without_a_word_there_is_a_readable_line_and_a_page_on_loopback():
    found = snapshot(MODELS)
    assert found.logging == Logging()
    assert found.metrics == Metrics(address=("127.0.0.1", 15020))


def test_logging_is_built_in_both_of_its_forms():
    expected = Logging(
        LogFormat.TEXT, compile_expression("response.code >= 400"), (("a", compile_expression("1")),), ("b",)
    )
    older = "config: {logging: {filter: 'response.code >= 400', fields: {add: {a: '1'}, remove: [b]}}}"
    newer = "frontendPolicies: {accessLog: {filter: 'response.code >= 400', add: {a: '1'}, remove: [b]}}"
    assert snapshot(older + MODELS).logging == expected
    assert snapshot(newer + MODELS).logging == expected
    assert snapshot(newer.replace("accessLog", "logging") + MODELS).logging == expected
    json = "config: {logging: {format: json, level: warn}}\n"
    assert snapshot(json + newer + MODELS).logging.format is LogFormat.JSON
    assert not snapshot(json + MODELS).logging.on


def test_metrics_and_addresses_are_built_and_the_environment_wins():
    text = "config: {statsAddr: '[::1]:9', readinessAddr: '127.0.0.1:8', metrics: {remove: [agentgateway_requests_total], fields: {add: {a.b: '1'}}}}"
    found = snapshot(text + MODELS).metrics
    assert found == Metrics(
        (("a_b", compile_expression("1")),), frozenset({"requests_total"}), ("::1", 9), True, ("127.0.0.1", 8)
    )
    assert snapshot(text + MODELS, STATS_ADDR="0.0.0.0:7").metrics.address == ("0.0.0.0", 7)
    assert snapshot(text + MODELS, STATS_ADDR="off").metrics.address is None
    assert snapshot("config: {statsAddr: 'off'}" + MODELS).metrics.address is None
