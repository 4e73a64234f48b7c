"""An answer in the words of Responses."""

from __future__ import annotations

from typing import Any

from agw.translate import failures
from agw.translate.base import Losses
from agw.translate.neutral import Answer, Choice, Reasoning, Refusal, Request, Stop, Text, ToolCall
from agw.translate.responses.items import ResponseObject, content_part, incomplete_reason


def write_answer(answer: Answer, asked: Request, losses: Losses) -> dict[str, Any]:
    """The first choice: this format has one only. An answer that fails without saying anything is an error body."""
    if answer.failure is not None and not answer.choices:
        return failures.openai_error(answer.failure)
    response = ResponseObject(
        asked, answer_id=answer.id, model=answer.model, created=answer.created, tier=answer.service_tier
    )
    choice = answer.choices[0] if answer.choices else Choice((), Stop.END)
    output = _output(response, choice, losses)
    if answer.failure is not None:
        return response.whole("failed", output, answer.usage, failure=answer.failure)
    reason = incomplete_reason(choice.stop, refused=any(isinstance(part, Refusal) for part in choice.parts))
    if reason is not None and output and output[-1]["type"] == "message":
        output[-1]["status"] = "incomplete"
    status = "completed" if reason is None else "incomplete"
    return response.whole(status, output, answer.usage, incomplete=reason)


def _output(response: ResponseObject, choice: Choice, losses: Losses) -> list[dict[str, Any]]:
    output: list[dict[str, Any]] = []
    for part in choice.parts:
        if isinstance(part, Text | Refusal):
            if not output or output[-1]["type"] != "message":
                output.append(response.message(len(output), []))
            output[-1]["content"].append(content_part(part))
        elif isinstance(part, Reasoning):
            output.append(response.reasoning(len(output), part))
        elif isinstance(part, ToolCall):
            output.append(response.call(len(output), part))
        else:
            losses.add(f"answer.{type(part).__name__.lower()}")
    return output
