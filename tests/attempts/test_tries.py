"""Tries of one call: failover, retries, stale connections, and what health they leave behind."""

from __future__ import annotations

import pytest

from agw.attempts.health import Fleet
from agw.attempts.retry import Budget, backoff_s
from agw.attempts.tries import Candidate, Clock, Tries
from agw.config.snapshot import Eviction, Retry, Target


class Time:
    now_s = 100.0

    def clock(self) -> Clock:
        return Clock(lambda: int(self.now_s * 1e9), lambda: self.now_s)


def candidate(name: str) -> Candidate:
    return Candidate(name, Target(name, "openAI"))


def tries(*names: str, retry: Retry | None = None, fleet: Fleet | None = None, budget: Budget | None = None):
    time = Time()
    made = Tries(
        [candidate(name) for name in names], retry, fleet or Fleet(), budget or Budget(), time.clock(), lambda: 0.5
    )
    made.began("openai", "m", "h", 443)
    return made, time


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529])
def test_a_status_that_blames_the_target_gives_way_to_the_next(status):
    made, _ = tries("a", "b")
    assert made.gives_way_to_status(status, None)
    assert made.candidate.key == "b"
    made.began("openai", "m", "h", 443)
    made.answered(200)
    assert [(one.backend, one.http_status, one.error_type) for one in made.made] == [
        ("a", status, str(status)),
        ("b", 200, None),
    ]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 422])
def test_a_status_that_blames_the_request_goes_to_the_client(status):
    made, _ = tries("a", "b")
    assert not made.gives_way_to_status(status, None)


def test_the_last_candidates_answer_goes_to_the_client():
    made, _ = tries("a", "b")
    assert made.gives_way_to_error("upstream_unavailable", stale=False)
    made.began("openai", "m", "h", 443)
    assert not made.gives_way_to_status(503, None)
    made.answered(503)
    assert [one.error_type for one in made.made] == ["upstream_unavailable", "503"]


def test_a_retry_policy_tries_the_only_target_again_after_a_pause():
    made, _ = tries("a", retry=Retry(attempts=2, backoff_s=1.0, codes=frozenset({503})))
    assert made.gives_way_to_status(503, None)
    assert 0.5 <= made.wait_s <= 1.0
    made.began("openai", "m", "h", 443)
    assert made.gives_way_to_status(503, 4.0)
    assert made.wait_s == 4.0
    made.began("openai", "m", "h", 443)
    assert not made.gives_way_to_status(503, None)


def test_a_provider_that_asks_for_too_much_patience_is_not_waited_for():
    made, _ = tries("a", retry=Retry(attempts=2, codes=frozenset({429})))
    assert not made.gives_way_to_status(429, 3600.0)


def test_retries_stop_when_the_budget_is_spent():
    budget = Budget(per_call=0.0, reserve=1.0)
    retry = Retry(attempts=5, codes=frozenset({503}))
    made, _ = tries("a", retry=retry, budget=budget)
    assert made.gives_way_to_status(503, None)
    made.began("openai", "m", "h", 443)
    assert not made.gives_way_to_status(503, None)


def test_a_stale_connection_is_tried_again_once_and_blames_nobody():
    fleet = Fleet()
    made, _ = tries("a", fleet=fleet)
    assert made.gives_way_to_error("upstream_unavailable", stale=True)
    assert (made.candidate.key, made.wait_s, fleet.of("a").health) == ("a", 0.0, 1.0)
    made.began("openai", "m", "h", 443)
    assert not made.gives_way_to_error("upstream_unavailable", stale=True)


def test_a_connection_that_ends_late_may_have_taken_the_request_and_is_no_stale_one():
    made, time = tries("a")
    time.now_s += 30.0
    assert not made.gives_way_to_error("upstream_unavailable", stale=True)


def test_pending_calls_are_counted_down_however_a_try_ends():
    fleet = Fleet()
    made, _ = tries("a", "b", fleet=fleet)
    assert fleet.of("a").pending == 1
    made.gives_way_to_error("timeout", stale=False)
    made.began("openai", "m", "h", 443)
    made.ended()
    made.ended()
    assert (fleet.of("a").pending, fleet.of("b").pending) == (0, 0)


def test_evicted_targets_are_tried_last_and_come_back_in_time():
    fleet = Fleet()
    fleet.of("a").failed(0.0, Eviction(duration_s=10.0), None)
    groups = [[candidate("a")], [candidate("b")]]
    assert [one.key for one in fleet.order(groups, 5.0, lambda: 0.0)] == ["b", "a"]
    assert [one.key for one in fleet.order(groups, 10.0, lambda: 0.0)] == ["a", "b"]


def test_evictions_in_a_row_grow_and_a_success_ends_them():
    fleet = Fleet()
    health = fleet.of("a")
    health.failed(0.0, Eviction(), None)
    assert health.evicted_until_s == 3.0
    health.failed(0.0, Eviction(), None)
    assert health.evicted_until_s == 6.0
    health.succeeded(0.1)
    health.failed(0.0, Eviction(), 7.0)
    assert health.evicted_until_s == 7.0


def test_consecutive_failures_are_needed_where_the_policy_says_so():
    health = Fleet().of("a")
    for _ in range(2):
        health.failed(0.0, Eviction(consecutive_failures=3), None)
    assert not health.evicted(0.0)
    health.failed(0.0, Eviction(consecutive_failures=3), None)
    assert health.evicted(0.0)


def test_of_two_drawn_the_better_one_is_preferred():
    fleet = Fleet()
    fleet.of("a").succeeded(2.0)
    fleet.of("b").succeeded(0.1)
    group = [[candidate("a"), candidate("b")]]
    for point in (0.0, 0.4, 0.6, 0.9):
        assert fleet.order(group, 0.0, lambda p=point: p)[0].key == "b"


def test_every_candidate_is_in_the_order_exactly_once():
    fleet = Fleet()
    group = [[candidate(name) for name in "abcde"], [candidate("f")]]
    for point in (0.0, 0.3, 0.99):
        assert sorted(one.key for one in fleet.order(group, 0.0, lambda p=point: p)) == list("abcdef")


def test_backoff_doubles_within_its_bounds():
    assert backoff_s(1, 1.0, lambda: 1.0) == 1.0
    assert backoff_s(2, 1.0, lambda: 0.0) == 1.0
    assert backoff_s(60, None, lambda: 1.0) == 5.0


def test_a_try_whose_answer_broke_off_has_failed_after_all():
    fleet = Fleet()
    made, _ = tries("a", "b", fleet=fleet)
    made.answered(200)
    before = fleet.of("a").health
    made.broke_off("upstream_disconnected")
    assert [(one.http_status, one.error_type) for one in made.made] == [(200, "upstream_disconnected")]
    assert fleet.of("a").health < before
    # The client has nothing yet: the next one may answer.
    assert made.gives_way_to_error("upstream_protocol_error", stale=False)
    assert made.candidate.key == "b"


def test_an_answer_that_meets_the_policys_condition_is_tried_again_until_the_rounds_are_over():
    made, _ = tries("a", retry=Retry(attempts=1))
    assert made.gives_way_to_status(200, None, unwanted=True)
    made.began("openai", "m", "h", 443)
    assert not made.gives_way_to_status(200, None, unwanted=True)
    assert [(one.http_status, one.error_type) for one in made.made] == [(200, "unwanted")]
