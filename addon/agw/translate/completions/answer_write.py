"""An answer in the words of Chat Completions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agw.translate import failures, openai_media, tools
from agw.translate.base import Losses
from agw.translate.completions import reasoning
from agw.translate.completions.usage import write_usage
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
    Image,
    Reasoning,
    Refusal,
    Request,
    Stop,
    Text,
    ToolCall,
)
from agw.translate.writing import new_id, now_s

_REASONS = {
    Stop.END: "stop",
    Stop.STOP_SEQUENCE: "stop",
    Stop.PAUSE: "stop",
    Stop.LENGTH: "length",
    Stop.CONTEXT: "length",
    Stop.TOOL_CALLS: "tool_calls",
    Stop.FILTER: "content_filter",
}


def reason_of(stop: Stop, *, refused: bool) -> str:
    """A refusal that says something is a message of its own here, and ends like one."""
    return _REASONS.get(stop) or ("stop" if refused else "content_filter")


def write_answer(answer: Answer, asked: Request, losses: Losses) -> dict[str, Any]:
    if answer.failure is not None:
        return failures.openai_error(answer.failure)
    body: dict[str, Any] = {
        "id": answer.id or new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": answer.created if answer.created is not None else now_s(),
        "model": answer.model or asked.model,
        "choices": [
            {
                "index": index,
                "message": _message(choice, losses),
                "logprobs": None,
                "finish_reason": reason_of(choice.stop, refused=any(isinstance(p, Refusal) for p in choice.parts)),
            }
            for index, choice in enumerate(answer.choices)
        ],
    }
    if answer.usage is not None:
        body["usage"] = write_usage(answer.usage)
    if answer.service_tier is not None:
        body["service_tier"] = answer.service_tier
    return body


def _message(choice: Choice, losses: Losses) -> dict[str, Any]:
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    thoughts: list[str] = []
    details: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for part in choice.parts:
        if isinstance(part, Text):
            notes.extend(url_citations(part.citations, sum(map(len, texts)), len(part.text)))
            texts.append(part.text)
        elif isinstance(part, Refusal):
            refusals.append(part.text)
        elif isinstance(part, ToolCall):
            calls.append(tool_call(part))
        elif isinstance(part, Reasoning):
            thoughts.append(part.text)
            details.extend(reasoning.details_of(part, len(details)))
        elif isinstance(part, Image):
            images.append(image(part))
        else:
            losses.add(f"answer.{type(part).__name__.lower()}")
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(texts) if texts else None,
        "refusal": "".join(refusals) if refusals else None,
    }
    if thought := "".join(thoughts):
        message["reasoning_content"] = thought
    if details:
        message["reasoning_details"] = details
    if notes:
        message["annotations"] = notes
    if images:
        message["images"] = images
    if calls:
        message["tool_calls"] = calls
    return message


def tool_call(part: ToolCall) -> dict[str, Any]:
    call_id = tools.sealed_id(part)
    if part.custom:
        return {"id": call_id, "type": "custom", "custom": {"name": part.name, "input": part.arguments}}
    return {"id": call_id, "type": "function", "function": {"name": part.name, "arguments": part.arguments or "{}"}}


def url_citations(citations: Iterable[Citation], before: int, length: int) -> list[dict[str, Any]]:
    """``before`` characters stand before the text that cites; without offsets the whole text does, ``length`` long."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": one.url,
                "title": one.title or "",
                "start_index": before + (one.start or 0),
                "end_index": before + (length if one.end is None else one.end),
            },
        }
        for one in citations
    ]


def image(part: Image) -> dict[str, Any]:
    """As OpenRouter tells of generated pictures; OpenAI's own format has no place for them."""
    url = openai_media.image_url(part) if part.data is not None or part.url is not None else ""
    return {"type": "image_url", "image_url": {"url": url}}
