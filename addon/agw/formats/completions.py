"""Chat Completions (https://platform.openai.com/docs/api-reference/chat), as OpenAI and its many kin speak it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import openai_request, parts
from agw.formats.fields import error_of, items, mapping, text
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Source, Usage
from agw.usage.extract import OPENAI_CHAT, usage_from


def usage_of(chunk: Mapping[str, Any]) -> Usage | None:
    """Usage stands at the top; Groq also puts it below ``x_groq``, Moonshot below the first choice."""
    if (found := usage_from(chunk.get("usage"), OPENAI_CHAT)) is not None:
        return found
    if "x_groq" in chunk and (found := usage_from(mapping(chunk, "x_groq").get("usage"), OPENAI_CHAT)) is not None:
        return found
    choice = next(iter(items(chunk, "choices")), {})
    return usage_from(choice.get("usage"), OPENAI_CHAT)


class Completions:
    api_type = "completions"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return openai_request.read(body, self.operation, self.api_type)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        reasons = tuple([reason for one in items(body, "choices") if (reason := text(one, "finish_reason"))])
        return AnswerFacts(
            response_id=text(body, "id"),
            model=text(body, "model"),
            finish_reasons=reasons or None,
            usage=usage_of(body),
            service_tier=text(body, "service_tier"),
            system_fingerprint=text(body, "system_fingerprint"),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> CompletionsFold:
        return CompletionsFold(keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content(
            input_messages=[_input_message(one) for one in items(body, "messages")],
            tool_definitions=parts.tool_definitions(body),
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return [
            {
                "role": "assistant",
                "parts": _message_parts(mapping(one, "message")),
                "finish_reason": parts.finish_reason(text(one, "finish_reason")),
            }
            for one in items(body, "choices")
        ]


def _input_message(message: Mapping[str, Any]) -> dict[str, Any]:
    role = text(message, "role") or "user"
    if role == "tool":
        answer = {"type": "tool_call_response", "response": message.get("content")}
        if isinstance(message.get("tool_call_id"), str):
            answer["id"] = message["tool_call_id"]
        return {"role": role, "parts": [answer]}
    shaped: dict[str, Any] = {"role": role, "parts": _message_parts(message)}
    if (name := text(message, "name")) is not None:
        shaped["name"] = name
    return shaped


def _message_parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        found.append(parts.reasoning_part(reasoning))
    found.extend(parts.content_parts(message.get("content")))
    if isinstance(message.get("refusal"), str):
        found.append(parts.text_part(message["refusal"]))
    for call in items(message, "tool_calls"):
        function = mapping(call, "function") or mapping(call, "custom")
        arguments = function.get("arguments", function.get("input"))
        found.append(parts.tool_call_part(call.get("id"), function.get("name"), arguments))
    return found


class _Choice:
    """One choice under way. Texts are kept as pieces and joined once."""

    __slots__ = ("finish_reason", "pieces", "reasoning", "tools")

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.pieces: list[str] = []
        self.reasoning: list[str] = []
        self.tools: dict[int, dict[str, Any]] = {}

    def add(self, delta: Mapping[str, Any]) -> None:
        for key, pieces in (("content", self.pieces), ("refusal", self.pieces)):
            if isinstance(delta.get(key), str):
                pieces.append(delta[key])
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(reasoning, str):
            self.reasoning.append(reasoning)
        for call in items(delta, "tool_calls"):
            index = call.get("index")
            kept = self.tools.setdefault(index if isinstance(index, int) else len(self.tools), {"arguments": []})
            function = mapping(call, "function")
            if isinstance(call.get("id"), str):
                kept["id"] = call["id"]
            if isinstance(function.get("name"), str):
                kept["name"] = function["name"]
            if isinstance(function.get("arguments"), str):
                kept["arguments"].append(function["arguments"])

    def message(self) -> dict[str, Any]:
        found = [parts.reasoning_part("".join(self.reasoning))] if self.reasoning else []
        if self.pieces:
            found.append(parts.text_part("".join(self.pieces)))
        for _, tool in sorted(self.tools.items()):
            found.append(parts.tool_call_part(tool.get("id"), tool.get("name"), "".join(tool["arguments"])))
        return {"role": "assistant", "parts": found, "finish_reason": parts.finish_reason(self.finish_reason)}


class CompletionsFold:
    """Folds ``chat.completion.chunk`` events.

    The stream is complete with ``[DONE]``, or, for providers that do not send it, once every choice has a finish
    reason. Usage may come on any chunk, before or after that; the last one counts.
    """

    def __init__(self, keep_content: bool) -> None:
        self.saw_content = False
        self.repeats = () if keep_content else ("content", "obfuscation")
        """Members that may differ between two events of which the second changes nothing, once content was seen."""
        self._keep_content = keep_content
        self._facts = AnswerFacts()
        self._usage: Usage | None = None
        self._choices: dict[int, _Choice] = {}
        self._done = False

    def feed(self, event: SseEvent) -> None:
        if event.data.strip() == "[DONE]":
            self._done = True
            return
        try:
            chunk = event.json()
        except (ValueError, RecursionError):
            return
        if not isinstance(chunk, dict):
            return
        self._head(chunk)
        for choice in items(chunk, "choices"):
            index = choice.get("index")
            kept = self._choices.setdefault(index if isinstance(index, int) else 0, _Choice())
            self._delta(kept, choice)
            kept.finish_reason = text(choice, "finish_reason") or kept.finish_reason

    def _delta(self, kept: _Choice, choice: Mapping[str, Any]) -> None:
        # Legacy completions stream their text beside the index, chat below ``delta``.
        delta = choice if isinstance(choice.get("text"), str) else mapping(choice, "delta")
        if not self.saw_content:
            self.saw_content = any(
                delta.get(key)
                for key in ("content", "text", "reasoning_content", "reasoning", "tool_calls", "refusal", "audio")
            )
        if self._keep_content:
            kept.add({"content": choice["text"]} if delta is choice else delta)

    def _head(self, chunk: dict[str, Any]) -> None:
        if self._facts.response_id is None or self._facts.model is None:
            self._facts = replace(
                self._facts,
                response_id=self._facts.response_id or text(chunk, "id"),
                model=self._facts.model or text(chunk, "model"),
                system_fingerprint=self._facts.system_fingerprint or text(chunk, "system_fingerprint"),
                service_tier=self._facts.service_tier or text(chunk, "service_tier"),
            )
        self._usage = usage_of(chunk) or self._usage
        if (error := error_of(chunk)) is not None:
            self._facts = replace(self._facts, error_type=error[0], error_message=error[1])

    def facts(self) -> AnswerFacts:
        reasons = tuple(one.finish_reason for _, one in sorted(self._choices.items()) if one.finish_reason)
        complete = self._done or (bool(self._choices) and len(reasons) == len(self._choices))
        usage = self._usage
        if usage is not None and not complete:
            usage = replace(usage, source=Source.PARTIAL)
        return replace(self._facts, finish_reasons=reasons or None, usage=usage, complete=complete)

    def output_messages(self) -> list[dict[str, Any]] | None:
        return [one.message() for _, one in sorted(self._choices.items())] if self._keep_content else None
