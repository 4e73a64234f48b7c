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
from operator import attrgetter

from agw.content.size import content_json
from agw.record import CallRecord, Cost, RequestFacts
from agw.telemetry.messages import input_messages, output_messages, tool_definitions
from agw.usage import Source

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.1"

AttributeValue = str | int | float | bool | Sequence[str]
_Maybe = Mapping[str, AttributeValue | None]
_NONE_OF_THEM: tuple[str, ...] = ()

_OPENAI_APIS = {
    "completions": "chat_completions",
    "responses": "responses",
    "embeddings": None,
    "text_completions": None,
}
"""Our formats that are OpenAI's, with their ``openai.api.type`` where the conventions have one."""
_NUMBERS = attrgetter(
    *("temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty", "seed", "choice_count"),
    "dimension_count",
)
_NO_NUMBERS = _NUMBERS(RequestFacts("", ""))


def span_name(record: CallRecord) -> str:
    model = record.request.model
    return f"{record.request.operation} {model}" if model else record.request.operation


def core(record: CallRecord) -> dict[str, AttributeValue]:
    """All but the content, without the absent ones; model, tokens and cost come first."""
    error = record.error
    every: _Maybe = {
        "gen_ai.operation.name": record.request.operation,
        "gen_ai.provider.name": record.provider,
        "gen_ai.request.model": record.request.model,
        "gen_ai.response.model": record.answer.model,
        **_usage(record),
        **_cost(record),
        "error.type": error.type if error else None,
        **_request(record.request),
        **_answer(record),
        **_attribution(record),
        "server.address": record.server_address,
        "server.port": record.server_port if record.server_address else None,
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
        "agw.attempts": len(record.attempts) if len(record.attempts) > 1 else None,
        "agw.overhead_ms": None if record.overhead_s is None else record.overhead_s * 1e3,
        "agw.partial": True if record.partial else None,
        "agw.notes": record.notes,
    }
    return present(every)


def figures(record: CallRecord) -> dict[str, AttributeValue | None]:
    """Of ``core``, what follows from more than the kind of a call (dialects/kinds.py)."""
    request, overhead_s = record.request, record.overhead_s
    told: dict[str, AttributeValue | None] = {
        **_usage(record),
        **_cost(record),
        "gen_ai.response.id": record.answer.response_id,
        **_people(record),
        "client.address": record.client_address,
        "agw.overhead_ms": None if overhead_s is None else overhead_s * 1e3,
    }
    if record.first_chunk_ns is not None or record.first_token_ns is not None:
        told |= _times(record)
    if _NUMBERS(request) != _NO_NUMBERS:
        told |= _numbers(request)
        told["gen_ai.embeddings.dimension.count"] = request.dimension_count
    return told


def content(record: CallRecord) -> dict[str, AttributeValue]:
    """Prompt and answer as JSON strings in ``parts`` form.

    Raises ValueError, TypeError or RecursionError where the record's content is not JSON.
    """
    found = record.content
    if found is None:
        return {}
    return present(
        {
            "gen_ai.system_instructions": content_json(found.system_instructions),
            "gen_ai.input.messages": content_json(input_messages(found)),
            "gen_ai.output.messages": content_json(output_messages(found, failed=record.error is not None)),
            "gen_ai.tool.definitions": content_json(tool_definitions(found)),
        }
    )


def present(every: _Maybe) -> dict[str, AttributeValue]:
    # By identity, since there is but one: to ask each text whether it equals a tuple takes longer than all else.
    return {name: value for name, value in every.items() if value is not None and value is not _NONE_OF_THEM}


def cost_of(record: CallRecord) -> Cost | None:
    """The call's cost, or what the provider reported where nobody priced it."""
    usage = record.answer.usage
    if record.cost is not None or usage is None or usage.cost_usd is None:
        return record.cost
    return Cost(usage.cost_usd, source=Source.PROVIDER)


def session_of(record: CallRecord) -> str | None:
    return record.attribution.session or record.request.conversation_id


def _request(request: RequestFacts) -> _Maybe:
    from_openai = request.api_type in _OPENAI_APIS
    return {
        "gen_ai.request.stream": True if request.stream else None,
        **_numbers(request),
        "gen_ai.request.stop_sequences": request.stop_sequences,
        "gen_ai.request.encoding_formats": request.encoding_formats,
        "gen_ai.embeddings.dimension.count": request.dimension_count,
        "gen_ai.output.type": request.output_type,
        "openai.api.type": _OPENAI_APIS.get(request.api_type),
        "openai.request.service_tier": request.service_tier if from_openai else None,
    }


def _numbers(request: RequestFacts) -> _Maybe:
    return {
        "gen_ai.request.temperature": _double(request.temperature),
        "gen_ai.request.top_p": _double(request.top_p),
        "gen_ai.request.top_k": _double(request.top_k),
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.frequency_penalty": _double(request.frequency_penalty),
        "gen_ai.request.presence_penalty": _double(request.presence_penalty),
        "gen_ai.request.seed": request.seed,
        "gen_ai.request.choice.count": request.choice_count if request.choice_count != 1 else None,
    }


def _answer(record: CallRecord) -> _Maybe:
    answer = record.answer
    from_openai = record.request.api_type in _OPENAI_APIS
    return {
        "gen_ai.response.id": answer.response_id,
        "gen_ai.response.finish_reasons": answer.finish_reasons,
        **_times(record),
        "openai.response.service_tier": answer.service_tier if from_openai else None,
        "openai.response.system_fingerprint": answer.system_fingerprint if from_openai else None,
    }


def _times(record: CallRecord) -> _Maybe:
    return {
        "gen_ai.response.time_to_first_chunk": record.time_to_first_chunk_s,
        "agw.ai.time_to_first_token": record.time_to_first_token_s,
        "agw.ai.time_per_output_token": record.time_per_output_token_s,
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
    }


def _cost(record: CallRecord) -> _Maybe:
    """Decimal strings, as the reference writes them: a float would not be the amount."""
    cost = cost_of(record)
    if cost is None:
        return {}
    return {
        "agw.ai.usage.cost.total": format(cost.total_usd, "f"),
        **{f"agw.ai.usage.cost.{part}": format(amount, "f") for part, amount in cost.parts.items()},
        "agw.cost.source": cost.source.value,
        "agw.cost.price_list": cost.price_list,
    }


def _attribution(record: CallRecord) -> _Maybe:
    who = record.attribution
    return {
        **_people(record),
        "deployment.environment.name": who.environment,
        "agw.group": who.group,
        "agw.api_key.name": who.key_name,
        "agw.tags": who.tags,
        "agw.prompt.name": who.prompt_name,
        "agw.prompt.version": who.prompt_version,
        "agw.trace.name": who.trace_name,
        **{f"agw.metadata.{name}": value for name, value in who.metadata.items()},
    }


def _people(record: CallRecord) -> _Maybe:
    session = session_of(record)
    return {
        "user.id": record.attribution.user,
        "session.id": session,
        "gen_ai.conversation.id": record.request.conversation_id or session,
    }


def _double(value: float | None) -> float | None:
    """Always a float, so that ``1`` in a body is the double that backends expect; NaN and infinities are absent."""
    try:
        double = None if value is None else float(value)
    except OverflowError:
        return None
    return double if double is None or math.isfinite(double) else None
