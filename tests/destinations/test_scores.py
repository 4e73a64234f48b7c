"""Scores on their way, to servers of this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agw.config.snapshot import Destination
from agw.destinations import scores
from agw.destinations.scores import ScoreDelivery
from agw.scores.score import Score, read
from support.configs import snapshot
from support.json_receiver import JsonReceiver
from support.otlp_receiver import GrpcReceiver, HttpReceiver
from support.records import SPAN_ID, TRACE_ID

SCORE = read({"name": "helpful", "value": 1, "trace_id": TRACE_ID, "span_id": SPAN_ID}, 7)


def to(written: str) -> tuple[Destination, ...]:
    return snapshot(f"config: {{destinations: [{written}]}}\nllm: {{models: []}}").destinations


@pytest.fixture
def server() -> Iterator[JsonReceiver]:
    with JsonReceiver() as running:
        yield running


@pytest.fixture
def delivery(monkeypatch) -> Iterator[ScoreDelivery]:
    monkeypatch.setattr(scores, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(scores, "TRIES", 5)
    told: list[str] = []
    one = ScoreDelivery({}, told.append)
    one.told = told
    yield one
    one.close(5)


def other(number: int) -> Score:
    return read({"name": "n", "value": number, "trace_id": TRACE_ID, "span_id": SPAN_ID}, 7)


def test_a_score_reaches_every_platform_with_the_destinations_key(delivery, server):
    delivery.serve(
        to(
            f"{{platform: langfuse, endpoint: '{server.endpoint}', basicAuth: {{username: pk, password: sk}}}}, "
            f"{{platform: langsmith, endpoint: '{server.endpoint}', headers: {{x-api-key: k}}}}, "
            f"{{platform: phoenix, endpoint: '{server.endpoint}', protocol: http}}, "
            f"{{platform: helicone, endpoint: '{server.endpoint}', headers: {{Authorization: Bearer h}}}}"
        )
    )
    delivery.submit(SCORE)
    taken = {one.path.rpartition("/")[2]: one for one in server.wait_for(4)}
    assert taken.keys() == {"scores", "feedback", "span_annotations", "score"}
    assert taken["scores"].headers["authorization"] == "Basic cGs6c2s="
    assert taken["feedback"].headers["x-api-key"] == "k"
    assert taken["score"].headers["authorization"] == "Bearer h"
    assert delivery.told == []


def test_a_platform_that_does_not_know_the_call_yet_or_is_down_is_asked_again(delivery, server):
    server.failures = [404, 503]
    delivery.serve(to(f"{{platform: phoenix, endpoint: '{server.endpoint}', protocol: http}}"))
    delivery.submit(SCORE)
    assert server.wait_for(1)[0].json["data"][0]["identifier"] == SCORE.id
    assert server.requests == 3


def test_what_is_refused_or_known_already_is_not_sent_again(delivery, server):
    server.failures = [400, 409]
    delivery.serve(to(f"{{platform: langsmith, endpoint: '{server.endpoint}'}}"))
    for number in range(3):
        delivery.submit(other(number))
    assert server.wait_for(1)[0].json["score"] == 2
    assert server.requests == 3
    assert "was dropped (HTTP 400)" in delivery.told[0]


def test_a_platform_that_stays_down_holds_up_no_other_and_is_given_up(delivery, server):
    with JsonReceiver() as dead:
        endpoint = dead.endpoint
    delivery.serve(
        to(
            f"{{name: dead, platform: phoenix, endpoint: '{endpoint}', protocol: http}}, "
            f"{{name: well, platform: phoenix, endpoint: '{server.endpoint}', protocol: http}}"
        )
    )
    delivery.submit(SCORE)
    server.wait_for(1)
    delivery.close(10)
    assert delivery.waiting() in (0, 1)
    assert any("dead" in one for one in delivery.told)


def test_a_collector_gets_log_events_over_http_and_grpc(delivery):
    with HttpReceiver() as over_http, GrpcReceiver() as over_grpc:
        delivery.serve(
            to(
                f"{{name: a, endpoint: '{over_http.endpoint}/v1/traces', protocol: http}}, "
                f"{{name: b, endpoint: '{over_grpc.endpoint}'}}"
            )
        )
        delivery.submit(SCORE)
        for receiver in (over_http, over_grpc):
            (record,) = receiver.wait_for_logs(1)
            assert record.span_id.hex() == SPAN_ID
        assert over_http.path == "/v1/logs"


def test_an_equal_destination_is_kept_across_a_reload_and_another_ends(delivery, server):
    first, second = (
        f"{{name: {name}, platform: phoenix, endpoint: '{server.endpoint}', protocol: http}}" for name in "ab"
    )
    delivery.serve(to(first))
    delivery.submit(SCORE)
    server.wait_for(1)
    delivery.serve(to(f"{first}, {second}"))
    delivery.submit(other(2))
    server.wait_for(3)
    delivery.serve(())
    delivery.submit(other(3))
    assert server.requests == 3
