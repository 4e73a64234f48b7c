"""A whole answer of Converse, read; and what its stream's reader shares with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.converse.request_write import names_of
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
    Image,
    Maker,
    Part,
    Reasoning,
    Request,
    Seal,
    Stop,
    Text,
    ToolCall,
)
from agw.usage.extract import CONVERSE, usage_from

_STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.CONTEXT,
    "tool_use": Stop.TOOL_CALLS,
    "guardrail_intervened": Stop.FILTER,
    "content_filtered": Stop.FILTER,
    "refusal": Stop.REFUSAL,
    "pause_turn": Stop.PAUSE,
}


def stop_of(reason: str | None, losses: Losses) -> Stop:
    if reason is not None and reason not in _STOPS:
        losses.add(f"answer.stopReason.{reason}")
    return _STOPS.get(reason or "", Stop.END)


def seal_of(reasoning: Mapping[str, Any]) -> Seal | None:
    """``reasoning`` holds ``signature`` or ``redactedContent``."""
    if signature := reading.string(reasoning, "signature"):
        return Seal(Maker.ANTHROPIC, signature)
    if redacted := reading.string(reasoning, "redactedContent"):
        return Seal(Maker.ANTHROPIC, redacted, redacted=True)
    return None


def citation_of(citation: Mapping[str, Any]) -> Citation | None:
    """Only those with a page: the others point into what the client itself sent."""
    url = reading.string(reading.mapping(reading.mapping(citation, "location"), "web"), "url")
    if url is None:
        return None
    cited = "".join(reading.string(one, "text") or "" for one in reading.objects(citation, "sourceContent"))
    return Citation(url, title=reading.string(citation, "title"), cited_text=cited or None)


def read_answer(body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer:
    message = reading.mapping(reading.mapping(body, "output"), "message")
    names, custom = names_of(asked), tools.custom_names(asked)
    parts: list[Part] = []
    for block in reading.objects(message, "content"):
        part = _part(block, losses)
        if isinstance(part, ToolCall):
            name = names.client(part.name)
            is_custom = name in custom
            arguments = tools.custom_input(part.arguments) if is_custom else part.arguments
            part = ToolCall(part.id, name, arguments, custom=is_custom)
        if part is not None:
            parts.append(part)
    known = bool(message) or "stopReason" in body
    return Answer(
        choices=(Choice(tuple(parts), stop_of(reading.string(body, "stopReason"), losses)),) if known else (),
        usage=usage_from(body.get("usage"), CONVERSE),
        service_tier=reading.string(reading.mapping(body, "serviceTier"), "type"),
        failure=None if known else failures.UNREADABLE,
    )


def _part(block: Mapping[str, Any], losses: Losses) -> Part | None:
    if (text := reading.string(block, "text")) is not None:
        return Text(text)
    if call := reading.mapping(block, "toolUse"):
        name = reading.string(call, "name") or ""
        return ToolCall(reading.string(call, "toolUseId") or f"call_{name}", name, tools.as_text(call.get("input")))
    if reasoning := reading.mapping(block, "reasoningContent"):
        said = reading.mapping(reasoning, "reasoningText")
        return Reasoning(reading.string(said, "text") or "", seal_of(said) or seal_of(reasoning))
    if cited := reading.mapping(block, "citationsContent"):
        text = "".join(reading.string(one, "text") or "" for one in reading.objects(cited, "content"))
        found = [one for given in reading.objects(cited, "citations") if (one := citation_of(given)) is not None]
        return Text(text, citations=tuple(found))
    image = reading.mapping(block, "image")
    if data := reading.string(reading.mapping(image, "source"), "bytes"):
        return Image(data=data, mime=f"image/{reading.string(image, 'format') or 'png'}")
    for kind in block:
        losses.add(f"answer.{kind}")
    return None
