"""One run: what stands around the proxies, and the measurements in their order."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench_suite import measures, table
from bench_suite.measures import Figures, Sizes
from bench_suite.processes import BenchError, Running, module
from bench_suite.targets import Surroundings, Target
from standin_provider.certificate import make_certificate

PARTS = ("json", "new", "crowd", "streams", "paced", "spread", "start", "many", "memory")

Take = Callable[[str, Target, Callable[[], Figures]], None]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def surroundings() -> Iterator[tuple[Surroundings, Running]]:
    """The provider with and without TLS, and the collector, which is given beside."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agw-bench-")))
        certificate, key = make_certificate(folder)

        def started(*command: str) -> Running:
            process = Running(command, pipes=True)
            stack.callback(process.stop)
            return process

        standin = (sys.executable, "scripts/standin.py", "--bench")
        plain, tls = started(*standin), started(*standin, "--cert", str(certificate), "--key", str(key))
        collector = started(*module("bench_suite.receiver"))
        ports = [int(process.line()) for process in (plain, tls, collector)]
        yield Surroundings(ports[0], ports[1], certificate, ports[2], folder, (plain, tls, collector)), collector


def run(targets: list[Target], parts: list[str], sizes: Sizes, rounds: int) -> table.Samples:
    """Raises BenchError."""
    samples: table.Samples = {}

    def take(measure: str, target: Target, call: Callable[[], Figures]) -> None:
        say(f"  {measure}: {target.name}")
        around.keep_to(target.others)
        try:
            figures = call()
        except BenchError as error:
            if not target.peer:
                raise
            say(f"    not measured: {error}")
            return
        for figure, value in figures.items():
            samples.setdefault(measure, {}).setdefault(target.name, {}).setdefault(figure, []).append(value)

    with surroundings() as (around, collector), ExitStack() as stack:
        for target in targets:
            target.up(around)
            stack.callback(target.down)
            measures.json_calls(target, 16, sizes.seconds)  # warm: what is made once is no call's cost
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            _round(targets, parts, sizes, take)
        for target in targets:
            _once(target, parts, sizes, take, around, collector)
    return samples


def _round(targets: list[Target], parts: list[str], sizes: Sizes, take: Take) -> None:
    middle = sizes.concurrencies[1:2]
    measured: Mapping[str, tuple[str, Callable[[Target, int, float], Figures], float, tuple[int, ...]]] = {
        "json": ("JSON calls", measures.json_calls, sizes.seconds, sizes.concurrencies),
        "new": (f"JSON calls{table.NEW_CONNECTIONS}", measures.new_connections, sizes.seconds, middle),
        "crowd": ("JSON calls", measures.json_calls, sizes.seconds, (sizes.crowd,)),
        "streams": (
            "streams of 100 chunks, as fast as they come",
            measures.fast_streams,
            sizes.stream_seconds,
            middle,
        ),
        "paced": (
            "streams of a chunk every 10 ms, all begun together",
            measures.paced_streams,
            sizes.stream_seconds,
            sizes.concurrencies,
        ),
        # One stream alone is the same both ways.
        "spread": (
            "streams of a chunk every 10 ms, begun one after another",
            measures.spread_streams,
            sizes.stream_seconds,
            tuple(one for one in sizes.concurrencies if one > 1),
        ),
    }
    for part, (name, measure, seconds, concurrencies) in measured.items():
        if part not in parts:
            continue
        for concurrency in concurrencies:
            for target in targets:
                take(f"{name}, c={concurrency}", target, lambda: measure(target, concurrency, seconds))  # noqa: B023


def _once(target: Target, parts: list[str], sizes: Sizes, take: Take, around: Surroundings, collector: Running) -> None:
    if target.process is None:
        return
    if "memory" in parts:
        name = f"memory over {sizes.memory_calls} calls"
        take(name, target, lambda: measures.memory(target, sizes.memory_calls, sizes.memory_steps))
    if "many" in parts:
        name = f"{sizes.many_streams} streams at once"
        take(name, target, lambda: measures.many_streams(target, sizes.many_streams, collector))
    if "start" in parts:
        take("start", target, lambda: measures.start_time(target, around))
