"""A record in the names of the GenAI semantic conventions 1.41.1 (inference and embeddings spans).

Beside them stand three small groups:

* the stable HTTP, URL and user agent names of the client's own request;
* names that users of agentgateway already query: ``gateway``, ``listener``, ``route``, ``http.status``, ``protocol``,
  ``agw.ai.time_to_first_token``, ``agw.ai.usage.cost.total``. Its ``http.method``, ``http.path``, ``endpoint`` and
  ``gen_ai.usage.reasoning_tokens`` are left out: the conventions' names say the same;
* our own under ``agw.``.

What is not known is not there. Names that a backend's mapper would claim for something else (``input``, ``model``,
``prompt``, ...: platforms.md §4.3) are never used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from agw.content.size import content_json
from agw.record import CallRecord, RequestFacts

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.1"

AttributeValue = str | int | float | bool | Sequence[str]
_Maybe = Mapping[str, AttributeValue | None]

_OPENAI_APIS = {
    "completions": "chat_completions",
    "responses": "responses",
    "embeddings": None,
    "text_completions": None,
}
"""Our formats that are OpenAI's, with their ``openai.api.type`` where the conventions have one."""


def span_name(record: CallRecord) -> str:
    model = record.request.model
    return f"{record.request.operation} {model}" if model else record.request.operation


def attributes(record: CallRecord) -> dict[str, AttributeValue]:
    """All attributes of the call's span, without the absent ones.

    Raises ValueError, TypeError or RecursionError where the record's content is not JSON.
    """
    error = record.error
    every: _Maybe = {
        "gen_ai.operation.name": record.request.operation,
        "gen_ai.provider.name": record.provider,
        **_request(record.request),
        **_answer(record),
        **_usage(record),
        "server.address": record.server_address,
        "server.port": record.server_port if record.server_address else None,
        "error.type": error.type if error else None,
        "http.request.method": record.http_method,
        "http.response.status_code": record.http_status,
        "url.path": record.url_path,
        "user_agent.original": record.user_agent,
        "client.address": record.client_address,
        "protocol": "llm",
        "gateway": record.gateway,
        "listener": record.listener,
        "route": record.route,
        "http.status": record.http_status,
        **{f"agw.{name}": value for name, value in record.extra.items()},
        "agw.gateway": record.gateway,
        "agw.listener": record.listener,
        "agw.route": record.route,
        "agw.backend": record.backend,
        "agw.api.type": record.request.api_type,
        "agw.client.model": record.client_model if record.client_model != record.request.model else None,
        "agw.partial": True if record.partial else None,
        "agw.notes": record.notes,
        **_content(record),
    }
    return {name: value for name, value in every.items() if value is not None and value != ()}


def _request(request: RequestFacts) -> _Maybe:
    from_openai = request.api_type in _OPENAI_APIS
    return {
        "gen_ai.request.model": request.model,
        "gen_ai.request.stream": True if request.stream else None,
        "gen_ai.request.temperature": _double(request.temperature),
        "gen_ai.request.top_p": _double(request.top_p),
        "gen_ai.request.top_k": _double(request.top_k),
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.frequency_penalty": _double(request.frequency_penalty),
        "gen_ai.request.presence_penalty": _double(request.presence_penalty),
        "gen_ai.request.seed": request.seed,
        "gen_ai.request.choice.count": request.choice_count if request.choice_count != 1 else None,
        "gen_ai.request.stop_sequences": request.stop_sequences,
        "gen_ai.request.encoding_formats": request.encoding_formats,
        "gen_ai.embeddings.dimension.count": request.dimension_count,
        "gen_ai.output.type": request.output_type,
        "gen_ai.conversation.id": request.conversation_id,
        "openai.api.type": _OPENAI_APIS.get(request.api_type),
        "openai.request.service_tier": request.service_tier if from_openai else None,
    }


def _answer(record: CallRecord) -> _Maybe:
    answer = record.answer
    from_openai = record.request.api_type in _OPENAI_APIS
    first_token_ns = record.first_token_ns
    return {
        "gen_ai.response.id": answer.response_id,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": answer.finish_reasons,
        "gen_ai.response.time_to_first_chunk": record.time_to_first_chunk_s,
        "agw.ai.time_to_first_token": None if first_token_ns is None else (first_token_ns - record.start_ns) / 1e9,
        "openai.response.service_tier": answer.service_tier if from_openai else None,
        "openai.response.system_fingerprint": answer.system_fingerprint if from_openai else None,
    }


def _usage(record: CallRecord) -> _Maybe:
    usage = record.answer.usage
    if usage is None:
        return {}
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        "agw.usage.source": usage.source.value,
        "agw.usage.input_audio_tokens": usage.input_audio_tokens,
        "agw.usage.output_audio_tokens": usage.output_audio_tokens,
        "agw.usage.contradictions": usage.contradictions(),
        "agw.ai.usage.cost.total": None if usage.cost_usd is None else format(usage.cost_usd, "f"),
    }


def _content(record: CallRecord) -> _Maybe:
    content = record.content
    if content is None:
        return {}
    return {
        "gen_ai.system_instructions": content_json(content.system_instructions),
        "gen_ai.input.messages": content_json(content.input_messages),
        "gen_ai.output.messages": content_json(content.output_messages),
        "gen_ai.tool.definitions": content_json(content.tool_definitions),
    }


def _double(value: float | None) -> float | None:
    """Always a float, so that ``1`` in a body is the double that backends expect; NaN and infinities are absent."""
    try:
        double = None if value is None else float(value)
    except OverflowError:
        return None
    return double if double is None or math.isfinite(double) else None
