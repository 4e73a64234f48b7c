"""Usage as Anthropic tells it: ``input_tokens`` are those beside the cache, so that the three input counts add up."""

from __future__ import annotations

from typing import Any

from agw.usage import Usage


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """The two counts that the format demands, and those of the cache where they are known."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    body: dict[str, Any] = {"input_tokens": max((usage.input_tokens or 0) - cached, 0)}
    if usage.cache_write_tokens is not None:
        body["cache_creation_input_tokens"] = usage.cache_write_tokens
    if usage.cache_read_tokens is not None:
        body["cache_read_input_tokens"] = usage.cache_read_tokens
    body["output_tokens"] = usage.output_tokens or 0
    if usage.reasoning_tokens is not None:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return body
