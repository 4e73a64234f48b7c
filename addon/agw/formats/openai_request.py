"""Request fields that all of OpenAI's formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import integer, mapping, number, text, texts
from agw.record import RequestFacts

_OUTPUT_TYPES = {"json_schema": "json", "json_object": "json", "text": "text"}


def read(body: Mapping[str, Any], operation: str, api_type: str) -> RequestFacts:
    """Field names: https://platform.openai.com/docs/api-reference (chat, completions, responses)."""
    choices = integer(body, "n")
    shape = mapping(body, "response_format") or mapping(mapping(body, "text"), "format")
    conversation = body.get("conversation")
    return RequestFacts(
        operation=operation,
        api_type=api_type,
        model=text(body, "model"),
        stream=body.get("stream") is True,
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=number(body, "top_k"),
        max_tokens=integer(body, "max_completion_tokens", "max_output_tokens", "max_tokens"),
        frequency_penalty=number(body, "frequency_penalty"),
        presence_penalty=number(body, "presence_penalty"),
        seed=integer(body, "seed"),
        choice_count=choices,
        stop_sequences=texts(body, "stop"),
        output_type=_OUTPUT_TYPES.get(str(shape.get("type"))),
        service_tier=text(body, "service_tier"),
        conversation_id=conversation if isinstance(conversation, str) else text(mapping(body, "conversation"), "id"),
    )
