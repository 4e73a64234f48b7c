"""Tokens times rates, in exact decimals (agentgateway.md §2.7).

* The **context** is the whole prompt, ``usage.input_tokens``, which includes cache and audio. The highest tier with
  ``context > context_over`` lays its rates over the base rates, for all tokens of the call: at the bound itself the
  lower tier still holds.
* Every token is priced once. Cache reads, cache writes and images are parts of their own only where they have a rate of
  their own; without one they are billed as input or output. Audio and reasoning are parts of their own in any case, at
  the rate of input or output where they have none.
* Tokens that no rate fits make the call unpriced: a cost that leaves some of them out would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Context, Decimal

from agw.usage import Source, Usage

_EXACT = Context(prec=100)
"""Rates have up to 18 digits and counts up to 16, so nothing is ever rounded; the thread's own context has 28."""
_times, _plus, _scaled = _EXACT.multiply, _EXACT.add, _EXACT.scaleb
_ZERO = Decimal(0)
_INSTEAD = {"input_audio": "input", "output_audio": "output", "reasoning": "output"}
"""Whose rate a part takes that has none of its own."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens; ``request`` per call. None: no rate of its own."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    cache_write_1h: Decimal | None = None
    """For cache writes that live an hour; otherwise they cost what cache writes cost."""
    input_image: Decimal | None = None
    output_image: Decimal | None = None
    request: Decimal | None = None

    def over(self, base: Rates) -> Rates:
        """These rates, and what they leave unsaid from ``base``."""
        return replace(base, **self.said())

    def said(self) -> dict[str, Decimal]:
        return {name: rate for name in RATE_NAMES if (rate := getattr(self, name)) is not None}


RATE_NAMES = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True, slots=True)
class Tier:
    """Rates for calls whose context is larger than ``context_over`` tokens."""

    context_over: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs. ``tiers`` ascend."""

    rates: Rates = Rates()
    tiers: tuple[Tier, ...] = ()

    def at(self, context: int) -> Rates:
        for tier in reversed(self.tiers):
            if context > tier.context_over:
                return tier.rates.over(self.rates)
        return self.rates


def cost_parts(usage: Usage, price: Price) -> dict[str, Decimal] | None:
    """US dollars by class of token, only for classes that the provider reported; they sum to the total exactly.

    None where nothing can be said: no counts, tokens without a rate, or a count missing from a whole answer. Of an
    answer that broke off, what is known is priced.
    """
    rates = price.at(usage.input_tokens or 0)
    if usage.source is not Source.PARTIAL and (
        usage.input_tokens is None or (usage.output_tokens is None and rates.output)
    ):
        return None
    counts = _input_counts(usage, rates) | _output_counts(usage, rates)
    if not counts:
        return None
    found: dict[str, Decimal] = {}
    for name, tokens in counts.items():
        rate: Decimal | None = getattr(rates, name)
        if rate is None and (instead := _INSTEAD.get(name)) is not None:
            rate = getattr(rates, instead)
        if rate is None:
            if tokens:
                return None
            continue
        found[name] = _scaled(_times(rate, tokens), -6)
    if "cache_write_1h" in found:
        found["cache_write"] = _plus(found["cache_write"], found.pop("cache_write_1h"))
    if found and rates.request is not None:
        found["request"] = rates.request
    return found or None


def total(parts: Mapping[str, Decimal]) -> Decimal:
    """The exact sum."""
    amount = _ZERO
    for part in parts.values():
        amount = _plus(amount, part)
    return amount


def _input_counts(usage: Usage, rates: Rates) -> dict[str, int]:
    if usage.input_tokens is None:
        return {}
    written, of_an_hour = usage.cache_write_tokens, None
    if written is not None and rates.cache_write is not None and rates.cache_write_1h is not None:
        of_an_hour = min(usage.cache_write_1h_tokens or 0, written) or None
        written -= of_an_hour or 0
    counts = {"input": usage.input_tokens}
    if usage.cache_read_tokens is not None and rates.cache_read is not None:
        counts["cache_read"] = usage.cache_read_tokens
    if written is not None and rates.cache_write is not None:
        counts["cache_write"] = written
    if of_an_hour is not None:
        counts["cache_write_1h"] = of_an_hour
    if usage.input_audio_tokens is not None:
        counts["input_audio"] = usage.input_audio_tokens
    if usage.input_image_tokens is not None and rates.input_image is not None:
        counts["input_image"] = usage.input_image_tokens
    return _apart(counts, "input")


def _output_counts(usage: Usage, rates: Rates) -> dict[str, int]:
    if usage.output_tokens is None:
        return {}
    counts = {"output": usage.output_tokens}
    if usage.reasoning_tokens is not None:
        counts["reasoning"] = usage.reasoning_tokens
    if usage.output_audio_tokens is not None:
        counts["output_audio"] = usage.output_audio_tokens
    if usage.output_image_tokens is not None and rates.output_image is not None:
        counts["output_image"] = usage.output_image_tokens
    return _apart(counts, "output")


def _apart(counts: dict[str, int], whole: str) -> dict[str, int]:
    """With the parts taken out of the whole."""
    inside = sum(counts.values()) - counts[whole]
    counts[whole] = max(counts[whole] - inside, 0)
    return counts
