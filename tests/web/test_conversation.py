"""A call as a person reads it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import contentviews, http
from mitmproxy.test import tflow

from agw.record import Content
from agw.web import conversation
from agw.web.content_view import LlmCall

CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Oslo"}}
RESULT = {"type": "tool_call_response", "id": "c1", "response": "21 degrees"}


def test_a_tool_result_stands_beside_its_call_and_not_again():
    found = conversation.messages(
        [{"role": "user", "parts": [{"type": "text", "content": "?"}]}, {"role": "assistant", "parts": [CALL]},
         {"role": "tool", "parts": [RESULT]}]
    )  # fmt: skip
    assert len(found) == 2
    assert found[1].splitlines()[1:] == ["→ weather  c1", "  {", '    "city": "Oslo"', "  }", "  ← 21 degrees"]


def test_system_tools_media_and_reasoning_are_told_apart():
    text = conversation.prompt(
        Content(
            system_instructions=[{"type": "text", "content": "Be brief."}],
            input_messages=[
                {
                    "role": "user",
                    "parts": [{"type": "blob", "mime_type": "image/png", "modality": "image", "content": "A" * 4096}],
                },
                {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm\nwell"}]},
            ],
            tool_definitions=[{"type": "function", "name": "weather", "parameters": {"properties": {"city": {}}}}],
        )
    )
    for line in ("Be brief.", "[image image/png, 3.0 KB]", "┊ hm", "┊ well", "weather(city)"):
        assert line in text.splitlines()


def test_an_answer_that_was_cut_says_why():
    assert "[ended: length]" in conversation.answer(
        [{"parts": [{"type": "text", "content": "x"}], "finish_reason": "length"}]
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "parts", "content", "id", "name", "arguments", "role", "response", "size", "uri"]), one, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(["role", "parts", "finish_reason"]), JSON), max_size=3))
def test_parts_of_any_shape_are_shown(messages):
    conversation.messages(messages)
    conversation.answer(messages)


SSE_CHAT = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
SSE_MESSAGES = b"".join(
    b"event: %s\ndata: %s\n\n" % (one["type"].encode(), json.dumps(one).encode())
    for one in (
        {
            "type": "message_start",
            "message": {"id": "1", "model": "c", "usage": {"input_tokens": 1, "output_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )
)
GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}
CASES = [
    ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, "text/event-stream", SSE_CHAT),
    ("/v1/messages", {"model": "c", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}, "text/event-stream", SSE_MESSAGES),
    ("/v1/responses", {"model": "m", "input": "Hi"}, "application/json",
     {"id": "r", "status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]}),
    ("/v1beta/models/g:generateContent", {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}, "application/json", GEMINI),
    ("/v1beta/models/g:streamGenerateContent?alt=sse", {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
     "text/event-stream", b"data: " + json.dumps(GEMINI).encode() + b"\n\n"),
    ("/model/x/converse", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, "application/json",
     {"output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}, "stopReason": "end_turn"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "asked", "kind", "answered"), CASES)
def test_flows_of_every_format_are_shown_both_ways_also_from_a_dump(path, asked, kind, answered):
    flow = tflow.tflow(resp=True)
    flow.request.path = path
    flow.request.content = json.dumps(asked).encode()
    data = answered if isinstance(answered, bytes) else json.dumps(answered).encode()
    flow.response = http.Response.make(200, data, {"content-type": kind})
    view = LlmCall()
    for message, said in ((flow.request, "Hi"), (flow.response, "Hello")):
        metadata = contentviews.Metadata(flow=flow, http_message=message)
        assert view.render_priority(message.content, metadata) > 1
        assert said in view.prettify(message.content, metadata).splitlines()


def test_other_traffic_keeps_mitmproxys_own_views():
    flow = tflow.tflow(resp=True)
    metadata = contentviews.Metadata(flow=flow, http_message=flow.request)
    assert LlmCall().render_priority(b'{"a": 1}', metadata) < 0
    with pytest.raises(ValueError, match="not a call"):
        LlmCall().prettify(b'{"a": 1}', metadata)
