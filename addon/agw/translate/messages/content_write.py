"""Turns as messages of Anthropic's format."""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate import seals, tools
from agw.translate.base import Losses
from agw.translate.cache import anthropic_mark
from agw.translate.media import decoded_text
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


def message(turn: Turn, request: Request, losses: Losses) -> dict[str, Any] | None:
    """The message of one turn; None for a turn that has nothing to say."""
    blocks = [block for part in turn.parts if (block := _block(part, request, losses)) is not None]
    if not blocks:
        return None
    if turn.role is Role.USER and len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return {"role": "user", "content": blocks[0]["text"]}
    return {"role": turn.role.value, "content": blocks}


def _block(part: Part, request: Request, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, Text):
        # Anthropic refuses empty text.
        if not part.text.strip():
            return None
        return {"type": "text", "text": part.text, **anthropic_mark(part.cache)}
    if isinstance(part, Refusal):
        return {"type": "text", "text": part.text} if part.text.strip() else None
    if isinstance(part, ToolCall):
        return {
            "type": "tool_use",
            "id": tools.plain_id(part.id),
            "name": part.name,
            "input": tools.argument_object(part, losses),
            **anthropic_mark(part.cache),
        }
    if isinstance(part, ToolResult):
        return _result(part, request, losses)
    if isinstance(part, Reasoning):
        return reasoning_block(part, losses)
    if isinstance(part, Image):
        return _image(part, request.family)
    if isinstance(part, File):
        return _file(part, request.family)
    raise BadRequest("messages: audio cannot be sent to this provider")


def _result(result: ToolResult, request: Request, losses: Losses) -> dict[str, Any]:
    blocks = [block for part in result.parts if (block := _block(part, request, losses)) is not None]
    plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    written: dict[str, Any] = {"type": "tool_result", "tool_use_id": tools.plain_id(result.call_id)}
    if blocks:
        written["content"] = blocks[0]["text"] if plain else blocks
    if result.is_error:
        written["is_error"] = True
    return {**written, **anthropic_mark(result.cache)}


def reasoning_block(part: Reasoning, losses: Losses) -> dict[str, Any] | None:
    """Only what Claude signed may go back to it."""
    seal = part.seal
    if seal is None or seal.maker is not Maker.ANTHROPIC:
        losses.add("reasoning")
        return None
    if seal.redacted:
        return {"type": "redacted_thinking", "data": seal.value}
    return {"type": "thinking", "thinking": part.text, "signature": seal.value}


def client_reasoning(part: Reasoning) -> dict[str, Any]:
    """For a client: any maker's reasoning, its seal inside the signature."""
    seal = part.seal
    if seal is not None and seal.maker is Maker.ANTHROPIC and seal.redacted:
        return {"type": "redacted_thinking", "data": seal.value}
    return {
        "type": "thinking",
        "thinking": part.text,
        "signature": "" if seal is None else seals.wrap(seal, Maker.ANTHROPIC),
    }


def _image(image: Image, family: str) -> dict[str, Any]:
    if image.data is not None:
        source = {"type": "base64", "media_type": image.mime or "image/png", "data": image.data}
    elif image.url is not None:
        source = {"type": "url", "url": image.url}
    else:
        source = _stored(image.file_id, family)
    return {"type": "image", "source": source, **anthropic_mark(image.cache)}


def _stored(file_id: str | None, family: str) -> dict[str, str]:
    if file_id is None or family != "anthropic":
        raise BadRequest("messages: a file in one provider's store cannot be sent to another: send its data")
    return {"type": "file", "file_id": file_id}


def _file(file: File, family: str) -> dict[str, Any]:
    if file.text is not None:
        source = {"type": "text", "media_type": "text/plain", "data": file.text}
    elif file.data is not None:
        source = _data(file.data, file.mime or "application/pdf")
    elif file.url is not None:
        source = {"type": "url", "url": file.url}
    else:
        source = _stored(file.file_id, family)
    block: dict[str, Any] = {"type": "document", "source": source}
    if file.filename:
        block["title"] = file.filename
    return {**block, **anthropic_mark(file.cache)}


def _data(data: str, mime: str) -> dict[str, str]:
    if mime == "application/pdf":
        return {"type": "base64", "media_type": mime, "data": data}
    if mime.startswith("text/") or mime == "application/json":
        return {"type": "text", "media_type": "text/plain", "data": decoded_text(data)}
    raise BadRequest(f"messages: files of type {mime[:50]} cannot be sent to this provider: PDF and text can")
