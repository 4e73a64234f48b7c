"""What a provider demands of a body (agentgateway.md §3.4)."""

from __future__ import annotations

import pytest

from agw.config.snapshot import Target
from agw.providers import spec_of
from agw.providers.body import wire_edit


def edit(body, api_type="completions"):
    return wire_edit(spec_of(Target("t", "openAI"), body["model"]), api_type, body, body["model"])


def test_max_tokens_is_renamed_for_gpt_models_only():
    made = edit({"model": "gpt-4o", "max_tokens": 5})
    assert (made.changes, made.removals) == ({"max_completion_tokens": 5}, ("max_tokens",))
    assert edit({"model": "llama", "max_tokens": 5}).changes == {}
    assert edit({"model": "gpt-4o", "max_tokens": 5}, api_type="responses").changes == {}


@pytest.mark.parametrize("options", [None, {"include_usage": False}, "odd"])
def test_usage_is_asked_for_where_a_streaming_app_did_not(options):
    made = edit({"model": "m", "stream": True, "stream_options": options})
    assert made.changes == {"stream_options": {"include_usage": True}}
    assert made.usage_injected


def test_other_stream_options_stay():
    made = edit({"model": "m", "stream": True, "stream_options": {"include_obfuscation": False}})
    assert made.changes["stream_options"] == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize(
    ("body", "api_type"),
    [
        ({"model": "m", "stream": True, "stream_options": {"include_usage": True}}, "completions"),
        ({"model": "m", "stream": False}, "completions"),
        ({"model": "m", "stream": True}, "responses"),
    ],
)
def test_usage_is_not_asked_for_where_it_comes_anyway(body, api_type):
    assert not edit(body, api_type).usage_injected


def test_what_the_provider_has_in_its_path_leaves_the_body():
    spec = spec_of(Target("t", "gemini"), "gemini-x")
    assert wire_edit(spec, "generateContent", {"model": "gemini-x", "contents": []}, "gemini-x").removals == ("model",)
