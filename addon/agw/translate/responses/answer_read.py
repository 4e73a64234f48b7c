"""A whole Responses answer, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
    Failure,
    Maker,
    Part,
    Reasoning,
    Refusal,
    Request,
    Seal,
    Stop,
    Text,
    ToolCall,
)
from agw.translate.responses.input_read import reasoning_text
from agw.usage.extract import OPENAI_RESPONSES, usage_from

CALLS = ("function_call", "custom_tool_call")


def read_answer(body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer:
    parts: list[Part] = []
    for item in reading.objects(body, "output"):
        parts.extend(_parts(item, losses))
    called = any(isinstance(part, ToolCall) for part in parts)
    refused = any(isinstance(part, Refusal) for part in parts)
    created = reading.integer(body, "created_at")
    return Answer(
        choices=(Choice(tuple(parts), stop_of(body, called=called, refused=refused)),),
        id=reading.string(body, "id"),
        model=reading.string(body, "model"),
        created=created,
        usage=usage_from(body.get("usage"), OPENAI_RESPONSES),
        service_tier=reading.string(body, "service_tier"),
        failure=failure_of(body) or (None if isinstance(body.get("output"), list) else failures.UNREADABLE),
    )


def stop_of(body: Mapping[str, Any], *, called: bool, refused: bool) -> Stop:
    if body.get("status") == "incomplete":
        reason = reading.mapping(body, "incomplete_details").get("reason")
        return Stop.FILTER if reason == "content_filter" else Stop.LENGTH
    return Stop.TOOL_CALLS if called else Stop.REFUSAL if refused else Stop.END


def failure_of(body: Mapping[str, Any]) -> Failure | None:
    """A response that failed, or was cancelled."""
    if body.get("error") or body.get("status") == "failed":
        return failures.read_error(None, body)
    if body.get("status") == "cancelled":
        return failures.CUT_OFF
    return None


def _parts(item: Mapping[str, Any], losses: Losses) -> list[Part]:
    match item.get("type"):
        case "message":
            return [part for one in reading.objects(item, "content") if (part := _content(one)) is not None]
        case "function_call" | "custom_tool_call":
            return [call(item)]
        case "reasoning":
            return [Reasoning(reasoning_text(item), seal_of(item), summary=bool(reading.objects(item, "summary")))]
        case kind:
            losses.add(f"answer.{kind}"[:60])
            return []


def _content(part: Mapping[str, Any]) -> Part | None:
    if part.get("type") == "refusal":
        return Refusal(reading.string(part, "refusal") or "")
    if (text := reading.string(part, "text")) is None:
        return None
    cited = [found for one in reading.objects(part, "annotations") if (found := citation(one))]
    return Text(text, citations=tuple(cited))


def call(item: Mapping[str, Any]) -> ToolCall:
    custom = item.get("type") == "custom_tool_call"
    name = reading.string(item, "name") or ""
    call_id = reading.string(item, "call_id") or reading.string(item, "id") or f"call_{name}"
    if custom:
        return ToolCall(call_id, name, reading.string(item, "input") or "", custom=True)
    return ToolCall(call_id, name, tools.as_text(item.get("arguments")))


def seal_of(item: Mapping[str, Any]) -> Seal | None:
    sealed = reading.string(item, "encrypted_content")
    return Seal(Maker.OPENAI, sealed, id=reading.string(item, "id")) if sealed else None


def citation(annotation: Mapping[str, Any]) -> Citation | None:
    url = reading.string(annotation, "url")
    if url is None:
        return None
    return Citation(
        url=url,
        title=reading.string(annotation, "title"),
        start=reading.integer(annotation, "start_index"),
        end=reading.integer(annotation, "end_index"),
    )
