"""An answer in the words of Anthropic Messages."""

from __future__ import annotations

from typing import Any

from agw.translate import failures, tools
from agw.translate.base import Losses
from agw.translate.messages.content_write import client_reasoning
from agw.translate.messages.usage import write_usage
from agw.translate.neutral import Answer, Choice, Part, Reasoning, Refusal, Request, Stop, Text, ToolCall
from agw.translate.writing import new_id

_REASONS = {
    Stop.END: "end_turn",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.LENGTH: "max_tokens",
    Stop.CONTEXT: "model_context_window_exceeded",
    Stop.TOOL_CALLS: "tool_use",
    Stop.FILTER: "refusal",
    Stop.REFUSAL: "refusal",
    Stop.PAUSE: "pause_turn",
}


def reason_of(stop: Stop) -> str:
    return _REASONS[stop]


def write_answer(answer: Answer, asked: Request, losses: Losses) -> dict[str, Any]:
    """The first choice: this format has one only, and more were refused in the request."""
    if answer.failure is not None:
        return failures.anthropic_error(answer.failure)
    choice = answer.choices[0] if answer.choices else Choice((), Stop.END)
    return {
        "id": answer.id or new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": answer.model or asked.model,
        "content": [block for part in choice.parts if (block := _block(part, losses)) is not None],
        "stop_reason": reason_of(choice.stop),
        "stop_sequence": choice.stop_sequence,
        "usage": write_usage(answer.usage),
    }


def _block(part: Part, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, Text):
        if part.citations:
            # Anthropic's own citations carry an index that only Anthropic can give.
            losses.add("answer.citations")
        return {"type": "text", "text": part.text}
    if isinstance(part, Refusal):
        return {"type": "text", "text": part.text}
    if isinstance(part, Reasoning):
        return client_reasoning(part)
    if isinstance(part, ToolCall):
        return {
            "type": "tool_use",
            "id": tools.plain_id(tools.sealed_id(part)),
            "name": part.name,
            "input": arguments_of(part, losses),
        }
    losses.add(f"answer.{type(part).__name__.lower()}")
    return None


def arguments_of(call: ToolCall, losses: Losses) -> dict[str, Any]:
    """An object, which is all that the format takes; what the model wrote amiss stands in its one member."""
    found = tools.as_object(tools.as_function_arguments(call))
    if found is None:
        losses.add("answer.arguments that are no JSON object")
        return {tools.CUSTOM_INPUT: call.arguments}
    return found
