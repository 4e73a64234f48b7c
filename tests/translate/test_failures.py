"""A provider's errors reach the client in its own shape, whole or in mid-stream; a cut-off answer never looks complete."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from agw.streaming.sse import SseEvent
from agw.translate.registry import translator
from support.sdk_folds import events_of
from translate.test_fuzz import PAIRS, REQUESTS

OPENAI = {"error": {"message": "Too fast", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}}
ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
BODIES = {"completions": OPENAI, "responses": OPENAI, "messages": ANTHROPIC}
TALKING = [pair for pair in PAIRS if set(pair) <= set(BODIES)]


def asked(client: str, wire: str) -> Any:
    one = translator(client, wire)
    one.request(REQUESTS[client])
    return one


@pytest.mark.parametrize(
    ("wire", "client", "status", "body", "given"),
    [
        ("completions", "messages", 429, OPENAI, {"type": "error", "error": {"type": "rate_limit_error", "message": "Too fast"}}),
        ("messages", "completions", 529, ANTHROPIC, {"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": None}}),
        ("messages", "responses", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}),
        ("completions", "messages", 503, None, {"type": "error", "error": {"type": "api_error", "message": "the provider answered 503"}}),
        ("completions", "messages", 413, None, {"type": "error", "error": {"type": "request_too_large", "message": "the provider answered 413"}}),
        ("completions", "messages", 404, {"detail": "Not Found"}, {"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}}),
        ("completions", "messages", 400, {"error": "bad model"}, {"type": "error", "error": {"type": "invalid_request_error", "message": "bad model"}}),
        ("responses", "messages", 400, {"error": {"message": "long", "code": "context_length_exceeded"}}, {"type": "error", "error": {"type": "invalid_request_error", "message": "long"}}),
    ],
)  # fmt: skip
def test_an_error_body(wire: str, client: str, status: int, body: Any, given: dict[str, Any]) -> None:
    assert asked(client, wire).error(status, body) == given


def sse(body: Any) -> SseEvent:
    return SseEvent(body.get("type", ""), json.dumps(body))


BEGUN: dict[str, list[dict[str, Any]]] = {
    "completions": [{"id": "1", "choices": [{"index": 0, "delta": {"content": "Half"}}]}],
    "messages": [
        {"type": "message_start", "message": {"id": "1", "usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Half"}},
    ],
    "responses": [
        {"type": "response.created", "response": {"id": "1"}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Half"},
    ],
}
ERRORS: dict[str, dict[str, Any]] = {
    "completions": OPENAI,
    "messages": ANTHROPIC,
    "responses": {"type": "error", "code": "rate_limit_exceeded", "message": "Too fast", "param": None},
}


def sdk_text(client: str, pieces: list[bytes]) -> str:
    """What an app on the official SDK gets of a stream; raises what the SDK raises."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(pieces))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    got = ""
    if client == "messages":
        one = anthropic.Anthropic(api_key="k", http_client=http, max_retries=0)
        with one.messages.stream(**{**REQUESTS["messages"], "max_tokens": 9}) as stream:
            for text in stream.text_stream:
                got += text
        return got
    two = openai.OpenAI(api_key="k", http_client=http, max_retries=0)
    if client == "completions":
        for chunk in two.chat.completions.create(**REQUESTS["completions"], stream=True):
            got += chunk.choices[0].delta.content or ""
        return got
    for event in two.responses.create(**REQUESTS["responses"], stream=True):
        if event.type == "response.output_text.delta":
            got += event.delta
        if event.type == "response.failed":
            raise openai.APIError(event.response.error.message, request=httpx2.Request("POST", "http://x"), body=None)
    return got


@pytest.mark.parametrize(("client", "wire"), TALKING)
def test_an_error_in_mid_stream_is_raised_by_the_clients_sdk(client: str, wire: str) -> None:
    one = asked(client, wire)
    pieces = [out for body in [*BEGUN[wire], ERRORS[wire]] for out in one.event(sse(body))] + one.end()
    with pytest.raises((openai.APIError, anthropic.APIError), match=r"Too fast|Overloaded"):
        sdk_text(client, pieces)


@pytest.mark.parametrize(("client", "wire"), TALKING)
def test_a_stream_that_breaks_off_is_an_error_and_not_an_end(client: str, wire: str) -> None:
    one = asked(client, wire)
    pieces = [out for body in BEGUN[wire] for out in one.event(sse(body))] + one.end()
    names = [event.name or event.data for event in events_of(pieces)]
    assert not {"[DONE]", "message_stop", "response.completed"} & set(names)
    with pytest.raises((openai.APIError, anthropic.APIError), match="broke off"):
        sdk_text(client, pieces)


@pytest.mark.parametrize(("client", "wire"), TALKING)
def test_an_answer_that_is_none_is_an_error(client: str, wire: str) -> None:
    assert "not one of its API" in json.dumps(asked(client, wire).answer({"hello": "world"}))


def test_a_failed_response_is_a_failed_response() -> None:
    one = asked("messages", "responses")
    failed = {
        "type": "response.failed",
        "response": {"id": "1", "status": "failed", "error": {"code": "server_error", "message": "Boom"}},
    }
    pieces = [out for body in [*BEGUN["responses"], failed] for out in one.event(sse(body))] + one.end()
    assert json.loads(events_of(pieces)[-1].data)["error"] == {"type": "api_error", "message": "Boom"}
