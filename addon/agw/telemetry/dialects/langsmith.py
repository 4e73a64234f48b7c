"""LangSmith (platforms.md §2.2).

It drops a span whose parent never comes (trap 2), so a call is the root of a trace of its own there, with the ids that
it has elsewhere among its metadata. ``langsmith.trace.session_*`` are never used: a session is a project there
(trap 3), a conversation is a thread.
"""

from __future__ import annotations

from typing import Any

from agw.content.size import content_json
from agw.record import CallRecord
from agw.telemetry.dialects import events, openai_shape
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.figures import Dollars, figures_json
from agw.telemetry.ids import root_ids
from agw.telemetry.semconv import core, dollars_of, present, session_of
from agw.usage import Usage

_INPUT, _OUTPUT = ("input", "cache_read", "cache_write", "input_audio"), ("output", "reasoning", "output_audio")
_INPUT_DETAILS = (("cache_read", "cache_read"), ("cache_creation", "cache_write"), ("audio", "input_audio"))
_OUTPUT_DETAILS = (("reasoning", "reasoning"), ("audio", "output_audio"))
_KINDS = {"embeddings": "embedding", "rerank": "retriever"}
_PROVIDERS = {
    "aws.bedrock": "amazon_bedrock",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gcp.gemini": "google_genai",
    "gcp.gen_ai": "google_genai",
    "gcp.vertex_ai": "google_vertexai",
    "mistral_ai": "mistral",
    "x_ai": "xai",
}
"""``ls_provider``, by which LangSmith finds a price, where it has another word than the conventions."""


def attributes(record: CallRecord, root: bool = True) -> Attributes:
    usd = dollars_of(record)
    return {
        **core(record, usd),
        **run(record, usd),
        **(_origin(record) if root else {}),
        **present({"gen_ai.prompt": openai_shape.prompt_json(record), "gen_ai.completion": _completion(record)}),
    }


def run(record: CallRecord, usd: Dollars | None) -> Attributes:
    """What is not content."""
    who = record.attribution
    figures = _usage_metadata(record.answer.usage, usd)
    return present(
        {
            "gen_ai.system": record.provider,
            "langsmith.span.kind": _KINDS.get(record.request.operation, "llm"),
            "langsmith.usage_metadata": figures_json(figures) if figures else None,
            "langsmith.trace.name": who.trace_name,
            "langsmith.span.tags": ",".join(tag.replace(",", " ") for tag in who.tags) or None,
            **{f"langsmith.metadata.{name}": value for name, value in who.metadata.items()},
            "langsmith.metadata.ls_provider": _PROVIDERS.get(record.provider, record.provider),
            "langsmith.metadata.ls_model_name": record.answer.model or record.request.model,
            "langsmith.metadata.thread_id": session_of(record),
            "langsmith.metadata.user_id": who.user,
            "langsmith.metadata.environment": who.environment,
            "langsmith.metadata.lc_hub_repo": who.prompt_name,
            "langsmith.metadata.lc_hub_commit_hash": who.prompt_version,
        }
    )


def _usage_metadata(usage: Usage | None, usd: Dollars | None) -> dict[str, Any]:
    """Counts include their parts, as everywhere in the house; costs likewise."""
    told: dict[str, Any] = {}
    if usage is not None:
        total = usage.total_tokens
        if total is None and usage.input_tokens is not None and usage.output_tokens is not None:
            total = usage.input_tokens + usage.output_tokens
        told |= {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": total,
            "input_token_details": _inside(
                ("cache_read", usage.cache_read_tokens),
                ("cache_creation", usage.cache_write_tokens),
                ("audio", usage.input_audio_tokens),
            ),
            "output_token_details": _inside(
                ("reasoning", usage.reasoning_tokens), ("audio", usage.output_audio_tokens)
            ),
        }
    if usd is not None:
        told |= {
            "input_cost": usd.sum_of(_INPUT),
            "output_cost": usd.sum_of(_OUTPUT),
            "total_cost": usd.total_text,
            "input_cost_details": _amounts(usd, _INPUT_DETAILS),
            "output_cost_details": _amounts(usd, _OUTPUT_DETAILS),
        }
    return {name: value for name, value in told.items() if value is not None}


def _completion(record: CallRecord) -> str | None:
    """Never nothing where the call went well: usage is attached to a run's output, and lost without one."""
    told = openai_shape.completion_json(record)
    if told is not None or record.error is not None:
        return told
    return content_json({"finish_reasons": record.answer.finish_reasons or ()})


def _inside(*figures: tuple[str, int | None]) -> dict[str, int] | None:
    """Those that are known."""
    return {name: value for name, value in figures if value is not None} or None


def _amounts(usd: Dollars, wanted: tuple[tuple[str, str], ...]) -> dict[str, str] | None:
    parts = usd.texts
    return {name: parts[part] for name, part in wanted if part in parts} or None


def _origin(record: CallRecord) -> Attributes:
    """The ids that a root of its own leaves behind, by which it is found again."""
    ids = record.ids
    return present(
        {
            "langsmith.metadata.otel_trace_id": ids.trace_id,
            "langsmith.metadata.otel_span_id": ids.span_id,
            "langsmith.metadata.otel_parent_span_id": ids.parent_span_id,
        }
    )


LANGSMITH = Dialect("langsmith", attributes, events.with_new_token, root_ids=root_ids, root=True)
