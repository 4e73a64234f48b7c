"""The command: what to measure, in which order, and where the figures go."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from bench_suite import measures, peers, plot, table
from bench_suite.measures import Figures, Sizes
from bench_suite.processes import OTHER_CORES, PROXY_CORES, BenchError, Running, module
from bench_suite.targets import Surroundings, Target, own_targets

_PARTS = ("json", "new", "streams", "paced", "start", "many", "memory")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each target is measured (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one short round, for the shape only")
    parser.add_argument("--targets", default="direct,bare,gateway", help=f"of: {', '.join(own_targets())}")
    parser.add_argument("--peers", action="store_true", help="nginx and LiteLLM too, where they are installed")
    parser.add_argument("--with-litellm", action="store_true", help="install LiteLLM into .bench/, and measure it")
    parser.add_argument("--only", default=",".join(_PARTS), help=f"parts, of: {', '.join(_PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go as JSON as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture (PNG) too")
    given = parser.parse_args()
    known = own_targets()
    names = given.targets.split(",")
    try:
        known |= _peers(given.peers, given.with_litellm)
    except BenchError as error:
        sys.exit(f"scripts/bench: {error}")
    names += [name for name in known if name not in own_targets() and name not in names]
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such target: {', '.join(unknown)}")
    parts = given.only.split(",")
    if unknown := [part for part in parts if part not in _PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    sizes, rounds = (Sizes.quick(), 1) if given.quick else (Sizes(), given.rounds)
    try:
        samples = _run([known[name] for name in names], parts, sizes, rounds)
    except BenchError as error:
        sys.exit(f"scripts/bench: {error}")
    summed = table.summary(samples)
    conditions = _conditions(rounds, sizes)
    print("; ".join(f"{name}: {value}" for name, value in conditions.items()))
    print("median; x = times bare mitmdump, round by round, with least and greatest; + = added over direct, ms")
    print("\n".join(table.lines(summed)))
    if given.plot:
        plot.draw(summed, conditions, given.plot)
    if given.json:
        given.json.write_text(json.dumps({"conditions": conditions, "figures": summed, "samples": samples}, indent=1))


def _peers(installed: bool, with_litellm: bool) -> dict[str, Target]:
    """Raises BenchError."""
    if with_litellm:
        peers.install_litellm()
    wanted = []
    if installed and peers.has_nginx():
        wanted.append(peers.nginx())
    if (installed or with_litellm) and peers.has_litellm():
        wanted.append(peers.litellm())
    return {peer.name: peer for peer in wanted}


def _conditions(rounds: int, sizes: Sizes) -> dict[str, object]:
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "mitmproxy": version("mitmproxy"),
        "machine": platform.machine(),
        "proxy cores": PROXY_CORES,
        "other cores": OTHER_CORES,
        "load average": round(os.getloadavg()[0], 1),
        "rounds": rounds,
        "seconds each": sizes.seconds,
    }


@contextmanager
def _around() -> Iterator[tuple[Surroundings, Running]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agw-bench-")))
        standin = Running([sys.executable, "scripts/standin.py", "--bench"], pipes=True)
        stack.callback(standin.stop)
        collector = Running(module("bench_suite.receiver"), pipes=True)
        stack.callback(collector.stop)
        yield Surroundings(int(standin.line()), int(collector.line()), folder), collector


def _run(targets: list[Target], parts: list[str], sizes: Sizes, rounds: int) -> table.Samples:
    samples: table.Samples = {}

    def take(measure: str, target: Target, call: Callable[[], Figures]) -> None:
        say(f"  {measure}: {target.name}")
        for figure, value in call().items():
            samples.setdefault(measure, {}).setdefault(target.name, {}).setdefault(figure, []).append(value)

    with _around() as (around, collector), ExitStack() as stack:
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


Take = Callable[[str, Target, Callable[[], Figures]], None]


def _round(targets: list[Target], parts: list[str], sizes: Sizes, take: Take) -> None:
    for part, name, measure, seconds in (
        ("json", "JSON calls", measures.json_calls, sizes.seconds),
        ("new", "JSON calls, each on a new connection", measures.new_connections, sizes.seconds),
        ("streams", "streams of 100 chunks, as fast as they come", measures.fast_streams, sizes.stream_seconds),
        ("paced", "streams of a chunk every 10 ms", measures.paced_streams, sizes.stream_seconds),
    ):
        if part not in parts:
            continue
        concurrencies = sizes.concurrencies if part in ("json", "paced") else sizes.concurrencies[1:2]
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


if __name__ == "__main__":
    main()
