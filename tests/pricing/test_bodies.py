"""From a provider's own words to dollars, held against another reader of the same bodies.

genai-prices brings its own extraction and its own arithmetic: what both call the same must cost the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest

from agw.pricing.builtin import BuiltIn
from agw.pricing.price import cost_parts, total
from agw.usage.extract import ANTHROPIC, CONVERSE, GEMINI, OPENAI_CHAT, OPENAI_EMBEDDINGS, OPENAI_RESPONSES, usage_from

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LIST = BuiltIn()
CHAT = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 50},
}
RESPONSES = {
    "input_tokens": 1000,
    "output_tokens": 200,
    "total_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 400},
    "output_tokens_details": {"reasoning_tokens": 50},
}
CACHED = {
    "input_tokens": 5,
    "output_tokens": 10,
    "cache_read_input_tokens": 128_955,
    "cache_creation_input_tokens": 1_253,
}
HOUR = {**CACHED, "cache_creation": {"ephemeral_5m_input_tokens": 253, "ephemeral_1h_input_tokens": 1_000}}
GOOGLE = {
    "promptTokenCount": 1000,
    "cachedContentTokenCount": 400,
    "candidatesTokenCount": 150,
    "thoughtsTokenCount": 50,
    "totalTokenCount": 1200,
}
BODIES = [
    ("openai", "gpt-4o", OPENAI_CHAT, {"model": "gpt-4o", "usage": CHAT}, "openai", "chat"),
    ("openai", "o3", OPENAI_CHAT, {"model": "o3", "usage": CHAT}, "openai", "chat"),
    ("openai", "gpt-5.2", OPENAI_RESPONSES, {"model": "gpt-5.2", "usage": RESPONSES}, "openai", "responses"),
    (
        "openai",
        "text-embedding-3-small",
        OPENAI_EMBEDDINGS,
        {"model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}},
        "openai",
        "embeddings",
    ),
    (
        "anthropic",
        "claude-sonnet-4-5",
        ANTHROPIC,
        {"model": "claude-sonnet-4-5", "usage": CACHED},
        "anthropic",
        "default",
    ),
    (
        "anthropic",
        "claude-sonnet-4-5",
        ANTHROPIC,
        {"model": "claude-sonnet-4-5", "usage": HOUR},
        "anthropic",
        "default",
    ),
    (
        "gcp.gemini",
        "gemini-2.5-pro",
        GEMINI,
        {"modelVersion": "gemini-2.5-pro", "usageMetadata": GOOGLE},
        "google",
        "default",
    ),
    (
        "groq",
        "llama-3.3-70b-versatile",
        OPENAI_CHAT,
        {"model": "llama-3.3-70b-versatile", "usage": CHAT},
        "groq",
        "default",
    ),
    ("deepseek", "deepseek-chat", OPENAI_CHAT, {"model": "deepseek-chat", "usage": CHAT}, "deepseek", "chat"),
    (
        "mistral_ai",
        "mistral-large-latest",
        OPENAI_CHAT,
        {"model": "mistral-large-latest", "usage": CHAT},
        "mistral",
        "default",
    ),
]


@pytest.mark.parametrize(
    ("provider", "model", "table", "body", "theirs", "flavor"),
    BODIES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_readers_come_to_the_same_dollars(provider, model, table, body, theirs, flavor):
    ours = usage_from(body.get("usage") or body["usageMetadata"], table)
    extracted = genai_prices.extract_usage(body, provider_id=theirs, api_flavor=flavor)
    expected = genai_prices.calc_price(
        extracted.usage, model, provider_id=theirs, genai_request_timestamp=NOW
    ).total_price
    assert total(cost_parts(ours, LIST.find(provider, model, NOW))) == expected > 0


def test_an_hours_cache_costs_more_than_one_of_five_minutes():
    price = LIST.find("anthropic", "claude-sonnet-4-5", NOW)
    short, long = (cost_parts(usage_from(one, ANTHROPIC), price)["cache_write"] for one in (CACHED, HOUR))
    assert (short, long) == (Decimal("3.75") * 1253 / 10**6, (Decimal("3.75") * 253 + Decimal(6) * 1000) / 10**6)


def test_reasoning_is_priced_once_whether_a_provider_counts_it_inside_or_outside():
    inside = usage_from(CHAT, OPENAI_CHAT)
    outside = usage_from({**GOOGLE, "cachedContentTokenCount": 400}, GEMINI)
    price = LIST.find("openai", "gpt-4o", NOW)
    assert total(cost_parts(inside, price)) == total(cost_parts(outside, price))


def test_the_same_call_costs_the_same_in_every_providers_words():
    words = [
        (CHAT, OPENAI_CHAT),
        (RESPONSES, OPENAI_RESPONSES),
        ({"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 200}, ANTHROPIC),
        ({"inputTokens": 600, "cacheReadInputTokens": 400, "outputTokens": 200, "totalTokens": 1200}, CONVERSE),
        (GOOGLE, GEMINI),
    ]
    price = LIST.find("openai", "gpt-4o", NOW)
    assert len({total(cost_parts(usage_from(said, table), price)) for said, table in words}) == 1
