"""Bedrock behind every client: the official SDKs accept each answer, and a stream says what the whole answer says.

The stream goes through Amazon's real framing, cut anywhere.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agw.streaming.eventstream import EventStream
from agw.translate.registry import translator
from support.eventstream import event
from support.sdk_folds import checked, folded

TOOLS = {
    "completions": [{"type": "function", "function": {"name": "get weather"}}],
    "messages": [{"name": "get weather", "input_schema": {"type": "object"}}],
    "responses": [{"type": "function", "name": "get weather"}],
    "generateContent": [{"functionDeclarations": [{"name": "get weather"}]}],
}
REQUESTS: dict[str, dict[str, Any]] = {
    "completions": {"messages": [{"role": "user", "content": "Hi"}], "stream_options": {"include_usage": True}},
    "messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 99},
    "responses": {"input": "Hi"},
    "generateContent": {"contents": [{"parts": [{"text": "Hi"}]}]},
}
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12)
arguments = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=3)
thoughts = st.builds(
    lambda text, sign: {"reasoningContent": {"reasoningText": {"text": text, "signature": sign}}},
    words,
    st.just("c2ln"),
)
calls = st.builds(
    lambda number, given: {"toolUse": {"toolUseId": f"tooluse_{number}", "name": "get_weather", "input": given}},
    st.uuids().map(str), arguments,
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    blocks = draw(st.lists(thoughts, max_size=1)) + draw(st.lists(words.map(lambda one: {"text": one}), max_size=1))
    blocks += draw(st.lists(calls, max_size=3, unique_by=lambda one: one["toolUse"]["toolUseId"]))
    end = "tool_use" if blocks and "toolUse" in blocks[-1] else "end_turn"
    fresh, read, wrote, out = (draw(st.integers(0, 1000)) for _ in range(4))
    return {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": draw(st.sampled_from([end, "max_tokens"])),
        "usage": {"inputTokens": fresh, "outputTokens": out, "totalTokens": fresh + read + wrote + out,
                  "cacheReadInputTokens": read, "cacheWriteInputTokens": wrote},
        "metrics": {"latencyMs": 1},
    }  # fmt: skip


def frames_of(answer: dict[str, Any], size: int) -> bytes:
    """The same answer, as ConverseStream tells it, its texts in pieces of ``size``."""
    frames = [event("messageStart", {"role": "assistant"})]

    def told(index: int, delta: dict[str, Any]) -> None:
        frames.append(event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta, "p": "abc"}))

    for index, block in enumerate(answer["output"]["message"]["content"]):
        if call := block.get("toolUse"):
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            frames.append(event("contentBlockStart", {"contentBlockIndex": index, "start": start}))
            text = json.dumps(call["input"], separators=(",", ":"), ensure_ascii=False) if call["input"] else ""
            for at in range(0, len(text), size):
                told(index, {"toolUse": {"input": text[at : at + size]}})
        elif thought := block.get("reasoningContent"):
            said = thought["reasoningText"]
            for at in range(0, len(said["text"]), size):
                told(index, {"reasoningContent": {"text": said["text"][at : at + size]}})
            told(index, {"reasoningContent": {"signature": said["signature"]}})
        else:
            for at in range(0, len(block["text"]), size):
                told(index, {"text": block["text"][at : at + size]})
        frames.append(event("contentBlockStop", {"contentBlockIndex": index}))
    frames.append(event("messageStop", {"stopReason": answer["stopReason"]}))
    frames.append(event("metadata", {"usage": answer["usage"], "metrics": {"latencyMs": 1}}))
    return b"".join(frames)


def tidy(value: Any) -> Any:
    """Without what is made anew for each answer (clocks, ids of answers and items) and what is null or empty."""
    if isinstance(value, dict):
        made = ("created", "created_at", "completed_at", "index", "responseId", "object")
        kept = {key: tidy(one) for key, one in value.items() if key not in made}
        if str(kept.get("id")).startswith(("chatcmpl-", "msg_", "resp_", "rs_", "fc_")):
            del kept["id"]
        return {key: one for key, one in kept.items() if one not in (None, "", [], {})}
    return [tidy(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("client", list(REQUESTS))
@settings(max_examples=60, deadline=None)
@given(answer=answers(), size=st.integers(1, 7), cut=st.integers(1, 300))
def test_the_sdk_takes_the_answer_and_its_stream_says_the_same(
    client: str, answer: dict[str, Any], size: int, cut: int
) -> None:
    asked = {
        "model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "stream": True,
        "tools": TOOLS[client],
        **REQUESTS[client],
    }
    unary, streamed = translator(client, "converse"), translator(client, "converse")
    unary.request(asked)
    streamed.request(asked)
    whole = checked(client, unary.answer(answer))
    data, reader = frames_of(answer, size), EventStream()
    events = [one for at in range(0, len(data), cut) for one in reader.feed(data[at : at + cut])]
    pieces = [out for one in events for out in streamed.event(one)] + streamed.end()
    assert tidy(folded(client, pieces)) == tidy(whole)
    assert "get_weather" not in json.dumps(whole)
