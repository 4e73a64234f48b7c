"""Langfuse (platforms.md §2.1).

Its buckets of usage add up, so here cached tokens are taken out of the input and reasoning out of the output, against
the rule of the rest of the house (usage/usage.py).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from agw.record import CallRecord
from agw.telemetry.dialects import events, openai_shape
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.figures import Spent, figures_json, spent_on
from agw.telemetry.semconv import core, present
from agw.usage import Usage

_TYPES = {"embeddings": "embedding", "rerank": "retriever"}
_ENVIRONMENT = re.compile(r"(?!langfuse)[a-z0-9_-]{1,40}")
_COST_BUCKETS = {
    "input": "input",
    "output": "output",
    "cache_read": "input_cached_tokens",
    "cache_write": "input_cache_creation",
    "reasoning": "output_reasoning_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def attributes(record: CallRecord, root: bool = False) -> Attributes:
    """Without ``gen_ai.*.messages`` and ``gen_ai.prompt.name``: the first are drawn badly, the second is taken for the
    prompt (trap 1)."""
    return {
        **core(record),
        **observation(record, root, spent_on(record)),
        **present(
            {
                "langfuse.observation.input": openai_shape.prompt_json(record),
                "langfuse.observation.output": openai_shape.completion_json(record),
            }
        ),
    }


def observation(record: CallRecord, root: bool, spent: Spent | None) -> Attributes:
    """What is not content. ``root``: trace-level fields are written though the span has a parent."""
    who = record.attribution
    version = _whole_number(who.prompt_version)
    return present(
        {
            "langfuse.observation.type": _TYPES.get(record.request.operation, "generation"),
            **figures(record, spent),
            # Links only if the version is a number (trap 9), and without a version not at all.
            "langfuse.observation.prompt.name": who.prompt_name if version is not None else None,
            "langfuse.observation.prompt.version": version if who.prompt_name else None,
            "langfuse.trace.name": who.trace_name,
            "langfuse.trace.tags": who.tags,
            **{f"langfuse.trace.metadata.{name}": value for name, value in who.metadata.items()},
            "langfuse.environment": _environment(who.environment),
            "langfuse.internal.as_root": "true" if root and record.ids.parent_span_id else None,
        }
    )


def figures(record: CallRecord, spent: Spent | None) -> dict[str, str | None]:
    """What differs from call to call."""
    usage, first_ns = record.answer.usage, events.first_token_ns(record)
    return {
        "langfuse.observation.usage_details": figures_json(usage_buckets(usage)) if usage else None,
        "langfuse.observation.cost_details": figures_json(_cost_buckets(spent)) if spent else None,
        "langfuse.observation.completion_start_time": None if first_ns is None else _iso(first_ns),
    }


def usage_buckets(usage: Usage) -> dict[str, int | None]:
    """Buckets that add up to ``total``, as far as the counts are known.

    Counts that contradict each other are told as they came, without their parts.
    """
    consistent = not usage.contradictions()
    counts: dict[str, int | None] = {}
    whole, cached, written = usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens
    counts["input"] = whole
    if whole is not None and consistent and (inside := (cached or 0) + (written or 0)) <= whole:
        counts |= {"input": whole - inside, "input_cached_tokens": cached, "input_cache_creation": written}
    whole, thought, spoken = usage.output_tokens, usage.reasoning_tokens, usage.output_audio_tokens
    counts["output"] = whole
    if whole is not None and consistent and (inside := (thought or 0) + (spoken or 0)) <= whole:
        counts |= {"output": whole - inside, "output_reasoning_tokens": thought, "output_audio_tokens": spoken}
    total = usage.total_tokens
    if total is None and usage.input_tokens is not None and usage.output_tokens is not None:
        total = usage.input_tokens + usage.output_tokens
    counts["total"] = total
    return counts


def _cost_buckets(spent: Spent) -> dict[str, str | None]:
    """With ``total``: Langfuse does not add up buckets other than input and output."""
    parts = spent.parts
    amounts = {bucket: parts.get(part) for part, bucket in _COST_BUCKETS.items()}
    amounts["total"] = spent.total
    return amounts


def _whole_number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None


def _environment(name: str | None) -> str | None:
    """Langfuse turns any other name into ``default``; that is its choice, not ours."""
    if not name:
        return None
    lowered = name.lower()
    return lowered if _ENVIRONMENT.fullmatch(lowered) else None


def _iso(time_ns: int) -> str:
    moment = _EPOCH + timedelta(microseconds=time_ns // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


LANGFUSE = Dialect("langfuse", attributes, events.common, root=True)
