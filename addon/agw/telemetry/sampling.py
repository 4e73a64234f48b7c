"""Which calls are traced, and under which ids (agentgateway.md §2.3)."""

from __future__ import annotations

from typing import Protocol

from agw.config.snapshot import Sampling
from agw.record import SpanIds
from agw.telemetry.propagation import parse

SAMPLED = 0x01


class Random(Protocol):
    """What is needed of ``random.Random``."""

    def random(self) -> float: ...
    def getrandbits(self, bits: int, /) -> int: ...


def start(traceparent: str | None, tracestate: str | None, sampling: Sampling | None, random: Random) -> SpanIds:
    """Ids for a new call.

    A caller's context decides by ``client``, its absence by ``random``. A caller that did not sample (flags 00) gets a
    span id passed on, and no span is exported. A call that is not sampled has ids for its record, and no parent: its
    headers stay untouched.
    """
    parent = parse(traceparent, tracestate)
    span_id = _id(random, 64)
    if sampling is None:
        return SpanIds(_id(random, 128) if parent is None else parent.trace_id, span_id, sampled=False)
    if parent is None:
        return SpanIds(_id(random, 128), span_id, sampled=_drawn(sampling.random, random), trace_flags=SAMPLED)
    if not _drawn(sampling.client, random):
        return SpanIds(parent.trace_id, span_id, sampled=False)
    return SpanIds(
        parent.trace_id,
        span_id,
        parent.span_id,
        sampled=bool(parent.flags & SAMPLED),
        trace_flags=parent.flags & SAMPLED,
        trace_state=parent.trace_state,
    )


def _drawn(ratio: float, random: Random) -> bool:
    return ratio >= 1.0 or (ratio > 0.0 and random.random() < ratio)


def _id(random: Random, bits: int) -> str:
    # Zero is no id.
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"
