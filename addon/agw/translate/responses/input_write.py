"""The turns of a conversation as input items of a Responses request."""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_media, tools
from agw.translate.base import Losses
from agw.translate.cache import openai_mark
from agw.translate.media import data_url
from agw.translate.neutral import (
    File,
    Image,
    Maker,
    Part,
    Reasoning,
    Refusal,
    Request,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from agw.translate.writing import without_none


def write_input(request: Request, losses: Losses) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    custom = frozenset(call.id for call in tools.calls(request) if call.custom)
    for turn in request.turns:
        if turn.role is Role.ASSISTANT:
            items.extend(_assistant(turn, request, losses))
        else:
            items.extend(_said(turn, request, custom, losses))
    return items


def _said(turn: Turn, request: Request, custom: frozenset[str], losses: Losses) -> list[dict[str, Any]]:
    """What user or developer say; results of tools are items of their own, and come first."""
    items: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            items.append(_result(part, request, custom, losses))
        else:
            content.append(_content(part, request, losses))
    if content:
        role = "developer" if turn.role is Role.SYSTEM else "user"
        items.append({"type": "message", "role": role, "content": content})
    if turn.name is not None:
        losses.add("messages.name")
    return items


def _result(result: ToolResult, request: Request, custom: frozenset[str], losses: Losses) -> dict[str, Any]:
    if result.is_error:
        losses.add("tool_result.is_error")
    content = [_content(part, request, losses) for part in result.parts]
    plain = all(part.keys() == {"type", "text"} for part in content) and len(content) < 2
    output: Any = "".join(part["text"] for part in content) if plain else content
    kind = "custom_tool_call_output" if result.call_id in custom else "function_call_output"
    return {"type": kind, "call_id": result.call_id, "output": output}


def _content(part: Part, request: Request, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text, **openai_mark(part.cache, request.model, losses)}
    if isinstance(part, Refusal):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, Image):
        mark = openai_mark(part.cache, request.model, losses)
        detail = part.detail or "auto"
        if part.file_id is not None and request.family == "openai":
            return {"type": "input_image", "file_id": part.file_id, "detail": detail, **mark}
        return {"type": "input_image", "image_url": openai_media.image_url(part), "detail": detail, **mark}
    if isinstance(part, File):
        mark = openai_mark(part.cache, request.model, losses)
        if part.text is not None:
            return {"type": "input_text", "text": openai_media.titled(part), **mark}
        if part.url is not None:
            return {"type": "input_file", "file_url": part.url, **mark}
        return {"type": "input_file", **openai_media.file_fields(part, request.family), **mark}
    raise BadRequest(f"messages: {type(part).__name__.lower()} cannot be sent to this provider")


def _assistant(turn: Turn, request: Request, losses: Losses) -> list[dict[str, Any]]:
    """Items in the order in which the model made them; neighbouring texts are one message."""
    items: list[dict[str, Any]] = []
    for part in turn.parts:
        if isinstance(part, Text | Refusal):
            if not part.text:
                continue
            kind, key = ("output_text", "text") if isinstance(part, Text) else ("refusal", "refusal")
            said = {"type": kind, key: part.text}
            if items and items[-1].get("type") == "message":
                items[-1]["content"].append(said)
            else:
                items.append({"type": "message", "role": "assistant", "content": [said]})
        elif isinstance(part, ToolCall):
            items.append(_call(part))
        elif isinstance(part, Reasoning):
            if (item := _reasoning(part)) is not None:
                items.append(item)
            else:
                losses.add("reasoning")
        elif isinstance(part, Image) and part.data is not None:
            # A picture that the model made earlier: the format takes pictures from the user only.
            url = data_url(part.mime, part.data)
            content = [{"type": "input_image", "image_url": url, "detail": "auto"}]
            items.append({"type": "message", "role": "user", "content": content})
        else:
            losses.add(f"messages.{type(part).__name__.lower()} of the assistant")
    return items


def _call(call: ToolCall) -> dict[str, Any]:
    if call.custom:
        return {"type": "custom_tool_call", "call_id": call.id, "name": call.name, "input": call.arguments}
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments or "{}"}


def _reasoning(part: Reasoning) -> dict[str, Any] | None:
    """Only what OpenAI encrypted may go back to it."""
    if part.seal is None or part.seal.maker is not Maker.OPENAI:
        return None
    return without_none(
        {
            "type": "reasoning",
            "id": part.seal.id,
            "summary": [{"type": "summary_text", "text": part.text}] if part.text else [],
            "encrypted_content": part.seal.value,
        }
    )
