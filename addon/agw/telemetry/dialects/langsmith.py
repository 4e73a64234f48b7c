"""LangSmith (platforms.md §2.2).

It drops a span whose parent never comes (trap 2), so a call is the root of a trace of its own there, with the ids that
it has elsewhere among its metadata. ``langsmith.trace.session_*`` are never used: a session is a project there
(trap 3), a conversation is a thread.
"""

from __future__ import annotations

from decimal import Decimal

from agw.content.size import content_json
from agw.record import CallRecord
from agw.telemetry.dialects import events, openai_shape
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.figures import Spent, amount_text, figures_json, spent_on
from agw.telemetry.ids import root_ids
from agw.telemetry.semconv import core, present, session_of
from agw.usage import Usage

_ZERO = Decimal()
_INPUT, _OUTPUT = ("input", "cache_read", "cache_write", "input_audio"), ("output", "reasoning", "output_audio")
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
    return {
        **core(record),
        **run(record, spent_on(record)),
        **(_origin(record) if root else {}),
        **present({"gen_ai.prompt": openai_shape.prompt_json(record), "gen_ai.completion": _completion(record)}),
    }


def run(record: CallRecord, spent: Spent | None) -> Attributes:
    """What is not content."""
    who = record.attribution
    metadata: dict[str, str | None] = {
        **who.metadata,
        "ls_provider": _PROVIDERS.get(record.provider, record.provider),
        "ls_model_name": record.answer.model or record.request.model,
        "thread_id": session_of(record),
        "user_id": who.user,
        "environment": who.environment,
        "lc_hub_repo": who.prompt_name,
        "lc_hub_commit_hash": who.prompt_version,
    }
    return present(
        {
            "gen_ai.system": record.provider,
            "langsmith.span.kind": _KINDS.get(record.request.operation, "llm"),
            "langsmith.usage_metadata": usage_metadata(record.answer.usage, spent),
            "langsmith.trace.name": who.trace_name,
            "langsmith.span.tags": ",".join(tag.replace(",", " ") for tag in who.tags) or None,
            **{f"langsmith.metadata.{name}": value for name, value in metadata.items()},
        }
    )


def figures(record: CallRecord, spent: Spent | None) -> dict[str, str | None]:
    """What differs from call to call."""
    return {
        "langsmith.usage_metadata": usage_metadata(record.answer.usage, spent),
        "langsmith.metadata.thread_id": session_of(record),
        "langsmith.metadata.user_id": record.attribution.user,
    }


def usage_metadata(usage: Usage | None, spent: Spent | None) -> str | None:
    """Counts include their parts, as everywhere in the house; costs likewise."""
    told: dict[str, int | str | None] = {}
    if usage is not None:
        total = usage.total_tokens
        if total is None and usage.input_tokens is not None and usage.output_tokens is not None:
            total = usage.input_tokens + usage.output_tokens
        read, written, heard = usage.cache_read_tokens, usage.cache_write_tokens, usage.input_audio_tokens
        thought, spoken = usage.reasoning_tokens, usage.output_audio_tokens
        told = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": total,
            "input_token_details": figures_json({"cache_read": read, "cache_creation": written, "audio": heard}),
            "output_token_details": figures_json({"reasoning": thought, "audio": spoken}),
        }
    if spent is not None:
        part = spent.parts.get
        read_usd, written_usd, heard_usd = part("cache_read"), part("cache_write"), part("input_audio")
        told |= {
            "input_cost": _sum(spent, _INPUT),
            "output_cost": _sum(spent, _OUTPUT),
            "total_cost": spent.total,
            "input_cost_details": figures_json(
                {"cache_read": read_usd, "cache_creation": written_usd, "audio": heard_usd}
            ),
            "output_cost_details": figures_json({"reasoning": part("reasoning"), "audio": part("output_audio")}),
        }
    return figures_json(told)


def _completion(record: CallRecord) -> str | None:
    """Never nothing where the call went well: usage is attached to a run's output, and lost without one."""
    told = openai_shape.completion_json(record)
    if told is not None or record.error is not None:
        return told
    return content_json({"finish_reasons": record.answer.finish_reasons or ()})


def _sum(spent: Spent, wanted: tuple[str, ...]) -> str | None:
    """Of these parts, as far as they are known."""
    known = [part for part in wanted if part in spent.parts]
    if len(known) < 2:
        return spent.parts[known[0]] if known else None
    return amount_text(sum([spent.cost.parts[part] for part in known], _ZERO))


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
