"""Content blocks of a Messages request, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading, seals, tools
from agw.translate.base import Losses
from agw.translate.cache import read_mark
from agw.translate.neutral import File, Image, Maker, Part, Reasoning, Text, ToolCall, ToolResult


def read(content: Any, where: str, losses: Losses) -> tuple[Part, ...]:
    """A message's content. Raises BadRequest for a block that nobody else has and the prompt would lack."""
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise BadRequest(f"{where}.content: must be a string or a list of blocks")
    return tuple(part for block in content if (part := _block(block, where, losses)) is not None)


def _block(block: Mapping[str, Any], where: str, losses: Losses) -> Part | None:
    kind = block.get("type")
    match kind:
        case "text":
            return Text(reading.demanded_string(block, "text", f"{where}.content"), cache=read_mark(block))
        case "image":
            return _image(block, where)
        case "document":
            for name, lost in (("citations", {"enabled": True}), ("context", block.get("context"))):
                if block.get(name) and block[name] == lost:
                    losses.add(f"messages.document.{name}")
            return _document(block, where)
        case "search_result":
            return _search_result(block)
        case "tool_use":
            call_id, seal = tools.unsealed(reading.demanded_string(block, "id", f"{where}.tool_use"))
            name = reading.demanded_string(block, "name", f"{where}.tool_use")
            return ToolCall(call_id, name, tools.as_text(block.get("input")), seal=seal, cache=read_mark(block))
        case "tool_result":
            return _result(block, where, losses)
        case "thinking":
            signature = reading.string(block, "signature")
            seal = seals.unwrap(signature, Maker.ANTHROPIC) if signature else None
            return Reasoning(reading.string(block, "thinking") or "", seal)
        case "redacted_thinking":
            data = reading.demanded_string(block, "data", f"{where}.redacted_thinking")
            return Reasoning("", seals.unwrap(data, Maker.ANTHROPIC, redacted=True))
    if isinstance(kind, str) and (kind.endswith("_tool_result") or kind in ("server_tool_use", "tool_reference")):
        # What Anthropic's own tools did in an earlier turn; the model's words about it stand beside it.
        losses.add(f"messages.{kind}")
        return None
    raise BadRequest(f"{where}.content: blocks of type {str(kind)[:50]!r} cannot be translated for this provider")


def _image(block: Mapping[str, Any], where: str) -> Image:
    source, mark = reading.mapping(block, "source"), read_mark(block)
    match source.get("type"):
        case "base64":
            data = reading.demanded_string(source, "data", f"{where}.image.source")
            return Image(data=data, mime=reading.string(source, "media_type"), cache=mark)
        case "url":
            return Image(url=reading.demanded_string(source, "url", f"{where}.image.source"), cache=mark)
        case "file":
            return Image(file_id=reading.demanded_string(source, "file_id", f"{where}.image.source"), cache=mark)
    raise BadRequest(f"{where}.image.source.type: must be base64, url or file")


def _document(block: Mapping[str, Any], where: str) -> File:
    source, mark = reading.mapping(block, "source"), read_mark(block)
    title = reading.string(block, "title")
    where = f"{where}.document.source"
    match source.get("type"):
        case "base64":
            data = reading.demanded_string(source, "data", where)
            return File(data=data, mime=reading.string(source, "media_type"), filename=title, cache=mark)
        case "text":
            return File(text=reading.demanded_string(source, "data", where), filename=title, cache=mark)
        case "content":
            inner = source.get("content")
            texts = [inner] if isinstance(inner, str) else [_text(one) for one in reading.objects(source, "content")]
            return File(text="\n".join(texts), filename=title, cache=mark)
        case "url":
            return File(url=reading.demanded_string(source, "url", where), filename=title, cache=mark)
        case "file":
            return File(file_id=reading.demanded_string(source, "file_id", where), filename=title, cache=mark)
    raise BadRequest(f"{where}.type: must be base64, text, content, url or file")


def _search_result(block: Mapping[str, Any]) -> Text:
    """What the app found itself, as text: title, source, content."""
    head = [reading.string(block, "title") or "", reading.string(block, "source") or ""]
    lines = [*head, *(_text(one) for one in reading.objects(block, "content"))]
    return Text("\n".join(line for line in lines if line), cache=read_mark(block))


def _text(block: Mapping[str, Any]) -> str:
    return reading.string(block, "text") or ""


def _result(block: Mapping[str, Any], where: str, losses: Losses) -> ToolResult:
    call_id, _ = tools.unsealed(reading.demanded_string(block, "tool_use_id", f"{where}.tool_result"))
    content = block.get("content")
    parts = () if content is None else read(content, f"{where}.tool_result", losses)
    kept = tuple(part for part in parts if isinstance(part, Text | Image | File))
    if len(kept) != len(parts):
        raise BadRequest(f"{where}.tool_result.content: must be text, images or documents")
    return ToolResult(call_id, kept, is_error=block.get("is_error") is True, cache=read_mark(block))
