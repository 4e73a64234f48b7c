"""Arize Phoenix (platforms.md §2.3): OpenInference beside the conventions' names.

Phoenix turns ``gen_ai.*`` into OpenInference by itself and fills only what is missing. What it would miss is told here:
both columns of input and output, reasoning tokens, tags and metadata. It reckons costs by itself, from
``llm.model_name`` and the token counts; ``llm.cost.total`` informs only.
"""

from __future__ import annotations

from agw.content.size import content_json
from agw.record import CallRecord
from agw.telemetry.dialects import events, openai_shape
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import content, core, cost_of, present
from agw.usage import Usage

_KINDS = {"embeddings": "EMBEDDING", "rerank": "RERANKER"}
_PROVIDERS = {
    "mistral_ai": "mistralai",
    "x_ai": "xai",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "gcp.gemini": "google",
    "moonshot_ai": "moonshot",
}
"""``llm.provider`` where OpenInference has another word than the conventions."""
_SYSTEMS = {"mistral_ai": "mistralai", "azure.ai.openai": "openai", "gcp.vertex_ai": "vertexai"}
_KNOWN_SYSTEMS = ("openai", "anthropic", "cohere")


def attributes(record: CallRecord, _: bool = False) -> Attributes:
    return {**core(record), **openinference(record), **content(record), **values(record)}


def openinference(record: CallRecord) -> Attributes:
    """What is not content."""
    who = record.attribution
    kind = _KINDS.get(record.request.operation, "LLM")
    model = record.answer.model or record.request.model
    provider, cost, metadata = record.provider, cost_of(record), _metadata(record)
    return present(
        {
            "openinference.span.kind": kind,
            "embedding.model_name" if kind == "EMBEDDING" else "llm.model_name": model,
            "llm.provider": _PROVIDERS.get(provider, provider),
            "llm.system": _SYSTEMS.get(provider, provider if provider in _KNOWN_SYSTEMS else None),
            **figures(record, float(cost.total_usd) if cost else None),
            "tag.tags": who.tags,
            "metadata": content_json(metadata) if metadata else None,
        }
    )


def figures(record: CallRecord, total_usd: float | None) -> dict[str, int | float | None]:
    """What differs from call to call."""
    counts: dict[str, int | float | None] = {}
    if record.answer.usage is not None:
        counts |= _token_counts(record.answer.usage)
    return {**counts, "llm.cost.total": total_usd}


def values(record: CallRecord) -> Attributes:
    """The columns ``input`` and ``output``. Raises what ``content_json`` raises."""
    told: Attributes = {}
    for name, value in (("input", openai_shape.prompt_json(record)), ("output", openai_shape.completion_json(record))):
        if value is not None:
            told |= {f"{name}.value": value, f"{name}.mime_type": "application/json"}
    return told


def _token_counts(usage: Usage) -> dict[str, int | None]:
    """The full set or none: of a part of it, some readers make zeros (platforms.md §0, trap 10)."""
    total = usage.total_tokens
    if usage.input_tokens is None or usage.output_tokens is None:
        return {}
    if total is None:
        total = usage.input_tokens + usage.output_tokens
    return {
        "llm.token_count.prompt": usage.input_tokens,
        "llm.token_count.completion": usage.output_tokens,
        "llm.token_count.total": total,
        "llm.token_count.prompt_details.cache_read": usage.cache_read_tokens,
        "llm.token_count.prompt_details.cache_write": usage.cache_write_tokens,
        "llm.token_count.prompt_details.audio": usage.input_audio_tokens,
        "llm.token_count.completion_details.reasoning": usage.reasoning_tokens,
        "llm.token_count.completion_details.audio": usage.output_audio_tokens,
    }


def _metadata(record: CallRecord) -> dict[str, str]:
    who = record.attribution
    known = {"prompt_name": who.prompt_name, "prompt_version": who.prompt_version, "environment": who.environment}
    return {**who.metadata, **{name: value for name, value in known.items() if value is not None}}


PHOENIX = Dialect("phoenix", attributes, events.common)
