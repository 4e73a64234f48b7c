"""The turns of a conversation as the messages of a Chat Completions request."""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_media, tools
from agw.translate.base import Losses
from agw.translate.cache import openai_mark
from agw.translate.completions import reasoning
from agw.translate.neutral import (
    Audio,
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
from agw.translate.turns import merged
from agw.translate.writing import without_none


def write_messages(request: Request, losses: Losses) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if request.system:
        messages.append({"role": "system", "content": _texts(request.system, request, losses)})
    # A call's results must follow it at once, whatever else stands between the one and the other.
    waiting: list[dict[str, Any]] = []
    for turn in merged(request.turns, (Role.ASSISTANT,)):
        if turn.role is Role.ASSISTANT:
            messages += waiting
            waiting = []
            messages.extend(_assistant(turn, request, losses))
        elif turn.role is Role.SYSTEM:
            texts = tuple(part for part in turn.parts if isinstance(part, Text))
            waiting.append({"role": "system", "content": _texts(texts, request, losses)})
        else:
            results, said = _user(turn, request, losses)
            messages += results
            waiting += said
    return messages + waiting


def _texts(texts: tuple[Text, ...], request: Request, losses: Losses) -> Any:
    """One string, since not every server takes a list here; a list where a mark must be kept."""
    parts = [_text(text, request, losses) for text in texts]
    if any(len(part) > 2 for part in parts):
        return parts
    return "\n\n".join(text.text for text in texts)


def _text(text: Text, request: Request, losses: Losses) -> dict[str, Any]:
    return {"type": "text", "text": text.text, **openai_mark(text.cache, request.model, losses)}


def _user(turn: Turn, request: Request, losses: Losses) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The results, as messages of their own, and the user's message. The pictures in results stand in that one, the
    only place where this format takes any."""
    messages: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for result in turn.parts:
        if isinstance(result, ToolResult):
            texts = tuple(part for part in result.parts if isinstance(part, Text))
            messages.append({"role": "tool", "tool_call_id": result.call_id, "content": _texts(texts, request, losses)})
            parts.extend(_content(part, request, losses) for part in result.parts if not isinstance(part, Text))
            if result.is_error:
                losses.add("tool_result.is_error")
            if result.cache is not None:
                losses.add("cache_control")
    parts.extend(_content(part, request, losses) for part in turn.parts if not isinstance(part, ToolResult))
    if parts:
        plain = len(parts) == 1 and parts[0].keys() == {"type", "text"}
        content = parts[0]["text"] if plain else parts
        return messages, [without_none({"role": "user", "content": content, "name": turn.name})]
    return messages, []


def _content(part: Part, request: Request, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Text):
        return _text(part, request, losses)
    if isinstance(part, Refusal):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        image = {"url": openai_media.image_url(part), "detail": part.detail}
        mark = openai_mark(part.cache, request.model, losses)
        return {"type": "image_url", "image_url": without_none(image), **mark}
    if isinstance(part, File):
        return _file(part, request, losses)
    if isinstance(part, Audio):
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
    raise BadRequest("messages: a user's message holds a part that only an assistant can say")


def _file(file: File, request: Request, losses: Losses) -> dict[str, Any]:
    mark = openai_mark(file.cache, request.model, losses)
    if file.text is not None:
        return {"type": "text", "text": openai_media.titled(file), **mark}
    if file.url is not None:
        raise BadRequest("messages: documents by URL cannot be sent to this provider: send their data")
    return {"type": "file", "file": openai_media.file_fields(file, request.family), **mark}


def _assistant(turn: Turn, request: Request, losses: Losses) -> list[dict[str, Any]]:
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[dict[str, Any]] = []
    thoughts: list[Reasoning] = []
    for part in turn.parts:
        if isinstance(part, Text):
            texts.append(part.text)
        elif isinstance(part, Refusal):
            refusals.append(part.text)
        elif isinstance(part, ToolCall):
            function = {"name": part.name, "arguments": tools.as_function_arguments(part)}
            calls.append({"id": part.id, "type": "function", "function": function})
        elif isinstance(part, Reasoning):
            if part.seal is not None and part.seal.maker is Maker.COMPLETIONS:
                thoughts.append(part)
            else:
                losses.add("reasoning")
        else:
            losses.add("messages.media of the assistant")
    if not (texts or refusals or calls):
        return []
    message: dict[str, Any] = {"role": "assistant", "content": "\n\n".join(filter(None, texts)) if texts else None}
    if refusals:
        message["refusal"] = "".join(refusals)
    if text := "".join(thought.text for thought in thoughts):
        message["reasoning_content"] = text
    if details := [entry for thought in thoughts for entry in reasoning.details_of(thought, 0)]:
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = calls
    return [message]
