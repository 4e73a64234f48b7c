"""OpenAI Responses (https://platform.openai.com/docs/api-reference/responses).

A response has a status instead of a finish reason; it is told in the words of Chat Completions: ``completed`` is
``stop`` (``tool_calls`` if the output calls a function), ``incomplete`` is its reason (``max_output_tokens`` is
``length``), ``failed`` and ``cancelled`` are ``error``. Incomplete and failed responses carry usage, and it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import openai_request, parts
from agw.formats.fields import error_of, items, mapping, text
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage.extract import OPENAI_RESPONSES, usage_from

_CALLS = ("function_call", "custom_tool_call")
_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_CONTENT = (".delta",)


def _finish_reason(body: Mapping[str, Any]) -> str | None:
    status = body.get("status")
    if status == "completed":
        return "tool_calls" if any(one.get("type") in _CALLS for one in items(body, "output")) else "stop"
    if status == "incomplete":
        reason = text(mapping(body, "incomplete_details"), "reason")
        return "length" if reason in (None, "max_output_tokens") else reason
    return "error" if status in ("failed", "cancelled") else None


class Responses:
    api_type = "responses"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return openai_request.read(body, self.operation, self.api_type)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        reason = _finish_reason(body)
        return AnswerFacts(
            response_id=text(body, "id"),
            model=text(body, "model"),
            finish_reasons=(reason,) if reason else None,
            usage=usage_from(body.get("usage"), OPENAI_RESPONSES),
            service_tier=text(body, "service_tier"),
            error_type=error[0] if error else ("response_failed" if body.get("status") == "failed" else None),
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> ResponsesFold:
        return ResponsesFold(self, keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        given = body.get("input")
        messages = (
            [{"role": "user", "parts": [parts.text_part(given)]}]
            if isinstance(given, str)
            else [_input_item(one) for one in items(body, "input")]
        )
        instructions = body.get("instructions")
        return Content(
            system_instructions=[parts.text_part(instructions)] if isinstance(instructions, str) else None,
            input_messages=messages,
            tool_definitions=parts.tool_definitions(body),
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        found = [part for one in items(body, "output") for part in _output_parts(one)]
        return [{"role": "assistant", "parts": found, "finish_reason": parts.finish_reason(_finish_reason(body))}]


def _input_item(item: Mapping[str, Any]) -> dict[str, Any]:
    if item.get("type") in ("function_call_output", "custom_tool_call_output"):
        answer = {"type": "tool_call_response", "response": item.get("output")}
        if isinstance(item.get("call_id"), str):
            answer["id"] = item["call_id"]
        return {"role": "tool", "parts": [answer]}
    if item.get("type") in (None, "message"):
        return {"role": text(item, "role") or "user", "parts": parts.content_parts(item.get("content"))}
    return {"role": "assistant", "parts": _output_parts(item)}


def _output_parts(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    kind = item.get("type")
    if kind == "message":
        return parts.content_parts(item.get("content"))
    if kind in _CALLS:
        return [parts.tool_call_part(item.get("call_id"), item.get("name"), item.get("arguments", item.get("input")))]
    if kind == "reasoning":
        texts = [*items(item, "summary"), *items(item, "content")]
        return [parts.reasoning_part(one["text"]) for one in texts if isinstance(one.get("text"), str)]
    return [{**item, "type": str(kind)}]


class ResponsesFold:
    """The stream repeats the whole response in its last event, so there is little to fold.

    Where the last event never comes, the first one (``response.created``) still tells id and model.
    """

    def __init__(self, form: Responses, keep_content: bool) -> None:
        self.saw_content = False
        self._form = form
        self._keep_content = keep_content
        self._response: dict[str, Any] = {}
        self._error: tuple[str, str] | None = None
        self._ended = False
        self._items: list[dict[str, Any]] = []

    def feed(self, event: SseEvent) -> None:
        if event.name.endswith(_CONTENT):
            # Most events are these; nothing of them is needed that the end does not repeat.
            self.saw_content = True
            return
        if (body := load_object(event.data)) is None:
            return
        kind = text(body, "type") or event.name
        if kind.endswith(_CONTENT):
            self.saw_content = True
        elif kind == "error":
            nested = error_of(body)
            self._error = nested or (text(body, "code") or "error", text(body, "message") or "error")
            self._ended = True
        elif kind == "response.output_item.done" and self._keep_content:
            self._items.append(dict(mapping(body, "item")))
        if response := dict(mapping(body, "response")):
            self._response = response
        if kind in _ENDS:
            self._ended = True

    def facts(self) -> AnswerFacts:
        facts = replace(self._form.read_answer(self._response), complete=self._ended)
        if self._error is not None and facts.error_type is None:
            facts = replace(facts, error_type=self._error[0], error_message=self._error[1])
        return facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        if not self._keep_content:
            return None
        body = self._response if items(self._response, "output") else {**self._response, "output": self._items}
        return self._form.answer_content(body)
