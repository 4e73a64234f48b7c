"""Marks for the prompt cache: Anthropic's ``cache_control`` (also as OpenRouter and LiteLLM put it on the parts of chat
messages) and OpenAI's ``prompt_cache_breakpoint``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import models, reading
from agw.translate.base import Losses
from agw.translate.neutral import CacheMark

_LONG = ("30m", "1h", "12h", "24h")


def read_mark(part: Mapping[str, Any]) -> CacheMark | None:
    for key in ("cache_control", "prompt_cache_breakpoint"):
        if isinstance(part.get(key), dict):
            return CacheMark(reading.string(part[key], "ttl"))
    return None


def anthropic_mark(mark: CacheMark | None) -> dict[str, Any]:
    """Members to add to a block. What is to live longer than Anthropic's five minutes gets its hour."""
    if mark is None:
        return {}
    control = {"type": "ephemeral"}
    if mark.ttl == "5m":
        control["ttl"] = "5m"
    elif mark.ttl in _LONG:
        control["ttl"] = "1h"
    return {"cache_control": control}


def openai_mark(mark: CacheMark | None, model: str, losses: Losses) -> dict[str, Any]:
    """Members to add to a part: for the models that know one of the two marks, else a loss."""
    if mark is None:
        return {}
    if models.is_claude(model):
        return anthropic_mark(mark)
    if not models.takes_cache_breakpoints(model):
        losses.add("cache_control")
        return {}
    point = {"mode": "explicit"}
    if mark.ttl in ("12h", "24h"):
        point["ttl"] = "12h"
    return {"prompt_cache_breakpoint": point}
