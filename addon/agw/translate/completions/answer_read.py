"""A whole Chat Completions answer, read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agw.formats.completions import usage_of
from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.completions import reasoning
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
    Part,
    Reasoning,
    Refusal,
    Request,
    Stop,
    Text,
    ToolCall,
)

_STOPS = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALLS,
    "function_call": Stop.TOOL_CALLS,
    "content_filter": Stop.FILTER,
}


def stop_of(reason: Any, *, called: bool, refused: bool) -> Stop:
    """Some servers say ``stop`` after tool calls: what was called counts."""
    stop = _STOPS.get(reason, Stop.END) if isinstance(reason, str) else Stop.END
    if stop is Stop.END:
        return Stop.TOOL_CALLS if called else Stop.REFUSAL if refused else stop
    return stop


def read_answer(body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer:
    custom = tools.custom_names(asked)
    choices = reading.objects(body, "choices")
    failure = None
    if body.get("error"):
        failure = failures.read_error(None, body)
    elif not choices:
        failure = failures.UNREADABLE
    return Answer(
        choices=tuple(_choice(choice, custom, losses) for choice in choices),
        id=reading.string(body, "id"),
        model=reading.string(body, "model"),
        created=reading.integer(body, "created"),
        usage=usage_of(body),
        service_tier=reading.string(body, "service_tier"),
        failure=failure,
    )


def _choice(choice: Mapping[str, Any], custom: frozenset[str], losses: Losses) -> Choice:
    message = reading.mapping(choice, "message")
    parts: list[Part] = []
    thought = reasoning.wire_reasoning(reasoning.text_of(message) or "", reading.objects(message, "reasoning_details"))
    if thought is not None:
        parts.append(thought)
    content = message.get("content")
    pieces = reasoning.pieces_of(content) if isinstance(content, list) else []
    parts.extend(one for one in pieces if isinstance(one, Reasoning))
    if text := content if isinstance(content, str) else "".join(one.text for one in pieces if isinstance(one, Text)):
        parts.append(Text(text, citations=tuple(citations(reading.objects(message, "annotations")))))
    if refusal := reading.string(message, "refusal"):
        parts.append(Refusal(refusal))
    calls = [call for one in reading.objects(message, "tool_calls") if (call := _call(one, custom)) is not None]
    if legacy := reading.mapping(message, "function_call"):
        name = reading.string(legacy, "name") or ""
        calls.append(ToolCall(f"call_{name}", name, tools.as_text(legacy.get("arguments"))))
    parts.extend(calls)
    for lost in ("audio", "images"):
        if message.get(lost):
            losses.add(f"answer.{lost}")
    if choice.get("logprobs"):
        losses.add("answer.logprobs")
    stop = stop_of(choice.get("finish_reason"), called=bool(calls), refused=bool(refusal))
    return Choice(tuple(parts), stop)


def _call(call: Mapping[str, Any], custom: frozenset[str]) -> ToolCall | None:
    if call.get("type") == "custom":
        inner = reading.mapping(call, "custom")
        name, arguments = reading.string(inner, "name"), reading.string(inner, "input") or ""
    else:
        inner = reading.mapping(call, "function")
        name, arguments = reading.string(inner, "name"), tools.as_text(inner.get("arguments"))
        if name in custom:
            arguments = tools.custom_input(arguments)
    if name is None:
        return None
    is_custom = name in custom or call.get("type") == "custom"
    return ToolCall(reading.string(call, "id") or f"call_{name}", name, arguments, custom=is_custom)


def citations(annotations: list[dict[str, Any]]) -> Iterable[Citation]:
    for annotation in annotations:
        cited = reading.mapping(annotation, "url_citation") or annotation
        if (url := reading.string(cited, "url")) is not None:
            yield Citation(
                url=url,
                title=reading.string(cited, "title"),
                start=reading.integer(cited, "start_index"),
                end=reading.integer(cited, "end_index"),
            )
