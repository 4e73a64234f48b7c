"""OpenAI's formats: a stream says what the whole answer says, and odd bodies say nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.formats.registry import FORMATS, format_for_path
from agw.streaming.reader import AnswerReader
from agw.streaming.sse import SseEvent
from agw.streaming.tap import PassingTap, UsageRemovingTap
from agw.usage import Source, Usage
from standin_provider import chat, responses

WORDS = 3
ASKED = {"model": "m", "stream_options": {"include_usage": True}, "messages": [{"role": "user", "content": "Hi"}]}
UNASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
CHAT = FORMATS["completions"]
USAGE = Usage(12, 3, 15, cache_read_tokens=4, reasoning_tokens=2, input_audio_tokens=0, output_audio_tokens=0)


def chat_events(body):
    return chat.reply({**body, "stream": True}, WORDS).events


def response_events():
    return responses.reply({"model": "m", "input": "Hi", "stream": True}, WORDS).events


def tapped(form, events, *, remove_usage=False, keep_content=False, cut=None):
    reader = AnswerReader(
        form,
        content_type="text/event-stream; charset=utf-8",
        content_encoding="",
        keep_content=keep_content,
        now_ns=lambda: 7,
    )
    tap = (UsageRemovingTap if remove_usage else PassingTap)(reader, lambda: 7)
    data = b"".join(events)
    size = cut or len(data)
    out = b""
    for piece in [*(data[i : i + size] for i in range(0, len(data), size)), b""]:
        passed = tap(piece)
        out += passed if isinstance(passed, bytes) else b"".join(passed)
    return reader, out


@pytest.mark.parametrize(
    ("name", "provider", "body"),
    [("completions", chat, ASKED), ("responses", responses, {"model": "m", "input": "Hi"})],
)
def test_a_stream_gives_the_facts_of_the_whole_answer(name, provider, body):
    form = FORMATS[name]
    events = provider.reply({**body, "stream": True}, WORDS).events
    unary = provider.reply(body, WORDS).value
    tap, out = tapped(form, events, keep_content=True)
    whole = form.read_answer(unary)
    assert replace(tap.facts(), service_tier=None) == replace(whole, service_tier=None)
    assert whole.usage == (
        USAGE if name == "completions" else replace(USAGE, input_audio_tokens=None, output_audio_tokens=None)
    )
    texts = [form.answer_content(unary), tap.output_messages()]
    assert [one[0]["parts"][-1]["content"].strip() for one in texts] == ["The gateway sees"] * 2
    assert out == b"".join(events)


@pytest.mark.parametrize("size", range(1, 80))
def test_injected_usage_is_taken_out_wherever_the_bytes_are_cut(size):
    asked, unasked = chat_events(ASKED), chat_events(UNASKED)
    tap, out = tapped(CHAT, asked, remove_usage=True, cut=size)
    assert out == b"".join(unasked)
    assert tap.facts().usage == USAGE


def test_a_stream_that_breaks_off_is_partial():
    tap, _ = tapped(FORMATS["responses"], response_events()[:5])
    assert not tap.facts().complete
    tap, _ = tapped(CHAT, chat_events(UNASKED)[:2])
    facts = tap.facts()
    assert (facts.complete, facts.usage, facts.model) == (False, None, "m-2024-07-18")


@pytest.mark.parametrize("status", ["incomplete", "failed"])
def test_incomplete_and_failed_responses_count_their_usage(status):
    body = {**responses.reply({"model": "m", "input": "Hi"}, WORDS).value, "status": status}
    event = SseEvent(f"response.{status}", __import__("json").dumps({"type": f"response.{status}", "response": body}))
    fold = FORMATS["responses"].fold(keep_content=False)
    fold.feed(event)
    assert fold.facts().usage.output_tokens == 3
    assert fold.facts().complete


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        ({"choices": [{"usage": {"prompt_tokens": 1}}]}, Usage(input_tokens=1)),
        ({"x_groq": {"usage": {"completion_tokens": 2}}}, Usage(output_tokens=2)),
        ({"usage": {"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}}, Usage(input_tokens=5, cache_read_tokens=3)),
        ({"usage": {"prompt_tokens": 1, "cost": 0.00012}}, Usage(input_tokens=1, cost_usd=Decimal("0.00012"))),
        ({"usage": {"prompt_tokens": True, "completion_tokens": -1, "total_tokens": "9"}}, None),
        ({"usage": {"prompt_tokens": 2.0, "completion_tokens": 1.5}}, Usage(input_tokens=2)),
        ({"usage": []}, None),
    ],
)
def test_usage_of_every_kin_and_of_nonsense(chunk, expected):
    assert CHAT.read_answer(chunk).usage == expected


def test_a_whole_error_and_an_error_in_mid_stream_are_told():
    error = {"error": {"message": "no", "type": "invalid_request_error", "code": "bad_key"}}
    facts = CHAT.read_answer(error)
    assert (facts.error_type, facts.error_message) == ("bad_key", "no")
    fold = CHAT.fold(keep_content=False)
    fold.feed(SseEvent("", '{"error": {"message": "overloaded", "type": "server_error"}}'))
    assert fold.facts().error_type == "server_error"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/chat/completions", "completions"),
        ("/openai/deployments/x/chat/completions", "completions"),
        ("/v1/completions", "text_completions"),
        ("/v1/responses/", "responses"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/images/generations", "detect"),
        ("/v1/chat/completions/x", "detect"),
    ],
)
def test_the_path_tells_the_format(path, name):
    assert format_for_path(path).api_type == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "usage", "message", "tool_calls", "index", "content", "output", "type",
                             "response", "error", "messages", "input", "tools", "function", "status", "model",
                             "candidates", "parts", "functionCall", "usageMetadata", "promptTokensDetails", "text",
                             "contentBlockIndex", "toolUse", "start", "meta", "tokens", "finishReason"]),
            one,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


TOP = ["choices", "usage", "output", "response", "error", "type", "messages", "candidates", "contents", "meta",
       "generationConfig", "usageMetadata", "promptFeedback", "system", "toolConfig", "delta", "contentBlockIndex", "message"]  # fmt: skip
NAMES = [
    "",
    "contentBlockDelta",
    "contentBlockStart",
    "messageStop",
    "metadata",
    "throttlingException",
    "message_start",
]


@given(st.dictionaries(st.sampled_from(TOP), JSON), st.sampled_from(NAMES))
def test_no_body_of_any_shape_makes_a_format_raise(body, name):
    import json

    for form in FORMATS.values():
        form.read_request(body)
        form.read_answer(body)
        form.request_content(body)
        form.answer_content(body)
        fold = form.fold(keep_content=True)
        fold.feed(SseEvent(name, json.dumps(body)))
        fold.facts()
        fold.output_messages()


def test_partial_usage_says_so():
    tap, _ = tapped(CHAT, [b'data: {"usage":{"prompt_tokens":3},"choices":[{"index":0,"delta":{}}]}\n\n'])
    assert tap.facts().usage == Usage(input_tokens=3, source=Source.PARTIAL)
