"""An answer in the words of generateContent, and what its stream's writer shares with it."""

from __future__ import annotations

from typing import Any

from agw.translate import tools
from agw.translate.base import Losses
from agw.translate.gemini import signatures
from agw.translate.gemini.errors import write_error
from agw.translate.neutral import (
    Answer,
    Audio,
    Choice,
    Citation,
    Image,
    Part,
    Reasoning,
    Refusal,
    Request,
    Seal,
    Stop,
    Text,
    ToolCall,
)
from agw.translate.writing import new_id, without_none
from agw.usage import Usage

_REASONS = {Stop.LENGTH: "MAX_TOKENS", Stop.CONTEXT: "MAX_TOKENS", Stop.FILTER: "SAFETY", Stop.REFUSAL: "SAFETY"}


def reason_of(stop: Stop) -> str:
    return _REASONS.get(stop, "STOP")


def write_answer(answer: Answer, asked: Request, losses: Losses) -> dict[str, Any]:
    if answer.failure is not None:
        return write_error(answer.failure)
    body: dict[str, Any] = {
        "candidates": [_candidate(one, index, losses) for index, one in enumerate(answer.choices)],
        "modelVersion": answer.model or asked.model,
        "responseId": answer.id or new_id(""),
    }
    if answer.usage is not None:
        body["usageMetadata"] = write_usage(answer.usage)
    return body


def _candidate(choice: Choice, index: int, losses: Losses) -> dict[str, Any]:
    parts = [written for part in choice.parts for written in write_part(part, losses)]
    cited = [one for part in choice.parts if isinstance(part, Text) for one in part.citations]
    return {
        "content": {"parts": parts, "role": "model"},
        "finishReason": reason_of(choice.stop),
        "index": index,
        **grounding(cited),
    }


def grounding(cited: list[Citation]) -> dict[str, Any]:
    if not cited:
        return {}
    chunks = [{"web": without_none({"uri": one.url, "title": one.title})} for one in cited]
    return {"groundingMetadata": {"groundingChunks": chunks}}


def write_part(part: Part, losses: Losses) -> list[dict[str, Any]]:
    if isinstance(part, Text | Refusal):
        return [{"text": part.text}] if part.text else []
    if isinstance(part, Reasoning):
        if not part.text and part.seal is None:
            return []
        return [{"text": part.text, "thought": True, **signature(part.seal)}]
    if isinstance(part, ToolCall):
        return [function_call(part)]
    if isinstance(part, Image) and part.data is not None:
        return [{"inlineData": {"mimeType": part.mime or "image/png", "data": part.data}}]
    if isinstance(part, Audio):
        return [{"inlineData": {"mimeType": f"audio/{part.format}", "data": part.data}}]
    losses.add(f"answer.{type(part).__name__.lower()}")
    return []


def signature(seal: Seal | None) -> dict[str, Any]:
    return {} if seal is None else {"thoughtSignature": signatures.write(seal)}


def function_call(call: ToolCall) -> dict[str, Any]:
    """Arguments that are no JSON object are told under the name that custom tools have for theirs."""
    arguments = tools.as_object(tools.as_function_arguments(call))
    args = {tools.CUSTOM_INPUT: call.arguments} if arguments is None else arguments
    return {"functionCall": {"id": call.id, "name": call.name, "args": args}, **signature(call.seal)}


def write_usage(usage: Usage) -> dict[str, Any]:
    """Candidates exclude thoughts here; what is not known is left out."""
    output, thought = usage.output_tokens, usage.reasoning_tokens
    total = usage.total_tokens
    if total is None and usage.input_tokens is not None and output is not None:
        total = usage.input_tokens + output
    return without_none(
        {
            "promptTokenCount": usage.input_tokens,
            "candidatesTokenCount": None if output is None else max(0, output - (thought or 0)),
            "thoughtsTokenCount": thought or None,
            "cachedContentTokenCount": usage.cache_read_tokens or None,
            "totalTokenCount": total,
        }
    )
