"""Prompts that the config adds, in each API's own shape."""

from __future__ import annotations

import pytest

from agw.config.snapshot import AiPolicy, PromptMessage, Target
from agw.policies.body import client_edit
from agw.policies.prompts import added_prompts

POLICY = AiPolicy(
    prepend=(PromptMessage("system", "S1"), PromptMessage("user", "U1")),
    append=(PromptMessage("system", "S2"), PromptMessage("assistant", "A2")),
)


@pytest.mark.parametrize(
    ("api_type", "body", "changes"),
    [
        (
            "completions",
            {"messages": [{"role": "user", "content": "hi"}]},
            {
                "messages": [
                    {"role": "system", "content": "S1"},
                    {"role": "user", "content": "U1"},
                    {"role": "user", "content": "hi"},
                    {"role": "system", "content": "S2"},
                    {"role": "assistant", "content": "A2"},
                ]
            },
        ),
        (
            "responses",
            {"input": "hi"},
            {
                "input": [
                    {"role": "system", "content": "S1"},
                    {"role": "user", "content": "U1"},
                    {"role": "user", "content": "hi"},
                    {"role": "system", "content": "S2"},
                    {"role": "assistant", "content": "A2"},
                ]
            },
        ),
        (
            "messages",
            {"system": "S", "messages": [{"role": "user", "content": "hi"}]},
            {
                "system": [
                    {"type": "text", "text": "S1"},
                    {"type": "text", "text": "S"},
                    {"type": "text", "text": "S2"},
                ],
                "messages": [
                    {"role": "user", "content": "U1"},
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": "A2"},
                ],
            },
        ),
        (
            "generateContent",
            {
                "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "systemInstruction": {"parts": [{"text": "S"}]},
            },
            {
                "systemInstruction": {"parts": [{"text": "S1"}, {"text": "S"}, {"text": "S2"}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "U1"}]},
                    {"role": "user", "parts": [{"text": "hi"}]},
                    {"role": "model", "parts": [{"text": "A2"}]},
                ],
            },
        ),
        (
            "converse",
            {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
            {
                "system": [{"text": "S1"}, {"text": "S2"}],
                "messages": [
                    {"role": "user", "content": [{"text": "U1"}]},
                    {"role": "user", "content": [{"text": "hi"}]},
                    {"role": "assistant", "content": [{"text": "A2"}]},
                ],
            },
        ),
        ("embeddings", {"input": "hi"}, {}),
        ("text_completions", {"prompt": "hi"}, {}),
    ],
)
def test_prompts_stand_around_the_apps_own(api_type, body, changes):
    assert added_prompts(body, api_type, POLICY) == changes


@pytest.mark.parametrize("api_type", ["completions", "responses", "messages", "generateContent", "converse"])
@pytest.mark.parametrize("odd", [None, 5, "x", {"a": 1}])
def test_a_body_of_another_shape_is_left_to_the_provider(api_type, odd):
    body = {"messages": odd, "contents": odd, "input": odd, "system": odd, "systemInstruction": odd}
    made = added_prompts(body, api_type, POLICY)
    assert "messages" not in made
    assert "contents" not in made


def test_geminis_other_spelling_of_the_system_prompt_is_kept():
    made = added_prompts({"system_instruction": {"parts": [{"text": "S"}]}, "contents": []}, "generateContent", POLICY)
    assert made["system_instruction"]["parts"][1] == {"text": "S"}
    assert "systemInstruction" not in made


def test_no_prompts_change_nothing_and_the_apps_body_is_never_changed_in_place():
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert client_edit(body, Target("t", "openAI"), AiPolicy()).changes == {}
    made = client_edit(body, Target("t", "openAI"), POLICY, api_type="completions")
    assert len(made.changes["messages"]) == 5
    assert body["messages"] == [{"role": "user", "content": "hi"}]
