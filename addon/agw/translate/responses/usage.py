"""Usage as Responses tells it: input includes what came from a cache, output its reasoning."""

from __future__ import annotations

from typing import Any

from agw.usage import Usage


def write_usage(usage: Usage) -> dict[str, Any]:
    """The format demands every one of these counts; what is not known is 0 here, as it is for OpenAI's own models."""
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": read,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens or 0,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": read + written,
    }
