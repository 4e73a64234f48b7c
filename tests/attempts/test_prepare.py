"""One try made ready: the body that goes upstream, with everything that the config and the provider want of it."""

from __future__ import annotations

import json

from agw.attempts.prepare import ClientRequest, prepare
from agw.cel import compile_expression
from agw.config.snapshot import AiPolicy, PathKind, PathMatch, Policies, PromptCaching, PromptMessage, Target
from agw.formats.body import JsonObject
from agw.formats.registry import FORMATS
from agw.policies.facts import RequestView, variables_before

ROOT = PathMatch(PathKind.PREFIX, "")


def variables(body):
    return variables_before(RequestView(body=lambda: body))


def made(body, provider="openAI", api_type="completions", path="/v1/chat/completions", params=None, **policy):
    client = ClientRequest(
        path,
        "",
        api_type,
        FORMATS[api_type],
        ROOT,
        body=JsonObject.parse(json.dumps(body).encode()),
        variables=variables,
    )
    return prepare(client, Target("t", provider, params=params or {}), Policies(ai=AiPolicy(**policy)))


def sent(body, **more):
    prepared = made(body, **more)
    return body if prepared.body is None else json.loads(prepared.body)


HI = [{"role": "user", "content": "hi"}]


def test_a_body_that_nobody_wants_changed_stays_as_it_came():
    assert made({"model": "m", "messages": HI}).body is None


def test_last_transformations_see_the_body_that_the_provider_gets():
    found = sent(
        {"model": "claude-x", "messages": HI, "max_tokens": 50, "temperature": 1},
        provider="anthropic",
        final_transformations=(
            ("max_tokens", compile_expression("llmRequest.max_tokens * 2")),
            ("temperature", compile_expression("null")),
            ("metadata", compile_expression('{"user_id": "u"}')),
        ),
    )
    assert (found["max_tokens"], found["metadata"]) == (100, {"user_id": "u"})
    assert "temperature" not in found


def test_what_a_transformation_takes_away_is_gone_and_what_a_provider_needs_is_not():
    found = sent(
        {"model": "m", "messages": HI, "user": "u", "stream": True, "stream_options": {"include_usage": False}},
        transformations=(("user", compile_expression("null")), ("stream_options", compile_expression("null"))),
    )
    assert found == {"model": "m", "messages": HI, "stream": True, "stream_options": {"include_usage": True}}


def test_prompts_are_translated_with_the_rest_and_cache_points_are_the_wires():
    found = sent(
        {"model": "anthropic.claude-x", "messages": [{"role": "user", "content": "x" * 5000}]},
        provider="bedrock",
        params={"region": "us-east-1"},
        prepend=(PromptMessage("system", "be brief"),),
        prompt_caching=PromptCaching(),
    )
    point = {"cachePoint": {"type": "default"}}
    assert found["system"] == [{"text": "be brief"}, point]
    assert found["messages"][0]["content"][-1] == point


def test_a_conversation_that_comes_back_to_its_own_format_leaves_behind_what_another_provider_sealed():
    thought = {"type": "thinking", "thinking": "Hm", "signature": "agw.google.sealed..c2ln"}
    called = {"type": "tool_use", "id": "call_1__thought__c2ln", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "call_1__thought__c2ln", "content": "1"}
    body = {
        "model": "claude-x",
        "max_tokens": 9,
        "messages": [*HI, {"role": "assistant", "content": [thought, called]}, {"role": "user", "content": [result]}],
    }
    prepared = made(body, provider="anthropic", api_type="messages", path="/v1/messages")
    found = json.loads(prepared.body)
    assert found["messages"][1:] == [
        {"role": "assistant", "content": [{**called, "id": "call_1"}]},
        {"role": "user", "content": [{**result, "tool_use_id": "call_1"}]},
    ]
    assert (prepared.dropped, prepared.values) == (("reasoning",), body)


def test_cache_points_stand_in_the_conversation_that_is_sent():
    thought = {"type": "thinking", "thinking": "Hm", "signature": "agw.google.sealed..c2ln"}
    body = {
        "model": "claude-x",
        "max_tokens": 9,
        "messages": [
            *HI,
            {"role": "assistant", "content": [thought, {"type": "text", "text": "so"}]},
            {"role": "user", "content": "x" * 5000},
        ],
    }
    found = sent(body, provider="anthropic", api_type="messages", prompt_caching=PromptCaching())
    assert found["messages"][1]["content"] == [{"type": "text", "text": "so"}]
    assert "cache_control" in found["messages"][2]["content"][-1]
