"""The measurements. Each gives figures by name; the rest of the suite only collects them."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass

from bench_suite.load import Load, Result
from bench_suite.processes import ROOT, BenchError, Running, environment
from bench_suite.targets import Surroundings, Target

Figures = dict[str, float]
_LAG = re.compile(rb"^agentgateway_loop_lag_worst_seconds(?:\{[^}]*\})? (\S+)", re.MULTILINE)
SETTLE_S = 0.4
"""Spans leave in batches after the calls; their cost belongs to the calls."""


@dataclass(frozen=True)
class Sizes:
    """How long each measurement is. ``quick`` only shows the shape."""

    seconds: float = 2.5
    stream_seconds: float = 2.5
    concurrencies: tuple[int, ...] = (1, 16, 64)
    crowd: int = 1000
    memory_calls: int = 20_000
    memory_steps: int = 10
    many_streams: int = 1000

    @classmethod
    def quick(cls) -> Sizes:
        return cls(0.4, 0.4, (1, 16), 100, 1000, 4, 100)


def send(target: Target, load: Load) -> Result:
    """Runs the load generator. Raises BenchError."""
    done = subprocess.run(
        [sys.executable, "-m", "bench_suite.load", json.dumps(asdict(load))],
        cwd=ROOT / "scripts",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, target.others),
    )
    if done.returncode != 0:
        raise BenchError(f"the load generator failed:\n{done.stderr[-2000:]}")
    return Result(**json.loads(done.stdout))


def _sent(target: Target, load: Load) -> tuple[Result, Figures]:
    """Sends ``load`` and adds what it cost the proxy."""
    process = target.process
    before_s = process.cpu_s() if process else 0.0
    result = send(target, load)
    if result.errors >= result.calls:
        raise BenchError(f"{target.name}: no call succeeded ({result.error})")
    if result.errors:
        print(f"    {target.name}: {result.errors} errors, the first: {result.error}", file=sys.stderr)
    figures = {
        "calls": float(result.calls),
        "calls_per_s": result.calls / result.elapsed_s,
        "errors": float(result.errors),
    }
    if process:
        time.sleep(SETTLE_S)
        cpu_s = process.cpu_s() - before_s
        figures["cpu_ms_per_call"] = 1000 * cpu_s / result.calls
        figures["calls_per_cpu_s"] = result.calls / cpu_s if cpu_s else 0.0
        figures["rss_mb"] = process.rss_mb()
    if target.stats:
        # After the costs were read: a metrics page has its own.
        figures["lag_ms"] = 1000 * worst_lag_s(target.stats)
    return result, figures


def worst_lag_s(stats: int) -> float:
    """The event loop's worst lag of the last seconds, as the gateway measured it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stats}/metrics", timeout=20) as page:
        found = _LAG.findall(page.read())
    return max((float(one) for one in found), default=float("nan"))


def json_calls(target: Target, concurrency: int, seconds: float) -> Figures:
    result, figures = _sent(target, target.load(concurrency=concurrency, seconds=seconds))
    return {**figures, "p50_ms": percentile(result.total_ms, 50), "p99_ms": percentile(result.total_ms, 99)}


def new_connections(target: Target, concurrency: int, seconds: float) -> Figures:
    load = target.load(concurrency=concurrency, seconds=seconds, new_connections=True)
    result, figures = _sent(target, load)
    return {**figures, "p50_ms": percentile(result.total_ms, 50), "p99_ms": percentile(result.total_ms, 99)}


def fast_streams(target: Target, concurrency: int, seconds: float) -> Figures:
    """Streams of 100 chunks as fast as they come: what a chunk costs."""
    load = target.load(concurrency=concurrency, seconds=seconds, stream=True, chunks=100)
    return _sent(target, load)[1]


def paced_streams(target: Target, concurrency: int, seconds: float, ramp_s: float = 0.0) -> Figures:
    """Streams of a chunk every 10 ms: how late the first and each of them comes. Being equally long, those that begin
    together stay in step: their first chunks come as a burst, and so do the others."""
    load = target.load(
        concurrency=concurrency, seconds=seconds, stream=True, chunks=50, chunk_delay_ms=10, ramp_s=ramp_s
    )
    result, figures = _sent(target, load)
    return {
        "errors": figures["errors"],
        **{name: figures[name] for name in ("cpu_ms_per_call", "lag_ms", "rss_mb") if name in figures},
        "first_p50_ms": percentile(result.first_ms, 50),
        "first_p99_ms": percentile(result.first_ms, 99),
        "chunk_p50_ms": percentile(result.delay_ms, 50),
        "chunk_p99_ms": percentile(result.delay_ms, 99),
    }


def spread_streams(target: Target, concurrency: int, seconds: float) -> Figures:
    """The same, begun one after another over one stream's length: at any time so many are under way."""
    return paced_streams(target, concurrency, seconds, ramp_s=0.5)


def memory(target: Target, calls: int, steps: int) -> Figures:
    """Resident memory after ``calls``, and its slope over them; a quarter as many come before, to warm up."""
    process = target.process
    assert process is not None
    sizes = []
    send(target, target.load(concurrency=16, calls=calls // 4))
    for _ in range(steps):
        send(target, target.load(concurrency=16, calls=calls // steps))
        sizes.append(process.rss_mb())
    slope = statistics.linear_regression(range(len(sizes)), sizes).slope
    return {"rss_mb": sizes[-1], "slope_mb_per_10000": slope * 10_000 / (calls / steps)}


def many_streams(target: Target, streams: int, collector: Running) -> Figures:
    """So many streams at once, each two seconds long; how many failed, how many spans came of them."""
    before = quiet_spans(collector)
    load = target.load(concurrency=streams, calls=streams, stream=True, chunks=20, chunk_delay_ms=100)
    result, figures = _sent(target, load)
    found = {
        "errors": figures["errors"],
        "streams": float(result.calls),
        "first_p50_ms": percentile(result.first_ms, 50),
        "first_p99_ms": percentile(result.first_ms, 99),
        "chunk_p99_ms": percentile(result.delay_ms, 99),
    }
    if target.spans:
        found["spans"] = float(settled_spans(collector, before + streams) - before)
    return found


def start_time(target: Target, around: Surroundings) -> Figures:
    """From the command to its first answer; the target is started anew."""
    target.down()
    begin_s = time.monotonic()
    target.up(around)
    while not send(target, target.load(calls=1)).calls:
        time.sleep(0.02)
    return {"first_answer_s": time.monotonic() - begin_s}


def spans(collector: Running) -> int:
    return int(collector.ask())


def quiet_spans(collector: Running, still_s: float = 2.0) -> int:
    """The count once no more spans of earlier calls come."""
    seen, since_s = spans(collector), time.monotonic()
    while time.monotonic() - since_s < still_s:
        time.sleep(0.1)
        if (now := spans(collector)) != seen:
            seen, since_s = now, time.monotonic()
    return seen


def settled_spans(collector: Running, wanted: int, limit_s: float = 15.0) -> int:
    """Waits for ``wanted`` spans, and then a moment for one too many."""
    deadline = time.monotonic() + limit_s
    while spans(collector) < wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    return spans(collector)


def percentile(values: list[float], percent: int) -> float:
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]
