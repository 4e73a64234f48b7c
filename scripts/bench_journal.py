#!/usr/bin/env python3
"""Figures of the journal, on this machine: what appending costs the loop and the writer, how fast a backlog drains,
how long ``agw costs`` takes on a million calls, and what a backlog costs in memory.

    .venv/bin/python scripts/bench_journal.py [--calls 1000000] [--quick] [--json]

A receiver runs in a process of its own, as a collector does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "addon"))

from agw.config.snapshot import Tracing  # noqa: E402
from agw.destinations.otlp import OtlpReceiver  # noqa: E402
from agw.destinations.worker import Worker  # noqa: E402
from agw.journal import Journal  # noqa: E402
from agw.journal.query import Reader, Which  # noqa: E402
from agw.journal.store import Store  # noqa: E402
from agw.record import (  # noqa: E402
    AnswerFacts,
    Attribution,
    CallRecord,
    Content,
    Cost,
    RequestFacts,
    SpanIds,
)
from agw.record.transient import Transient  # noqa: E402
from agw.recorder import Recorder  # noqa: E402
from agw.usage import Usage  # noqa: E402

MODELS = ("gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash", "llama-3.3-70b")
TURNS = 20
"""Messages in a prompt: an agent's tenth step or so."""


def record_of(number: int) -> CallRecord:
    """A chat with twenty messages of one kilobyte, nineteen of which the call before it had too."""
    now_ns = time.time_ns()
    model = MODELS[number % len(MODELS)]
    messages = [_message(one) for one in range(number, number + TURNS)]
    return CallRecord(
        ids=SpanIds(f"{random.getrandbits(128):032x}", f"{random.getrandbits(64):016x}"),
        start_ns=now_ns - 1_000_000_000,
        end_ns=now_ns,
        provider="openai",
        request=RequestFacts("chat", "completions", model=model, stream=True),
        answer=AnswerFacts(
            response_id=f"chatcmpl-{number}",
            model=model,
            finish_reasons=("stop",),
            usage=Usage(input_tokens=5000, output_tokens=200, cache_read_tokens=4000),
            complete=True,
        ),
        first_chunk_ns=now_ns - 700_000_000,
        first_token_ns=now_ns - 600_000_000,
        client_model=model,
        server_address="api.openai.com",
        server_port=443,
        http_status=200,
        url_path="/v1/chat/completions",
        route="default/chat",
        backend="openai",
        attribution=Attribution(user=f"user-{number % 50}", session=f"s-{number // 20}"),
        cost=Cost(Decimal("0.00123"), {"input": Decimal("0.001"), "output": Decimal("0.00023")}),
        content=Content(input_messages=messages, output_messages=[{**_message(number), "finish_reason": "stop"}]),
    )


def _message(number: int) -> dict[str, Any]:
    return {"role": "user", "parts": [{"type": "text", "content": f"{number} " + "lorem ipsum " * 80}]}


def appending(folder: Path, count: int) -> dict[str, float]:
    """What one call costs the thread that hands it over, at 200 calls a second, while the writer works beside it."""
    journal = Journal(folder / "append.sqlite", on_trouble=print)
    recorder = Recorder(journal, tell=lambda record: None, on_trouble=print)
    transient = Transient(size_bytes=20_000)
    costs_us = []
    for number in range(count):
        record = record_of(number)
        time.sleep(0.005)
        began = time.perf_counter()
        recorder.put(record, transient)
        costs_us.append((time.perf_counter() - began) * 1e6)
    recorder.close(60)
    journal.close()
    return {"loop_p50_us": _at(costs_us, 0.5), "loop_p99_us": _at(costs_us, 0.99), "loop_max_us": max(costs_us)}


def writing(folder: Path, count: int) -> dict[str, float]:
    """What the writer's thread needs, in groups of 32, with one fsync for each."""
    store = Store(folder / "write.sqlite")
    records = [record_of(number) for number in range(count)]
    per_call_us = []
    for start in range(0, count, 32):
        group = records[start : start + 32]
        began = time.perf_counter()
        store.append((), group)
        per_call_us.append((time.perf_counter() - began) * 1e6 / len(group))
    size = (folder / "write.sqlite").stat().st_size
    store.close()
    return {
        "writer_p50_us": _at(per_call_us, 0.5),
        "writer_p99_us": _at(per_call_us, 0.99),
        "bytes_per_call": size / count,
    }


def draining(folder: Path, count: int) -> dict[str, float]:
    """A backlog to a receiver on this machine, over gRPC."""
    with subprocess.Popen(
        [sys.executable, __file__, "--receive"], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        receiver = OtlpReceiver(Tracing(f"http://127.0.0.1:{port}", "grpc"))
        store = Store(folder / "drain.sqlite")
        store.serve(receiver.name)
        for start in range(0, count, 500):
            store.append((), [record_of(number) for number in range(start, min(start + 500, count))])
        before_kb = _rss_kb()
        began = time.perf_counter()
        worker = Worker(receiver, lambda: [store], environ={}, on_trouble=print)
        worker.wake()
        peak_kb = before_kb
        while worker.stats().queued:
            time.sleep(0.02)
            peak_kb = max(peak_kb, _rss_kb())
        took_s = time.perf_counter() - began
        worker.close(5)
        store.close()
        child.terminate()
    return {"drain_per_s": count / took_s, "drain_growth_mb": (peak_kb - before_kb) / 1024}


def summing(folder: Path, count: int) -> dict[str, float]:
    """``agw costs --by model --since 7d`` on a journal of ``count`` calls of the last two weeks."""
    path = folder / "costs.sqlite"
    store = Store(path)
    store.append((), [record_of(0)])
    fill(store, count)
    store.close()
    now_ns = time.time_ns()
    which = Which(since_ns=now_ns - 7 * 86_400_000_000_000)
    timed: dict[str, Callable[[Reader], object]] = {
        "costs_by_model_s": lambda reader: reader.costs(["model"], which),
        "costs_by_user_day_s": lambda reader: reader.costs(["user", "day"], which),
        "costs_by_session_s": lambda reader: reader.costs(["session"], which),
        "latency_by_model_s": lambda reader: reader.times("model", which),
    }
    took = {name: _best(partial(ask, Reader([path])), 3) for name, ask in timed.items()}
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "addon")}
    command = [sys.executable, "-m", "agw.cli", "costs", "--journal", str(path), "--since", "7d", "--by", "model"]
    took["agw_costs_process_s"] = _best(
        lambda: subprocess.run(command, env=environ, check=True, capture_output=True), 3
    )
    return took


def fill(store: Store, count: int) -> None:
    """Copies the first row in SQL: the shape of the table counts here, not how it came to be."""
    with store.transaction() as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(call)")]
        changed = {
            "seq": "n.value",
            "span_id": "printf('%016x', n.value)",
            "start_ns": "start_ns - n.value * 1209600000000000 / :count",
            "end_ns": "end_ns - n.value * 1209600000000000 / :count",
            "model": f"CASE n.value % {len(MODELS)} "
            + " ".join(f"WHEN {index} THEN '{name}'" for index, name in enumerate(MODELS))
            + " END",
            "user": "'user-' || (n.value % 50)",
            "session": "'s-' || (n.value / 20)",
            "total_s": "(n.value % 977) / 100.0",
        }
        shown = ", ".join(changed.get(name, name) for name in names)
        series = "WITH RECURSIVE n(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM n WHERE value < :count)"
        db.execute(f"{series} INSERT INTO call SELECT {shown} FROM n, call WHERE call.seq = 1", {"count": count})
        db.execute("DELETE FROM hourly")
        db.execute(
            """INSERT INTO hourly SELECT start_ns / 3600000000000 * 3600000000000, provider, model, operation,
            ifnull(route, ''), ifnull(backend, ''), ifnull(user, ''), '', '', count(*), 0, count(*),
            sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), 0, 0, '1.23' FROM call
            GROUP BY 1, 2, 3, 4, 5, 6, 7"""
        )


def receive() -> None:
    from concurrent import futures

    import grpc
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

    class Service(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 gRPC's name
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Service(), server)  # type: ignore[no-untyped-call]
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()


def _rss_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def _best(what: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        took.append(time.perf_counter() - began)
    return min(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000, help="size of the journal that is summed up")
    parser.add_argument("--quick", action="store_true", help="small figures, to see that it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.receive:
        receive()
        return
    small = given.quick
    with tempfile.TemporaryDirectory(prefix="agw-bench-") as name:
        folder = Path(name)
        figures = {
            **appending(folder, 100 if small else 2000),
            **writing(folder, 320 if small else 6400),
            **draining(folder, 500 if small else 10_000),
            **summing(folder, 10_000 if small else given.calls),
        }
    if given.json:
        print(json.dumps(figures))
    else:
        for key, value in figures.items():
            print(f"{key:24}{value:12,.3f}")


if __name__ == "__main__":
    main()
