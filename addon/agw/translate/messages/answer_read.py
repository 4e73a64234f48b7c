"""A whole answer of Anthropic Messages, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
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
from agw.usage.extract import ANTHROPIC, usage_from

_STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.CONTEXT,
    "tool_use": Stop.TOOL_CALLS,
    "pause_turn": Stop.PAUSE,
    "refusal": Stop.REFUSAL,
}


def stop_of(reason: Any) -> Stop:
    return _STOPS.get(reason, Stop.END) if isinstance(reason, str) else Stop.END


def explanation_of(stopped: Mapping[str, Any]) -> str | None:
    """Why the model refused, beside ``stop_reason``: what was said before tells nothing of it."""
    details = reading.mapping(stopped, "stop_details")
    return reading.string(details, "explanation") if details.get("type") == "refusal" else None


def read_answer(body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer:
    failure = None
    if body.get("error"):
        failure = failures.read_error(None, body)
    elif not isinstance(body.get("content"), list):
        failure = failures.UNREADABLE
    custom = tools.custom_names(asked)
    parts = [part for one in reading.objects(body, "content") if (part := _part(one, custom, losses)) is not None]
    parts += [Refusal(why)] if (why := explanation_of(body)) else []
    usage = reading.mapping(body, "usage")
    return Answer(
        choices=(Choice(tuple(parts), stop_of(body.get("stop_reason")), reading.string(body, "stop_sequence")),),
        id=reading.string(body, "id"),
        model=reading.string(body, "model"),
        usage=usage_from(usage, ANTHROPIC),
        failure=failure,
    )


def _part(block: Mapping[str, Any], custom: frozenset[str], losses: Losses) -> Part | None:
    kind = block.get("type")
    match kind:
        case "text":
            cited = [found for one in reading.objects(block, "citations") if (found := citation(one, losses))]
            return Text(reading.string(block, "text") or "", citations=tuple(cited))
        case "thinking":
            signature = reading.string(block, "signature")
            seal = Seal(Maker.ANTHROPIC, signature) if signature else None
            return Reasoning(reading.string(block, "thinking") or "", seal)
        case "redacted_thinking":
            return Reasoning("", Seal(Maker.ANTHROPIC, reading.string(block, "data") or "", redacted=True))
        case "tool_use":
            name = reading.string(block, "name") or ""
            arguments = tools.as_text(block.get("input"))
            if name in custom:
                arguments = tools.custom_input(arguments)
            return ToolCall(reading.string(block, "id") or f"call_{name}", name, arguments, custom=name in custom)
    # What Anthropic's own tools did on the way; the text that follows tells what came of it.
    losses.add(f"answer.{kind}"[:60])
    return None


def citation(given: Mapping[str, Any], losses: Losses) -> Citation | None:
    """A source with a URL; those that point into the prompt's own documents have no place elsewhere."""
    url = reading.string(given, "url")
    if url is None:
        losses.add("answer.citations")
        return None
    return Citation(url, reading.string(given, "title"), cited_text=reading.string(given, "cited_text"))
