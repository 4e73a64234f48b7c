"""When the gateway's own reading of a stream fails, the client hears of it in its own format and gets nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agw.formats.registry import FORMATS
from agw.streaming.reader import AnswerReader
from agw.streaming.translating import TranslatingTap
from agw.translate.registry import translator

FIRST = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
REQUESTS: dict[str, dict[str, Any]] = {
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"model": "m", "input": "Hi"},
    "generateContent": {"model": "m", "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
}
ERRORS = {
    "messages": b'event: error\ndata: {"type":"error","error":{"type":"api_error"',
    "responses": b"event: response.failed\n",
    "generateContent": b'data: {"error":{"code":',
}


def tap(client: str, kind: str = "text/event-stream") -> TranslatingTap:
    made = translator(client, "completions")
    made.request({**REQUESTS[client], "stream": "event" in kind})
    reader = AnswerReader(
        FORMATS["completions"], content_type=kind, content_encoding="", keep_content=False, now_ns=lambda: 1
    )
    return TranslatingTap(reader, lambda: 1, made, 200)


def told(tap: TranslatingTap, data: bytes) -> bytes:
    pieces = tap(data)
    return pieces if isinstance(pieces, bytes) else b"".join(pieces)


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGW_STRICT", raising=False)


@pytest.mark.parametrize("client", REQUESTS)
@pytest.mark.parametrize("before", [b"", FIRST], ids=["at once", "in the middle"])
def test_a_stream_that_cannot_be_read_on_ends_in_an_error_of_the_clients(
    client: str, before: bytes, lenient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tap(client)
    if before:
        assert b"Hi" in told(one, before)

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(type(one._translator), "event", fail)
    assert ERRORS[client] in told(one, FIRST)
    assert told(one, FIRST) == told(one, b"") == b""
    assert one.reader.notes() == ("answer not read: RuntimeError",)


def test_a_whole_answer_that_cannot_be_read_is_an_error_of_the_clients(
    lenient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tap("messages", "application/json")

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(type(one._translator), "answer", fail)
    assert told(one, b'{"choices": []}') == b""
    assert json.loads(told(one, b""))["error"]["type"] == "api_error"
    assert one.failure is not None


def test_a_stream_that_has_ended_is_not_ended_again() -> None:
    made = translator("messages", "completions")
    made.request({**REQUESTS["messages"], "stream": True})
    ended = made.end()
    assert b"event: error" in b"".join(ended)
    assert made.end() == []
