"""Usage from the providers' bodies, declared as data: which path holds which class (agentgateway.md §3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from agw.usage.usage import Usage

_MOST = 2**53
"""A count beyond this is nobody's tokens."""

# For each class the paths below the usage object, the first that holds a count wins.
OPENAI_CHAT: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    "total_tokens": ("total_tokens",),
    "cache_read_tokens": (
        "prompt_tokens_details.cached_tokens",
        "cache_read_input_tokens",
        "prompt_cache_hit_tokens",
        "cached_tokens",
    ),
    "cache_write_tokens": ("prompt_tokens_details.cache_write_tokens", "cache_creation_input_tokens"),
    "reasoning_tokens": ("completion_tokens_details.reasoning_tokens",),
    "input_audio_tokens": ("prompt_tokens_details.audio_tokens",),
    "output_audio_tokens": ("completion_tokens_details.audio_tokens",),
}
OPENAI_RESPONSES: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "total_tokens": ("total_tokens",),
    "cache_read_tokens": ("input_tokens_details.cached_tokens",),
    "cache_write_tokens": ("input_tokens_details.cache_write_tokens",),
    "reasoning_tokens": ("output_tokens_details.reasoning_tokens",),
    "input_audio_tokens": ("input_tokens_details.audio_tokens",),
    "output_audio_tokens": ("output_tokens_details.audio_tokens",),
}
# Embeddings have a prompt and nothing else: the total says no more than the prompt.
OPENAI_EMBEDDINGS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("prompt_tokens", "total_tokens"),
    "total_tokens": ("total_tokens",),
}


def count(value: Any) -> int | None:
    """A token count, or None for whatever is not one: text, booleans, fractions, negative or absurd numbers."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
        return value
    return None


def dig(body: Any, path: str) -> Any:
    """The value at a dotted path; None where any step is missing."""
    for key in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def usage_from(reported: Any, table: Mapping[str, tuple[str, ...]]) -> Usage | None:
    """The usage in one provider's object; None if the object holds no count that we know."""
    if not isinstance(reported, dict):
        return None
    counts: dict[str, Any] = {
        name: found
        for name, paths in table.items()
        if (found := next((n for path in paths if (n := count(dig(reported, path))) is not None), None)) is not None
    }
    cost = money(reported.get("cost"))
    return replace(Usage(cost_usd=cost), **counts) if counts or cost is not None else None


def money(value: Any) -> Decimal | None:
    """A cost in US dollars as the provider wrote it; None for what is not a plain amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
