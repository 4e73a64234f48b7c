"""What telling a finished call costs: price, content, dialect and protobuf (or JSON), on one core, off the event loop.

    PYTHONPATH=addon:scripts python -m bench_suite.telling [--json]

Per platform: microseconds of CPU for a call without content, for one with a conversation of 10 KB, and for the same
with all built-in rules of redaction.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from agw.config.platform import Platform
from agw.config.snapshot import Destination
from agw.content.levels import ContentFinisher, Level
from agw.content.redactor import ALL, Redactor
from agw.pricing.catalog import Catalog
from agw.pricing.pricer import Prices
from agw.record import AnswerFacts, Attribution, CallRecord, Content, RequestFacts, SpanIds
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.dialects.helicone import log_of
from agw.telemetry.encoder import SpanEncoder
from agw.telemetry.export_request import export_request
from agw.usage import Usage

TURNS, TURN_CHARS = 9, 1000
CALLS, ROUNDS = 400, 5


def call() -> CallRecord:
    """A streamed chat of a known user, with everything but content."""
    now_ns = time.time_ns()
    return CallRecord(
        ids=SpanIds("a" * 32, "b" * 16),
        start_ns=now_ns,
        end_ns=now_ns + 1_000_000_000,
        provider="openai",
        request=RequestFacts("chat", "completions", model="gpt-4o-mini", stream=True, temperature=0.2, max_tokens=500),
        answer=AnswerFacts(
            response_id="chatcmpl-1",
            model="gpt-4o-mini-2024-07-18",
            finish_reasons=("stop",),
            usage=Usage(1000, 200, 1200, cache_read_tokens=400, reasoning_tokens=50),
            complete=True,
        ),
        first_chunk_ns=now_ns + 200_000_000,
        first_token_ns=now_ns + 250_000_000,
        server_address="api.openai.com",
        server_port=443,
        http_status=200,
        url_path="/v1/chat/completions",
        gateway="bind/3000",
        listener="default",
        route="default/chat",
        backend="openai",
        attribution=Attribution("alice", session="conv-1", tags=("beta",), metadata={"team": "blue"}),
    )


def conversation() -> Content:
    text = ("The quick brown fox jumps over the lazy dog. " * 30)[:TURN_CHARS]
    parts = [{"type": "text", "content": text}]
    asked = [{"role": "assistant" if turn % 2 else "user", "parts": parts} for turn in range(TURNS)]
    return Content(
        input_messages=asked,
        output_messages=[{"role": "assistant", "parts": parts, "finish_reason": "stop"}],
        tool_definitions=[{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    )


def cpu_us(work: Callable[[], object]) -> float:
    """The best of some rounds: what else runs here only adds."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        rounds.append((time.process_time() - began) / CALLS)
    return round(min(rounds) * 1e6, 1)


def span_bytes(encoder: SpanEncoder, record: CallRecord) -> bytes:
    return export_request([encoder.span(record).SerializeToString()], encoder.resource)


def measured() -> dict[str, dict[str, float]]:
    pricer = Prices().pricer(Catalog())
    talk = replace(call(), content=conversation())
    full, redacting = ContentFinisher(Level.FULL, Redactor(())), ContentFinisher(Level.REDACTED, Redactor(ALL))
    calls = {"no content": (call(), full), "10 KB": (talk, full), "redacted": (talk, redacting)}
    found: dict[str, dict[str, float]] = {}
    for platform in DIALECTS:
        encoder = SpanEncoder(Destination("http://a:1", platform=platform, content=Level.FULL), {})
        found[platform.value] = {
            name: cpu_us(lambda one=one, to=encoder, finish=finish: span_bytes(to, finish(pricer(one))))  # type: ignore[misc]
            for name, (one, finish) in calls.items()
        }
    found[Platform.HELICONE.value] = {
        name: cpu_us(lambda one=one, finish=finish: log_of(finish(pricer(one))))  # type: ignore[misc]
        for name, (one, finish) in calls.items()
    }
    return found


def main() -> None:
    figures = measured()
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    print(f"{'microseconds of CPU per call':32}" + "".join(f"{name:>12}" for name in next(iter(figures.values()))))
    for platform, row in figures.items():
        print(f"{platform:32}" + "".join(f"{figure:>12}" for figure in row.values()))


if __name__ == "__main__":
    main()
