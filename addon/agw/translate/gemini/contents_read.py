"""Gemini's contents as turns.

Most of its clients give their calls no ids: a call gets one by its place, and a response without an id, or with one
that no call has, answers the oldest open call of its name, which is how Google itself pairs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.formats.google import field, list_of, part_of
from agw.translate import reading, tools
from agw.translate.base import Losses
from agw.translate.gemini import signatures
from agw.translate.neutral import (
    Audio,
    File,
    Image,
    Maker,
    Part,
    Reasoning,
    Role,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from agw.translate.writing import compact


def read_contents(body: Mapping[str, Any], losses: Losses) -> tuple[Turn, ...]:
    """Raises BadRequest for a part that no other format has."""
    reader = _Reader(losses)
    return tuple(reader.turn(index, content) for index, content in enumerate(list_of(body, "contents")))


class _Reader:
    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._calls = 0
        self._open: dict[str, list[str]] = {}

    def turn(self, index: int, content: Mapping[str, Any]) -> Turn:
        role = {"model": Role.ASSISTANT, "system": Role.SYSTEM}.get(str(content.get("role")), Role.USER)
        where = f"contents[{index}]"
        parts = [part for one in list_of(content, "parts") for part in self._parts(one, role, where)]
        return Turn(role, tuple(parts))

    def _parts(self, part: Mapping[str, Any], role: Role, where: str) -> list[Part]:
        signature = field(part, "thoughtSignature")
        seal = signatures.read(signature) if isinstance(signature, str) and signature else None
        if isinstance(text := part.get("text"), str):
            if part.get("thought") is True:
                return [Reasoning(text, seal, summary=True)]
            found: list[Part] = [Text(text)] if text else []
            return found if seal is None else [*found, Reasoning("", seal)]
        if call := part_of(part, "functionCall"):
            return self._call(call, seal, where)
        if answer := part_of(part, "functionResponse"):
            return [self._result(answer, where)]
        if blob := part_of(part, "inlineData"):
            data = reading.demanded_string(blob, "data", f"{where}.inlineData")
            return [_media(str(field(blob, "mimeType") or ""), where, data=data)]
        if file := part_of(part, "fileData"):
            return [_media(str(field(file, "mimeType") or ""), where, url=str(field(file, "fileUri") or ""))]
        if role is Role.ASSISTANT:
            # What Google's own tools did: their outcome stands in the text as well.
            for kind in part:
                self._losses.add(f"contents.{kind}")
            return []
        raise BadRequest(f"{where}: this provider knows no part of the kind {', '.join(list(part)[:3]) or '(empty)'}")

    def _call(self, call: Mapping[str, Any], seal: Seal | None, where: str) -> list[Part]:
        name = reading.demanded_string(call, "name", f"{where}.functionCall")
        self._calls += 1
        call_id = reading.string(call, "id") or f"call_{self._calls}"
        self._open.setdefault(name, []).append(call_id)
        made = ToolCall(call_id, name, tools.as_text(call.get("args")))
        if seal is None:
            return [made]
        if seal.maker is Maker.GOOGLE:
            return [ToolCall(made.id, made.name, made.arguments, seal=seal)]
        # Another maker's proof of the reasoning before the call, which had no other place here.
        return [Reasoning("", seal), made]

    def _result(self, answer: Mapping[str, Any], where: str) -> ToolResult:
        name = reading.string(answer, "name") or ""
        waiting = self._open.get(name, [])
        call_id = reading.string(answer, "id")
        # Google's CLI names ids of its own in the responses to calls that came without one.
        if waiting and call_id not in waiting:
            call_id = waiting[0]
        if call_id is None:
            raise BadRequest(f"{where}.functionResponse: no function call named {name[:64]!r} stands before it")
        if call_id in waiting:
            waiting.remove(call_id)
        response = answer.get("response")
        said = response if isinstance(response, dict) else {}
        parts: list[Part] = [Text(_said(response))]
        for one in list_of(answer, "parts"):
            if blob := part_of(one, "inlineData"):
                data = reading.demanded_string(blob, "data", f"{where}.functionResponse.inlineData")
                parts.append(_media(str(field(blob, "mimeType") or ""), where, data=data))
        return ToolResult(call_id, tuple(parts), is_error=list(said) == ["error"])


def _said(response: Any) -> str:
    """The text of ``{"result": text}`` and its kin; any other object as JSON."""
    if isinstance(response, dict) and len(response) == 1:
        key, value = next(iter(response.items()))
        if key in ("result", "output", "error") and isinstance(value, str):
            return value
    return compact(response if response is not None else {})


def _media(mime: str, where: str, *, data: str | None = None, url: str | None = None) -> Part:
    kind = mime.partition("/")[0]
    if kind == "audio" and data is not None:
        return Audio(data, {"mpeg": "mp3", "x-wav": "wav"}.get(mime[6:], mime[6:]))
    if kind == "image" or (not mime and url is not None):
        return Image(url=url, data=data, mime=mime or None)
    if kind in ("video", "audio"):
        raise BadRequest(f"{where}: this provider takes no {kind}{' by URL' if kind == 'audio' else ''}")
    return File(url=url, data=data, mime=mime or None)
