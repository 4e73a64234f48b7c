"""Token usage of one call, in one vocabulary for every provider.

Inclusion rules, the only ones in the house:

* ``input_tokens`` is the whole prompt: it **includes** tokens read from a cache, tokens written to a cache, and
  audio or image parts.
* ``output_tokens`` is the whole answer: it **includes** reasoning tokens and audio parts.
* every other class is a part of one of the two, never an addition.
* a class that the provider did not report is ``None``: absent, never 0.

These are the rules of OpenTelemetry's ``gen_ai.usage.*`` (semantic conventions 1.41.1, inference span).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from agw.values import value


class Source(StrEnum):
    """Where a figure comes from."""

    PROVIDER = "provider"
    """Reported by the provider in a complete answer."""
    COMPUTED = "computed"
    """Derived from figures that the provider reported."""
    ESTIMATED = "estimated"
    """Counted by us; the provider reported nothing."""
    PARTIAL = "partial"
    """Reported by the provider before the answer broke off: a lower bound."""


@value
class Usage:
    """Token counts of one call. See the module for what includes what."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    """As the provider reported it; not recomputed."""
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    """Those of the cache writes that live an hour, where the provider tells: they cost more."""
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    cost_usd: Decimal | None = None
    """Cost that the provider itself reported with the usage, in US dollars."""
    source: Source = Source.PROVIDER

    def contradictions(self) -> tuple[str, ...]:
        """Names the inclusion rules that these figures break; empty when they hold."""
        broken = []
        cached = (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)
        if self.input_tokens is not None and cached > self.input_tokens:
            broken.append("input_tokens < cache_read_tokens + cache_write_tokens")
        if self.output_tokens is not None and (self.reasoning_tokens or 0) > self.output_tokens:
            broken.append("output_tokens < reasoning_tokens")
        return tuple(broken)
