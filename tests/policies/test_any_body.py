"""Whatever an app sends: edits of its body may leave it as it is, and never raise nor change it in place."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config.snapshot import AiPolicy, PromptCaching, PromptMessage, Target
from agw.policies.prompt_caching import cache_points
from agw.policies.prompts import added_prompts
from agw.providers import spec_of
from agw.providers.body import wire_edit

WORDS = st.sampled_from(
    ["system", "messages", "tools", "toolConfig", "contents", "input", "content", "parts", "role", "text", "type", "model",
     "cache_control", "cachePoint", "scope", "max_tokens", "stream", "stream_options", "systemInstruction"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
BODIES = st.dictionaries(WORDS, JSON, max_size=6)
POLICY = AiPolicy(
    prepend=(PromptMessage("system", "s"), PromptMessage("user", "u")), append=(PromptMessage("user", "v"),)
)


@pytest.mark.parametrize("api_type", ["completions", "responses", "messages", "converse", "generateContent"])
@given(body=BODIES)
def test_prompts(api_type, body):
    before = copy.deepcopy(body)
    added_prompts(body, api_type, POLICY)
    assert body == before


@pytest.mark.parametrize("wire", ["messages", "converse"])
@given(body=BODIES)
def test_cache_points(wire, body):
    before = copy.deepcopy(body)
    made = cache_points(body, wire, "anthropic.claude-x", PromptCaching(tools=True, min_tokens=0))
    assert body == before
    # What is marked once is an app that marks itself from then on.
    if made:
        assert cache_points({**body, **made}, wire, "anthropic.claude-x", PromptCaching(min_tokens=0)) == {}


@pytest.mark.parametrize("provider", ["openAI", "anthropic", "gemini", "vertex", "bedrock", "azure", "mistral"])
@given(body=BODIES)
def test_the_providers_demands(provider, body):
    before = copy.deepcopy(body)
    spec = spec_of(Target("t", provider), "claude-gpt-x")
    for wire in spec.formats:
        made = wire_edit(spec, wire, body, "gpt-x")
        assert not set(made.changes) & set(made.removals)
    assert body == before
