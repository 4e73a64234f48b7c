"""Message parts in the shapes of the GenAI conventions 1.41.1 (gen-ai-input-messages.json and its siblings)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from agw.formats.fields import items, mapping

FINISH = {"tool_calls": "tool_call", "function_call": "tool_call"}
_ALLOWED = ("stop", "length", "content_filter", "tool_call", "error")


def finish_reason(reason: str | None) -> str:
    """The convention's word for an answer's end; every output message must carry one."""
    word = FINISH.get(reason or "", reason or "")
    return word if word in _ALLOWED else ("stop" if reason else "error")


def text_part(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def reasoning_part(content: str) -> dict[str, Any]:
    return {"type": "reasoning", "content": content}


def tool_call_part(call_id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    """Arguments that are JSON text become the object that they say."""
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):
            arguments = json.loads(arguments) if arguments else {}
    part = {"type": "tool_call", "name": name if isinstance(name, str) else "", "arguments": arguments}
    return {**part, "id": call_id} if isinstance(call_id, str) else part


def media_part(url: str, modality: str) -> dict[str, Any]:
    """A data URL as a blob, any other as a uri."""
    if url.startswith("data:") and ";base64," in url:
        kind, _, content = url[5:].partition(";base64,")
        return {"type": "blob", "mime_type": kind, "modality": modality, "content": content}
    return {"type": "uri", "modality": modality, "uri": url}


def content_parts(content: Any) -> list[dict[str, Any]]:
    """The parts of a message's ``content``: a string, or a list of typed items of the chat or responses format."""
    if isinstance(content, str):
        return [text_part(content)]
    if not isinstance(content, list):
        return []
    return [_item(one) for one in content if isinstance(one, dict)]


def _item(item: dict[str, Any]) -> dict[str, Any]:
    kind = item.get("type")
    if kind in ("text", "input_text", "output_text") and isinstance(item.get("text"), str):
        return text_part(item["text"])
    if kind == "refusal" and isinstance(item.get("refusal"), str):
        return text_part(item["refusal"])
    if kind in ("image_url", "input_image"):
        image = item.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str):
            return media_part(url, "image")
    if kind == "input_audio":
        audio = mapping(item, "input_audio")
        if isinstance(audio.get("data"), str):
            mime = f"audio/{audio.get('format', 'wav')}"
            return {"type": "blob", "mime_type": mime, "modality": "audio", "content": audio["data"]}
    if kind in ("file", "input_file"):
        file = mapping(item, "file") or item
        if isinstance(file.get("file_id"), str):
            return {"type": "file", "modality": "document", "file_id": file["file_id"]}
    return {**item, "type": str(kind)}


def tool_definitions(body: Any) -> list[dict[str, Any]] | None:
    """``tools`` flat, whether the function stands below ``function`` (chat) or beside ``type`` (responses)."""
    found = []
    for tool in items(body, "tools"):
        function = mapping(tool, "function") or tool
        flat: dict[str, Any] = {key: function[key] for key in ("name", "description", "parameters") if key in function}
        found.append({"type": str(tool.get("type", "function")), **flat})
    return found or None
