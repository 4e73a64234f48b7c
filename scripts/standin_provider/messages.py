"""Anthropic's Messages API, whole and with its full sequence of events: thinking, text, tools, a cache that is used."""

from __future__ import annotations

import itertools
import json
from typing import Any

from standin_provider.chat import pieces_of, text_of
from standin_provider.reply import Json, Refused, Reply, compact, words
from standin_provider.schema import example

INPUT_TOKENS = 5
CACHE_READ_TOKENS = 300
CACHE_WRITE_TOKENS = 20
SIGNATURE = "c3RhbmRpbg=="
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def error(status: int, message: str) -> Json:
    return {"type": "error", "error": {"type": _TYPES.get(status, "api_error"), "message": message}}


def reply(body: Json, chunks: int) -> Reply:
    """``chunks`` is the number of words. Raises Refused, for what Anthropic refuses too."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _refused("messages: at least one message is required")
    if not isinstance(body.get("max_tokens"), int):
        raise _refused("max_tokens: Field required")
    for before, after in itertools.pairwise(messages):
        if before.get("role") == after.get("role"):
            raise _refused("messages: roles must alternate")
    _check_results(messages)
    content, reason, tokens = _content(body, messages[-1], chunks)
    message = {
        "id": "msg_standin",
        "type": "message",
        "role": "assistant",
        "model": f"{body['model']}-20250929",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": _usage(tokens),
    }
    if body.get("stream") is not True:
        return Reply(message)
    failure = _event(error(529, "The stand-in was told to fail."))
    return Reply(events=[_event(one) for one in _events(message)], failure=failure)


def _refused(message: str) -> Refused:
    refused = Refused(400, message)
    refused.value = error(400, message)
    return refused


def _check_results(messages: list[Json]) -> None:
    """Every call's result must open the turn that follows it, as Anthropic demands."""
    for before, after in itertools.pairwise(messages):
        called = {block["id"] for block in _blocks(before) if block.get("type") == "tool_use"}
        if not called:
            continue
        answered = set()
        for block in _blocks(after):
            if block.get("type") != "tool_result":
                break
            answered.add(block["tool_use_id"])
        if called != answered:
            raise _refused("messages: `tool_use` ids were found without `tool_result` blocks immediately after")


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def _usage(tokens: int) -> Json:
    return {
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": CACHE_WRITE_TOKENS,
        "cache_read_input_tokens": CACHE_READ_TOKENS,
        "output_tokens": tokens,
        "service_tier": "standard",
    }


def _content(body: Json, last: Json, chunks: int) -> tuple[list[Json], str, int]:
    """The content, the stop reason and the output tokens."""
    content: list[Json] = []
    if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        content.append({"type": "thinking", "thinking": "Let me think.", "signature": SIGNATURE})
    text = text_of(last).lower()
    asks = not any(block.get("type") == "tool_result" for block in _blocks(last))
    if body.get("tools") and asks and "weather" in text:
        tool = body["tools"][0]
        cities = ("Oslo", "Rome") if "both" in text else ("Oslo",)
        for city in cities:
            made = example(tool.get("input_schema") or {}, city)
            content.append({"type": "tool_use", "id": f"toolu_{city.lower()}", "name": tool["name"], "input": made})
        return content, "tool_use", chunks
    shape = (body.get("output_config") or {}).get("format") or {}
    if shape.get("type") == "json_schema":
        return [*content, {"type": "text", "text": json.dumps(example(shape["schema"], "standin"))}], "end_turn", chunks
    said = words(min(chunks, body["max_tokens"]))
    reason = "max_tokens" if body["max_tokens"] < chunks else "end_turn"
    return [*content, {"type": "text", "text": " ".join(said)}], reason, len(said)


def _events(message: Json) -> list[Json]:
    begun = {**message["usage"], "output_tokens": 1}
    start = {**message, "content": [], "stop_reason": None, "usage": begun}
    events: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        events.extend(_block_events(index, block))
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    totals = {"output_tokens": message["usage"]["output_tokens"]}
    return [*events, {"type": "message_delta", "delta": delta, "usage": totals}, {"type": "message_stop"}]


def _block_events(index: int, block: Json) -> list[Json]:
    deltas: list[Json]
    match block["type"]:
        case "thinking":
            empty = {**block, "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use":
            empty = {**block, "input": {}}
            pieces = ["", *pieces_of(compact(block["input"]).decode())]
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        case _:
            empty = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(block["text"])]
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _event(body: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (body["type"].encode(), compact(body))
