"""A finished call as one line that a person can read."""

from __future__ import annotations

from agw.record.record import CallRecord
from agw.usage import Usage


def readable(record: CallRecord) -> str:
    """``200 chat gpt-4o-mini 12 in 34 out first 0.21s total 1.05s``; what is not known is left out."""
    asked = record.request.model or "?"
    answered = record.answer.model
    parts = [
        str(record.http_status or "---"),
        record.request.operation,
        asked if answered in (None, asked) else f"{asked} > {answered}",
    ]
    if record.answer.usage is not None:
        parts.append(_tokens(record.answer.usage))
    if record.cost is not None:
        parts.append(f"${record.cost.total_usd.normalize():f}")
    if record.time_to_first_chunk_s is not None:
        parts.append(f"first {record.time_to_first_chunk_s:.3f}s")
    parts.append(f"total {record.duration_s:.3f}s")
    if record.error is not None:
        parts.append(f"error {record.error.type}: {record.error.message}")
    return "  ".join("".join(ch if ch.isprintable() else " " for ch in part) for part in parts)


def _tokens(usage: Usage) -> str:
    shown = []
    if usage.input_tokens is not None:
        cached = f" ({usage.cache_read_tokens} cached)" if usage.cache_read_tokens else ""
        shown.append(f"{usage.input_tokens} in{cached}")
    if usage.output_tokens is not None:
        thought = f" ({usage.reasoning_tokens} reasoning)" if usage.reasoning_tokens else ""
        shown.append(f"{usage.output_tokens} out{thought}")
    return " ".join(shown) + (" (partial)" if usage.source == "partial" else "")
