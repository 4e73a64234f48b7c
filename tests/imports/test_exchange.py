"""Recorded exchanges become the records that the gateway would have made of them."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from agw.imports.exchange import Exchange, ids_of, record_of

START_NS = 1_790_000_000_000_000_000
BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "user": "alice"}
ANSWER = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi!"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
CHUNKS = (
    b'data: {"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    b'data: {"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
JSON = {"content-type": ["application/json"]}
SSE = {"content-type": ["text/event-stream"]}


def exchange(**more: Any) -> Exchange:
    one = Exchange(
        "POST",
        "api.openai.com",
        443,
        "/v1/chat/completions?x=1",
        START_NS,
        START_NS + 500_000_000,
        {**JSON, "authorization": ["Bearer sk-canary"], "user-agent": ["app/1"]},
        json.dumps(BODY).encode(),
        200,
        JSON,
        json.dumps(ANSWER).encode(),
    )
    return replace(one, **more)


def test_a_whole_answer_has_its_facts_its_times_and_its_content():
    record = record_of(exchange())
    assert (record.start_ns, record.end_ns) == (START_NS, START_NS + 500_000_000)
    assert (record.provider, record.request.model, record.answer.model) == (
        "openai",
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
    )
    assert (record.answer.usage.input_tokens, record.answer.usage.output_tokens) == (12, 3)
    assert record.content.output_messages[0]["parts"][0]["content"] == "Hi!"
    assert record.url_path == "/v1/chat/completions"
    assert record.user_agent == "app/1"
    assert record.error is None
    assert record.evidence.request_bytes == len(json.dumps(BODY))
    assert "imported" in record.notes
    assert "canary" not in repr(record)


def test_a_stream_is_folded_and_one_that_ends_early_is_partial():
    streamed = {"request_body": json.dumps({**BODY, "stream": True}).encode(), "answer_headers": SSE}
    whole = record_of(exchange(**streamed, answer_body=CHUNKS, first_byte_ns=START_NS + 7))
    assert (whole.partial, whole.answer.finish_reasons, whole.first_chunk_ns) == (False, ("stop",), START_NS + 7)
    cut = record_of(exchange(**streamed, answer_body=CHUNKS[:90]))
    assert cut.partial


def test_compressed_bodies_are_read():
    packed = {**JSON, "content-encoding": ["gzip"]}
    record = record_of(
        exchange(
            request_headers=packed,
            request_body=gzip.compress(json.dumps(BODY).encode()),
            answer_headers=packed,
            answer_body=gzip.compress(json.dumps(ANSWER).encode()),
        )
    )
    assert record.answer.usage.input_tokens == 12


def test_an_error_and_an_answer_that_never_came():
    refused = record_of(
        exchange(status=429, answer_body=b'{"error": {"type": "rate_limit_exceeded", "message": "slow down"}}')
    )
    assert (refused.http_status, refused.error.message) == (429, "slow down")
    assert record_of(exchange(status=None, answer_body=None)).error.type == "no_answer"


def test_an_answer_that_the_recording_has_not_kept_is_unknown_and_not_zero():
    record = record_of(exchange(answer_body=None))
    assert record.answer.usage is None
    assert any("has not kept it" in note for note in record.notes)


@pytest.mark.parametrize(
    "more", [{"method": "GET"}, {"host": "example.com"}, {"request_body": b"{}"}, {"request_body": b"<html>"}]
)
def test_what_is_no_call_to_a_model_is_left_out(more):
    assert record_of(exchange(**more)) is None


def test_an_unknown_host_is_taken_where_its_provider_is_named():
    assert record_of(exchange(host="gateway.internal"), "openai").provider == "openai"


def test_ids_are_the_same_for_the_same_and_differ_for_anything_else():
    ids = ids_of(exchange())
    assert ids == ids_of(exchange())
    assert (len(ids.trace_id), len(ids.span_id)) == (32, 16)
    others = [
        exchange(start_ns=START_NS + 1),
        exchange(request_body=b"{}"),
        exchange(answer_body=b"{}"),
        exchange(path="/v1/embeddings"),
        exchange(host="api.anthropic.com"),
    ]
    assert len({ids.span_id, *(ids_of(one).span_id for one in others)}) == 6


def test_content_can_be_left_out():
    assert record_of(exchange(), keep_content=False).content is None
