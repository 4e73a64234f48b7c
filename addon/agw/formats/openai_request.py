"""Request fields that all of OpenAI's formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import integer, mapping, number, text, texts
from agw.record import RequestFacts

_OUTPUT_TYPES = {"json_schema": "json", "json_object": "json", "text": "text"}


_NUMBERS = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty")
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def read(body: Mapping[str, Any], operation: str, api_type: str) -> RequestFacts:
    """Field names: https://platform.openai.com/docs/api-reference (chat, completions, responses)."""
    # Most bodies have few of them.
    said: dict[str, Any] = {name: number(body, name) for name in _NUMBERS if name in body}
    if any(name in body for name in _LIMITS):
        said["max_tokens"] = integer(body, *_LIMITS)
    if "seed" in body:
        said["seed"] = integer(body, "seed")
    if "n" in body:
        said["choice_count"] = integer(body, "n")
    if "stop" in body:
        said["stop_sequences"] = texts(body, "stop")
    if "response_format" in body or "text" in body:
        shape = mapping(body, "response_format") or mapping(mapping(body, "text"), "format")
        said["output_type"] = _OUTPUT_TYPES.get(str(shape.get("type")))
    if "service_tier" in body:
        said["service_tier"] = text(body, "service_tier")
    if "conversation" in body:
        conversation = body["conversation"]
        said["conversation_id"] = (
            conversation if isinstance(conversation, str) else text(mapping(body, "conversation"), "id")
        )
    return RequestFacts(operation, api_type, text(body, "model"), body.get("stream") is True, **said)
