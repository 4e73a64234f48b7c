"""The arithmetic of money: exact, each token once, never negative."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.pricing.price import Price, Rates, Tier, cost_parts, total
from agw.usage import Source, Usage

D = Decimal
SONNET = Price(
    Rates(input=D("3"), output=D("15"), cache_read=D("0.3"), cache_write=D("3.75")),
    (Tier(200_000, Rates(input=D("6"), output=D("22.5"), cache_read=D("0.6"), cache_write=D("7.5"))),),
)
counts = st.none() | st.integers(0, 2**53)
rates = st.none() | st.decimals(0, 10_000, places=6)
prices = st.builds(
    Price,
    st.builds(Rates, *[rates] * 11),
    st.lists(st.builds(Tier, st.integers(0, 2**53), st.builds(Rates, *[rates] * 11)), max_size=3).map(
        lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.context_over))
    ),
)
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=counts,
    cache_write_tokens=counts,
    cache_write_1h_tokens=counts,
    input_image_tokens=counts,
    output_image_tokens=counts,
    reasoning_tokens=counts,
    input_audio_tokens=counts,
    output_audio_tokens=counts,
    source=st.sampled_from(Source),
)


def test_a_million_calls_of_one_token_cost_what_one_call_of_a_million_costs():
    price = Price(Rates(input=D("0.123457"), output=D("0.6")))
    once = total(cost_parts(Usage(input_tokens=1, output_tokens=1), price))
    many = D(0)
    for _ in range(1_000_000):
        many += once
    assert many == total(cost_parts(Usage(input_tokens=10**6, output_tokens=10**6), price)) == D("0.723457")


@given(usages, prices)
def test_parts_sum_to_the_total_and_nothing_is_negative_or_rounded(usage, price):
    parts = cost_parts(usage, price)
    if parts is None:
        return
    assert all(part >= 0 for part in parts.values())
    scaled = sum(int(part.scaleb(12)) for part in parts.values())
    assert total(parts) == D(scaled) / D(10**12) if scaled < 10**27 else int(total(parts).scaleb(12)) == scaled


@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9)
)
def test_at_one_rate_for_all_classes_each_token_costs_once(text, read, written, said, thought):
    one = D("1")
    usage = Usage(
        input_tokens=text + read + written,
        output_tokens=said + thought,
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=thought,
    )
    parts = cost_parts(usage, Price(Rates(input=one, output=one, cache_read=one, cache_write=one, reasoning=one)))
    assert total(parts) == D(usage.input_tokens + usage.output_tokens).scaleb(-6)


def test_anthropics_cache_classes_are_priced_at_their_own_rates():
    usage = Usage(
        input_tokens=5 + 128_955 + 1_253, output_tokens=10, cache_read_tokens=128_955, cache_write_tokens=1_253
    )
    assert cost_parts(usage, SONNET) == {
        "input": D("0.000015"),
        "cache_read": D("0.0386865"),
        "cache_write": D("0.00469875"),
        "output": D("0.00015"),
    }


@pytest.mark.parametrize(
    ("context", "input_rate", "output_rate"),
    [(199_999, "3", "15"), (200_000, "3", "15"), (200_001, "6", "22.5")],
)
def test_the_bound_itself_belongs_to_the_lower_tier(context, input_rate, output_rate):
    parts = cost_parts(Usage(input_tokens=context, output_tokens=1_000_000), SONNET)
    assert parts == {"input": D(input_rate) * context / D(10**6), "output": D(output_rate)}


def test_cached_tokens_count_for_the_tier_since_they_are_a_part_of_the_context():
    parts = cost_parts(Usage(input_tokens=200_001, output_tokens=0, cache_read_tokens=200_000), SONNET)
    assert parts["cache_read"] == D("0.12")


def test_a_tier_leaves_what_it_does_not_say_to_the_base_rates():
    price = Price(Rates(input=D(1), output=D(2)), (Tier(10, Rates(input=D(3))),))
    assert cost_parts(Usage(input_tokens=1_000_000, output_tokens=1_000_000), price) == {"input": D(3), "output": D(2)}


def test_cached_tokens_without_a_rate_are_input():
    usage = Usage(input_tokens=1_000_000, output_tokens=0, cache_read_tokens=400_000, cache_write_tokens=100_000)
    assert cost_parts(usage, Price(Rates(input=D(2), output=D(1)))) == {"input": D(2), "output": D(0)}


def test_reasoning_and_audio_fall_back_to_the_rate_of_their_side():
    usage = Usage(
        input_tokens=3_000_000,
        output_tokens=6_000_000,
        reasoning_tokens=2_000_000,
        input_audio_tokens=1_000_000,
        output_audio_tokens=3_000_000,
    )
    expected = {"input": D(4), "input_audio": D(2), "output": D(5), "reasoning": D(10), "output_audio": D(15)}
    assert cost_parts(usage, Price(Rates(input=D(2), output=D(5)))) == expected


@pytest.mark.parametrize(
    ("usage", "price"),
    [
        (Usage(), Price(Rates(input=D(1), output=D(1)))),
        (Usage(input_tokens=5), Price(Rates(input=D(1), output=D(1)))),
        (Usage(output_tokens=5), Price(Rates(input=D(1), output=D(1)))),
        (Usage(input_tokens=5, output_tokens=5), Price(Rates(input=D(1)))),
        (Usage(input_tokens=5, output_tokens=5), Price()),
        (Usage(input_tokens=0, output_tokens=0), Price()),
    ],
    ids=["no counts", "no output", "no input", "no rate for the output", "no rates", "no rates and no tokens"],
)
def test_what_cannot_be_known_has_no_cost(usage, price):
    assert cost_parts(usage, price) is None


def test_of_an_answer_that_broke_off_what_is_known_is_priced():
    usage = Usage(input_tokens=1_000_000, source=Source.PARTIAL)
    assert cost_parts(usage, Price(Rates(input=D(1), output=D(1)))) == {"input": D(1)}


def test_an_embedding_has_a_prompt_only():
    assert cost_parts(Usage(input_tokens=1_000_000), Price(Rates(input=D("0.02")))) == {"input": D("0.02")}


def test_a_call_that_costs_by_itself_says_so_in_a_part_of_its_own():
    price = Price(Rates(input=D(1), output=D(1), request=D("0.012")))
    assert cost_parts(Usage(input_tokens=0, output_tokens=0), price)["request"] == D("0.012")


def test_contradictory_figures_never_become_a_negative_cost():
    usage = Usage(input_tokens=10, output_tokens=1, cache_read_tokens=1_000_000, reasoning_tokens=100)
    assert cost_parts(usage, SONNET) == {
        "input": D(0),
        "cache_read": D("0.3"),
        "output": D(0),
        "reasoning": D("0.0015"),
    }


def test_cache_writes_that_live_an_hour_cost_what_they_cost_and_stay_one_part():
    price = Price(Rates(input=D(3), output=D(15), cache_write=D("3.75"), cache_write_1h=D(6)))
    usage = Usage(
        input_tokens=3_000_000, output_tokens=0, cache_write_tokens=2_000_000, cache_write_1h_tokens=1_000_000
    )
    assert cost_parts(usage, price) == {"input": D(3), "cache_write": D("9.75"), "output": D(0)}


def test_images_are_a_part_of_their_own_only_where_they_have_a_rate():
    usage = Usage(input_tokens=2_000_000, output_tokens=0, input_image_tokens=1_000_000)
    assert cost_parts(usage, Price(Rates(input=D(1), output=D(1)))) == {"input": D(2), "output": D(0)}
    with_rate = Price(Rates(input=D(1), output=D(1), input_image=D(8)))
    assert cost_parts(usage, with_rate) == {"input": D(1), "input_image": D(8), "output": D(0)}
