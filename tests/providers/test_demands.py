"""Each provider's own demands on a body."""

from __future__ import annotations

import pytest

from agw.config.snapshot import Target
from agw.providers import spec_of
from agw.providers.body import wire_edit

VERTEX = {"projectId": "p"}


def edit(provider, model, wire, body, **params):
    made = wire_edit(spec_of(Target("t", provider, params=params), model), wire, body, model)
    return made.changes, made.removals


def test_vertex_takes_claude_in_a_wrapping_of_its_own():
    body = {
        "model": "claude-x-20250101",
        "output_format": {},
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "scope": "global"}}],
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "content": [{"cache_control": {"scope": "x"}}]}]},
            {"role": "user", "content": "hi"},
        ],
    }
    changes, removals = edit("vertex", "claude-x-20250101", "messages", body, **VERTEX)
    assert removals == ("output_format", "model")
    assert changes["anthropic_version"] == "vertex-2023-10-16"
    assert changes["system"] == [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]
    assert changes["messages"][0]["content"][0]["content"] == [{"cache_control": {}}]
    assert changes["messages"][1] is body["messages"][1]


def test_vertex_counts_claudes_tokens_for_the_model_in_the_body():
    changes, removals = edit(
        "vertex", "claude-x-20250101", "anthropicTokenCount", {"model": "claude-x-20250101"}, **VERTEX
    )
    assert (changes["model"], removals) == ("claude-x@20250101", ())


def test_a_body_without_scopes_is_not_touched():
    body = {"model": "claude-x", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}
    changes, _ = edit("vertex", "claude-x", "messages", body, **VERTEX)
    assert set(changes) == {"anthropic_version"}


@pytest.mark.parametrize(
    ("provider", "params", "model", "wire"),
    [
        ("gemini", {}, "gemini-2.5-pro", "generateContent"),
        ("vertex", VERTEX, "gemini-2.5-pro", "generateContent"),
        ("bedrock", {"region": "r"}, "nova", "converse"),
    ],
)
def test_a_model_in_the_path_is_not_in_the_body(provider, params, model, wire):
    assert edit(provider, model, wire, {"model": model}, **params)[1] == ("model",)
    assert edit(provider, model, wire, {}, **params)[1] == ()


def test_vertexs_imitation_of_openai_wants_the_publisher_before_the_model():
    changes, _ = edit("vertex", "gemini-2.5-pro", "completions", {"model": "gemini-2.5-pro"}, **VERTEX)
    assert changes["model"] == "google/gemini-2.5-pro"
    assert edit("vertex", "meta/llama-4", "completions", {"model": "meta/llama-4"}, **VERTEX)[0] == {}


def test_bedrock_applies_the_configured_guardrail():
    said = {"guardrailIdentifier": "g", "guardrailVersion": "1"}
    changes, _ = edit("bedrock", "nova", "converse", {}, region="r", **said)
    assert changes == {"guardrailConfig": said}


@pytest.mark.parametrize(
    ("provider", "model", "renamed"),
    [
        ("openAI", "gpt-5", True),
        ("openAI", "o3", False),
        ("azure", "gpt-4o", True),
        ("copilot", "gpt-4o", True),
        ("groq", "gpt-oss", False),
        ("custom", "gpt-4o", False),
    ],
)
def test_gpt_models_of_openai_take_the_new_name_of_the_limit(provider, model, renamed):
    changes, removals = edit(provider, model, "completions", {"model": model, "max_tokens": 5})
    assert (changes, removals) == (({"max_completion_tokens": 5}, ("max_tokens",)) if renamed else ({}, ()))


def test_mistral_refuses_stream_options_and_tells_its_usage_without():
    body = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
    assert edit("mistral", "m", "completions", body) == ({}, ("stream_options",))
    assert edit("mistral", "m", "completions", {"model": "m", "stream": True}) == ({}, ())
