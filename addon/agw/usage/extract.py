"""Usage from the providers' bodies, declared as data: which path holds which class (agentgateway.md §3.6).

A rule is a list of paths, the first that holds a count wins. ``a + b`` is a sum: its first term must be there, the
others count where they are. A path's last step may select from a list: ``promptTokensDetails[AUDIO]`` is the
``tokenCount`` of the entry whose ``modality`` is AUDIO (Google's way of telling parts).

Two things cannot be said by paths, since the same field means different things to different providers: whether the
answer's count includes reasoning (``_reasoning_included``), and what a cost is counted in (``_cost``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from agw.usage.usage import Usage

_BEDROCK_HEADERS = (
    ("input_tokens", "x-amzn-bedrock-input-token-count"),
    ("output_tokens", "x-amzn-bedrock-output-token-count"),
)
_MOST = 2**53
"""A count beyond this is nobody's tokens."""

_Step = tuple[str | None, str | None, str]
"""A rule, with its keys where it is a path of one or two."""
Table = tuple[tuple[str, tuple[_Step, ...]], ...]
"""For each field of Usage its rules, as paths below the usage object."""


def _table(rules: Mapping[str, tuple[str, ...]]) -> Table:
    return tuple((name, tuple(_step(rule) for rule in paths)) for name, paths in rules.items())


def _step(rule: str) -> _Step:
    keys = _keys(rule)
    if keys is None or len(keys) > 2:
        return None, None, rule
    return keys[0], keys[1] if len(keys) == 2 else None, rule


@cache
def _keys(rule: str) -> tuple[str, ...] | None:
    """The steps of a plain path; None for a sum or a selection."""
    return None if "+" in rule or "[" in rule else tuple(rule.split("."))


OPENAI_CHAT = _table(
    {
        "input_tokens": ("prompt_tokens",),
        "output_tokens": ("completion_tokens",),
        "total_tokens": ("total_tokens",),
        "cache_read_tokens": (
            "prompt_tokens_details.cached_tokens",
            "cache_read_input_tokens",
            "prompt_cache_hit_tokens",  # DeepSeek
            "cached_tokens",  # Moonshot
            "num_cached_tokens",  # Mistral
        ),
        "cache_write_tokens": ("prompt_tokens_details.cache_write_tokens", "cache_creation_input_tokens"),
        "reasoning_tokens": ("completion_tokens_details.reasoning_tokens",),
        "input_audio_tokens": ("prompt_tokens_details.audio_tokens",),
        "output_audio_tokens": ("completion_tokens_details.audio_tokens",),
        "input_image_tokens": ("prompt_tokens_details.image_tokens",),
        "output_image_tokens": ("completion_tokens_details.image_tokens",),
    }
)
OPENAI_RESPONSES = _table(
    {
        "input_tokens": ("input_tokens",),
        "output_tokens": ("output_tokens",),
        "total_tokens": ("total_tokens",),
        "cache_read_tokens": ("input_tokens_details.cached_tokens",),
        "cache_write_tokens": ("input_tokens_details.cache_write_tokens",),
        "reasoning_tokens": ("output_tokens_details.reasoning_tokens",),
        "input_audio_tokens": ("input_tokens_details.audio_tokens",),
        "output_audio_tokens": ("output_tokens_details.audio_tokens",),
        "input_image_tokens": ("input_tokens_details.image_tokens",),
        "output_image_tokens": ("output_tokens_details.image_tokens",),
    }
)
# Realtime's names differ from those of Responses by one letter (https://platform.openai.com/docs/guides/realtime-costs).
OPENAI_REALTIME = _table(
    {
        name: tuple(path.replace("tokens_details", "token_details") for _, _, path in steps)
        for name, steps in OPENAI_RESPONSES
    }
)
# Embeddings have a prompt and nothing else: the total says no more than the prompt.
OPENAI_EMBEDDINGS = _table(
    {
        "input_tokens": ("prompt_tokens", "total_tokens"),
        "total_tokens": ("total_tokens",),
    }
)


# ``input_tokens`` is what was neither read from a cache nor written to one; no total is reported
# (https://docs.claude.com/en/docs/build-with-claude/prompt-caching, "Tracking cache performance").
ANTHROPIC = _table(
    {
        "input_tokens": ("input_tokens + cache_read_input_tokens + cache_creation_input_tokens",),
        "output_tokens": ("output_tokens",),
        "cache_read_tokens": ("cache_read_input_tokens",),
        "cache_write_tokens": ("cache_creation_input_tokens",),
        "cache_write_1h_tokens": ("cache_creation.ephemeral_1h_input_tokens",),
        "reasoning_tokens": ("output_tokens_details.thinking_tokens",),
    }
)
# The prompt includes what came from a cache and not what tools brought in; candidates exclude thoughts; a count of 0
# is left out (https://ai.google.dev/api/generate-content#UsageMetadata). ``response…`` is the Live API's word.
GEMINI = _table(
    {
        "input_tokens": ("promptTokenCount + toolUsePromptTokenCount",),
        "output_tokens": (
            "candidatesTokenCount + thoughtsTokenCount",
            "responseTokenCount + thoughtsTokenCount",
            "thoughtsTokenCount",
        ),
        "total_tokens": ("totalTokenCount",),
        "cache_read_tokens": ("cachedContentTokenCount",),
        "reasoning_tokens": ("thoughtsTokenCount",),
        "input_audio_tokens": ("promptTokensDetails[AUDIO]",),
        "output_audio_tokens": ("candidatesTokensDetails[AUDIO]", "responseTokensDetails[AUDIO]"),
        "input_image_tokens": ("promptTokensDetails[IMAGE]",),
        "output_image_tokens": ("candidatesTokensDetails[IMAGE]", "responseTokensDetails[IMAGE]"),
    }
)
# Like Anthropic's: ``inputTokens`` are those beside the cache
# (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
CONVERSE = _table(
    {
        "input_tokens": ("inputTokens + cacheReadInputTokens + cacheWriteInputTokens",),
        "output_tokens": ("outputTokens",),
        "total_tokens": ("totalTokens",),
        "cache_read_tokens": ("cacheReadInputTokens",),
        "cache_write_tokens": ("cacheWriteInputTokens",),
    }
)
# Models invoked at Bedrock without Converse: the metrics that Bedrock puts at the end of their streams, else what Titan
# and Llama write beside their text.
BEDROCK_INVOKE = _table(
    {
        "input_tokens": (
            "inputTokenCount + cacheReadInputTokenCount + cacheWriteInputTokenCount",
            "inputTextTokenCount",
            "prompt_token_count",
        ),
        "output_tokens": ("outputTokenCount", "generation_token_count"),
        "cache_read_tokens": ("cacheReadInputTokenCount",),
        "cache_write_tokens": ("cacheWriteInputTokenCount",),
    }
)
# Cohere's own shape, and that of its kin (Jina, Voyage, Together) which report usage as embeddings do. Paths are below
# the whole body. Search units are no tokens.
RERANK = _table(
    {
        "input_tokens": (
            "meta.tokens.input_tokens",
            "meta.billed_units.input_tokens",
            "usage.prompt_tokens",
            "usage.input_tokens",
            "usage.total_tokens",
        ),
        "output_tokens": ("meta.tokens.output_tokens", "meta.billed_units.output_tokens", "usage.completion_tokens"),
        "total_tokens": ("usage.total_tokens",),
    }
)


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


def usage_from(reported: Any, table: Table) -> Usage | None:
    """The usage in one provider's object; None if the object holds no count that we know."""
    if not isinstance(reported, dict):
        return None
    counts: dict[str, Any] = {}
    for name, steps in table:
        for first, second, rule in steps:
            if first is None:
                found = _counted(reported, rule)
            else:
                found = reported.get(first)
                if second is not None:
                    found = found.get(second) if isinstance(found, dict) else None
                if found is None:
                    continue
                if type(found) is not int or not 0 <= found <= _MOST:
                    found = count(found)
            if found is not None:
                counts[name] = found
                break
    cost = _cost(reported) if "cost" in reported or "cost_in_usd_ticks" in reported else None
    return _reasoning_included(Usage(cost_usd=cost, **counts)) if counts or cost is not None else None


def usage_from_headers(headers: Mapping[str, Sequence[str]]) -> Usage | None:
    """What Bedrock tells of an invoked model in its answer's headers; the only place for Cohere's embeddings.

    ``headers`` are all values by lower-case name.
    """
    texts = {field: ", ".join(values) for field, name in _BEDROCK_HEADERS if (values := headers.get(name))}
    if not texts:
        return None
    found: dict[str, Any] = {field: int(text) for field, text in texts.items() if re.fullmatch(r"[0-9]{1,15}", text)}
    return replace(Usage(), **found) if found else None


def _counted(reported: Mapping[str, Any], rule: str) -> int | None:
    keys = _keys(rule)
    if keys is None:
        first, *more = (_term(reported, term) for term in rule.split(" + "))
        return None if first is None else first + sum(one for one in more if one is not None)
    found: Any = reported
    for key in keys:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return None if found is None else count(found)


def _term(reported: Mapping[str, Any], term: str) -> int | None:
    path, _, modality = term.partition("[")
    found = dig(reported, path)
    if not modality:
        return count(found)
    entries = found if isinstance(found, list) else []
    counts = [
        n
        for one in entries
        if isinstance(one, dict) and one.get("modality") == modality[:-1] and (n := count(one.get("tokenCount")))
    ]
    return sum(counts) if counts else None


def _reasoning_included(usage: Usage) -> Usage:
    """xAI's ``completion_tokens`` leave reasoning out, and some Gemini models' ``candidatesTokenCount`` have it in.

    The total decides, where there is one; reasoning that is more than the output cannot be a part of it.
    """
    thought, output = usage.reasoning_tokens, usage.output_tokens
    if not thought or output is None:
        return usage
    rest = None if usage.total_tokens is None or usage.input_tokens is None else usage.total_tokens - usage.input_tokens
    if rest == output + thought or (thought > output and rest != output):
        return replace(usage, output_tokens=output + thought)
    if rest is not None and rest == output - thought >= thought:
        return replace(usage, output_tokens=rest)
    return usage


def _cost(reported: Mapping[str, Any]) -> Decimal | None:
    """What the call cost, in US dollars, where the provider says it.

    OpenRouter: ``cost`` in credits (1 credit is 1 dollar); with a key of one's own it is only the fee, and the
    provider's share stands beside it. xAI: ticks of 10^-10 dollars. Perplexity: an object with its total.
    """
    cost = reported.get("cost")
    if isinstance(cost, dict):
        return money(cost.get("total_cost"))
    ticks = count(reported.get("cost_in_usd_ticks"))
    if ticks is not None:
        return Decimal(ticks).scaleb(-10)
    amount = money(cost)
    if amount is not None and reported.get("is_byok") is True:
        amount += money(dig(reported, "cost_details.upstream_inference_cost")) or 0
    return amount


def money(value: Any) -> Decimal | None:
    """A cost in US dollars as the provider wrote it; None for what is not a plain amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
