"""Cache points in requests to Bedrock and Anthropic."""

from __future__ import annotations

import copy

import pytest

from agw.config.snapshot import PromptCaching
from agw.policies.prompt_caching import cache_points

LONG = "x" * 5000
POINT = {"cachePoint": {"type": "default"}}
MARK = {"type": "ephemeral"}
CONVERSE = {
    "system": [{"text": LONG}],
    "messages": [
        {"role": "user", "content": [{"text": "one"}]},
        {"role": "assistant", "content": [{"text": "two"}]},
        {"role": "user", "content": [{"text": "three"}]},
    ],
    "toolConfig": {"tools": [{"toolSpec": {"name": "t"}}], "toolChoice": {"auto": {}}},
}
MESSAGES = {
    "system": LONG,
    "messages": [{"role": "user", "content": "one"}, {"role": "user", "content": [{"type": "text", "text": "two"}]}],
    "tools": [{"name": "a"}, {"name": "b"}],
}
ALL = PromptCaching(tools=True)


def test_bedrock_gets_points_behind_system_tools_and_messages():
    before = copy.deepcopy(CONVERSE)
    made = cache_points(CONVERSE, "converse", "us.anthropic.claude-sonnet-4", ALL)
    assert made["system"] == [{"text": LONG}, POINT]
    assert made["toolConfig"] == {"tools": [{"toolSpec": {"name": "t"}}, POINT], "toolChoice": {"auto": {}}}
    assert [one["content"][-1] == POINT for one in made["messages"]] == [False, False, True]
    assert before == CONVERSE


def test_anthropic_gets_marks_on_the_last_block_of_each():
    before = copy.deepcopy(MESSAGES)
    made = cache_points(MESSAGES, "messages", "claude-sonnet-4-5", ALL)
    assert made["system"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    assert made["tools"] == [{"name": "a"}, {"name": "b", "cache_control": MARK}]
    assert made["messages"][0] == MESSAGES["messages"][0]
    assert made["messages"][1]["content"] == [{"type": "text", "text": "two", "cache_control": MARK}]
    assert before == MESSAGES


@pytest.mark.parametrize(
    ("policy", "changed"),
    [
        (PromptCaching(), {"system", "messages"}),
        (PromptCaching(system=False), {"messages"}),
        (PromptCaching(messages=False), {"system"}),
        (PromptCaching(system=False, messages=False, tools=True), {"tools"}),
    ],
)
def test_only_what_the_config_says_is_marked(policy, changed):
    assert set(cache_points(MESSAGES, "messages", "claude", policy)) == changed


@pytest.mark.parametrize(("offset", "marked"), [(0, 2), (1, 1), (2, 0), (3, None)])
def test_the_last_messages_may_stay_behind_the_point(offset, marked):
    made = cache_points(CONVERSE, "converse", "claude", PromptCaching(message_offset=offset))
    places = [index for index, one in enumerate(made.get("messages", ())) if POINT in one["content"]]
    assert places == ([] if marked is None else [marked])


def test_a_short_prompt_is_not_worth_it():
    short = {"system": "x" * 4095, "messages": []}
    assert cache_points(short, "messages", "claude", PromptCaching()) == {}
    assert cache_points({**short, "system": "x" * 4096}, "messages", "claude", PromptCaching()) != {}
    assert cache_points({"system": "x", "messages": []}, "messages", "claude", PromptCaching(min_tokens=0)) != {}


def test_media_do_not_make_a_prompt_long():
    image = {"role": "user", "content": [{"image": {"source": {"bytes": "A" * 9000}}}]}
    assert cache_points({"messages": [image]}, "converse", "claude", PromptCaching()) == {}


def test_models_that_do_not_cache_get_none_and_nova_none_for_tools():
    assert cache_points(CONVERSE, "converse", "meta.llama3-70b", ALL) == {}
    assert set(cache_points(CONVERSE, "converse", "amazon.nova-pro-v1:0", ALL)) == {"system", "messages"}


@pytest.mark.parametrize("wire", ["completions", "responses", "generateContent", "embeddings"])
def test_other_apis_get_none(wire):
    assert cache_points(MESSAGES, wire, "claude", ALL) == {}


def test_an_app_that_marks_itself_is_left_alone():
    own = {**MESSAGES, "tools": [{"name": "a", "cache_control": MARK}]}
    assert cache_points(own, "messages", "claude", ALL) == {}
    own = {**CONVERSE, "messages": [{"role": "user", "content": [{"text": "x"}, POINT]}]}
    assert cache_points(own, "converse", "claude", ALL) == {}


@pytest.mark.parametrize(
    "content", ["", [], None, [{"type": "thinking", "thinking": "x"}], [{"type": "text", "text": ""}], 5]
)
def test_what_cannot_carry_a_mark_does_not_get_one(content):
    body = {"system": LONG, "messages": [{"role": "user", "content": content}]}
    assert set(cache_points(body, "messages", "claude", PromptCaching())) == {"system"}
