"""Whatever the size of a call, its span names model, tokens and cost, and a collector takes it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agw.record import CallRecord, Content
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.dialects.helicone import log_of
from agw.telemetry.otlp import span_of
from support.otlp_receiver import attributes_of
from support.records import attributed_record

ALL = [*DIALECTS]
COLLECTOR_TAKES = 4 * 1024 * 1024
ESSENTIAL = {
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
    "agw.ai.usage.cost.total": "0.00024",
}


def long_conversation(text: str) -> CallRecord:
    messages = [
        {"role": "user" if number % 2 else "assistant", "parts": [{"type": "text", "content": f"{number} {text}"}]}
        for number in range(300)
    ]
    tools = [{"type": "function", "name": f"tool{number}", "description": text} for number in range(100)]
    return attributed_record(content=Content(input_messages=messages, output_messages=[], tool_definitions=tools))


@pytest.mark.parametrize("platform", ALL)
def test_a_call_with_300_messages_and_100_tools_keeps_all_that_counts(platform):
    found = attributes_of(span_of(long_conversation("hello"), DIALECTS[platform]))
    assert found.items() >= ESSENTIAL.items()
    prompts = [value for value in found.values() if isinstance(value, str) and "299 hello" in value]
    assert prompts
    for prompt in prompts:
        shaped = json.loads(prompt)
        assert len(shaped["messages"] if isinstance(shaped, dict) else shaped) in (300, 301)


@pytest.mark.parametrize("text", ["x", "\x01", "漢", "\n", '"'])
@pytest.mark.parametrize("platform", ALL)
def test_a_huge_call_is_shortened_visibly_and_still_taken(platform, text):
    span = span_of(long_conversation(text * 20_000), DIALECTS[platform])
    found = attributes_of(span)
    assert span.ByteSize() < COLLECTOR_TAKES
    assert found.items() >= ESSENTIAL.items()
    assert "content_shortened" in found["agw.notes"]
    assert any("more characters]" in value for value in found.values() if isinstance(value, str))


def test_fields_of_the_config_are_bounded_each():
    fields = {"mine": "x" * 10_000_000, "span.name": "n" * 10_000}
    span = span_of(replace(attributed_record(), content=None), DIALECTS["otel"], fields=fields)
    assert len(attributes_of(span)["mine"]) == 65_536
    assert len(span.name) == 4096


@pytest.mark.parametrize("text", ["x", "\x01" * 20_000, "漢" * 20_000])
def test_helicones_log_is_held_to_its_size_too(text):
    log = log_of(long_conversation(text))
    assert len(log.body) < COLLECTOR_TAKES
    told = json.loads(log.body)
    usage = json.loads(told["providerResponse"]["textBody"].split("\n")[0].removeprefix("data: "))["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["cost"]) == (1000, 200, 0.00024)
    assert len(told["providerRequest"]["json"]["messages"]) == 300


def test_a_log_survives_what_is_no_text():
    log = log_of(attributed_record(content=Content(input_messages=[{"role": "user", "parts": [{"a": "\ud800"}]}])))
    assert json.loads(log.body)["providerRequest"]["json"]["messages"]
    log = log_of(attributed_record(content=Content(input_messages=[{"role": object(), "parts": []}])))
    assert json.loads(log.body)["providerRequest"]["json"]["messages"] == []
