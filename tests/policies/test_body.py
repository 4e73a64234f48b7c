"""What the gateway changes in a body (agentgateway.md §1.8, §3.4)."""

from __future__ import annotations

import pytest

from agw.config.snapshot import AiPolicy, Target
from agw.errors import BadRequest
from agw.policies.body import edit_of


def edit(body, api_type="completions", model=None, **policy):
    return edit_of(body, api_type, Target("t", "openAI", model=model), AiPolicy(**policy) if policy else None)


def test_a_body_that_needs_nothing_is_not_changed():
    made = edit({"model": "m", "messages": []})
    assert (made.changes, made.removals, made.usage_injected) == ({}, (), False)


def test_the_configured_model_replaces_the_apps_and_an_equal_one_changes_nothing():
    assert edit({"model": "a"}, model="b").changes == {"model": "b"}
    assert edit({}, model="b").changes == {"model": "b"}
    assert edit({"model": "b"}, model="b").changes == {}


def test_an_alias_is_used_where_no_model_is_configured():
    aliases = (("fast", "m-mini"), ("big-*", "m-large"))
    assert edit({"model": "fast"}, model_aliases=aliases).changes == {"model": "m-mini"}
    assert edit({"model": "big-one"}, model_aliases=aliases).changes == {"model": "m-large"}
    assert edit({"model": "fast"}, model="set", model_aliases=aliases).changes == {"model": "set"}


def test_overrides_always_win_and_defaults_only_fill_gaps():
    made = edit(
        {"model": "m", "temperature": 1, "top_p": 0.5}, overrides={"temperature": 0}, defaults={"top_p": 1, "n": 2}
    )
    assert made.changes == {"temperature": 0, "n": 2}


def test_true_is_not_one():
    assert edit({"model": "m", "store": 1}, overrides={"store": True}).changes == {"store": True}


@pytest.mark.parametrize("body", [{}, {"model": None}, {"model": 3}, {"model": ""}])
def test_no_model_anywhere_is_a_bad_request(body):
    with pytest.raises(BadRequest, match="model not specified"):
        edit(body)


def test_max_tokens_is_renamed_for_gpt_models_only():
    made = edit({"model": "gpt-4o", "max_tokens": 5})
    assert (made.changes, made.removals) == ({"max_completion_tokens": 5}, ("max_tokens",))
    assert edit({"model": "llama", "max_tokens": 5}).changes == {}
    assert edit({"model": "gpt-4o", "max_tokens": 5}, api_type="responses").changes == {}


def test_a_default_of_max_tokens_is_renamed_too():
    made = edit({"model": "gpt-4o"}, defaults={"max_tokens": 7})
    assert (made.changes, made.removals) == ({"max_completion_tokens": 7}, ())


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
