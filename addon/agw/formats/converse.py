"""Amazon Bedrock's Converse and ConverseStream
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).

Model and streaming stand in the path: see ``formats.paths``. The stream comes in Amazon's own framing, which
``streaming.eventstream`` turns into events; usage comes in the last one (``metadata``), after ``messageStop``. An
answer names neither an id nor its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import parts
from agw.formats.fields import MAX_TEXT, integer, items, mapping, number, text, texts
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Source, Usage
from agw.usage.extract import CONVERSE, usage_from

FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
"""``stopReason`` in the words of Chat Completions."""


def error_of(body: Mapping[str, Any]) -> tuple[str | None, str] | None:
    """(type, message) of AWS's error bodies: ``{"message"}``, in some services ``{"Message"}``; the type stands in the
    header ``x-amzn-errortype``, seldom also in ``__type``. None where the body is no error.
    """
    message = text(body, "message") or text(body, "Message")
    kind = (text(body, "__type") or "").rpartition("#")[2] or None
    return (kind, message or kind or "") if message or kind else None


class Converse:
    api_type = "converse"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        config = mapping(body, "inferenceConfig")
        more = mapping(body, "additionalModelRequestFields")
        return RequestFacts(
            operation=self.operation,
            api_type=self.api_type,
            model=text(body, "modelId"),
            temperature=number(config, "temperature"),
            top_p=number(config, "topP"),
            top_k=number(more, "top_k"),
            max_tokens=integer(config, "maxTokens"),
            stop_sequences=texts(config, "stopSequences"),
            service_tier=text(mapping(body, "serviceTier"), "type"),
        )

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        reason = text(body, "stopReason")
        return AnswerFacts(
            finish_reasons=(FINISH_REASONS.get(reason, reason),) if reason else None,
            usage=usage_from(body.get("usage"), CONVERSE),
            service_tier=text(mapping(body, "serviceTier"), "type"),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> ConverseFold:
        return ConverseFold(keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content(
            system_instructions=[part for one in items(body, "system") for part in _part(one)] or None,
            input_messages=[_message(one) for one in items(body, "messages")],
            tool_definitions=[
                _definition(mapping(one, "toolSpec"))
                for one in items(mapping(body, "toolConfig"), "tools")
                if mapping(one, "toolSpec")
            ]
            or None,
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        message = mapping(mapping(body, "output"), "message")
        return [_answer([part for one in items(message, "content") for part in _part(one)], text(body, "stopReason"))]


def _answer(found: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    word = FINISH_REASONS.get(reason, reason) if reason else None
    return {"role": "assistant", "parts": found, "finish_reason": parts.finish_reason(word)}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    found = [part for one in items(message, "content") for part in _part(one)]
    answers = bool(found) and all(one["type"] == "tool_call_response" for one in found)
    return {"role": "tool" if answers else text(message, "role") or "user", "parts": found}


def _definition(spec: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: spec[key] for key in ("name", "description") if key in spec}
    schema = mapping(spec, "inputSchema").get("json")
    return {"type": "function", **flat, **({} if schema is None else {"parameters": schema})}


def _part(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One content block; nothing for cache points, which are no content."""
    if isinstance(block.get("text"), str):
        return [parts.text_part(block["text"])]
    if call := mapping(block, "toolUse"):
        return [parts.tool_call_part(call.get("toolUseId"), call.get("name"), call.get("input"))]
    if answer := mapping(block, "toolResult"):
        named = {"id": answer["toolUseId"]} if isinstance(answer.get("toolUseId"), str) else {}
        return [{"type": "tool_call_response", "response": answer.get("content"), **named}]
    if reasoning := mapping(block, "reasoningContent"):
        thought = mapping(reasoning, "reasoningText").get("text")
        return [parts.reasoning_part(thought)] if isinstance(thought, str) else []
    for kind, modality in (("image", "image"), ("video", "video"), ("audio", "audio"), ("document", "document")):
        if media := mapping(block, kind):
            return [_media(media, modality)]
    return [{**block, "type": key} for key in list(block)[:1] if key != "cachePoint"]


def _media(media: Mapping[str, Any], modality: str) -> dict[str, Any]:
    source = mapping(media, "source")
    shape = text(media, "format") or "octet-stream"
    if isinstance(source.get("bytes"), str):
        mime = f"{'application' if modality == 'document' else modality}/{shape}"
        return {"type": "blob", "mime_type": mime, "modality": modality, "content": source["bytes"]}
    return {"type": "uri", "modality": modality, "uri": text(mapping(source, "s3Location"), "uri") or ""}


class ConverseFold:
    """Complete with ``messageStop``; the ``metadata`` that follows it brings the usage."""

    def __init__(self, keep_content: bool) -> None:
        self.saw_content = False
        self._keep_content = keep_content
        self._reason: str | None = None
        self._usage: Usage | None = None
        self._service_tier: str | None = None
        self._error: tuple[str, str] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}

    def feed(self, event: SseEvent) -> None:
        name = event.name
        if name == "contentBlockDelta":
            self.saw_content = True
            if not self._keep_content:
                return
        if (body := load_object(event.data)) is None:
            return
        if name in ("contentBlockDelta", "contentBlockStart"):
            self._block(body)
        elif name == "messageStop":
            self._reason = text(body, "stopReason")
        elif name == "metadata":
            self._usage = usage_from(body.get("usage"), CONVERSE) or self._usage
            self._service_tier = text(mapping(body, "serviceTier"), "type")
        elif name not in ("messageStart", "contentBlockStop") and (error := error_of(body)) is not None:
            self._error = (name[:MAX_TEXT], error[1])

    def _block(self, body: Mapping[str, Any]) -> None:
        if not self._keep_content:
            return
        index = body.get("contentBlockIndex")
        block = self._blocks.setdefault(index if isinstance(index, int) else 0, {"text": [], "thought": []})
        tool = mapping(mapping(body, "start"), "toolUse")
        if tool:
            block["tool"] = tool
        delta = mapping(body, "delta")
        for place, value in (
            ("text", delta.get("text")),
            ("text", mapping(delta, "toolUse").get("input")),
            ("thought", mapping(delta, "reasoningContent").get("text")),
        ):
            if isinstance(value, str):
                block[place].append(value)

    def facts(self) -> AnswerFacts:
        complete = self._reason is not None
        usage = self._usage
        if usage is not None and not complete:
            usage = replace(usage, source=Source.PARTIAL)
        return AnswerFacts(
            finish_reasons=(FINISH_REASONS.get(self._reason, self._reason),) if self._reason else None,
            usage=usage,
            service_tier=self._service_tier,
            error_type=self._error[0] if self._error else None,
            error_message=self._error[1] if self._error else None,
            complete=complete,
        )

    def output_messages(self) -> list[dict[str, Any]] | None:
        if not self._keep_content:
            return None
        found = []
        for _, block in sorted(self._blocks.items()):
            if block["thought"]:
                found.append(parts.reasoning_part("".join(block["thought"])))
            if "tool" in block:
                tool = block["tool"]
                found.append(parts.tool_call_part(tool.get("toolUseId"), tool.get("name"), "".join(block["text"])))
            elif block["text"]:
                found.append(parts.text_part("".join(block["text"])))
        return [_answer(found, self._reason)]
