"""What the gateway changes in a body (agentgateway.md §1.8, §3.4)."""

from __future__ import annotations

import pytest

from agw.cel import Variables, compile_expression
from agw.config.snapshot import AiPolicy, Target
from agw.errors import BadRequest
from agw.policies.body import client_edit


def edit(body, model=None, path_model=None, **policy):
    return client_edit(
        body, Target("t", "openAI", model=model), AiPolicy(**policy) if policy else None, path_model=path_model
    )


def test_a_body_that_needs_nothing_is_not_changed():
    made = edit({"model": "m", "messages": []})
    assert (made.changes, made.model) == ({}, "m")


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


def test_a_model_of_the_path_stays_out_of_the_body():
    made = edit({"contents": []}, path_model="gemini-a", model_aliases=(("gemini-a", "gemini-b"),))
    assert (made.changes, made.model) == ({}, "gemini-b")


def seen(body):
    return Variables({"llmRequest": lambda: body, "request": {"headers": lambda: {"x-user": "jo"}}})


def transformed(body, **policy):
    compiled = tuple((name, compile_expression(one)) for name, one in policy.pop("transformations").items())
    made = client_edit(body, Target("t", "openAI"), AiPolicy(transformations=compiled, **policy), variables=seen)
    return made.values(body)


@pytest.mark.parametrize(
    ("transformations", "policy", "result"),
    [
        ({"max_tokens": "min(llmRequest.max_tokens, 100)"}, {}, {"model": "m", "max_tokens": 100, "n": 2}),
        ({"user": 'request.headers["x-user"]'}, {}, {"model": "m", "max_tokens": 500, "n": 2, "user": "jo"}),
        ({"n": "null"}, {}, {"model": "m", "max_tokens": 500}),
        ({"n": "llmRequest.none"}, {"defaults": {"n": 1}}, {"model": "m", "max_tokens": 500, "n": 1}),
        (
            {"n": "llmRequest.n + 1"},
            {"overrides": {"n": 7}, "defaults": {"n": 9}},
            {"model": "m", "max_tokens": 500, "n": 8},
        ),
        ({"model": '"other"'}, {}, {"model": "other", "max_tokens": 500, "n": 2}),
        (
            {"metadata": '{"a": [1, true, null, {"b": 1.5}]}'},
            {},
            {"model": "m", "max_tokens": 500, "n": 2, "metadata": {"a": [1, True, None, {"b": 1.5}]}},
        ),
    ],
)
def test_expressions_change_members_after_overrides_and_before_defaults(transformations, policy, result):
    body = {"model": "m", "max_tokens": 500, "n": 2}
    assert transformed(body, transformations=transformations, **policy) == result
    assert body == {"model": "m", "max_tokens": 500, "n": 2}


def test_a_model_that_is_taken_away_is_missing():
    with pytest.raises(BadRequest):
        transformed({"model": "m"}, transformations={"model": "null"})
