"""Prompt and answer as JSON in the shape of Chat Completions: the one form that every platform draws as a chat
(platforms.md §0 verdict 3, §2.1 on rendering)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agw.content.size import content_json
from agw.record import CallRecord, Content
from agw.telemetry.messages import parts_of, tool_definitions

_AUDIO = "audio/"


def prompt(record: CallRecord) -> dict[str, Any] | None:
    """``{"messages": [...], "tools": [...]}``; None where no prompt was captured."""
    content = record.content
    if content is None or (content.input_messages is None and content.system_instructions is None):
        return None
    shaped: dict[str, Any] = {"messages": [*_system(content), *_all(content.input_messages or [])]}
    if tools := tool_definitions(content):
        shaped["tools"] = [_tool(one) for one in tools]
    return shaped


def completion(record: CallRecord) -> dict[str, Any] | None:
    """The assistant's message; ``{"messages": [...]}`` where the answer has several choices."""
    content = record.content
    if content is None or not content.output_messages:
        return None
    messages = [*_all(content.output_messages)]
    return messages[0] if len(messages) == 1 else {"messages": messages}


def prompt_json(record: CallRecord) -> str | None:
    """Raises what ``content_json`` raises."""
    return content_json(prompt(record))


def completion_json(record: CallRecord) -> str | None:
    return content_json(completion(record))


def _system(content: Content) -> list[dict[str, Any]]:
    parts = [one for one in content.system_instructions or [] if isinstance(one, dict)]
    return [{"role": "system", "content": _content(parts)}] if parts else []


def _all(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for message in messages:
        yield from _message(message)


def _message(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One message of ours may hold several answers of tools, each of which is a message there."""
    shown, reasoning, calls, answered = [], [], [], False
    for part in parts_of(message):
        kind = part.get("type")
        if kind == "tool_call":
            calls.append(_call(part))
        elif kind == "tool_call_response":
            answered = True
            yield _answer(part)
        elif kind == "reasoning":
            reasoning.append(str(part.get("content", "")))
        else:
            shown.append(part)
    if answered and not (shown or calls or reasoning):
        return
    shaped: dict[str, Any] = {"role": message.get("role", "user"), "content": _content(shown)}
    if isinstance(message.get("name"), str):
        shaped["name"] = message["name"]
    if reasoning:
        shaped["reasoning_content"] = "\n".join(reasoning)
    if calls:
        shaped["tool_calls"] = calls
    yield shaped


def _content(parts: list[dict[str, Any]]) -> str | list[dict[str, Any]] | None:
    """A text where there is nothing but text."""
    if not parts:
        return None
    if all(part.get("type") == "text" and isinstance(part.get("content"), str) for part in parts):
        return "\n".join(part["content"] for part in parts)
    return [_item(part) for part in parts]


def _item(part: dict[str, Any]) -> dict[str, Any]:
    kind, mime = part.get("type"), str(part.get("mime_type") or "")
    if kind == "text":
        return {"type": "text", "text": part.get("content")}
    if kind == "blob" and isinstance(part.get("content"), str):
        if mime.startswith(_AUDIO):
            audio = {"data": part["content"], "format": mime.removeprefix(_AUDIO)}
            return {"type": "input_audio", "input_audio": audio}
        if part.get("modality") == "image":
            return {"type": "image_url", "image_url": {"url": f"data:{mime};base64,{part['content']}"}}
    if kind == "uri" and part.get("modality") == "image":
        return {"type": "image_url", "image_url": {"url": part.get("uri")}}
    if kind == "file":
        return {"type": "file", "file": {"file_id": part.get("file_id")}}
    return part


def _call(part: dict[str, Any]) -> dict[str, Any]:
    function = {"name": part.get("name"), "arguments": _text(part.get("arguments"))}
    call = {"type": "function", "function": function}
    return {"id": part["id"], **call} if isinstance(part.get("id"), str) else call


def _answer(part: dict[str, Any]) -> dict[str, Any]:
    shaped = {"role": "tool", "content": _text(part.get("response", part.get("result")))}
    return {**shaped, "tool_call_id": part["id"]} if isinstance(part.get("id"), str) else shaped


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    kind = tool.get("type", "function")
    if kind != "function":
        return tool
    return {"type": kind, "function": {key: value for key, value in tool.items() if key != "type"}}


def _text(value: Any) -> str:
    """Arguments and answers of tools are texts there, mostly of JSON. Raises what ``json.dumps`` raises."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
