"""Which calls are traced, and under which ids (agentgateway.md §2.3).

==================== ================================ ======================== ========
incoming context     drawn by                         traceparent sent on      exported
==================== ================================ ======================== ========
none or not valid    ``random`` says yes              new trace, flags 01      yes
none or not valid    ``random`` says no               untouched                no
valid, flags 01      ``client`` says yes              same trace, new span id  yes
valid, flags 00      ``client`` says yes              same trace, new span id  no
valid                ``client`` says no               untouched                no
any                  nobody: tracing is not set up    untouched                no
==================== ================================ ======================== ========
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agw.cel import Expression, Variables
from agw.config.snapshot import Sampling
from agw.record import SpanIds
from agw.telemetry.propagation import parse

SAMPLED = 0x01
_RANDOM_TRACE_ID = 0x02
_PASSED_ON = SAMPLED | _RANDOM_TRACE_ID


class Random(Protocol):
    """What is needed of ``random.Random``."""

    def random(self) -> float: ...
    def getrandbits(self, bits: int, /) -> int: ...


def start(
    traceparent: str | None,
    tracestate: str | None,
    sampling: Sampling | None,
    random: Random,
    variables: Callable[[], Variables],
) -> SpanIds:
    """Ids for a new call, by the table above. ``sampling`` is None where tracing is not set up; ``variables`` is asked
    for what the request's head says, where sampling is an expression.

    A call whose headers stay untouched has no parent: its ids are only its record's.
    """
    parent = parse(traceparent, tracestate)
    span_id = _id(random, 64)
    if parent is None:
        sampled = sampling is not None and _drawn(sampling.random, random, variables)
        return SpanIds(_id(random, 128), span_id, sampled=sampled, trace_flags=SAMPLED if sampled else 0)
    if sampling is None or not _drawn(sampling.client, random, variables):
        return SpanIds(parent.trace_id, span_id, sampled=False, trace_flags=0)
    return SpanIds(
        parent.trace_id,
        span_id,
        parent.span_id,
        sampled=bool(parent.flags & SAMPLED),
        trace_flags=parent.flags & _PASSED_ON,
        trace_state=parent.trace_state,
    )


def _drawn(said: float | Expression, random: Random, variables: Callable[[], Variables]) -> bool:
    ratio = _probability(said.evaluate(variables())) if isinstance(said, Expression) else said
    return ratio >= 1.0 or (ratio > 0.0 and random.random() < ratio)


def _probability(value: object) -> float:
    """Of what an expression gave: a bool or a number, held to 0..1. All else is no."""
    return min(max(float(value), 0.0), 1.0) if isinstance(value, bool | int | float) else 0.0


def _id(random: Random, bits: int) -> str:
    """Zero is not an id."""
    while not (drawn := random.getrandbits(bits)):
        pass
    return drawn.to_bytes(bits // 8).hex()
