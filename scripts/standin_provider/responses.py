"""The Responses API, whole and with its full sequence of events."""

from __future__ import annotations

import json
from typing import Any

from standin_provider.chat import pieces_of, text_of
from standin_provider.reply import (
    CACHED_TOKENS,
    CREATED_S,
    INPUT_TOKENS,
    Json,
    Refused,
    Reply,
    answering_model,
    compact,
    reasoning_of,
    words,
)
from standin_provider.schema import example


def reply(body: Json, chunks: int) -> Reply:
    """``chunks`` is the number of words. Raises Refused."""
    if not body.get("input"):
        raise Refused(400, "'input' is required.", "input")
    item, tokens, cut = _item(body, chunks)
    whole = _response(body, "incomplete" if cut else "completed", item, tokens)
    if body.get("stream") is not True:
        return Reply(whole)
    failed = _response(body, "failed", None, 0)
    failed["error"] = {"code": "server_error", "message": "The stand-in was told to fail."}
    return Reply(
        events=_numbered(_events(body, item, whole)),
        failure=_event({"type": "response.failed", "response": failed, "sequence_number": chunks + 99}),
    )


def _item(body: Json, chunks: int) -> tuple[Json, int, bool]:
    """The output item, the output tokens, and whether the limit cut it."""
    given = body["input"]
    last: Json = {"role": "user", "content": given} if isinstance(given, str) else given[-1]
    if body.get("tools") and last.get("role") == "user" and "weather" in text_of(last).lower():
        tool = body["tools"][0]
        arguments = compact(example(tool.get("parameters") or {}, "Oslo")).decode()
        call = {"id": "fc_standin", "type": "function_call", "status": "completed", "call_id": "call_oslo"}
        return {**call, "name": tool["name"], "arguments": arguments}, chunks, False
    form = (body.get("text") or {}).get("format") or {}
    limit = body.get("max_output_tokens") or chunks
    if form.get("type") == "json_schema":
        text, tokens, cut = json.dumps(example(form["schema"], "standin")), chunks, False
    else:
        tokens, cut = min(chunks, limit), limit < chunks
        text = " ".join(words(tokens))
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    status = "incomplete" if cut else "completed"
    message = {"id": "msg_standin", "type": "message", "status": status, "role": "assistant", "content": [part]}
    return message, tokens, cut


def _response(body: Json, status: str, item: Json | None, tokens: int) -> Json:
    ended = item is not None
    return {
        "id": "resp_standin",
        "object": "response",
        "created_at": CREATED_S,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": answering_model(body),
        "output": [item] if ended else [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": {
            "input_tokens": INPUT_TOKENS,
            "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": reasoning_of(tokens)},
            "total_tokens": INPUT_TOKENS + tokens,
        }
        if ended
        else None,
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def _events(body: Json, item: Json, whole: Json) -> list[Json]:
    begun = _response(body, "in_progress", None, 0)
    opened = {**item, "status": "in_progress"}
    at: dict[str, Any] = {"item_id": item["id"], "output_index": 0}
    if item["type"] == "function_call":
        opened["arguments"] = ""
        name = "response.function_call_arguments"
        middle = [{"type": f"{name}.delta", **at, "delta": piece} for piece in pieces_of(item["arguments"])]
        middle.append({"type": f"{name}.done", **at, "arguments": item["arguments"], "name": item["name"]})
    else:
        opened["content"] = []
        part = item["content"][0]
        at["content_index"] = 0
        text = "response.output_text"
        middle = [
            {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
            *({"type": f"{text}.delta", **at, "delta": piece, "logprobs": []} for piece in pieces_of(part["text"])),
            {"type": f"{text}.done", **at, "text": part["text"], "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part},
        ]
    return [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        *middle,
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": f"response.{whole['status']}", "response": whole},
    ]


def _numbered(events: list[Json]) -> list[bytes]:
    return [_event({**event, "sequence_number": number}) for number, event in enumerate(events)]


def _event(event: Json) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), compact(event))
