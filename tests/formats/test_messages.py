"""Anthropic Messages: a stream says what the whole answer says; the cache is a part of the input."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.formats.registry import FORMATS, format_for_path
from agw.streaming.sse import Framer, SseEvent, parse
from agw.usage import Source, Usage

FORM = FORMATS["messages"]
ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [
        {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "text", "text": "It rains."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rain"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "tool_use", "id": "toolu_1", "name": "umbrella", "input": {"size": 2}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 10,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 300,
        "output_tokens": 40,
        "service_tier": "standard",
        "server_tool_use": {"web_search_requests": 1},
    },
}
USAGE = Usage(input_tokens=330, output_tokens=40, cache_read_tokens=300, cache_write_tokens=20)


def sse(body):
    return f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode()


def stream():
    usage = {**ANSWER["usage"], "output_tokens": 1}
    yield sse({"type": "message_start", "message": {**ANSWER, "content": [], "stop_reason": None, "usage": usage}})
    yield sse({"type": "ping"})
    for index, block in enumerate(ANSWER["content"]):
        emptied = {
            key: "" if key in ("text", "thinking") else {} if key == "input" else value for key, value in block.items()
        }
        yield sse({"type": "content_block_start", "index": index, "content_block": emptied})
        for kind, key in (("text_delta", "text"), ("thinking_delta", "thinking")):
            for letter in block.get(key, ""):
                yield sse({"type": "content_block_delta", "index": index, "delta": {"type": kind, key: letter}})
        for letter in json.dumps(block["input"]) if "input" in block else "":
            delta = {"type": "input_json_delta", "partial_json": letter}
            yield sse({"type": "content_block_delta", "index": index, "delta": delta})
        yield sse({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    yield sse(
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 40, "cache_read_input_tokens": None}}
    )
    yield sse({"type": "message_stop"})


def folded(data, sizes):
    framer, fold, at = Framer(), FORM.fold(keep_content=True), 0
    for size in [*sizes, len(data)]:
        for block in framer.feed(data[at : at + size]):
            if (event := parse(block)) is not None:
                fold.feed(event)
        at += size
    return fold


@given(st.lists(st.integers(min_value=1, max_value=400), max_size=40))
def test_a_stream_however_it_is_cut_gives_the_facts_and_the_content_of_the_whole_answer(sizes):
    fold = folded(b"".join(stream()), sizes)
    whole = FORM.read_answer(ANSWER)
    assert fold.facts() == whole
    assert fold.output_messages() == FORM.answer_content(ANSWER)
    assert fold.saw_content


def test_the_input_includes_what_came_from_the_cache_and_went_to_it():
    facts = FORM.read_answer(ANSWER)
    assert facts.usage == USAGE
    assert (facts.finish_reasons, facts.service_tier, facts.response_id) == (("tool_calls",), "standard", "msg_1")
    assert facts.usage.contradictions() == ()


def test_what_a_message_delta_counts_overrides_what_the_start_has_told():
    fold = FORM.fold(keep_content=False)
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}
    delta = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"input_tokens": 7, "output_tokens": 9},
    }
    for body in (start, delta, {"type": "message_stop"}):
        fold.feed(SseEvent(body["type"], json.dumps(body)))
    assert fold.facts().usage == Usage(input_tokens=7, output_tokens=9)


def test_a_stream_that_breaks_off_is_partial_with_what_the_start_counted():
    fold = folded(b"".join(list(stream())[:9]), [])
    facts = fold.facts()
    assert not facts.complete
    assert (facts.usage.input_tokens, facts.usage.source) == (330, Source.PARTIAL)


@pytest.mark.parametrize("named", [True, False])
def test_an_error_in_mid_stream_is_told(named):
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    fold = FORM.fold(keep_content=False)
    fold.feed(SseEvent("error" if named else "", json.dumps(body)))
    assert (fold.facts().error_type, fold.facts().error_message) == ("overloaded_error", "Overloaded")


def test_the_content_is_told_in_the_conventions_shapes():
    content = FORM.request_content(
        {
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": "Hi"},
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aQ=="}}
                    ],
                },
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "42"}]},
            ],
            "tools": [{"name": "f", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}],
        }
    )
    assert content.system_instructions == [{"type": "text", "content": "Be brief."}]
    assert [one["role"] for one in content.input_messages] == ["user", "user", "assistant", "tool"]
    assert content.input_messages[1]["parts"][0] == {
        "type": "blob",
        "mime_type": "image/png",
        "modality": "image",
        "content": "aQ==",
    }
    assert content.input_messages[3]["parts"] == [{"type": "tool_call_response", "response": "42", "id": "t1"}]
    assert content.tool_definitions == [
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"type": "bash_20250124", "name": "bash"},
    ]


def test_its_paths_are_known():
    assert format_for_path("/v1/messages") is FORM
    assert format_for_path("/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict") is FORM


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *ANSWER,
                    "content",
                    "type",
                    "source",
                    "text",
                    "input",
                    "delta",
                    "index",
                    "message",
                    "messages",
                    "system",
                    "tools",
                    "url",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from([*ANSWER, "messages", "system", "tools", "metadata", "delta", "message", "index"]), _JSON
    )
)
def test_nothing_that_is_json_breaks_it(body):
    FORM.read_request(body)
    FORM.read_answer(body)
    FORM.request_content(body)
    FORM.answer_content(body)
    fold = FORM.fold(keep_content=True)
    for kind in ("message_start", "content_block_start", "content_block_delta", "message_delta", "error"):
        fold.feed(SseEvent(kind, json.dumps({**body, "type": kind})))
        fold.feed(SseEvent(kind, json.dumps(body)))
    fold.facts()
    fold.output_messages()
