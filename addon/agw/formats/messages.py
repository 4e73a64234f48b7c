"""Anthropic Messages (https://docs.claude.com/en/api/messages), also as Vertex, Foundry and others serve Claude.

A stream tells the usage twice: ``message_start`` has what is known then, ``message_delta`` the totals so far, in which
a field that is null or missing leaves what the start has told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import parts
from agw.formats.fields import error_of, integer, items, mapping, number, text, texts
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Source
from agw.usage.extract import ANTHROPIC, usage_from

FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""``stop_reason`` in the words of Chat Completions."""


class Messages:
    api_type = "messages"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        shape = mapping(mapping(body, "output_config"), "format") or mapping(body, "output_format")
        return RequestFacts(
            operation=self.operation,
            api_type=self.api_type,
            model=text(body, "model"),
            stream=body.get("stream") is True,
            temperature=number(body, "temperature"),
            top_p=number(body, "top_p"),
            top_k=number(body, "top_k"),
            max_tokens=integer(body, "max_tokens"),
            stop_sequences=texts(body, "stop_sequences"),
            output_type="json" if shape.get("type") == "json_schema" else None,
            service_tier=text(body, "service_tier"),
        )

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        reason = text(body, "stop_reason")
        usage = mapping(body, "usage")
        return AnswerFacts(
            response_id=text(body, "id"),
            model=text(body, "model"),
            finish_reasons=(FINISH_REASONS.get(reason, reason),) if reason else None,
            usage=usage_from(usage, ANTHROPIC),
            service_tier=text(usage, "service_tier"),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> MessagesFold:
        return MessagesFold(self, keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content(
            system_instructions=_parts(body.get("system")) or None,
            input_messages=[_message(one) for one in items(body, "messages")],
            tool_definitions=[_definition(one) for one in items(body, "tools")] or None,
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        reason = text(body, "stop_reason")
        word = FINISH_REASONS.get(reason, reason) if reason else None
        shaped = {"role": "assistant", "parts": _parts(body.get("content"))}
        return [{**shaped, "finish_reason": parts.finish_reason(word)}]


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    found = _parts(message.get("content"))
    answers = bool(found) and all(one["type"] == "tool_call_response" for one in found)
    return {"role": "tool" if answers else text(message, "role") or "user", "parts": found}


def _parts(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [parts.text_part(content)]
    if not isinstance(content, list):
        return []
    return [_part(one) for one in content if isinstance(one, dict)]


def _part(block: dict[str, Any]) -> dict[str, Any]:
    kind = str(block.get("type"))
    if kind == "text" and isinstance(block.get("text"), str):
        return parts.text_part(block["text"])
    if kind == "thinking" and isinstance(block.get("thinking"), str):
        return parts.reasoning_part(block["thinking"])
    if kind == "redacted_thinking":
        # What nobody can read is no content.
        return {"type": kind}
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        return parts.tool_call_part(block.get("id"), block.get("name"), block.get("input"))
    if kind.endswith("tool_result"):
        named = {"id": block["tool_use_id"]} if isinstance(block.get("tool_use_id"), str) else {}
        return {"type": "tool_call_response", "response": block.get("content"), **named}
    if kind in ("image", "document"):
        return _media(block, kind)
    return {key: value for key, value in block.items() if key != "cache_control"} | {"type": kind}


def _media(block: dict[str, Any], modality: str) -> dict[str, Any]:
    source = mapping(block, "source")
    if isinstance(source.get("url"), str):
        return parts.media_part(source["url"], modality)
    if isinstance(source.get("file_id"), str):
        return {"type": "file", "modality": modality, "file_id": source["file_id"]}
    if source.get("type") == "base64" and isinstance(source.get("data"), str):
        mime = text(source, "media_type") or "application/octet-stream"
        return {"type": "blob", "mime_type": mime, "modality": modality, "content": source["data"]}
    if isinstance(source.get("data"), str):
        return parts.text_part(source["data"])
    return {"type": modality}


def _definition(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool of the app's own is a function; Anthropic's tools keep their type."""
    kind = text(tool, "type")
    flat = {key: tool[key] for key in ("name", "description") if key in tool}
    schema = tool.get("input_schema")
    named = {"type": "function" if kind in (None, "custom") else kind, **flat}
    return named if schema is None else {**named, "parameters": schema}


class MessagesFold:
    """Complete with ``message_stop``. Folds the stream into the whole message, and reads that."""

    def __init__(self, form: Messages, keep_content: bool) -> None:
        self.saw_content = False
        self._form = form
        self._keep_content = keep_content
        self._message: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._error: tuple[str, str] | None = None
        self._blocks: dict[int, _Block] = {}
        self._ended = False

    def feed(self, event: SseEvent) -> None:
        if event.name == "content_block_delta":
            self.saw_content = True
            if not self._keep_content:
                return
        if (body := load_object(event.data)) is None:
            return
        kind = text(body, "type") or event.name
        if kind == "content_block_delta":
            self.saw_content = True
            if self._keep_content:
                self._block(body).add(mapping(body, "delta"))
        elif kind == "content_block_start":
            if self._keep_content:
                self._block(body).begin(mapping(body, "content_block"))
        elif kind == "message_start":
            message = mapping(body, "message")
            self._message.update({key: message.get(key) for key in ("id", "model")})
            self._count(mapping(message, "usage"))
        elif kind == "message_delta":
            self._message["stop_reason"] = mapping(body, "delta").get("stop_reason")
            self._count(mapping(body, "usage"))
        elif kind == "message_stop":
            self._ended = True
        elif kind == "error":
            self._error = error_of(body) or ("error", "error")

    def _count(self, reported: Mapping[str, Any]) -> None:
        self._usage.update({key: value for key, value in reported.items() if value is not None})

    def _block(self, body: Mapping[str, Any]) -> _Block:
        index = body.get("index")
        return self._blocks.setdefault(index if isinstance(index, int) else 0, _Block())

    def facts(self) -> AnswerFacts:
        facts = replace(self._form.read_answer({**self._message, "usage": self._usage}), complete=self._ended)
        if self._error is not None:
            facts = replace(facts, error_type=self._error[0], error_message=self._error[1])
        if facts.usage is not None and not self._ended:
            facts = replace(facts, usage=replace(facts.usage, source=Source.PARTIAL))
        return facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        if not self._keep_content:
            return None
        content = [block.whole() for _, block in sorted(self._blocks.items())]
        return self._form.answer_content({**self._message, "content": content})


_PIECES = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class _Block:
    """One content block under way. Texts are kept as pieces and joined once."""

    __slots__ = ("_given", "_pieces")

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}
        self._pieces: list[str] = []

    def begin(self, given: Mapping[str, Any]) -> None:
        self._given = dict(given)

    def add(self, delta: Mapping[str, Any]) -> None:
        piece = delta.get(_PIECES.get(str(delta.get("type")), ""))
        if isinstance(piece, str):
            self._pieces.append(piece)

    def whole(self) -> dict[str, Any]:
        if not self._pieces:
            return self._given
        joined = "".join(self._pieces)
        kind = self._given.get("type")
        return {**self._given, "type": kind, kind if kind in ("text", "thinking") else "input": joined}
