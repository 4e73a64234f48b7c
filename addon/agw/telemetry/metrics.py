"""What a record says to the metrics: names, labels, values (agentgateway.md §2.9). Pure; what holds them is elsewhere.

Prices and tokens that nobody knows are not observed at all: a sum of them would say that they were nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from agw.record import CallRecord

UNKNOWN = "unknown"
"""The label of what is not known."""
TOKEN_BUCKETS = tuple(4.0**power for power in range(14))
SECOND_BUCKETS = tuple(0.01 * 2**power for power in range(14))
"""0.01 to 81.92 s."""
FIRST_TOKEN_BUCKETS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0,
)  # fmt: skip
TOKEN_PACE_BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
PLACE_LABELS = ("bind", "gateway", "listener", "route", "route_rule")
MODEL_LABELS = ("gen_ai_operation_name", "gen_ai_system", "gen_ai_request_model", "gen_ai_response_model")
REQUEST_LABELS = ("backend", "protocol", "method", "status", "reason")


class Kind(StrEnum):
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """``name`` is without the prefix ``agentgateway_``; ``labels`` are those beyond ``PLACE_LABELS``."""

    name: str
    help: str
    kind: Kind
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()


class Observation(NamedTuple):
    """A value to add, with the values of the metric's own labels in their order."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


def _histogram(name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...] = SECOND_BUCKETS) -> Metric:
    return Metric(name, text, Kind.HISTOGRAM, labels, buckets)


TOKENS = _histogram(
    "gen_ai_client_token_usage", "Tokens of a call, by class.", ("gen_ai_token_type", *MODEL_LABELS), TOKEN_BUCKETS
)
COST = Metric("gen_ai_client_cost_usd", "Cost of calls in US dollars.", Kind.COUNTER, MODEL_LABELS)
LLM_DURATION = _histogram("gen_ai_server_request_duration", "Seconds from a call's start to its end.", MODEL_LABELS)
FIRST_TOKEN = _histogram(
    "gen_ai_server_time_to_first_token", "Seconds to a stream's first token.", MODEL_LABELS, FIRST_TOKEN_BUCKETS
)
TOKEN_PACE = _histogram(
    "gen_ai_server_time_per_output_token", "Seconds for each token after a first.", MODEL_LABELS, TOKEN_PACE_BUCKETS
)
REQUESTS = Metric("requests", "Calls.", Kind.COUNTER, REQUEST_LABELS)
DURATION = _histogram("request_duration_seconds", "Seconds from a call's start to its end.", REQUEST_LABELS)
PROCESSING = _histogram(
    "request_processing_seconds",
    "The gateway's own share of a call, in seconds.",
    (),
    (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
)
RESPONSE_BYTES = Metric("response_bytes", "Bytes of answers.", Kind.COUNTER, REQUEST_LABELS)
RETRIES = Metric("retries", "Tries after the first.", Kind.COUNTER, ("backend",))
UPSTREAM_CALLS = _histogram("upstream_call_duration_seconds", "Seconds of one try.", ("kind", "subtype", "status"))
GUARDS = Metric("guardrail_checks", "Calls in which a guard found something.", Kind.COUNTER, ("phase", "action"))
METRICS = (
    TOKENS,
    COST,
    LLM_DURATION,
    FIRST_TOKEN,
    TOKEN_PACE,
    REQUESTS,
    DURATION,
    PROCESSING,
    RESPONSE_BYTES,
    RETRIES,
    UPSTREAM_CALLS,
    GUARDS,
)


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A place for a value: the metric, and those of its labels that are not the call's. There is one of each."""

    metric: Metric
    labels: tuple[str, ...] = ()


_REQUESTS, _DURATION, _LLM_DURATION, _COST = Slot(REQUESTS), Slot(DURATION), Slot(LLM_DURATION), Slot(COST)
_FIRST_TOKEN, _TOKEN_PACE, _PROCESSING = Slot(FIRST_TOKEN), Slot(TOKEN_PACE), Slot(PROCESSING)
_RESPONSE_BYTES, _RETRIES = Slot(RESPONSE_BYTES), Slot(RETRIES)
_INPUT, _OUTPUT, _CACHE_READ, _CACHE_WRITE = (
    Slot(TOKENS, (one,)) for one in ("input", "output", "input_cache_read", "input_cache_write")
)
_MASKED = {"request": Slot(GUARDS, ("request", "mask")), "response": Slot(GUARDS, ("response", "mask"))}
_REJECTED = {"request": Slot(GUARDS, ("request", "reject")), "response": Slot(GUARDS, ("response", "reject"))}


@lru_cache(1024)
def _upstream(status: int | None) -> Slot:
    return Slot(UPSTREAM_CALLS, ("Primary", "Llm", UNKNOWN if status is None else str(status)))


def place_labels(record: CallRecord) -> tuple[str, ...]:
    """Values of ``PLACE_LABELS``."""
    gateway, route = record.gateway or UNKNOWN, record.route or UNKNOWN
    return gateway, gateway, record.listener or UNKNOWN, route, UNKNOWN


def kind_of(record: CallRecord) -> tuple[str | int | None, ...]:
    """All that the labels of a record's values are made of, beside their slots."""
    request, error = record.request, record.error
    return (
        record.gateway,
        record.listener,
        record.route,
        request.operation,
        record.provider,
        request.model,
        record.answer.model,
        record.backend,
        record.http_method,
        record.http_status,
        None if error is None else error.type,
    )


def labels_in(slot: Slot, record: CallRecord) -> tuple[str, ...]:
    """The values of the metric's own labels, in their order."""
    names = slot.metric.labels
    if names == REQUEST_LABELS:
        status = UNKNOWN if record.http_status is None else str(record.http_status)
        reason = "Upstream" if record.error is None else record.error.type
        return record.backend or UNKNOWN, "llm", record.http_method, status, reason
    if names[-len(MODEL_LABELS) :] == MODEL_LABELS:
        request, model = record.request, record.answer.model
        return *slot.labels, request.operation, record.provider, request.model or UNKNOWN, model or UNKNOWN
    return (record.backend or UNKNOWN,) if slot is _RETRIES else slot.labels


def observations(record: CallRecord) -> Iterator[Observation]:
    return (Observation(slot.metric, labels_in(slot, record), value) for slot, value in values(record))


def values(record: CallRecord) -> list[tuple[Slot, float]]:
    duration_s = record.duration_s
    found: list[tuple[Slot, float]] = [(_REQUESTS, 1), (_DURATION, duration_s), (_LLM_DURATION, duration_s)]
    if (usage := record.answer.usage) is not None:
        if usage.input_tokens is not None:
            found.append((_INPUT, usage.input_tokens))
        if usage.output_tokens is not None:
            found.append((_OUTPUT, usage.output_tokens))
        if usage.cache_read_tokens is not None:
            found.append((_CACHE_READ, usage.cache_read_tokens))
        if usage.cache_write_tokens is not None:
            found.append((_CACHE_WRITE, usage.cache_write_tokens))
    if record.cost is not None:
        found.append((_COST, float(record.cost.total_usd)))
    if (first_token_s := record.time_to_first_token_s) is not None:
        found.append((_FIRST_TOKEN, first_token_s))
    if (pace_s := record.time_per_output_token_s) is not None:
        found.append((_TOKEN_PACE, pace_s))
    if record.overhead_s is not None:
        found.append((_PROCESSING, record.overhead_s))
    if record.evidence.response_bytes is not None:
        found.append((_RESPONSE_BYTES, record.evidence.response_bytes))
    if len(record.attempts) > 1:
        found.append((_RETRIES, len(record.attempts) - 1))
    found += [(_upstream(one.http_status), max(one.end_ns - one.start_ns, 0) / 1e9) for one in record.attempts]
    if record.notes or record.error is not None:
        found += _guards(record)
    return found


def _guards(record: CallRecord) -> Iterator[tuple[Slot, float]]:
    for phase, note in (("request", "prompt guard masked"), ("response", "answer guard masked")):
        if any(one.startswith(note) for one in record.notes):
            yield _MASKED[phase], 1
    if record.error is not None and record.error.type == "guard_rejected":
        yield _REJECTED["response" if record.attempts else "request"], 1
