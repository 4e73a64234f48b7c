"""The list that comes with the gateway, held against its own arithmetic."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.types import Usage as TheirUsage

from agw.pricing.builtin import BuiltIn
from agw.pricing.price import cost_parts, total
from agw.usage import Usage
from support.gateway import ROOT

LIST = BuiltIn()
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MODELS = [
    ("openai", "gpt-4o-mini-2024-07-18", "openai"),
    ("openai", "gpt-4o", "openai"),
    ("openai", "o3-mini", "openai"),
    ("openai", "gpt-4o-audio-preview", "openai"),
    ("openai", "gpt-5.2", "openai"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:org::abc", "openai"),
    ("anthropic", "claude-sonnet-4-5-20250929", "anthropic"),
    ("anthropic", "claude-opus-4-1", "anthropic"),
    ("anthropic", "claude-3-haiku-20240307", "anthropic"),
    ("gcp.gemini", "gemini-2.5-pro", "google"),
    ("gcp.gemini", "gemini-2.5-flash", "google"),
    ("gcp.vertex_ai", "claude-sonnet-4@20250514", "google"),
    ("aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", "aws"),
    ("azure.ai.openai", "gpt-4o-2024-08-06", "azure"),
    ("mistral_ai", "mistral-large-latest", "mistral"),
    ("x_ai", "grok-4", "x-ai"),
    ("groq", "llama-3.3-70b-versatile", "groq"),
    ("deepseek", "deepseek-chat", "deepseek"),
    ("openrouter", "openai/gpt-4o", "openrouter"),
    ("togetherai", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "together"),
    ("cerebras", "llama3.1-8b", "cerebras"),
]
USAGES = [
    {"input_tokens": 1000, "output_tokens": 200},
    {"input_tokens": 1000, "output_tokens": 200, "cache_read_tokens": 400, "cache_write_tokens": 100},
    {"input_tokens": 199_999, "output_tokens": 7},
    {"input_tokens": 200_000, "output_tokens": 7},
    {"input_tokens": 200_001, "output_tokens": 7, "cache_read_tokens": 200_000},
    {"input_tokens": 272_001, "output_tokens": 123_456},
    {"input_tokens": 0, "output_tokens": 0},
]


@pytest.mark.parametrize("counts", USAGES, ids=str)
@pytest.mark.parametrize(("provider", "model", "theirs"), MODELS)
def test_our_total_is_the_lists_own_total(provider, model, theirs, counts):
    price = LIST.find(provider, model, NOW)
    assert price is not None
    expected = genai_prices.calc_price(
        TheirUsage(**counts), model, provider_id=theirs, genai_request_timestamp=NOW
    ).total_price
    assert total(cost_parts(Usage(**counts), price)) == expected


@pytest.mark.parametrize("tier", ["flex", "priority", "batch"])
def test_a_service_tier_has_its_own_rates(tier):
    counts = {"input_tokens": 1000, "output_tokens": 200}
    context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier}
    expected = genai_prices.calc_price(
        TheirUsage(**counts), "gpt-5.2", provider_id="openai", genai_request_timestamp=NOW, price_context=context
    ).total_price
    found = total(cost_parts(Usage(**counts), LIST.find("openai", "gpt-5.2", NOW, tier)))
    assert found == expected != total(cost_parts(Usage(**counts), LIST.find("openai", "gpt-5.2", NOW)))


def test_a_tier_that_the_list_does_not_know_is_told():
    assert LIST.knows_tier("openai", "gpt-5.2", "priority")
    assert LIST.knows_tier("openai", "gpt-5.2", "default")
    assert not LIST.knows_tier("openai", "gpt-5.2", "reserved")
    assert LIST.find("openai", "gpt-5.2", NOW, "reserved") == LIST.find("openai", "gpt-5.2", NOW)


def test_the_price_is_that_of_the_calls_own_day_and_hour():
    history = {
        str(LIST.find("openai", "o3", datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days)))
        for days in range(0, 700, 10)
    }
    assert len(history) > 1


def test_hugging_faces_router_costs_what_the_provider_behind_it_costs():
    assert LIST.find("huggingface", "openai/gpt-oss-120b:groq", NOW) is not None
    assert LIST.find("huggingface", "openai/gpt-oss-120b", NOW) is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-99"), ("nobody", "gpt-4o"), ("my-openai-proxy", "gpt-4o"), ("custom", "gpt-4o"), ("openai", "")],
)
def test_an_unknown_model_or_provider_has_no_price(provider, model):
    assert LIST.find(provider, model, NOW) is None


def test_names_are_remembered_within_bounds():
    small = BuiltIn()
    for number in range(5000):
        small.find("openai", f"gpt-none-{number}", NOW)
    assert small._model.cache_info().currsize <= 2048


def test_every_price_in_the_list_can_be_told_in_our_rates():
    rows = list(LIST.every(NOW))
    assert len(rows) > 1000
    assert all(rate >= 0 for _, _, price in rows for rate in price.rates.said().values())
    assert ("openai", "gpt-4o-mini") in {(provider, model) for provider, model, _ in rows}


def test_rates_are_decimals_and_not_binary_fractions():
    price = LIST.find("openai", "gpt-4o-mini", NOW)
    assert price.rates.input == Decimal("0.15")


def test_importing_and_looking_up_opens_no_connection():
    program = (
        "import socket, datetime\n"
        "def refuse(*_): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from agw.pricing.builtin import BuiltIn\n"
        "print(BuiltIn().find('openai', 'gpt-4o', datetime.datetime.now(datetime.UTC)) is not None)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "addon")},
        check=True,
    )
    assert ran.stdout.strip() == "True"
    assert socket.socket.connect is not None
