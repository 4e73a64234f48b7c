"""Turns as Converse's messages and content blocks.

Bedrock takes bytes, or objects in S3, and fetches no URL: pictures and documents by http are refused with 400, since
the answer would not know what they show.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import Any

from agw.errors import BadRequest
from agw.translate import tools
from agw.translate.base import Losses
from agw.translate.converse.models import takes_cache_points
from agw.translate.neutral import (
    Audio,
    CacheMark,
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
from agw.translate.tool_names import ToolNames

_IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_NOT_IN_TITLES = re.compile(r"[^a-zA-Z0-9\s()\[\]-]")
_LONGEST_ID = 64


def write_message(turn: Turn, request: Request, names: ToolNames, losses: Losses) -> dict[str, Any] | None:
    """The message of one turn; None for a turn that has nothing to say."""
    if turn.name is not None:
        losses.add("messages.name")
    content = [block for part in turn.parts for block in _blocks(part, request, names, losses)]
    if not any("cachePoint" not in block for block in content):
        return None
    return {"role": "assistant" if turn.role is Role.ASSISTANT else "user", "content": content}


def cache_point(mark: CacheMark | None, model: str, losses: Losses) -> list[dict[str, Any]]:
    """A block of its own behind what is marked."""
    if mark is None:
        return []
    if not takes_cache_points(model):
        losses.add("cache_control")
        return []
    ttl = {"ttl": mark.ttl} if mark.ttl in ("5m", "1h") else {}
    return [{"cachePoint": {"type": "default", **ttl}}]


def call_id(given: str) -> str:
    """Bedrock takes 64 characters."""
    changed = tools.plain_id(given)
    if len(changed) <= _LONGEST_ID:
        return changed
    return f"call_{sha256(given.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _blocks(part: Part, request: Request, names: ToolNames, losses: Losses) -> list[dict[str, Any]]:
    written = _block(part, request, names, losses)
    if written is None:
        return []
    mark = None if isinstance(part, Reasoning | Refusal | Audio) else part.cache
    return [written, *cache_point(mark, request.model, losses)]


def _block(part: Part, request: Request, names: ToolNames, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, Text | Refusal):
        # Bedrock refuses blank text.
        return {"text": part.text} if part.text.strip() else None
    if isinstance(part, ToolCall):
        return {
            "toolUse": {
                "toolUseId": call_id(part.id),
                "name": names.wire(part.name),
                "input": tools.argument_object(part, losses),
            }
        }
    if isinstance(part, ToolResult):
        return {"toolResult": _result(part)}
    if isinstance(part, Reasoning):
        return _reasoning(part, losses)
    return _media(part)


def _result(result: ToolResult) -> dict[str, Any]:
    content = [
        {"text": part.text} if isinstance(part, Text) else _media(part)
        for part in result.parts
        if isinstance(part, Text | Image | File)
    ]
    written: dict[str, Any] = {"toolUseId": call_id(result.call_id), "content": content}
    return {**written, "status": "error"} if result.is_error else written


def _reasoning(part: Reasoning, losses: Losses) -> dict[str, Any] | None:
    """Only what Claude signed may go back to it."""
    seal = part.seal
    if seal is None or seal.maker is not Maker.ANTHROPIC:
        losses.add("reasoning")
        return None
    if seal.redacted:
        return {"reasoningContent": {"redactedContent": seal.value}}
    return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": seal.value}}}


def _media(part: Part) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"image": {"format": _image_format(part), "source": _source(part.data, part.url, "images")}}
    if isinstance(part, File):
        return {"document": _document(part)}
    if isinstance(part, Audio):
        return {"audio": {"format": part.format, "source": {"bytes": part.data}}}
    raise BadRequest("messages: a message holds a part that this provider does not take")


def _source(data: str | None, url: str | None, what: str) -> dict[str, Any]:
    if data is not None:
        return {"bytes": data}
    if url is not None and url.startswith("s3://"):
        return {"s3Location": {"uri": url}}
    raise BadRequest(f"messages: this provider takes {what} as data only (a data URL, base64), not by URL or file id")


def _image_format(image: Image) -> str:
    """By its type, or by the name of what lies in S3."""
    ending = (image.url or "").rpartition(".")[2].lower()
    known = _IMAGES.get((image.mime or "").lower()) or _IMAGES.get(f"image/{ending}")
    if known is None and image.data is not None and image.mime is None:
        known = "png"
    if known is None and image.data is not None:
        raise BadRequest(f"messages: images of type {(image.mime or '')[:50]} cannot be sent to this provider")
    return known or "png"


def _document(file: File) -> dict[str, Any]:
    title = " ".join(_NOT_IN_TITLES.sub(" ", (file.filename or "").rpartition(".")[0] or file.filename or "").split())
    if file.text is not None:
        data: str | None = base64.b64encode(file.text.encode("utf-8", "surrogatepass")).decode()
        kind: str | None = "txt"
    else:
        data = file.data
        kind = _DOCUMENTS.get((file.mime or "application/pdf").lower().partition(";")[0])
    if kind is None:
        raise BadRequest(f"messages: files of type {(file.mime or '')[:50]} cannot be sent to this provider")
    return {"format": kind, "name": title[:200] or "document", "source": _source(data, file.url, "documents")}
