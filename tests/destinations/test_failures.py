"""Collectors that are not there, that come back, that refuse, that take only a part, and the end of the process."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import grpc
import pytest

from bench_suite.ports import free_port
from support.otlp_receiver import GrpcReceiver, HttpReceiver, attributes_of
from support.records import numbered, with_content

KINDS = [("grpc", GrpcReceiver), ("http", HttpReceiver)]
TEMPORARY = [
    ("grpc", GrpcReceiver, grpc.StatusCode.UNAVAILABLE),
    ("grpc", GrpcReceiver, grpc.StatusCode.DEADLINE_EXCEEDED),
    ("grpc", GrpcReceiver, grpc.StatusCode.ABORTED),
    ("http", HttpReceiver, 429),
    ("http", HttpReceiver, 502),
    ("http", HttpReceiver, 503),
    ("http", HttpReceiver, 504),
]
REFUSED = [
    ("grpc", GrpcReceiver, "fail_with", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
    ("http", HttpReceiver, "status", 400, "HTTP 400"),
    ("http", HttpReceiver, "status", 422, "HTTP 422"),
]
MISTAKEN = [
    ("grpc", GrpcReceiver, "fail_with", grpc.StatusCode.UNAUTHENTICATED, "config.tracing.headers"),
    ("grpc", GrpcReceiver, "fail_with", grpc.StatusCode.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"),
    ("http", HttpReceiver, "status", 401, "config.tracing.headers"),
    ("http", HttpReceiver, "status", 404, "config.tracing.path"),
    ("http", HttpReceiver, "status", 500, "HTTP 500"),
]


def ids(spans) -> list[str]:
    return [attributes_of(span)["gen_ai.response.id"] for span in spans]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_collector_that_is_not_there_is_told_with_its_address_and_the_spans_wait(destination, told_within, protocol):
    port = free_port()
    one = destination(f"http://127.0.0.1:{port}", protocol)
    one.put(numbered(1))
    message = told_within(one)
    assert f"http://127.0.0.1:{port}" in message
    assert "is a collector listening at" in message
    assert (one.stats().sent, one.stats().dropped, one.stats().queued) == (0, 0, 1)
    assert one.stats().last_error


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_spans_put_before_the_collector_starts_arrive_once_each_and_recovery_is_told(
    destination, told_within, protocol, receiver
):
    port = free_port()
    one = destination(f"http://127.0.0.1:{port}", protocol)
    for number in range(100):
        one.put(numbered(number))
    told_within(one)
    with receiver(port=port) as collector:
        assert ids(collector.wait_for(100)) == [str(number) for number in range(100)]
        assert f"records reach http://127.0.0.1:{port}" in told_within(one, 2)
        assert one.flush(10)
        assert (one.stats().sent, one.stats().dropped) == (100, 0)
        assert len(one.told) == 2


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_collector_that_restarts_loses_nothing_that_was_put_meanwhile(destination, protocol, receiver):
    with receiver() as before:
        port = before.port
        one = destination(before.endpoint, protocol)
        one.put(numbered(0))
        before.wait_for(1)
        assert one.flush(10)
    one.put(numbered(1))
    with receiver(port=port) as after:
        assert ids(after.wait_for(1)) == ["1"]


@pytest.mark.parametrize(("protocol", "receiver", "failure"), TEMPORARY)
def test_a_temporary_failure_is_tried_again_and_not_told_when_it_passes_at_once(
    destination, protocol, receiver, failure
):
    with receiver() as collector:
        collector.failures = [failure]
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        assert ids(collector.wait_for(1)) == ["1"]
        assert one.flush(10)
        assert collector.requests == 2
        assert one.told == []


@pytest.mark.parametrize(("protocol", "receiver", "switch", "failure", "told"), REFUSED)
def test_a_record_that_is_refused_is_set_aside_with_the_reason(
    destination, told_within, protocol, receiver, switch, failure, told
):
    with receiver() as collector:
        setattr(collector, switch, failure)
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        message = told_within(one)
        assert told in message
        assert collector.endpoint in message
        assert one.flush(10)
        assert (one.stats().sent, one.stats().parked, collector.requests) == (0, 1, 1)
        assert told in one.stats().last_error


@pytest.mark.parametrize(("protocol", "receiver", "switch", "failure", "told"), MISTAKEN)
def test_a_failure_that_is_not_about_the_record_is_told_and_tried_again_until_it_is_put_right(
    destination, told_within, protocol, receiver, switch, failure, told
):
    with receiver() as collector:
        setattr(collector, switch, failure)
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        assert told in told_within(one)
        assert told in one.stats().last_error
        assert one.stats().queued == 1
        setattr(collector, switch, None if switch == "fail_with" else 200)
        assert ids(collector.wait_for(1)) == ["1"]
        assert one.flush(10)
        assert (one.stats().sent, one.stats().parked) == (1, 0)


def test_grpc_exhaustion_is_tried_again_when_the_collector_says(destination):
    with GrpcReceiver() as collector:
        collector.failures = [grpc.StatusCode.RESOURCE_EXHAUSTED]
        collector.retry_info_s = 0.1
        one = destination(collector.endpoint)
        one.put(numbered(1))
        collector.wait_for(1)
        assert one.flush(10)
        assert one.stats().sent == 1


def test_retry_after_is_waited_for(destination):
    with HttpReceiver() as collector:
        collector.failures = [503]
        collector.answer_headers = {"Retry-After": "2"}
        one = destination(collector.endpoint, "http")
        began = time.monotonic()
        one.put(numbered(1))
        collector.wait_for(1)
        assert time.monotonic() - began >= 2


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_batch_that_is_too_large_is_halved_until_it_is_taken(destination, protocol, receiver):
    with receiver() as collector:
        collector.max_spans = 5
        one = destination(collector.endpoint, protocol, linger_s=0.2)
        for number in range(64):
            one.put(numbered(number))
        assert ids(collector.wait_for(64)) == [str(number) for number in range(64)]
        assert set(collector.batches) == {4}
        assert one.flush(10)
        assert one.stats().dropped == 0
        assert one.told == []


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_single_record_that_is_too_large_is_set_aside_and_told(destination, told_within, protocol, receiver):
    with receiver() as collector:
        collector.max_spans = 0
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        assert "a record" in told_within(one)
        assert one.flush(10)
        assert one.stats().parked == 1


def test_a_real_collectors_limit_on_message_size_is_met_by_halving(destination):
    """grpcio's own server, with its default of 4 MiB, says it in its own words."""
    with GrpcReceiver() as collector:
        one = destination(collector.endpoint, linger_s=0.3)
        # Two spans that fit alone; the batch is closed only by the second.
        for number in range(2):
            one.put(with_content(numbered(number), "漢" * 300_000 if number == 0 else "😀" * 990_000))
        assert ids(collector.wait_for(2)) == ["0", "1"]
        assert collector.batches == [1, 1]
        assert one.flush(10)
        assert one.stats().dropped == 0


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_partial_success_counts_what_was_rejected_and_tells_the_collectors_reason(
    destination, told_within, protocol, receiver
):
    with receiver() as collector:
        collector.reject_spans = 2
        one = destination(collector.endpoint, protocol, linger_s=0.2)
        for number in range(5):
            one.put(numbered(number))
        assert "told to reject" in told_within(one)
        assert one.flush(10)
        assert (one.stats().sent, one.stats().dropped) == (3, 2)


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_a_warning_of_the_collector_is_told_and_nothing_is_dropped(destination, told_within, protocol, receiver):
    with receiver() as collector:
        collector.warning = "this version is old"
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        assert "this version is old" in told_within(one)
        assert (one.stats().sent, one.stats().dropped) == (1, 0)


def test_speaking_http_to_a_grpc_port_and_the_other_way_is_told_and_ends_nothing(destination, told_within):
    with GrpcReceiver() as for_grpc, HttpReceiver() as for_http:
        wrong_http = destination(for_grpc.endpoint, "http")
        wrong_grpc = destination(for_http.endpoint, "grpc")
        for one in (wrong_http, wrong_grpc):
            one.put(numbered(1))
            told_within(one)
            assert one.stats().sent == 0


def test_a_redirect_is_not_followed(destination, told_within):
    with HttpReceiver() as elsewhere, HttpReceiver() as collector:
        collector.status = 307
        collector.answer_headers = {"Location": f"{elsewhere.endpoint}/v1/traces"}
        one = destination(collector.endpoint, "http", {"authorization": "Bearer canary"})
        one.put(numbered(1))
        assert "redirects are not followed" in told_within(one)
        assert elsewhere.requests == 0


def test_memory_that_is_full_refuses_the_newest_and_what_it_took_is_sent(destination):
    port = free_port()
    one = destination(f"http://127.0.0.1:{port}", max_rows=10, linger_s=0.3)
    for number in range(30):
        one.put(numbered(number))
    assert (one.stats().queued, one.store.refused) == (10, 20)
    with GrpcReceiver(port=port) as collector:
        assert ids(collector.wait_for(10)) == [str(number) for number in range(10)]


def test_a_dead_collector_holds_no_more_than_memorys_bytes(destination):
    one = destination(f"http://127.0.0.1:{free_port()}", max_bytes=5_000_000, linger_s=30.0)
    for number in range(50):
        one.put(with_content(numbered(number), f"{number} " + "x" * 900_000))
    assert one.stats().queued <= 6
    assert one.store.refused == 50 - one.stats().queued


def test_what_was_sent_makes_room_in_memory(destination):
    with GrpcReceiver() as collector:
        one = destination(collector.endpoint, max_rows=10)
        for number in range(100):
            one.put(numbered(number))
            one.flush(10)
        assert ids(collector.wait_for(100)) == [str(number) for number in range(100)]
        assert one.store.refused == 0


def test_a_record_that_cannot_be_encoded_costs_only_itself(destination, told_within):
    with GrpcReceiver() as collector:
        one = destination(collector.endpoint, linger_s=0.2)
        one.put(numbered(1))
        one.put(replace(numbered(2), start_ns=-1))
        one.put(numbered(3))
        assert ids(collector.wait_for(2)) == ["1", "3"]
        assert "encoding" in told_within(one)
        assert one.flush(10)
        assert (one.stats().sent, one.stats().parked) == (2, 1)


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_closing_sends_all_that_waits(destination, protocol, receiver):
    with receiver() as collector:
        one = destination(collector.endpoint, protocol, linger_s=30.0)
        for number in range(300):
            one.put(numbered(number))
        one.close(20)
        assert len(collector.spans) == 300
        assert (one.stats().sent, one.stats().dropped, one.stats().queued) == (300, 0, 0)
        assert one.told == []


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_closing_with_a_dead_collector_ends_and_tells_what_waits(destination, told_within, protocol):
    one = destination(f"http://127.0.0.1:{free_port()}", protocol)
    for number in range(100):
        one.put(numbered(number))
    told_within(one)
    one.close(20)
    assert (one.stats().sent, one.stats().queued) == (0, 100)
    assert "100 records" in one.told[-1]
    assert "before the gateway stopped" in one.told[-1]


def test_closing_while_waiting_to_try_again_tries_once_more(destination, told_within):
    port = free_port()
    one = destination(f"http://127.0.0.1:{port}", "http")
    one.put(numbered(1))
    told_within(one)
    with HttpReceiver(port=port) as collector:
        one.close(20)
        assert ids(collector.spans) == ["1"]


@pytest.mark.parametrize(("protocol", "receiver"), KINDS)
def test_closing_does_not_wait_for_a_collector_that_never_answers(destination, protocol, receiver):
    with receiver() as collector:
        collector.delay_s = 5.0
        one = destination(collector.endpoint, protocol)
        one.put(numbered(1))
        collector.wait_for_requests(1)
        one.put(numbered(2))
        closing = threading.Thread(target=one.close, args=(0.2,))
        closing.start()
        closing.join(4.0)
        assert not closing.is_alive()
        assert (one.stats().sent, one.stats().queued) == (0, 2)
        assert "2 records" in one.told[-1]


def test_a_log_that_fails_does_not_end_the_thread(destination):
    def broken(message: str) -> None:
        raise RuntimeError("the loop is closed")

    with GrpcReceiver() as collector:
        collector.failures = [grpc.StatusCode.INVALID_ARGUMENT]
        one = destination(collector.endpoint, on_trouble=broken)
        one.put(numbered(1))
        collector.wait_for_requests(1)
        assert one.flush(10)
        one.put(numbered(2))
        assert ids(collector.wait_for(1)) == ["2"]
