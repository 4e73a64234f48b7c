"""The bucket's arithmetic, whatever comes in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agw.config.clients import RateLimit, Unit
from agw.errors import RateLimited
from agw.policies.rate_limit import Bucket, Buckets

_LIMITS = st.builds(RateLimit, st.integers(1, 50), st.integers(1, 50), st.floats(0.1, 100))
_STEPS = st.lists(st.tuples(st.floats(0, 50), st.integers(0, 100)), max_size=40)


@given(_LIMITS, _STEPS)
def test_a_bucket_holds_never_less_than_nothing_and_never_more_than_its_size(limit, steps):
    bucket, now_s = Bucket(limit, 0.0), 0.0
    for pause_s, amount in steps:
        now_s += pause_s
        bucket.draw(amount, now_s)
        assert 0 <= bucket.left(now_s) <= limit.size


@given(_LIMITS, st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_more_calls_pass_than_the_size_and_what_was_filled_in_since(limit, pauses):
    buckets, now_s, passed = Buckets([limit], 0.0), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        try:
            buckets.admit(now_s)
            passed += 1
        except RateLimited:
            pass
    fills = int(now_s / limit.interval_s) + 1
    assert passed <= limit.size + fills * limit.fill


@given(_LIMITS, st.integers(0, 10_000))
def test_whoever_waits_as_long_as_told_is_let_in(limit, drawn):
    bucket = Bucket(limit, 0.0)
    bucket.draw(drawn, 0.0)
    assert bucket.has(bucket.wait_s(0.0) * (1 + 1e-9))


@given(st.integers(1, 1000), st.lists(st.integers(0, 400), max_size=20))
def test_tokens_are_lent_until_nothing_is_left(size, spent):
    buckets, left = Buckets([RateLimit(size, size, 1e6, Unit.TOKENS)], 0.0), size
    for tokens in spent:
        try:
            buckets.admit(0.0)
            assert left > 0
        except RateLimited:
            assert left == 0
            continue
        buckets.spend(tokens, 0.0)
        left = max(left - tokens, 0)


@given(st.integers(1, 1000), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=20))
def test_an_estimate_is_drawn_at_once_and_made_up_for_by_what_was_taken(size, calls):
    buckets, left = Buckets([RateLimit(size, size, 1e6, Unit.TOKENS), RateLimit(99, 99, 1e6)], 0.0), size
    assert buckets.of_tokens
    for estimated, taken in calls:
        try:
            buckets.reserve(estimated, 0.0)
        except RateLimited:
            assert estimated > left
            continue
        assert estimated <= left
        buckets.spend(taken - estimated, 0.0)
        left = max(left - taken, 0)
