"""Chat completions, whole and streamed, with tools and structured output."""

from __future__ import annotations

import json
from typing import Any

from standin_provider.reply import (
    CACHED_TOKENS,
    CREATED_S,
    INPUT_TOKENS,
    Json,
    Refused,
    Reply,
    answering_model,
    compact,
    error,
    reasoning_of,
    words,
)
from standin_provider.schema import example

DONE = b"data: [DONE]\n\n"


def reply(body: Json, chunks: int) -> Reply:
    """``chunks`` is the number of words. Raises Refused."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "'messages' must be a list with at least one message.", "messages")
    message, reason, tokens = _message(body, messages[-1], chunks)
    choices = max(1, int(body.get("n") or 1))
    if body.get("stream") is not True:
        return Reply(_whole(body, message, reason, tokens, choices))
    failure = b"data: " + compact(error(500, "The stand-in was told to fail.")) + b"\n\n"
    return Reply(events=_events(body, message, reason, tokens, choices), failure=failure)


def usage(tokens: int) -> Json:
    """``tokens`` are the output's; cached are part of the prompt's, reasoning is part of the output's."""
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": tokens,
        "total_tokens": INPUT_TOKENS + tokens,
        "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning_of(tokens),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def asks_for_usage(body: Json) -> bool:
    return (body.get("stream_options") or {}).get("include_usage") is True


def _message(body: Json, last: Json, chunks: int) -> tuple[Json, str, int]:
    """The message, the finish reason, and the output tokens of one choice."""
    text = text_of(last)
    if body.get("tools") and last.get("role") == "user" and "weather" in text.lower():
        function = body["tools"][0]["function"]
        both = "both" in text.lower() and body.get("parallel_tool_calls") is not False
        calls = [
            {
                "id": f"call_{city.lower()}",
                "type": "function",
                "function": {
                    "name": function["name"],
                    "arguments": compact(example(function.get("parameters") or {}, city)).decode(),
                },
            }
            for city in ("Oslo", "Rome")[: 2 if both else 1]
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls", chunks
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        content = json.dumps(example(wanted["json_schema"]["schema"], "standin"))
        return {"role": "assistant", "content": content}, "stop", chunks
    if wanted.get("type") == "json_object":
        return {"role": "assistant", "content": '{"answer": "standin"}'}, "stop", chunks
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or chunks
    said = words(min(chunks, limit))
    return {"role": "assistant", "content": " ".join(said)}, "length" if limit < chunks else "stop", len(said)


def text_of(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content)


def _head(body: Json, kind: str) -> Json:
    return {
        "id": "chatcmpl-standin",
        "object": kind,
        "created": CREATED_S,
        "model": answering_model(body),
        "service_tier": "default",
        "system_fingerprint": "fp_standin",
    }


def _whole(body: Json, message: Json, reason: str, tokens: int, choices: int) -> Json:
    made = [
        {
            "index": index,
            "message": {**message, "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": reason,
        }
        for index in range(choices)
    ]
    return {**_head(body, "chat.completion"), "choices": made, "usage": usage(tokens * choices)}


def _events(body: Json, message: Json, reason: str, tokens: int, choices: int) -> list[bytes]:
    asked = asks_for_usage(body)
    head = {**_head(body, "chat.completion.chunk"), **({"usage": None} if asked else {})}

    def chunk(index: int, delta: Json, finish: str | None = None) -> Json:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice]}

    chunks = [chunk(index, delta) for delta in _deltas(message) for index in range(choices)]
    chunks.extend(chunk(index, {}, reason) for index in range(choices))
    if asked:
        chunks.append({**head, "choices": [], "usage": usage(tokens * choices)})
    return [*(b"data: %s\n\n" % compact(one) for one in chunks), DONE]


def _deltas(message: Json) -> list[Json]:
    if "tool_calls" not in message:
        pieces = pieces_of(message["content"])
        return [{"role": "assistant", "content": "", "refusal": None}, *({"content": piece} for piece in pieces)]
    deltas: list[Json] = []
    for index, call in enumerate(message["tool_calls"]):
        function = {"name": call["function"]["name"], "arguments": ""}
        opening: dict[str, Any] = {"tool_calls": [{"index": index, **call, "function": function}]}
        deltas.append(opening if deltas else {"role": "assistant", "content": None, **opening})
        deltas.extend(
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in pieces_of(call["function"]["arguments"])
        )
    return deltas


def pieces_of(text: str) -> list[str]:
    """The text in pieces of one word each, with its space; JSON without spaces in two."""
    if text.startswith("{") and " " not in text:
        middle = len(text) // 2
        return [text[:middle], text[middle:]]
    if not text:
        return []
    first, *rest = text.split(" ")
    return [first, *(" " + word for word in rest)]
