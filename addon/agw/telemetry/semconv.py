"""A record in the names of the GenAI semantic conventions 1.41.1 (inference and embeddings spans).

Beside them stand the names of the reference that its users query (``gateway``, ``listener``, ``route``,
``http.status``, ``protocol``), the stable HTTP names, and our own under ``agw.``. What is not known is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from agw.record import CallRecord, RequestFacts

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"

Value = str | int | float | bool | Sequence[str]

_OPENAI_API = {"completions": "chat_completions", "responses": "responses"}


def span_name(record: CallRecord) -> str:
    model = record.request.model
    return f"{record.request.operation} {model}" if model else record.request.operation


def attributes(record: CallRecord) -> dict[str, Value]:
    """All attributes of the call's span, without the absent ones."""
    return {name: value for name, value in _all(record) if value is not None and value != ()}


def _all(record: CallRecord) -> Iterator[tuple[str, Value | None]]:
    yield "gen_ai.operation.name", record.request.operation
    yield "gen_ai.provider.name", record.provider
    yield from _request(record.request)
    yield from _answer(record)
    yield "server.address", record.server_address
    yield "server.port", record.server_port if record.server_address else None
    yield "error.type", record.error.type if record.error else None
    yield "http.request.method", record.http_method
    yield "http.response.status_code", record.http_status
    yield "url.path", record.url_path
    yield "user_agent.original", record.user_agent
    yield "client.address", record.client_address
    yield from _content(record)
    yield "protocol", "llm"
    yield "gateway", record.gateway
    yield "listener", record.listener
    yield "route", record.route
    yield "http.status", record.http_status
    yield "agw.gateway", record.gateway
    yield "agw.listener", record.listener
    yield "agw.route", record.route
    yield "agw.backend", record.backend
    yield "agw.api.type", record.request.api_type
    yield "agw.client.model", record.client_model if record.client_model != record.request.model else None
    yield "agw.partial", True if record.partial else None
    yield "agw.notes", record.notes
    for name, value in record.extra.items():
        yield f"agw.{name}", value


def _request(request: RequestFacts) -> Iterator[tuple[str, Value | None]]:
    yield "gen_ai.request.model", request.model
    yield "gen_ai.request.stream", True if request.stream else None
    yield "gen_ai.request.temperature", request.temperature
    yield "gen_ai.request.top_p", request.top_p
    yield "gen_ai.request.top_k", request.top_k
    yield "gen_ai.request.max_tokens", request.max_tokens
    yield "gen_ai.request.frequency_penalty", request.frequency_penalty
    yield "gen_ai.request.presence_penalty", request.presence_penalty
    yield "gen_ai.request.seed", request.seed
    yield "gen_ai.request.choice.count", request.choice_count if request.choice_count != 1 else None
    yield "gen_ai.request.stop_sequences", request.stop_sequences
    yield "gen_ai.request.encoding_formats", request.encoding_formats
    yield "gen_ai.embeddings.dimension.count", request.dimension_count
    yield "gen_ai.output.type", request.output_type
    yield "gen_ai.conversation.id", request.conversation_id
    yield "openai.api.type", _OPENAI_API.get(request.api_type)
    yield "openai.request.service_tier", request.service_tier


def _answer(record: CallRecord) -> Iterator[tuple[str, Value | None]]:
    answer, usage = record.answer, record.answer.usage
    yield "gen_ai.response.id", answer.response_id
    yield "gen_ai.response.model", answer.model
    yield "gen_ai.response.finish_reasons", answer.finish_reasons
    yield "gen_ai.response.time_to_first_chunk", record.time_to_first_chunk_s
    yield "openai.response.service_tier", answer.service_tier
    yield "openai.response.system_fingerprint", answer.system_fingerprint
    if usage is None:
        return
    yield "gen_ai.usage.input_tokens", usage.input_tokens
    yield "gen_ai.usage.output_tokens", usage.output_tokens
    yield "gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens
    yield "gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens
    yield "gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens
    yield "agw.usage.source", usage.source.value
    yield "agw.usage.input_audio_tokens", usage.input_audio_tokens
    yield "agw.usage.output_audio_tokens", usage.output_audio_tokens
    yield "agw.usage.contradictions", usage.contradictions()
    yield "agw.ai.usage.cost.total", format(usage.cost_usd, "f") if usage.cost_usd is not None else None


def _content(record: CallRecord) -> Iterator[tuple[str, Value | None]]:
    content = record.content
    if content is None:
        return
    yield "gen_ai.system_instructions", _json(content.system_instructions)
    yield "gen_ai.input.messages", _json(content.input_messages)
    yield "gen_ai.output.messages", _json(content.output_messages)
    yield "gen_ai.tool.definitions", _json(content.tool_definitions)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
