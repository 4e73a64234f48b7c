"""No header is ever shown: not in what is told, not in a statistic, not in a repr, not in a log."""

from __future__ import annotations

import logging

import grpc
import pytest

from bench_suite.ports import free_port
from support.otlp_receiver import GrpcReceiver, HttpReceiver
from support.records import numbered

CANARY = "canary-5f1d"
HEADERS = {"Authorization": f"Bearer {CANARY}", "x-key": f"key-{CANARY}"}


@pytest.fixture(autouse=True)
def nothing_is_logged_with_it(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    yield
    assert CANARY not in caplog.text
    written = capfd.readouterr()
    assert CANARY not in written.out + written.err


def shown(one) -> str:
    return " ".join([*one.told, repr(one), repr(one.stats()), repr(vars(one)), repr(one._channel)])


def test_a_collector_that_repeats_the_credential_in_its_error(destination, told_within):
    with GrpcReceiver() as collector:
        collector.fail_with = grpc.StatusCode.UNAUTHENTICATED
        collector.failure_text = f"token {CANARY} of 'Bearer {CANARY}' has expired"
        one = destination(collector.endpoint, "grpc", HEADERS)
        one.put(numbered(1))
        assert "has expired" in told_within(one)
        assert CANARY not in shown(one)


@pytest.mark.parametrize(("protocol", "receiver"), [("grpc", GrpcReceiver), ("http", HttpReceiver)])
def test_a_collector_that_repeats_it_in_a_partial_success(destination, told_within, protocol, receiver):
    with receiver() as collector:
        collector.reject_spans, collector.warning = 1, f"quota of {CANARY} is used up"
        one = destination(collector.endpoint, protocol, HEADERS)
        one.put(numbered(1))
        assert "quota of *** is used up" in told_within(one)
        assert CANARY not in shown(one)


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize(
    ("name", "value"), [("x-key", f"{CANARY}\nx: y"), ("x key", CANARY), ("x-key", f"{CANARY}é漢")]
)
def test_a_header_that_cannot_be_sent_is_told_without_its_value(destination, told_within, protocol, name, value):
    with (GrpcReceiver if protocol == "grpc" else HttpReceiver)() as collector:
        one = destination(collector.endpoint, protocol, {name: value})
        one.put(numbered(1))
        message = told_within(one)
        assert "config.tracing.headers" in message
        assert CANARY not in shown(one)
        assert collector.spans == []


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_collector_that_is_not_there(destination, told_within, protocol):
    one = destination(f"http://127.0.0.1:{free_port()}", protocol, HEADERS)
    one.put(numbered(1))
    told_within(one)
    assert CANARY not in shown(one)


def test_a_key_in_the_query_of_the_path_is_not_told(destination, told_within):
    with HttpReceiver() as collector:
        collector.status = 400
        one = destination(collector.endpoint, "http", path="/v1/traces?key=geheim")
        one.put(numbered(1))
        message = told_within(one)
        assert f"{collector.endpoint}/v1/traces " in message
        assert "geheim" not in message
        assert collector.path == "/v1/traces?key=geheim"
