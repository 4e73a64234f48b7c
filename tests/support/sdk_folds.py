"""The official SDKs as judges: their own models must take an answer, their own accumulators a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from google.genai.types import GenerateContentResponse
from openai import omit
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from agw.streaming.sse import Framer, SseEvent, parse

_ANTHROPIC_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
_RESPONSES_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def events_of(pieces: Iterable[bytes]) -> list[SseEvent]:
    framer = Framer()
    blocks = [block for piece in pieces for block in framer.feed(piece)]
    assert framer.flush() == b""
    return [event for block in blocks if (event := parse(block)) is not None]


def checked(api_type: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer, after the SDK's model has validated it."""
    models: dict[str, Any] = {
        "completions": ChatCompletion,
        "messages": Message,
        "responses": Response,
        "generateContent": GenerateContentResponse,
    }
    models[api_type].model_validate(body)
    return body


def folded(api_type: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    """The whole answer, as the SDK puts it together from a stream that came to its end."""
    folds = {"completions": _chat, "messages": _messages, "responses": _responses, "generateContent": _gemini}
    return folds[api_type](events_of(pieces))


def _chat(events: list[SseEvent]) -> dict[str, Any]:
    assert events[-1].data == "[DONE]"
    state: Any = ChatCompletionStreamState()
    usage = None
    for event in events[:-1]:
        chunk = ChatCompletionChunk.model_validate_json(event.data)
        usage = chunk.usage or usage
        list(state.handle_chunk(chunk))
    whole: dict[str, Any] = state.current_completion_snapshot.to_dict()
    whole["usage"] = usage.to_dict() if usage else None
    return whole


def _messages(events: list[SseEvent]) -> dict[str, Any]:
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for event in events:
        body = _ANTHROPIC_EVENT.validate_json(event.data)
        assert body.type == event.name
        snapshot = accumulate_event(event=body, current_snapshot=snapshot, json_bufs=buffers)
    assert events[-1].name == "message_stop"
    whole: dict[str, Any] = snapshot.to_dict()
    return whole


def _responses(events: list[SseEvent]) -> dict[str, Any]:
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for number, event in enumerate(events):
        body = _RESPONSES_EVENT.validate_json(event.data)
        assert (body.type, body.sequence_number) == (event.name, number)
        state.handle_event(body)
    assert events[-1].name in ("response.completed", "response.incomplete", "response.failed")
    whole: dict[str, Any] = json.loads(events[-1].data)["response"]
    return whole


def _gemini(events: list[SseEvent]) -> dict[str, Any]:
    """Google's SDK leaves this to the app: texts of one kind that follow each other are one."""
    parts: list[dict[str, Any]] = []
    last: dict[str, Any] = {}
    for event in events:
        body = json.loads(event.data)
        GenerateContentResponse.model_validate(body)
        (candidate,) = body["candidates"]
        for part in candidate["content"]["parts"]:
            before = parts[-1] if parts else {}
            if "text" in part and "text" in before and part.get("thought") == before.get("thought"):
                parts[-1] = {**before, **part, "text": before["text"] + part["text"]}
            else:
                parts.append(part)
        last = {**last, **body, "candidates": [{**candidate, "content": {"parts": parts, "role": "model"}}]}
    assert last["candidates"][0]["finishReason"]
    return last
