"""Gemini's generateContent and streamGenerateContent, at the Gemini API and at Vertex
(https://ai.google.dev/api/generate-content).

Model and streaming stand in the path, not in the body: see ``formats.paths``. The stream's events are whole answers of
a little text each; the tokens so far stand in most of them, and the last ones count. There is no end marker but every
candidate's finish reason, or a reason why the prompt was blocked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import parts
from agw.formats.fields import error_of, integer, number, text, texts
from agw.formats.google import field, finish_reason, list_of, part_of
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Source
from agw.usage.extract import GEMINI, usage_from

_BLOCKED = "content_filter"


class GenerateContent:
    api_type = "generateContent"
    operation = "generate_content"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        asked = part_of(body, "generationConfig")
        config = {_CAMEL.get(key, key): value for key, value in asked.items()}
        mime = text(config, "responseMimeType")
        return RequestFacts(
            operation=self.operation,
            api_type=self.api_type,
            model=text(body, "model"),
            temperature=number(config, "temperature"),
            top_p=number(config, "topP"),
            top_k=number(config, "topK"),
            max_tokens=integer(config, "maxOutputTokens"),
            frequency_penalty=number(config, "frequencyPenalty"),
            presence_penalty=number(config, "presencePenalty"),
            seed=integer(config, "seed"),
            choice_count=integer(config, "candidateCount"),
            stop_sequences=texts(config, "stopSequences"),
            output_type=None if mime is None else "json" if mime == "application/json" else "text",
        )

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        reasons = [
            reason
            for one in list_of(body, "candidates")
            if (reason := finish_reason(one.get("finishReason"), _calls_tool(one)))
        ]
        if part_of(body, "promptFeedback").get("blockReason"):
            reasons.append(_BLOCKED)
        return AnswerFacts(
            response_id=text(body, "responseId"),
            model=text(body, "modelVersion"),
            finish_reasons=tuple(reasons) or None,
            usage=usage_from(body.get("usageMetadata"), GEMINI),
            service_tier=text(part_of(body, "usageMetadata"), "trafficType"),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> GenerateContentFold:
        return GenerateContentFold(self, keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        system = [part for one in list_of(body, "systemInstruction") for part in message_parts(one)]
        return Content(
            system_instructions=system or None,
            input_messages=[
                {"role": _ROLES.get(str(one.get("role")), "user"), "parts": message_parts(one)}
                for one in list_of(body, "contents")
            ],
            tool_definitions=[
                {"type": "function", **_definition(function)}
                for tool in list_of(body, "tools")
                for function in list_of(tool, "functionDeclarations")
            ]
            or None,
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return [
            _message(message_parts(part_of(one, "content")), finish_reason(one.get("finishReason"), _calls_tool(one)))
            for one in list_of(body, "candidates")
        ]


_ROLES = {"model": "assistant", "function": "tool", "system": "system"}
_CAMEL = {
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "candidate_count": "candidateCount",
    "stop_sequences": "stopSequences",
    "response_mime_type": "responseMimeType",
}


def _message(found: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    return {"role": "assistant", "parts": found, "finish_reason": parts.finish_reason(reason)}


def _definition(function: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: function[key] for key in ("name", "description") if key in function}
    schema = field(function, "parametersJsonSchema") or function.get("parameters")
    return {**flat, "parameters": schema} if schema is not None else flat


def _calls_tool(candidate: Mapping[str, Any]) -> bool:
    return any(field(one, "functionCall") for one in list_of(part_of(candidate, "content"), "parts"))


def message_parts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A content's parts in the conventions' shapes."""
    return [_part(one) for one in list_of(content, "parts")]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if isinstance(part.get("text"), str):
        return parts.reasoning_part(part["text"]) if part.get("thought") is True else parts.text_part(part["text"])
    if call := part_of(part, "functionCall"):
        return parts.tool_call_part(call.get("id"), call.get("name"), field(call, "args") or {})
    if answer := part_of(part, "functionResponse"):
        named = {"id": answer["id"]} if isinstance(answer.get("id"), str) else {}
        return {"type": "tool_call_response", "response": answer.get("response"), **named}
    if blob := part_of(part, "inlineData"):
        mime = str(field(blob, "mimeType") or "application/octet-stream")
        return {"type": "blob", "mime_type": mime, "modality": _modality(mime), "content": blob.get("data")}
    if file := part_of(part, "fileData"):
        mime = str(field(file, "mimeType") or "")
        return {"type": "uri", "modality": _modality(mime), "uri": str(field(file, "fileUri") or "")}
    kind = next((key for key in part if key not in ("thought", "thoughtSignature")), "unknown")
    return {**part, "type": kind}


def _modality(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "document"


class _Candidate:
    """One candidate under way: neighbouring texts of one kind are one part."""

    __slots__ = ("calls_tool", "finish_reason", "parts")

    def __init__(self) -> None:
        self.calls_tool = False
        self.finish_reason: str | None = None
        self.parts: list[tuple[str, list[str]] | dict[str, Any]] = []

    def keep(self, part: dict[str, Any]) -> None:
        kind = part["type"]
        if kind not in ("text", "reasoning"):
            self.parts.append(part)
            return
        last = self.parts[-1] if self.parts else None
        if isinstance(last, tuple) and last[0] == kind:
            last[1].append(part["content"])
        else:
            self.parts.append((kind, [part["content"]]))

    def message(self) -> dict[str, Any]:
        found = [one if isinstance(one, dict) else {"type": one[0], "content": "".join(one[1])} for one in self.parts]
        return _message(found, finish_reason(self.finish_reason, self.calls_tool))


def _bounded(index: Any) -> int:
    """A candidate's index; Google allows 8."""
    return index if isinstance(index, int) and 0 <= index < 32 else 0


class GenerateContentFold:
    def __init__(self, form: GenerateContent, keep_content: bool) -> None:
        self.saw_content = False
        self._form = form
        self._keep_content = keep_content
        self._last: dict[str, Any] = {}
        self._candidates: dict[int, _Candidate] = {}

    def feed(self, event: SseEvent) -> None:
        if (chunk := load_object(event.data)) is None:
            return
        for key in ("responseId", "modelVersion", "usageMetadata", "promptFeedback", "error"):
            if chunk.get(key):
                self._last[key] = chunk[key]
        for candidate in list_of(chunk, "candidates"):
            index = candidate.get("index")
            kept = self._candidates.setdefault(_bounded(index), _Candidate())
            reason = candidate.get("finishReason")
            kept.finish_reason = reason if isinstance(reason, str) and reason else kept.finish_reason
            kept.calls_tool = kept.calls_tool or _calls_tool(candidate)
            content = part_of(candidate, "content")
            found = message_parts(content) if self._keep_content else list_of(content, "parts")
            self.saw_content = self.saw_content or any(one.get("text", one.get("content")) != "" for one in found)
            if self._keep_content:
                for one in found:
                    kept.keep(one)

    def facts(self) -> AnswerFacts:
        ordered = [one for _, one in sorted(self._candidates.items())]
        reasons = [finish_reason(one.finish_reason, one.calls_tool) for one in ordered]
        facts = self._form.read_answer(self._last)
        known = (*(reason for reason in reasons if reason), *(facts.finish_reasons or ()))
        complete = bool(known) and all(reasons)
        usage = facts.usage
        if usage is not None and not complete:
            usage = replace(usage, source=Source.PARTIAL)
        return replace(facts, finish_reasons=known or None, usage=usage, complete=complete)

    def output_messages(self) -> list[dict[str, Any]] | None:
        return [one.message() for _, one in sorted(self._candidates.items())] if self._keep_content else None
