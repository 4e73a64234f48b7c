"""Usage as Chat Completions tells it: the prompt includes what came from a cache, the completion its reasoning."""

from __future__ import annotations

from typing import Any

from agw.translate.writing import without_none
from agw.usage import Usage


def write_usage(usage: Usage) -> dict[str, Any]:
    """The three counts that the format demands, and the details that are known."""
    prompt, completion = usage.input_tokens or 0, usage.output_tokens or 0
    read = without_none(
        {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "audio_tokens": usage.input_audio_tokens,
        }
    )
    written = without_none({"reasoning_tokens": usage.reasoning_tokens, "audio_tokens": usage.output_audio_tokens})
    body: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if read:
        body["prompt_tokens_details"] = read
    if written:
        body["completion_tokens_details"] = written
    return body
